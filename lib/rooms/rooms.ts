/**
 * Rooms: people are in them and say something there. The service that the rooms' commands and routes use. Next on a
 * message's way: `core/node.ts`, `publish`.
 */
import type { TokenVerifier } from "../auth/tokens.ts";
import type { Revocations } from "../auth/revocations/revocations.ts";
import { CodedError } from "../base/errors.ts";
import type { UserId } from "../base/fields.ts";
import { nextId } from "../base/ids.ts";
import { unixSeconds } from "../base/times.ts";
import { type Channel, roomChannel } from "../core/channel.ts";
import type { Arrival } from "../core/arrival.ts";
import type { Connection } from "../core/connection.ts";
import { deliverToAll, type HubChannel } from "../core/hub.ts";
import type { TokenFacts } from "../core/identity.ts";
import { Counter, type Metric } from "../core/metrics.ts";
import type { Kinds, Node } from "../core/node.ts";
import type { Position, Publication } from "../core/publication.ts";
import { RoomAccess } from "./access.ts";
import { RoomEntry, type RoomListener } from "./entry.ts";
import { RoomHistory } from "./history.ts";
import {
  type Membership,
  membershipsOf,
  type PublishedMessage,
  type RoomMessage,
  type RoomSync,
} from "./membership.ts";
import { RoomPresence } from "./presence.ts";
import type { RoomRules } from "./rules/room_rules.ts";
import type { PresenceManager, UserPresence } from "./store/store.ts";

/** What rooms are made of. */
export interface RoomsParts {
  readonly rules: RoomRules;
  /** Absent: the server is open, and believes its clients. */
  readonly tokens: TokenVerifier | undefined;
  readonly presence: PresenceManager;
  readonly revocations: Revocations;
}

export class Rooms {
  readonly access: RoomAccess;
  readonly #node: Node;
  readonly #rules: RoomRules;
  readonly #presence: PresenceManager;
  readonly #revocations: Revocations;
  readonly entry: RoomEntry;
  readonly #history: RoomHistory;
  readonly #listeners: RoomListener[] = [];
  readonly #said = new Counter("messages", "Messages that were said in rooms through this node.");

  constructor(node: Node, { rules, tokens, presence, revocations }: RoomsParts) {
    this.#node = node;
    this.#rules = rules;
    this.#presence = presence;
    this.#revocations = revocations;
    this.access = new RoomAccess(rules, tokens);
    this.#history = new RoomHistory(node.broker, rules);
    this.entry = new RoomEntry({
      node,
      revocations,
      presence: new RoomPresence(
        { presence, broker: node.broker },
        () => node.restoring.noteIncomplete(),
      ),
      listeners: this.#listeners,
    });
  }

