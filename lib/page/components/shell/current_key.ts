/** The entry of the list that is shown beside it. */
import { conversationKey, roomKey } from "../../state/listing.ts";
import type { Place } from "../../state/place.ts";

export function currentKey(place: Place): string {
  if (place.kind === "conversation") return conversationKey(place.id);
  return place.kind === "room" ? roomKey(place.room) : "";
}
