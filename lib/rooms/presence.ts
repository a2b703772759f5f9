/** Writes for all nodes to see which users are in which rooms. The store tells the rooms, each change in one step with it. */
import type { Connection } from "../core/connection.ts";
import { type Membership, membershipsOf } from "./membership.ts";
import { inSlices } from "../base/slices.ts";
import type { PresenceEntry, PresenceManager } from "./store/store.ts";
import { CodedError, isRefusedAlone } from "../base/errors.ts";
import { type UserId, userIdOnWire } from "../base/fields.ts";

/** Most presences that wait to be taken out. Past so many the oldest are left to the end of the lease. */
const MAX_UNREMOVED = 10_000;

/** How many presences are written or taken out at once where there are many. The store puts them together. */
const AT_ONCE = 400;

interface Unremoved {
  readonly site: string;
  readonly user: UserId;
  readonly entry: PresenceEntry;
}

export class RoomPresence {
  readonly #presence: PresenceManager;
  readonly #onFailure: (error: unknown) => void;
  /** Presences that could not be taken out, at most `MAX_UNREMOVED`, by client, room and user. */
  readonly #unremoved = new Map<string, Unremoved>();

  /** @param onFailure is called where something is to be done again by `restore` */
  constructor(presence: PresenceManager, onFailure: (error: unknown) => void) {
    this.#presence = presence;
    this.#onFailure = onFailure;
  }

  /** Writes the connection's presence; also where it is written already, for another name. */
  async enter(connection: Connection, user: UserId, membership: Membership): Promise<void> {
    const entry = entryOf(connection, user, membership);
    await this.#add(connection, user, membership, entry);
    if (membershipsOf(connection).get(membership.room) !== membership) {
      await this.exit(connection, user, membership); // the connection left while it was entering
    }
  }

  /**
   * Takes a place in a room for a connection that is not there yet. Says whether it is the user's first one there, which
   * {@linkcode RoomPresence.tellEntered} is to tell. Rejects with `room_full`, or where nobody can say whether there is
   * a place.
   */
  async takePlace(
    connection: Connection,
    user: UserId,
    membership: Membership,
    maxClients: number,
  ): Promise<boolean> {
    const entry = entryOf(connection, user, membership);
    const { site } = connection;
    try {
      return await this.#add(connection, user, membership, entry, maxClients);
    } catch (error) {
      const isRefused = error instanceof CodedError && error.code === "room_full" ||
        isRefusedAlone(error);
      // The presence may have been added all the same, and only the answer been lost.
      if (!isRefused) this.#keepUnremoved({ site, user, entry }, error);
      throw error;
    }
  }

  /** Tells a room with a limit of the user, who may be there by another connection by now. */
  async tellEntered(connection: Connection, user: UserId, membership: Membership): Promise<void> {
    await this.#presence.announce(connection.site, user, entryOf(connection, user, membership));
  }

  /** Gives a place back that was taken by {@linkcode RoomPresence.takePlace}, which said that it is the user's first one. */
  async giveBack(
    connection: Connection,
    user: UserId,
    membership: Membership,
    isFirst: boolean,
  ): Promise<void> {
    await this.exit(connection, user, membership);
    if (isFirst) await this.tellEntered(connection, user, membership); // who came second was not told of
  }

  async exit(connection: Connection, user: UserId, membership: Membership): Promise<void> {
    await this.#remove({
      site: connection.site,
      user,
      entry: entryOf(connection, user, membership),
    });
  }

  /**
   * Takes out the presences that could not be taken out before, and writes anew those of the connections that the store
   * has lost. What is written when this rejects need not be written again.
   */
  async restore(connections: Iterable<Connection>, signal: AbortSignal): Promise<void> {
    const options = { atOnce: AT_ONCE, signal };
    await inSlices(this.#takeUnremoved(), (each) => alone(this.#remove(each)), options);
    await inSlices(this.#unwritten(connections), (each) => alone(this.enter(...each)), options);
  }

  /** Takes those that wait now, each as its turn comes: one that comes into its room again meanwhile is not taken out. */
  *#takeUnremoved(): Iterable<Unremoved> {
    for (let left = this.#unremoved.size; left > 0; left--) {
      const [oldest] = this.#unremoved;
      if (oldest === undefined) return;
      this.#unremoved.delete(oldest[0]);
      yield oldest[1];
    }
  }

  *#unwritten(connections: Iterable<Connection>): Iterable<[Connection, UserId, Membership]> {
    for (const connection of connections) {
      const { user } = connection;
      if (user === undefined) continue;
      for (const membership of membershipsOf(connection).values()) {
        if (membership.writtenIn !== this.#presence.era) yield [connection, user, membership];
      }
    }
  }

  /** Adds a presence, and notes with the membership that it is written. */
  async #add(
    { site }: Connection,
    user: UserId,
    membership: Membership,
    entry: PresenceEntry,
    maxClients?: number,
  ): Promise<boolean> {
    const { era } = this.#presence;
    membership.writtenIn = undefined;
    this.#unremoved.delete(keyOf(entry)); // a retry would take this one out again
    const isFirst = await this.#presence.add(site, user, entry, maxClients).catch((error) => {
      if (isRefusedAlone(error)) this.#onFailure(error); // it is written once the room's keys are mended
      throw error;
    });
    if (membership.name === entry.name) membership.writtenIn = era; // else a later call writes the other name
    return isFirst;
  }

  async #remove(removal: Unremoved): Promise<void> {
    const { site, user, entry } = removal;
    try {
      await this.#presence.remove(site, user, entry);
    } catch (error) {
      this.#keepUnremoved(removal, error);
      throw error;
    }
  }

  #keepUnremoved(removal: Unremoved, error: unknown): void {
    this.#unremoved.set(keyOf(removal.entry), removal);
    const [oldest] = this.#unremoved;
    if (oldest !== undefined && this.#unremoved.size > MAX_UNREMOVED) {
      this.#unremoved.delete(oldest[0]);
      this.#presence.forsake();
    }
    this.#onFailure(error);
  }
}

/** Where the keys of one room are broken, others are restored all the same. */
async function alone(work: Promise<void>): Promise<void> {
  await work.catch((error) => {
    if (!isRefusedAlone(error)) throw error;
  });
}

function entryOf(connection: Connection, user: UserId, membership: Membership): PresenceEntry {
  return {
    client_id: connection.id,
    room: membership.room,
    name: membership.name,
    user_id: userIdOnWire(user),
    connected_at: membership.connectedAt,
  };
}

/** A client is there as a guest and as the user that the guest turns out to be. Neither part holds a line break. */
function keyOf({ client_id, room, user_id }: PresenceEntry): string {
  return `${client_id}\n${room}\n${user_id}`;
}