  get metrics(): readonly Metric[] {
    const rooms: Metric = {
      name: "rooms",
      help: "Rooms with a client on this node.",
      type: "gauge",
      read: () => this.#node.hub.count("room"),
    };
    return [rooms, this.#said];
  }

  /** Another capability does something as connections enter and leave; before any does. */
  listen(listener: RoomListener): void {
    this.#listeners.push(listener);
  }

  /**
   * Puts a connection in a room; `undefined` if it is in it already. Throws if it is in too many, or may not. On every
   * message's way, in the base protocol.
   *
   * @param token for this room
   */
  join(
    connection: Connection,
    room: string,
    name: string | undefined,
    token?: string,
  ): Promise<void> | undefined {
    const user = connection.requireUser();
    const { identity } = connection;
    if (token !== undefined) {
      return this.access.requireToken(identity, room, token)
        .then((token) => {
          if (connection.closed) return undefined;
          if (token !== undefined) this.#revocations.require(token);
          return this.#enter(connection, room, name, token);
        });
    }
    const membership = membershipsOf(connection).get(room);
    if (membership !== undefined) return this.#rename(connection, user, membership, name);
    this.access.requireEntry(identity, room);
    return this.#enter(connection, room, name);
  }

  leave(connection: Connection, room: string): Promise<void> {
    return this.entry.leave(connection, room);
  }

  /** It is gone: so is it from its rooms. */
  leaveAll(connection: Connection): void {
    for (const room of [...membershipsOf(connection).keys()]) {
      this.#node.background.run("leave", this.leave(connection, room));
    }
  }

  /** Writes anew what the engine lost of who is in rooms. Rejects where the engine is away again. */
  restore(): Promise<void> {
    return this.entry.restore();
  }

  /** Says something in a room. Throws where it may not; rejects where the engine did not take it. */
  publish(
    connection: Connection,
    message: RoomMessage,
  ): Promise<PublishedMessage> | PublishedMessage {
    const { room } = message;
    const membership = membershipsOf(connection).get(room);
    this.access.requireSpeech(connection.identity, room, membership !== undefined);
    return this.say(membership?.channel ?? roomChannel(connection.site, room), message);
  }

  /** Says something in a room, whose channel it is, to all in it. Rejects where the engine did not take it. */
  say(channel: Channel, message: RoomMessage): Promise<PublishedMessage> | PublishedMessage {
    const { room } = message;
    const id = message.id ?? nextId();
    const publication: Publication = {
      kind: "message",
      id,
      at: unixSeconds(),
      from: { user: message.user, name: message.name },
      message: message.message,
      isClientsId: message.id !== undefined,
    };
    this.#said.value++;
    const published = this.#node.publish(channel, publication, this.#rules.of(room).history);
    return published instanceof Promise
      ? published.then((published) => ({ id, publication, published }))
      : { id, publication, published };
  }

  /** Everyone in the room; from now on the connection is told of joins and leaves. */
  async watch(connection: Connection, room: string): Promise<UserPresence[]> {
    this.access.requireSight(room);
    this.#node.hub.watch(connection, roomChannel(connection.site, room));
    return await this.#presence.list(connection.site, room);
  }

  /** Messages of the room after `since`, to be sent before those that were held back meanwhile. */
  recover(connection: Connection, room: string, since: Position | undefined): Promise<RoomSync> {
    return this.#history.recover(connection.site, room, since);
  }

  /** Messages of a room that are kept: the last ones, or those after `since`. */
  history(
    connection: Connection,
    room: string,
    options: { since?: Position; limit: number },
  ): Promise<RoomSync> {
    return this.#history.read(connection.site, room, options);
  }

  /** Everyone in a room of a site, as other systems ask for it. */
  connections(site: string, room: string): Promise<UserPresence[]> {
    return this.#presence.list(site, room);
  }

  /** The user's presence in a room; `undefined` where the user is not there. */
  connection(site: string, room: string, user: UserId): Promise<UserPresence | undefined> {
    return this.#presence.get(site, room, user);
  }

  requireMembership(connection: Connection, room: string, verb: string): Membership {
    const membership = membershipsOf(connection).get(room);
    if (membership !== undefined) return membership;
    throw new CodedError(
      "not_in_room",
      `Cannot ${verb} room ${JSON.stringify(room)}: this client is not in it`,
      { field: "room" },
    );
  }

  /** What others see of the connection in the room, or would. */
  nameIn(connection: Connection, room: string): string {
    return membershipsOf(connection).get(room)?.name ?? connection.name ??
      connection.requireUser();
  }

  #enter(
    connection: Connection,
    room: string,
    claimedName: string | undefined,
    token?: TokenFacts,
  ): Promise<void> | undefined {
    const user = connection.requireUser();
    const memberships = membershipsOf(connection);
    const membership = memberships.get(room);
    if (membership !== undefined) {
      return this.#rename(connection, user, membership, claimedName);
    }
    const { limits } = connection;
    if (memberships.size >= limits.rooms) {
      throw new CodedError(
        "too_many_rooms",
        `Cannot join room ${JSON.stringify(room)}: this client is in ${memberships.size} rooms, ` +
          `the limit is ${limits.rooms}`,
        { field: "room" },
      );
    }
    return this.entry.join(connection, user, {
      room,
      name: connection.name ?? user,
      maxClients: this.access.maxClients(room),
      token,
    });
  }

  /** It is in the room already, maybe under another name. */
  #rename(
    connection: Connection,
    user: UserId,
    membership: Membership,
    claimedName: string | undefined,
  ): Promise<void> | undefined {
    const name = connection.identity?.name ?? claimedName;
    if (name === undefined || name === membership.name) return undefined;
    connection.name = membership.name = name;
    return this.entry.rename(connection, user, membership);
  }
}

/** How those in a room are given what is said there, and those who watch it who comes and goes. */
export const ROOM_KINDS: Kinds = {
  message: deliverToAll,
  join: tellWatchers,
  leave: tellWatchers,
};

function tellWatchers({ key, watchers = new Set() }: HubChannel, arrival: Arrival): void {
  for (const connection of watchers) {
    connection.deliver(key, 0, arrival.in(connection.protocol.dialect));
  }
}
