/** Writes for all nodes to see which users are in which rooms. The store tells the rooms, each change in one step with it. */
import type { Connection } from "../core/connection.ts";
import { type Membership, membershipsOf } from "./membership.ts";
import type { PresenceEntry, PresenceManager } from "./store/store.ts";
import { CodedError } from "../base/errors.ts";
import { type UserId, userIdOnWire } from "../base/fields.ts";

/** Most presences that wait to be taken out. Past so many the oldest are left to the end of the lease. */
const MAX_UNREMOVED = 10_000;

interface Unremoved {
  readonly site: string;
  readonly user: UserId;
  readonly entry: PresenceEntry;
}

export class RoomPresence {
  readonly #presence: PresenceManager;
  readonly #onFailure: () => void;
  /** Presences that could not be taken out, at most `MAX_UNREMOVED`. */
  #unremoved: Unremoved[] = [];

  /** @param onFailure is called where a presence could not be taken out; `retry` tries again */
  constructor(presence: PresenceManager, onFailure: () => void) {
    this.#presence = presence;
    this.#onFailure = onFailure;
  }

  /** Writes the connection's presence; also where it is written already, for another name. */
  async enter(connection: Connection, user: UserId, membership: Membership): Promise<void> {
    const entry = entryOf(connection, user, membership);
    await this.#presence.add(connection.site, user, entry);
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
    this.#unremoved = this.#unremoved.filter((each) =>
      each.entry.client_id !== connection.id || each.entry.room !== membership.room
    ); // a retry would take this place out again
    try {
      return await this.#presence.add(site, user, entry, maxClients);
    } catch (error) {
      const isRefused = error instanceof CodedError && error.code === "room_full";
      // The presence may have been added all the same, and only the answer been lost.
      if (!isRefused) this.#keepUnremoved({ site, user, entry });
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

  /** Takes out the presences that could not be taken out before. */
  async retry(): Promise<void> {
    const unremoved = this.#unremoved;
    this.#unremoved = [];
    await Promise.all(unremoved.map((each) => this.#remove(each)));
  }

  async #remove(removal: Unremoved): Promise<void> {
    const { site, user, entry } = removal;
    try {
      await this.#presence.remove(site, user, entry);
    } catch (error) {
      this.#keepUnremoved(removal);
      throw error;
    }
  }

  #keepUnremoved(removal: Unremoved): void {
    this.#unremoved.push(removal);
    if (this.#unremoved.length > MAX_UNREMOVED) this.#unremoved.shift();
    this.#onFailure();
  }
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
