/**
 * How a node's connections come into rooms and go out of them: in the hub, in presence, and with what other capabilities
 * have for them there.
 */
import { unixSeconds } from "../base/times.ts";
import type { UserId } from "../base/fields.ts";
import type { Revocations } from "../auth/revocations/revocations.ts";
import { roomChannel } from "../core/channel.ts";
import type { Connection } from "../core/connection.ts";
import type { TokenFacts } from "../core/identity.ts";
import type { Node } from "../core/node.ts";
import { addMembership, type Membership, membershipsOf, removeMembership } from "./membership.ts";
import type { RoomPresence } from "./presence.ts";

/** What else happens as connections come into rooms and leave them. */
export interface RoomListener {
  /** The connection is in the room by now, and not yet seen there. */
  entering(connection: Connection, user: UserId, membership: Membership): Promise<void>;
  /** It is seen there, too. Rejects where the engine is away. */
  entered(connection: Connection, user: UserId, membership: Membership): Promise<void>;
  /** The engine was away: nothing is to wait for {@linkcode RoomListener.entered} any more. */
  missed(connection: Connection, membership: Membership): void;
  /** It has left the room. */
  left(connection: Connection, user: UserId, membership: Membership): Promise<void>;
}

export interface RoomEntryParts {
  readonly node: Node;
  readonly revocations: Revocations;
  readonly presence: RoomPresence;
  readonly listeners: readonly RoomListener[];
}

/** Who comes in, and where. */
export interface Entrance {
  readonly room: string;
  readonly name: string;
  /** How many connections the room takes; absent: any number. */
  readonly maxClients?: number;
  readonly token?: TokenFacts;
}

export class RoomEntry {
  readonly #parts: RoomEntryParts;
  /** Of rooms with a limit, by connection and room, so that two at once are one. */
  readonly #joining = new Map<string, Promise<void>>();

  constructor(parts: RoomEntryParts) {
    this.#parts = parts;
  }

  /**
   * Puts the connection in a room. With `maxClients` it rejects with `room_full`, or where nobody can count, and the
   * connection is not in the room.
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
      channel: node.hub.get(channel) ?? channel, // shared by nearly all who are in it
      name,
      token,
      connectedAt: unixSeconds(),
    };
    if (maxClients === undefined) return await this.#enter(connection, user, membership);
    const key = `${connection.id}\n${room}`;
    let joining = this.#joining.get(key);
    if (joining === undefined) {
      joining = this.#enterIfPlace(connection, user, membership, maxClients)
        .finally(() => this.#joining.delete(key));
      this.#joining.set(key, joining);
      node.background.run("join", joining.catch(() => {})); // its caller is told
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

  async leave(connection: Connection, room: string): Promise<void> {
    const { node, presence, listeners } = this.#parts;
    const membership = membershipsOf(connection).get(room);
    const { user } = connection;
    if (membership === undefined || user === undefined) return;
    const { channel } = membership;
    removeMembership(connection, room);
    connection.forget(channel);
    node.hub.remove(connection, channel);
    const leaving = listeners.map((each) => each.left(connection, user, membership));
    try {
      await presence.exit(connection, user, membership);
    } finally {
      await Promise.all([node.subscriptions.sync(channel), ...leaving]);
    }
  }

  /** Writes anew what the engine lost of who is in rooms. Rejects where the engine is away again. */
  async restore(): Promise<void> {
    const { node, presence } = this.#parts;
    await presence.retry();
    await Promise.all([...node.connections].flatMap((connection) => {
      const { user } = connection;
      if (user === undefined) return [];
      return [...membershipsOf(connection).values()].map((membership) =>
        presence.enter(connection, user, membership)
      );
    }));
  }

  /** While it waited for a place, the client may have gone, or its token been revoked: then it gives it back. */
  async #enterIfPlace(
    connection: Connection,
    user: UserId,
    membership: Membership,
    maxClients: number,
  ): Promise<void> {
    const { presence, revocations } = this.#parts;
    const isFirst = await presence.takePlace(connection, user, membership, maxClients);
    const refusal = membership.token && revocations.refusal(membership.token);
    if (!connection.closed && refusal === undefined) {
      return await this.#enter(connection, user, membership, isFirst);
    }
    await presence.exit(connection, user, membership);
    if (refusal !== undefined) throw refusal;
  }

  /** @param isFirst where its presence is written already: whether it is the user's first there */
  async #enter(
    connection: Connection,
    user: UserId,
    membership: Membership,
    isFirst?: boolean,
  ): Promise<void> {
    const { node, presence, listeners } = this.#parts;
    const { room, channel } = membership;
    addMembership(connection, membership);
    if (connection.hasInbox) connection.hold(channel);
    await Promise.all([
      node.subscribe(connection, channel),
      ...listeners.map((each) => each.entering(connection, user, membership)),
    ]);
    try {
      if (isFirst === undefined) await presence.enter(connection, user, membership);
      else if (isFirst) await presence.tellEntered(connection, user, membership);
      if (membershipsOf(connection).get(room) !== membership) return;
      for (const each of listeners) await each.entered(connection, user, membership);
    } catch (error) {
      // The connection is in the room of this node; the rest is made good once the engine is back.
      node.noteIncomplete("join", error);
      for (const each of listeners) each.missed(connection, membership);
    }
  }
}
