/**
 * Who tells applications of what clients say in rooms. Rooms know this interface alone, and `hooks/events/` implements it.
 */
import type { Channel } from "../core/channel.ts";
import type { Connection } from "../core/connection.ts";
import type { LogEntry, Publication, Published } from "../core/publication.ts";

/** Tells of one thing that a client says. */
export interface Telling {
  /** What the engine is to write in one step with the publication; `undefined` where it keeps no such logs. */
  logged(publication: Publication): LogEntry | undefined;
  /**
   * It was published. Resolves when it will be told, whatever happens to this node. Never rejects.
   *
   * @param published its position; absent where the room keeps no history
   */
  told(publication: Publication, published: Published | undefined): Promise<void> | void;
}

export interface RoomWitness {
  /** A client is about to say something. `undefined` where nobody asks for that, as one look shows: it runs for every message. */
  saying(
    what: "message.received" | "event.received",
    channel: Channel,
    connection: Connection,
  ): Telling | undefined;
}
