/** The details of what is open. */
import { findConversation } from "../../state/chats.ts";
import type { Identity } from "../../session/identity.ts";
import type { State } from "../../state/store.ts";
import { ConversationDetails } from "../details/ConversationDetails.tsx";
import { DetailsPane } from "../details/DetailsPane.tsx";
import { RoomDetails } from "../rooms/RoomDetails.tsx";

interface DetailsProps {
  state: State;
  me: Identity;
  onSearch: () => void;
}

export function Details({ state, me, onSearch }: DetailsProps) {
  const { place, chats, rooms } = state;
  if (place.kind === "room") {
    const room = rooms.find(({ room }) => room === place.room);
    if (room === undefined) return null;
    return (
      <DetailsPane label="People in this room" place={place}>
        <RoomDetails room={room} me={me} isOnline={state.connection.kind === "online"} />
      </DetailsPane>
    );
  }
  if (place.kind !== "conversation") return null;
  const thread = state.thread?.id === place.id ? state.thread : null;
  const info = findConversation(chats, place.id) ?? thread?.info;
  if (info === undefined || thread?.state === "gone") return null;
  return (
    <DetailsPane label="Details" place={place}>
      <ConversationDetails {...{ info, thread, state, me, onSearch }} />
    </DetailsPane>
  );
}
