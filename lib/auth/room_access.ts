/** The one place that says who may enter a room and speak there; `client.ts` asks before it does. */
import { NotifyliError } from "../errors.ts";
import type { Identity } from "./identity.ts";

const USER_ROOMS = "/user/";

export class RoomAccess {
  /** Checks that someone may enter a room, or speak in it from outside. Throws `forbidden`. */
  require(identity: Identity | undefined, room: string): void {
    if (identity === undefined) return; // the server is open
    if (!room.startsWith(USER_ROOMS) || room === USER_ROOMS + identity.user) return;
    throw new NotifyliError(
      "forbidden",
      `Cannot use room ${JSON.stringify(room)}: it belongs to another user`,
      { field: "room" },
    );
  }
}
