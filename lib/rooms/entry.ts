/**
 * Puts a node's connections into rooms, and takes them out: in the hub, in presence, and with what other capabilities do as
 * connections enter and leave.
 */
import type { CodedError } from "../base/errors.ts";
import { unixSeconds } from "../base/times.ts";
import type { UserId } from "../base/fields.ts";
import type { Revocations } from "../auth/revocations/revocations.ts";
import { Arrival } from "../core/arrival.ts";
import { roomChannel } from "../core/channel.ts";
import type { Connection } from "../core/connection.ts";
import type { TokenFacts } from "../core/identity.ts";
import type { Node } from "../core/node.ts";
import {
  addMembership,
  type Membership,
  membershipsOf,
  removeMembership,
  requireRoomLeft,
} from "./membership.ts";
import type { RoomAccess } from "./access.ts";
import type { RoomPresence } from "./presence.ts";
import type { Watching } from "./watching.ts";

/** What else happens as connections come into rooms and leave them. */
export interface RoomListener {
  /** The connection is in the room by now, but others do not see it there yet. */
  entering(connection: Connection, user: UserId, membership: Membership): Promise<void>;
  /** Others see the connection in the room by now. Rejects where the engine is away. */
  entered(connection: Connection, user: UserId, membership: Membership): Promise<void>;
  /** {@linkcode RoomListener.entered} does not come, because the engine was away: nothing is to wait for it any more. */
  missed(connection: Connection, membership: Membership): void;
  /** The connection was another user until now. For its own, `entering` and `entered` come of each room where it is. */
  userChanged(connection: Connection, before: UserId): void;
  /** The connection has left the room. */
  left(connection: Connection, user: UserId, membership: Membership): Promise<void>;
}

export interface RoomEntryParts {
  readonly node: Node;
  readonly revocations: Revocations;
  readonly presence: RoomPresence;
  readonly access: RoomAccess;
  readonly watching: Watching;
  readonly listeners: readonly RoomListener[];
}

/** Who comes in, and where. */
export interface Entrance {
  readonly room: string;
  readonly name: string;
  /** How many clients the room takes; absent: any number. */
  readonly maxClients?: number;
  readonly token?: TokenFacts;
}

export class RoomEntry {
  readonly #parts: RoomEntryParts;
  /** Joins of rooms with a limit that are under way, by connection and room, so that two at once are one. */
  readonly #joining = new Map<string, Promise<void>>();

  constructor(parts: RoomEntryParts) {
    this.#parts = parts;
  }

  /**
   * Puts the connection in a room. Where the room has a limit, this rejects with `room_full`, or where nobody can count; the
   * connection is not in the room then.
   */
  async join(
    connection: Connection,
    user: UserId,
    { room, name, maxClients, token }: Entrance,
  ): Promise<void> {
    const { node } = this.#parts;
    const channel = roomChannel(connection.site, room);
    const membership: Membership = {
      room,
      channel: node.hub.get(channel) ?? channel, // one object for nearly all connections in the room
      name,
      token,
      connectedAt: unixSeconds(),
      writtenIn: undefined,
    };
    if (maxClients === undefined) return await this.#enter(connection, user, membership);
    const key = `${connection.id}\n${room}`;
    let joining = this.#joining.get(key);
    if (joining === undefined) {
      joining = this.#enterIfPlace(connection, user, membership, maxClients)
        .finally(() => this.#joining.delete(key));
      this.#joining.set(key, joining);
      node.background.run("join", joining.catch(() => {})); // whoever joins is told
    }
    await joining;
  }

  /** Writes the connection's presence anew, under its new name. */
  async rename(connection: Connection, user: UserId, membership: Membership): Promise<void> {
    try {
      await this.#parts.presence.enter(connection, user, membership);
    } catch (error) {
      this.#parts.node.noteIncomplete("rename", error);
    }
  }

  /**
   * Puts the connection's user in the place of the guest that it was, in each of its rooms: it is in them all the while, so
   * that it misses nothing, keeps its places, and others see who it is. Never rejects.
   */
  async changeUser(connection: Connection, before: UserId): Promise<void> {
    const user = connection.requireUser();
    for (const each of this.#parts.listeners) each.userChanged(connection, before);
    const memberships = [...membershipsOf(connection).values()];
    await Promise.all(memberships.map(async (membership) => {
      const guests = { ...membership };
      membership.name = connection.name ?? user;
      await Promise.all(this.#entering(connection, user, membership));
      await this.#show(connection, user, membership, async ({ presence }) => {
        try {
          await presence.enter(connection, user, membership);
        } finally {
          await presence.exit(connection, before, guests);
        }
      });
    }));
  }

  async leave(connection: Connection, room: string): Promise<void> {
    await this.#takeOut(connection, room)?.();
  }

  /** Takes the connection out of a room where it may not be any more, and tells it why. Says whether it was there. */
  putOut(connection: Connection, room: string, { code, message }: CodedError): boolean {
    const finish = this.#takeOut(connection, room);
    if (finish === undefined) return false;
    const publication = { kind: "left", id: "-", at: unixSeconds(), data: { code, message } };
    const left = new Arrival(roomChannel(connection.site, room), publication, undefined);
    connection.send(left.in(connection.protocol.dialect));
    this.#parts.node.background.later("leave", finish);
    return true;
  }

  /** Takes a connection that is gone out of its rooms: here at once, and for all others when there is time. */
  leaveAll(connection: Connection): void {
    const { background } = this.#parts.node;
    for (const room of [...membershipsOf(connection).keys()]) {
      const finish = this.#takeOut(connection, room);
      if (finish !== undefined) background.later("leave", finish);
    }
  }

  /** Writes anew what the engine lost of who is in rooms. Rejects where the engine is away again. */
  async restore(signal: AbortSignal): Promise<void> {
    const { node, presence } = this.#parts;
    await presence.restore(node.connections, signal);
  }

  /** Takes the connection out of the room on this node. Returns what does the rest, if it was in the room. */
  #takeOut(connection: Connection, room: string): (() => Promise<void>) | undefined {
    const membership = membershipsOf(connection).get(room);
    const { user } = connection;
    if (membership === undefined || user === undefined) return undefined;
    const { channel } = membership;
    removeMembership(connection, room);
    connection.forget(channel);
    this.#parts.watching.forget(connection, channel);
    this.#parts.node.hub.remove(connection, channel);
    return () => this.#finishLeaving(connection, user, membership);
  }

