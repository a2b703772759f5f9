/** The refusal of a client that a room has no place for, the same from each engine. */
import { CodedError } from "../../base/errors.ts";

export function roomFull(room: string, maxClients: number): CodedError {
  return new CodedError(
    "room_full",
    `Cannot join room ${JSON.stringify(room)}: it is full, the limit is ${maxClients} clients`,
    { field: "room" },
  );
}
