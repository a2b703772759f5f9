/**
 * Decides whether a connection comes into a room, and under which name. Next: `entry.ts`, which puts it there.
 */
import type { Revocations } from "../auth/revocations/revocations.ts";
import type { UserId } from "../base/fields.ts";
import type { Connection } from "../core/connection.ts";
import type { TokenFacts } from "../core/identity.ts";
import type { RoomAccess } from "./access.ts";
import type { RoomAsking } from "./asking.ts";
import type { RoomEntry } from "./entry.ts";
import { type Membership, membershipsOf, requireRoomLeft } from "./membership.ts";

/** What a connection asks for. */
interface Request {
  readonly room: string;
  readonly name: string | undefined;
  /** A subscription token for the room. */
  readonly token: string | undefined;
}

interface JoiningParts {
  readonly access: RoomAccess;
  readonly asking: RoomAsking;
  readonly entry: RoomEntry;
  readonly revocations: Revocations;
}

export class RoomJoining {
  readonly #parts: JoiningParts;

  constructor(parts: JoiningParts) {
    this.#parts = parts;
  }

  /** Does what {@linkcode Rooms.join} says. In the base protocol this runs for every message. */
  join(connection: Connection, { room, name, token }: Request): Promise<void> | undefined {
    const user = connection.requireUser();
    if (token !== undefined) return this.#joinWithToken(connection, { room, name, token });
    const membership = membershipsOf(connection).get(room);
    if (membership !== undefined) return this.#rename(connection, user, membership, name);
    if (this.#parts.asking.asksOfEntry(room)) {
      return this.#joinWhenAsked(connection, { room, name });
    }
    this.#parts.access.requireEntry(connection.identity, room);
    return this.#enter(connection, room, name);
  }

  /** Enters by the application's yes, which in a private room is as good as a subscription token. */
  async #joinWhenAsked(
    connection: Connection,
    { room, name }: Omit<Request, "token">,
  ): Promise<void> {
    const { access, asking } = this.#parts;
    access.requireOpenTo(connection.identity, room);
    const yes = await asking.entry(connection, room);
    if (connection.closed) return;
    // Without a yes the rules alone count, and they may have changed meanwhile.
    access.requireStay(connection.identity, room, yes);
    await this.#enter(connection, room, name, yes);
  }

  async #joinWithToken(
    connection: Connection,
    { room, name, token }: Request & { readonly token: string },
  ): Promise<void> {
    const { access, asking, revocations } = this.#parts;
    const facts = await access.requireToken(connection.identity, room, token);
    if (connection.closed) return;
    const isInside = membershipsOf(connection).has(room);
    if (!isInside && asking.asksOfEntry(room)) await asking.entry(connection, room);
    if (connection.closed) return;
    if (facts !== undefined) revocations.require(facts);
    access.requireStay(connection.identity, room, facts); // the rule may have changed meanwhile
    await this.#enter(connection, room, name, facts);
  }

  #enter(
    connection: Connection,
    room: string,
    claimedName: string | undefined,
    token?: TokenFacts,
  ): Promise<void> | undefined {
    const { access, entry } = this.#parts;
    const user = connection.requireUser();
    const membership = membershipsOf(connection).get(room);
    if (membership !== undefined) return this.#rename(connection, user, membership, claimedName);
    requireRoomLeft(connection, room);
    return entry.join(connection, user, {
      room,
      name: connection.name ?? user,
      maxClients: access.maxClients(connection.site, room),
      token,
    });
  }

  /** The connection is in the room already, and may have another name by now. */
  #rename(
    connection: Connection,
    user: UserId,
    membership: Membership,
    claimedName: string | undefined,
  ): Promise<void> | undefined {
    const name = connection.identity?.name ?? claimedName;
    if (name === undefined || name === membership.name) return undefined;
    connection.name = membership.name = name;
    return this.#parts.entry.rename(connection, user, membership);
  }
}
