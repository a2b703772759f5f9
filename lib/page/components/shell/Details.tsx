/** The details of what is open. */
import { useRef } from "preact/hooks";
import { usePage } from "../../context.ts";
import { findConversation } from "../../state/chats.ts";
import type { Identity } from "../../session/identity.ts";
import { hasFiles, type Place, withFiles } from "../../state/place.ts";
import type { State } from "../../state/store.ts";
import { AllFiles } from "../details/AllFiles.tsx";
import { ConversationDetails } from "../details/ConversationDetails.tsx";
import { DetailsPane } from "../details/DetailsPane.tsx";
import { RoomDetails } from "../rooms/RoomDetails.tsx";

interface DetailsProps {
  state: State;
  me: Identity;
  onSearch: () => void;
}

export function Details({ state, me, onSearch }: DetailsProps) {
  const { session } = usePage();
  const { place, chats, rooms } = state;
  const { isStill, isBack } = useWayToFiles(place);
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
  if (hasFiles(place)) {
    const back = {
      word: "Back to the details",
      go: () => session.go(withFiles(place, false)),
    };
    return (
      <DetailsPane key="files" label="Files" title="Files" isStill={isStill} {...{ place, back }}>
        <AllFiles id={place.id} me={me} />
      </DetailsPane>
    );
  }
  return (
    <DetailsPane key="details" label="Details" place={place} isStill={isStill}>
      <ConversationDetails {...{ info, thread, state, me, onSearch }} isBack={isBack} />
    </DetailsPane>
  );
}

/** Whether the pane was there before with something else of the same conversation, and whether that was all of its files. */
function useWayToFiles(place: Place): { isStill: boolean; isBack: boolean } {
  const id = place.kind === "conversation" ? place.id : 0;
  const isInFiles = hasFiles(place);
  const way = useRef({ id, isInFiles, isStill: false });
  const before = way.current;
  if (before.id !== id) way.current = { id, isInFiles, isStill: false };
  else if (before.isInFiles !== isInFiles) way.current = { id, isInFiles, isStill: true };
  const { isStill } = way.current;
  return { isStill, isBack: isStill && !isInFiles };
}
