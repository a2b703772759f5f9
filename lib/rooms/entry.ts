/**
 * How a node's clients come into rooms and go out of them: in the hub, in presence, and with the notifications that
 * wait there for their users.
 */
import type { TokenFacts } from "../auth/identity.ts";
import type { Revocations } from "../auth/revocations/revocations.ts";
import { roomChannel, userChannel } from "../core/channel.ts";
import type { Connection } from "../core/connection.ts";
import type { Membership } from "./membership.ts";
import type { Inbox } from "../inbox/store/store.ts";
import { NOWHERE } from "../core/publication.ts";
import type { UserId } from "../base/fields.ts";
import { unixSeconds } from "../base/times.ts";
import type { Hub } from "../core/hub.ts";
import type { RoomPresence } from "./presence.ts";
import { Outgoing } from "../core/outgoing.ts";
import type { Subscriptions } from "../core/subscriptions.ts";

/** What it works on; all of one node. */
export interface RoomEntryParts {
  readonly hub: Hub;
  readonly subscriptions: Subscriptions;
  readonly revocations: Revocations;
  readonly presence: RoomPresence;
  readonly inbox: Inbox;
  /** The engine was away: the rest is to be made good by {@linkcode RoomEntry.restore}. */
  incomplete(what: string, error: unknown): void;
  /** Sees to it that the node does not stop before this is done. */
  runInBackground(what: string, task: Promise<void>): void;
}

/** A client in one of its rooms. */
interface Occupant {
  readonly client: Connection;
  readonly membership: Membership;
}

export class RoomEntry {
  readonly #parts: RoomEntryParts;
  /** Of rooms with a limit, by client and room, so that two at once are one. */
  readonly #joining = new Map<string, Promise<void>>();

  constructor(parts: RoomEntryParts) {
    this.#parts = parts;
  }

  /**
   * Puts the client in a room, and hands it the notifications that wait for its user there. With `maxClients` it rejects
   * with `room_full`, or where nobody can count, and the client is not in the room.
   */
  async join(
    client: Connection,
    user: UserId,
    { room, name, maxClients, token }: {
      room: string;
      name: string;
      maxClients?: number;
      token?: TokenFacts;
    },
  ): Promise<void> {
    const channel = roomChannel(client.site, room);
    const membership: Membership = {
      room,
      channel: this.#parts.hub.get(channel) ?? channel, // shared by nearly all who are in it
      name,
      token,
      connectedAt: unixSeconds(),
    };
    if (maxClients === undefined) return await this.#enter(client, user, membership);
    const key = `${client.id}\n${room}`;
    let joining = this.#joining.get(key);
    if (joining === undefined) {
      joining = this.#enterIfPlace(client, user, membership, maxClients)
        .finally(() => this.#joining.delete(key));
      this.#joining.set(key, joining);
      this.#parts.runInBackground("join", joining.catch(() => {})); // its caller is told
    }
    await joining;
  }

  /** Writes the client's presence anew, under its new name. */
  async rename(client: Connection, user: UserId, membership: Membership): Promise<void> {
    try {
      await this.#parts.presence.enter(client, user, membership);
    } catch (error) {
      this.#parts.incomplete("rename", error);
    }
  }

  async leave(client: Connection, room: string): Promise<void> {
    const { hub, presence, subscriptions } = this.#parts;
    const membership = client.memberships.get(room);
    const { user, site } = client;
    if (membership === undefined || user === undefined) return;
    client.forgetRoom(room);
    const channels = [membership.channel];
    if (client.memberships.size === 0 && !client.protocol.hasInbox) {
      channels.push(userChannel(site, user));
    }
    for (const channel of channels) hub.remove(client, channel);
    try {
      await presence.exit(client, user, membership);
    } finally {
      await Promise.all(channels.map((channel) => subscriptions.sync(channel)));
    }
  }

  /**
   * Writes anew what the engine lost of the clients' rooms, and hands out what was stored meanwhile. `before` comes
   * first, and may end clients. Rejects where the engine is away again; then all waits for the next time.
   */
  async restore(clients: Iterable<Connection>, before: () => Promise<void>): Promise<void> {
    const { presence } = this.#parts;
    const occupants: Occupant[] = [...clients].flatMap((client) =>
      [...client.memberships.values()].map((membership) => ({ client, membership }))
    );
    for (const { client, membership: { room } } of occupants) client.notifications.holdRoom(room);
    try {
      await before();
      await presence.retry();
      const left = occupants.filter(({ client }) => !client.closed);
      await Promise.all(left.map(async ({ client, membership }) => {
        if (client.user !== undefined) await presence.enter(client, client.user, membership);
      }));
      await Promise.all(
        byUserAndRoom(left).map(([site, user, room, clients]) =>
          this.#deliverQueued(site, user, room, clients)
        ),
      );
    } catch (error) {
      for (const { client, membership } of occupants) {
        await client.notifications.handOut(membership.room, [], NOWHERE);
      }
      throw error;
    }
  }

  /** While it waited for a place, the client may have gone, or its token been revoked: then it gives it back. */
  async #enterIfPlace(
    client: Connection,
    user: UserId,
    membership: Membership,
    maxClients: number,
  ): Promise<void> {
    const { presence, revocations } = this.#parts;
    const isFirst = await presence.takePlace(client, user, membership, maxClients);
    const refusal = membership.token && revocations.refusal(membership.token);
    if (!client.closed && refusal === undefined) {
      return await this.#enter(client, user, membership, isFirst);
    }
    await presence.exit(client, user, membership);
    if (refusal !== undefined) throw refusal;
  }

