/** One room: its head, the messages with the composer, and who is there. */
import { useState } from "preact/hooks";
import { usePage } from "../../context.ts";
import type { Identity } from "../../session/identity.ts";
import type { Written } from "../../state/written.ts";
import type { RoomState } from "../../state/rooms.ts";
import { rowsOf } from "../../state/timeline.ts";
import { ChatLog } from "../chat/ChatLog.tsx";
import { Composer } from "../chat/Composer.tsx";
import { EmptyRoom } from "./EmptyRoom.tsx";
import { Icon } from "../kit/Icon.tsx";
import { Modal } from "../kit/Modal.tsx";
import { People } from "./People.tsx";
import { panelId, tabId } from "./RoomTabs.tsx";

interface RoomPanelProps {
  room: RoomState;
  /** The number of its tab. */
  index: number;
  written: Written;
  me: Identity;
  isOnline: boolean;
  /** The Redis channel for other systems. It is empty where there is none. */
  messageChannel: string;
}

export function RoomPanel(props: RoomPanelProps) {
  const { room, index, written, me, isOnline, messageChannel } = props;
  const rows = rowsOf(room, written, me);
  return (
    <div class="room" role="tabpanel" id={panelId(index)} aria-labelledby={tabId(index)}>
      <section class="conversation" aria-label={`Conversation in ${room.room}`}>
        <RoomHead room={room} me={me} isOnline={isOnline} />
        <ChatLog
          room={room.room}
          rows={rows}
          isOnline={isOnline}
          empty={<EmptyRoom userId={me.user_id} messageChannel={messageChannel} />}
        />
        <Composer room={room.room} isOnline={isOnline} />
      </section>
      <aside class="people-side" aria-label="People in this room">
        <h2>
          People {room.userCount > 0 && <span class="count">{room.userCount}</span>}
        </h2>
        <People users={room.users} count={room.userCount} me={me} isOnline={isOnline} />
      </aside>
    </div>
  );
}

function RoomHead({ room, me, isOnline }: { room: RoomState; me: Identity; isOnline: boolean }) {
  const { session } = usePage();
  const [isPeopleOpen, setPeopleOpen] = useState(false);
  return (
    <div class="room-head">
      <h2 class="room-name">
        <Icon name="hash" />
        <span>
          <bdi>{room.room}</bdi>
        </span>
      </h2>
      <button
        type="button"
        class="button button-quiet people-button"
        aria-haspopup="dialog"
        aria-label={howMany(room.userCount)}
        onClick={() => setPeopleOpen(true)}
      >
        <Icon name="people" />
        {room.userCount > 0 && room.userCount}
      </button>
      <button
        type="button"
        class="button button-quiet"
        aria-label={`Leave ${room.room}`}
        onClick={() => session.closeRoom(room.room)}
      >
        Leave
      </button>
      {isPeopleOpen && (
        <Modal
          title="People"
          class="modal-drawer"
          onClose={() => setPeopleOpen(false)}
        >
          <People users={room.users} count={room.userCount} me={me} isOnline={isOnline} />
        </Modal>
      )}
    </div>
  );
}

/** @param count 0 where it is not known, or not told */
function howMany(count: number): string {
  if (count === 0) return "People in this room";
  return count === 1 ? "1 person in this room" : `${count} people in this room`;
}