  async #finishLeaving(
    connection: Connection,
    user: UserId,
    membership: Membership,
  ): Promise<void> {
    const { node, presence, listeners } = this.#parts;
    const leaving = listeners.map((each) => each.left(connection, user, membership));
    try {
      await presence.exit(connection, user, membership);
    } finally {
      await Promise.all([node.subscriptions.sync(membership.channel), ...leaving]);
    }
  }

  /**
   * Gives the place back where the client has gone, its token was revoked, the room's rule keeps it out by now, or it came
   * into as many other rooms as it may, while it waited for the place.
   */
  async #enterIfPlace(
    connection: Connection,
    user: UserId,
    membership: Membership,
    maxClients: number,
  ): Promise<void> {
    const { presence, revocations, access } = this.#parts;
    const isFirst = await presence.takePlace(connection, user, membership, maxClients);
    try {
      if (membership.token !== undefined) revocations.require(membership.token);
      access.requireStay(connection.identity, membership.room, membership.token);
      requireRoomLeft(connection, membership.room);
    } catch (refusal) {
      await presence.giveBack(connection, user, membership, isFirst);
      throw refusal;
    }
    if (connection.closed) {
      return await presence.giveBack(connection, user, membership, isFirst);
    }
    await this.#enter(connection, user, membership, isFirst);
  }

  /** @param isFirst whether the client is its user's first there; absent where its presence is not written yet */
  async #enter(
    connection: Connection,
    user: UserId,
    membership: Membership,
    isFirst?: boolean,
  ): Promise<void> {
    const { channel } = membership;
    addMembership(connection, membership);
    if (connection.recovers) connection.hold(channel);
    await Promise.all([
      this.#parts.node.subscribe(connection, channel),
      ...this.#entering(connection, user, membership),
    ]);
    await this.#show(connection, user, membership, async ({ presence }) => {
      if (isFirst === undefined) await presence.enter(connection, user, membership);
      else if (isFirst) await presence.tellEntered(connection, user, membership);
    });
  }

  #entering(connection: Connection, user: UserId, membership: Membership): Promise<void>[] {
    return this.#parts.listeners.map((each) => each.entering(connection, user, membership));
  }

  /**
   * Lets others see the connection in the room, then gives it what waits for it there.
   *
   * @param write what others see
   */
  async #show(
    connection: Connection,
    user: UserId,
    membership: Membership,
    write: (parts: RoomEntryParts) => Promise<void>,
  ): Promise<void> {
    const { node, listeners } = this.#parts;
    try {
      await write(this.#parts);
      if (membershipsOf(connection).get(membership.room) !== membership) return;
      for (const each of listeners) await each.entered(connection, user, membership);
    } catch (error) {
      // The connection is in the room on this node. All else is made good once the engine is back.
      node.noteIncomplete("join", error);
      for (const each of listeners) each.missed(connection, membership);
    }
  }
}
