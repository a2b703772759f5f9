/** What is said in rooms, and who is in them, as connections and rooms tell each other. */
import type { TokenFacts } from "../auth/identity.ts";
import type { Channel } from "../core/channel.ts";
import type { Position, Published } from "../core/publication.ts";
import type { UserId } from "../base/fields.ts";

/** Something said in a room; `id` where the client brought one. */
export interface RoomMessage {
  readonly id?: string;
  readonly room: string;
  readonly user: UserId;
  readonly name: string;
  readonly message: string;
}

/** What became of it. */
export interface PublishedMessage {
  readonly id: string;
  /** Absent where the room keeps no history. */
  readonly published: Published | undefined;
  /** The frame as it went out, for the sender of a message that was there before. */
  readonly text: string;
}

/** A room's messages from a position on. */
export interface RoomSync extends Position {
  readonly recovered: boolean;
  readonly reason?: "new" | "epoch" | "expired" | "too_many" | "no_history";
  /** Finished frames, oldest first. */
  readonly publications: readonly string[];
}

/** The client in one room. */
export interface Membership {
  readonly room: string;
  readonly channel: Channel;
  name: string;
  /** Unix time in seconds. */
  readonly connectedAt: number;
  /** By which it entered; absent where it needed none. */
  readonly token?: TokenFacts;
}
