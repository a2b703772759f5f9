/** One room: its head, the messages and the composer. */
import type { ComponentChildren } from "preact";
import { useMemo } from "preact/hooks";
import { usePage } from "../../context.ts";
import type { Identity } from "../../session/identity.ts";
import type { Place } from "../../state/place.ts";
import type { Written } from "../../state/written.ts";
import type { RoomState } from "../../state/rooms.ts";
import { type Drafts, roomDraft } from "../../state/drafts.ts";
import { rowsOf } from "../../state/timeline.ts";
import type { ShownMessage } from "../../state/thread.ts";
import { Actions, type MessageActions } from "../chat/actions.ts";
import { ChatLog } from "../chat/ChatLog.tsx";
import { Composer } from "../chat/Composer.tsx";
import { useDraftBox } from "../chat/draft_box.ts";
import { DetailsButton } from "../conversation/DetailsButton.tsx";
import { SignAvatar } from "../kit/Avatar.tsx";
import { EmptyRoom } from "./EmptyRoom.tsx";
import { Icon } from "../kit/Icon.tsx";
import { hasSingleKeys } from "../shell/shortcuts.ts";
import { Name } from "../kit/Name.tsx";
import { shownName } from "../../../sdk/view/text.ts";

interface RoomPanelProps {
  room: RoomState;
  written: Written;
  drafts: Drafts;
  place: Place;
  me: Identity;
  isOnline: boolean;
  /** The Redis channel for other systems. It is empty where there is none. */
  messageChannel: string;
  banner: ComponentChildren;
}

const TEXT_LIMIT = 10_000;

export function RoomPanel(props: RoomPanelProps) {
  const { room, written, drafts, place, me, isOnline, messageChannel, banner } = props;
  const { session, storage } = usePage();
  const name = room.room;
  const box = useDraftBox(roomDraft(name), drafts.get(roomDraft(name)));
  const rows = useMemo(() => rowsOf(room, written, me), [room, written, me]);
  const actions = useMemo((): MessageActions => ({
    ...{ isGroup: true, isOnline, me: me.user_id, people: [] },
    nameOf: (userId) => userId,
    hasKeys: () => hasSingleKeys(storage),
    retry: (message) => session.retryMessage(idOf(message)),
    discard: (message) => session.discardMessage(idOf(message)),
    rewrite(message) {
      session.discardMessage(idOf(message));
      box.write({ ...box.draft, text: message.text });
      box.onFocus();
    },
    rejoin: () => session.rejoinRoom(name),
  }), [isOnline, me.user_id, name, box]);
  return (
    <section class="conversation" aria-label={`Conversation in ${shownName(name)}`}>
      <RoomHead room={room} place={place} isOnline={isOnline} />
      {banner}
      <Actions.Provider value={actions}>
        <ChatLog
          label={`Messages in ${shownName(name)}`}
          rows={rows}
          empty={<EmptyRoom userId={me.user_id} messageChannel={messageChannel} />}
        />
        <div class="composer-area">
          <div class="typing-strip" />
          <Composer
            key={name}
            to={shownName(name)}
            box={box}
            limit={TEXT_LIMIT}
            isOnline={isOnline}
            onSay={({ text }) => session.say(name, text)}
          />
        </div>
      </Actions.Provider>
    </section>
  );
}

function RoomHead(
  { room, place, isOnline }: { room: RoomState; place: Place; isOnline: boolean },
) {
  const { session } = usePage();
  const name = shownName(room.room);
  return (
    <header class="conversation-head">
      <a class="icon-button back-button" href="#/" aria-label="Back to the chats">
        <Icon name="back" />
      </a>
      <SignAvatar icon="hash" />
      <div class="conversation-title">
        <h2 tabIndex={-1} id="conversation-name">
          <span class="cut" title={name}>
            <Name>{room.room}</Name>
          </span>
        </h2>
        <p class="conversation-sub">{howMany(room.userCount, isOnline)}</p>
      </div>
      <button
        type="button"
        class="button button-quiet button-small"
        aria-label={`Leave ${name}`}
        onClick={() => session.closeRoom(room.room)}
      >
        Leave
      </button>
      <DetailsButton place={place} />
    </header>
  );
}

/** @param count 0 where it is not known, or not told */
function howMany(count: number, isOnline: boolean) {
  if (!isOnline) return "You are offline";
  return count === 0 ? "Room" : <b class="sub-online">{count} here</b>;
}

/** The id that the message was sent under: the key has the user's id behind it. */
function idOf({ key, userId }: ShownMessage): string {
  return key.slice(0, -userId.length - 1);
}
