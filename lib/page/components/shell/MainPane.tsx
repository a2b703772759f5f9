/** What is open: a conversation, a room, or nothing yet. */
import type { ComponentChildren } from "preact";
import { findConversation } from "../../state/chats.ts";
import type { Identity } from "../../session/identity.ts";
import type { State } from "../../state/store.ts";
import { ConversationPanel } from "../conversation/ConversationPanel.tsx";
import { NoRoom } from "../rooms/NoRoom.tsx";
import { NothingOpen } from "./NothingOpen.tsx";
import { RoomPanel } from "../rooms/RoomPanel.tsx";

interface MainPaneProps {
  state: State;
  me: Identity;
  banner: ComponentChildren;
  onSearch: () => void;
}

export function MainPane({ state, me, banner, onSearch }: MainPaneProps) {
  const { place, chats, rooms } = state;
  if (place.kind === "conversation") {
    const thread = state.thread?.id === place.id ? state.thread : null;
    const info = findConversation(chats, place.id) ?? thread?.info;
    return (
      <ConversationPanel
        key={place.id}
        id={place.id}
        {...{ info, thread, state, me, banner, onSearch }}
      />
    );
  }
  const room = place.kind === "room" ? rooms.find(({ room }) => room === place.room) : undefined;
  if (room !== undefined) {
    return (
      <RoomPanel
        key={room.room}
        room={room}
        written={state.written}
        drafts={state.drafts}
        place={place}
        me={me}
        isOnline={state.connection.kind === "online"}
        messageChannel={state.config.message_channel}
        banner={banner}
      />
    );
  }
  return rooms.length === 0 && chats.list.length === 0 ? <NoRoom /> : <NothingOpen />;
}
