/** Which rooms a connection is in, and the shapes of what connections and rooms tell each other. */
import { CodedError } from "../base/errors.ts";
import type { Said } from "../base/said_fields.ts";
import type { UserId } from "../base/fields.ts";
import type { Channel } from "../core/channel.ts";
import type { Claim } from "../core/claim.ts";
import type { Connection } from "../core/connection.ts";
import type { TokenFacts } from "../core/identity.ts";
import type { KeptPublication, Position, Publication, Published } from "../core/publication.ts";
import { Slot } from "../core/slot.ts";

/** Something that is said in a room. */
export interface RoomMessage extends Said {
  /** The id that the client made; absent if it made none. */
  readonly id?: string;
  readonly room: string;
  /** Absent where another system says it for nobody in particular. */
  readonly user?: UserId;
  readonly name: string;
  /** The id that a way in made for it, by which it is not known again. */
  readonly madeId?: string;
  /** Where it came by a way that nodes share. */
  readonly claim?: Claim;
}

/** What became of a message. */
export interface PublishedMessage {
  readonly id: string;
  /** The message's position; absent if the room keeps no history. */
  readonly published: Published | undefined;
  /** What the sender of a message that was there before is told. */
  readonly publication: Publication;
}

/** A room's messages from a position on. */
export interface RoomSync extends Position {
  readonly recovered: boolean;
  readonly reason?: "new" | "epoch" | "expired" | "too_many" | "no_history";
  /** The messages, oldest first. */
  readonly publications: readonly KeptPublication[];
}

/** A connection in one room. */
export interface Membership {
  readonly room: string;
  readonly channel: Channel;
  name: string;
  /** Unix time in seconds. */
  readonly connectedAt: number;
  /** The token by which the connection entered; absent where it needed none. */
  readonly token: TokenFacts | undefined;
  /** The era of the store in which its presence was written as it is; `undefined` where that is not known. */
  writtenIn: string | undefined;
}

const MEMBERSHIPS = new Slot<Map<string, Membership>>();

const NONE: ReadonlyMap<string, Membership> = new Map();

/** The memberships of a connection by the names of the rooms. It runs for every message. */
export function membershipsOf(connection: Connection): ReadonlyMap<string, Membership> {
  return MEMBERSHIPS.of(connection) ?? NONE;
}

/** Checks that the connection may be in one more room. Throws `too_many_rooms`. */
export function requireRoomLeft(connection: Connection, room: string): void {
  const { size } = membershipsOf(connection);
  const { rooms } = connection.limits;
  if (size < rooms) return;
  throw new CodedError(
    "too_many_rooms",
    `Cannot join room ${
      JSON.stringify(room)
    }: this client is in ${size} rooms, the limit is ${rooms}`,
    { field: "room" },
  );
}

/** The tokens by which the connection entered its rooms. */
export function roomTokensOf(connection: Connection): TokenFacts[] {
  return [...membershipsOf(connection).values()].flatMap(({ token }) => token ?? []);
}

export function addMembership(connection: Connection, membership: Membership): void {
  const memberships = MEMBERSHIPS.of(connection) ?? new Map<string, Membership>();
  memberships.set(membership.room, membership);
  MEMBERSHIPS.set(connection, memberships);
}

export function removeMembership(connection: Connection, room: string): void {
  MEMBERSHIPS.of(connection)?.delete(room);
}
