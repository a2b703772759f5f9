/** The refusal of a client that a room has no place for, the same from each engine. */
import { NotifyliError } from "../../base/errors.ts";

export function roomFull(room: string, maxClients: number): NotifyliError {
  return new NotifyliError(
    "room_full",
    `Cannot join room ${JSON.stringify(room)}: it is full, the limit is ${maxClients} clients`,
    { field: "room" },
  );
}