  /** @param isFirst where its presence is written already: whether it is the user's first there */
  async #enter(
    client: Connection,
    user: UserId,
    membership: Membership,
    isFirst?: boolean,
  ): Promise<void> {
    const { hub, subscriptions, presence } = this.#parts;
    const { room } = membership;
    client.memberships.set(room, membership);
    client.notifications.holdRoom(room);
    if (client.protocol.hasInbox) client.holdRoom(room);
    const channels = [membership.channel, userChannel(client.site, user)];
    for (const channel of channels) hub.add(client, channel);
    await Promise.all(channels.map((channel) => subscriptions.sync(channel)));
    try {
      if (isFirst === undefined) await presence.enter(client, user, membership);
      else if (isFirst) await presence.tellEntered(client, user, membership);
      if (client.memberships.get(room) === membership && !client.protocol.hasInbox) {
        await this.#deliverQueued(client.site, user, room, [client]);
      }
    } catch (error) {
      // The client is in the room of this node; the rest is made good once the engine is back.
      this.#parts.incomplete("join", error);
      await client.notifications.handOut(room, [], NOWHERE);
    }
  }

  /** Hands what waits for the user in the room to these clients, before anything that came meanwhile. */
  async #deliverQueued(
    site: string,
    user: UserId,
    room: string,
    clients: readonly Connection[],
  ): Promise<void> {
    const { offset, epoch, notifications } = await this.#parts.inbox.queued(site, user, room);
    const queued = notifications.map(({ id, offset, text }) => (
      { id, offset, epoch, outgoing: new Outgoing(text) }
    ));
    const upTo = { offset, epoch };
    await Promise.all(clients.map((client) => client.notifications.handOut(room, queued, upTo)));
  }
}

function byUserAndRoom(occupants: readonly Occupant[]): [string, UserId, string, Connection[]][] {
  const groups = new Map<string, [string, UserId, string, Connection[]]>();
  for (const { client, membership: { room } } of occupants) {
    if (client.user === undefined || client.protocol.hasInbox) continue;
    const key = `${client.site}\n${client.user}\n${room}`;
    const group = groups.get(key) ?? [client.site, client.user, room, []];
    groups.set(key, group);
    group[3].push(client);
  }
  return [...groups.values()];
}
