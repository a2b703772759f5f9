/**
 * The service of rooms, which their commands and routes use: people enter, say something, and see what is said and who is
 * there. Next on a message's way: `core/node.ts`, `publish`.
 */
import type { Questions } from "../asks/questions.ts";
import type { Revocations } from "../auth/revocations/revocations.ts";
import { CodedError, isRefusedAlone } from "../base/errors.ts";
import type { UserId } from "../base/fields.ts";
import type { Limits } from "../base/sizes.ts";
import type { Rates } from "../limits/settings.ts";
import { nextId } from "../base/ids.ts";
import { unixSeconds } from "../base/times.ts";
import { type Channel, roomChannel } from "../core/channel.ts";
import type { Connection } from "../core/connection.ts";
import { Counter, type Metric } from "../core/metrics.ts";
import type { Node } from "../core/node.ts";
import type { Position, Publication } from "../core/publication.ts";
import type { Expense } from "../core/work.ts";
import { type AccessProofs, RoomAccess } from "./access.ts";
import { RoomAsking } from "./asking.ts";
import { RoomEntry, type RoomListener } from "./entry.ts";
import { RoomEvents } from "./events.ts";
import { RoomHistory } from "./history.ts";
import { RoomJoining } from "./joining.ts";
import {
  type Membership,
  membershipsOf,
  type PublishedMessage,
  type RoomMessage,
  type RoomSync,
} from "./membership.ts";
import { RoomPresence } from "./presence.ts";
import type { RoomRules } from "./rules/room_rules.ts";
import type {
  OnPresenceChange,
  PresenceLogs,
  PresenceManager,
  PresenceRequest,
} from "./store/store.ts";
import type { Watched } from "./watched_room.ts";
import type { RoomWitness, Telling } from "./witness.ts";
import { Watching } from "./watching.ts";

/** What rooms are made of. */
export interface RoomsParts {
  readonly rules: RoomRules;
  readonly proofs: AccessProofs;
  readonly questions: Questions;
  readonly presence: PresenceManager;
  readonly revocations: Revocations;
  readonly limits: Pick<Limits, "queue">;
  readonly rates: Pick<Rates, "events">;
}

export class Rooms {
  readonly access: RoomAccess;
  readonly asking: RoomAsking;
  readonly #node: Node;
  readonly rules: RoomRules;
  /** Who is in which room, on all nodes together. */
  readonly presence: PresenceManager;
  readonly entry: RoomEntry;
  readonly watching: Watching;
  readonly events: RoomEvents;
  readonly #joining: RoomJoining;
  readonly #history: RoomHistory;
  readonly #listeners: RoomListener[] = [];
  readonly #changeListeners: OnPresenceChange[] = [];
  #witness: RoomWitness | undefined;
  readonly #said = new Counter("messages", "Messages that were said in rooms through this node.");

  constructor(
    node: Node,
    { rules, proofs, questions, presence, revocations, limits, rates }: RoomsParts,
  ) {
    this.#node = node;
    this.rules = rules;
    this.presence = presence;
    presence.listen((change) => this.#changeListeners.forEach((listener) => listener(change)));
    this.access = new RoomAccess(rules, proofs);
    this.asking = new RoomAsking(questions, revocations);
    this.events = new RoomEvents({
      ...{ node, access: this.access, asking: this.asking, rates },
    });
    this.#history = new RoomHistory(node.broker, rules, limits);
    this.watching = new Watching({
      most: ({ site, name }) => rules.of(site, name).maxPresence,
      isShown: ({ site, name }) => rules.of(site, name).showsPresence,
      list: (...asked) => presence.list(...asked),
    });
    this.entry = new RoomEntry({
      node,
      revocations,
      presence: new RoomPresence(presence, (error) => {
        node.restoring.noteIncomplete();
        if (isRefusedAlone(error)) node.logFailure("presence", error);
      }),
      access: this.access,
      watching: this.watching,
      listeners: this.#listeners,
    });
    this.#joining = new RoomJoining({
      ...{ access: this.access, asking: this.asking, entry: this.entry, revocations },
    });
  }

  get metrics(): readonly Metric[] {
    const rooms: Metric = {
      name: "rooms",
      help: "Rooms with a client on this node.",
      type: "gauge",
      read: () => this.#node.hub.count("room"),
    };
    return [rooms, this.#said, this.events.told];
  }

  /** Adds what a capability does as connections enter and leave. It has to come before any connection does. */
  listen(listener: RoomListener): void {
    this.#listeners.push(listener);
  }

  /** Adds what is told of users who come into rooms and leave them, once on all nodes together. It has to come as above. */
  listenToChanges(listener: OnPresenceChange): void {
    this.#changeListeners.push(listener);
  }

  /** Sets what is told of what clients say and tell. It has to come before any connection does. */
  witnessBy(witness: RoomWitness): void {
    this.#witness = witness;
    this.events.witnessBy(witness);
  }

  /** Sets the logs that get who comes and leaves. Says whether the engine writes them; else the listener of changes has to. */
  logChangesBy(logs: PresenceLogs): boolean {
    return this.presence.logBy(logs);
  }

  /**
   * Puts a connection in a room; `undefined` where it is in the room already. Throws where it is in too many rooms, or may
   * not enter. In the base protocol this runs for every message.
   *
   * @param token for this room
   */
  join(
    connection: Connection,
    room: string,
    name: string | undefined,
    token?: string,
  ): Promise<void> | undefined {
    return this.#joining.join(connection, { room, name, token });
  }

  leave(connection: Connection, room: string): Promise<void> {
    return this.entry.leave(connection, room);
  }

  /** Puts a connection's user in the place of the guest that it was, in the rooms where it is. Never rejects. */
  changeUser(connection: Connection, before: UserId): Promise<void> {
    return this.entry.changeUser(connection, before);
  }

  /** Takes a connection that is gone out of its rooms. */
  leaveAll(connection: Connection): void {
    this.entry.leaveAll(connection);
  }

  /** Writes anew what the engine lost of who is in rooms. Rejects where the engine is away again. */
  restore(signal: AbortSignal): Promise<void> {
    this.watching.forgetVersions();
    return this.entry.restore(signal);
  }

  /** Says something in a room for a connection. Throws where it may not speak; rejects where the engine is away. */
  publish(
    connection: Connection,
    message: RoomMessage,
  ): Promise<PublishedMessage> | PublishedMessage {
    const { room } = message;
    const membership = membershipsOf(connection).get(room);
    this.access.requireSpeech(connection.identity, room, membership !== undefined);
    const asking = this.asking.speech(connection, message, membership !== undefined);
    if (asking === undefined) return this.#publish(connection, message, membership);
    return this.#publishWhenAsked(connection, room, asking);
  }

  /** Says what the application allows, which may be other words. A client that is gone by then has said it all the same. */
  async #publishWhenAsked(
    connection: Connection,
    room: string,
    asking: Promise<RoomMessage>,
  ): Promise<PublishedMessage> {
    const allowed = await asking;
    const membership = membershipsOf(connection).get(room);
    if (!connection.closed) {
      this.access.requireSpeech(connection.identity, room, membership !== undefined);
    }
    return await this.#publish(connection, allowed, membership);
  }

  #publish(
    connection: Connection,
    message: RoomMessage,
    membership: Membership | undefined,
  ): Promise<PublishedMessage> | PublishedMessage {
    const channel = membership?.channel ?? roomChannel(connection.site, message.room);
    const telling = this.#witness?.saying("message.received", channel, connection);
    if (telling === undefined) return this.say(channel, message);
    return this.#sayAndTell(channel, message, telling);
  }

  /** Says something to all in a room, with no look at who speaks. Rejects where the engine is away. */
  say(
    channel: Channel,
    message: RoomMessage,
    telling?: Telling,
  ): Promise<PublishedMessage> | PublishedMessage {
    const { room } = message;
    const id = message.id ?? message.madeId ?? nextId();
    const said: Publication = {
      kind: "message",
      id,
      at: unixSeconds(),
      from: { user: message.user, name: message.name },
      message: message.message,
      data: message.data,
      isClientsId: message.id !== undefined,
      claim: message.claim,
    };
    this.#said.value++;
    const publication = telling === undefined ? said : { ...said, logged: telling.logged(said) };
    const published = this.#node.publish(
      channel,
      publication,
      this.rules.of(channel.site, room).history,
    );
    return published instanceof Promise
      ? published.then((published) => ({ id, publication, published }))
      : { id, publication, published };
  }

  /** Resolves when the message is said, and cannot be lost any more to who is told of it. */
  async #sayAndTell(
    channel: Channel,
    message: RoomMessage,
    telling: Telling,
  ): Promise<PublishedMessage> {
    const said = await this.say(channel, message, telling);
    await telling.told(said.publication, said.published);
    return said;
  }

  /**
   * Resolves with a part of who is in the room, which the connection is in. From now on it is told who comes and leaves, or
   * how many there are.
   */
  async watch(
    connection: Connection,
    channel: Channel,
    request: PresenceRequest,
  ): Promise<Watched> {
    this.access.requireSight(channel.site, channel.name);
    const watched = await this.watching.ask(connection, channel, request);
    connection.charge({ entries: watched.page.users.length });
    return watched;
  }

  /**
   * The messages of the room after `since`, to be sent before those that were held back meanwhile. What is held back by then
   * has all of these: none of them arrives later.
   */
  async recover(
    connection: Connection,
    room: string,
    since: Position | undefined,
  ): Promise<RoomSync> {
    const { site } = connection;
    const charge = (work: Expense) => connection.charge(work);
    const sync = await this.#history.recover(site, room, since, charge);
    if (since !== undefined) this.#node.figures.recovered("room", sync.recovered);
    await this.#node.caughtUp(roomChannel(site, room), sync);
    return sync;
  }

  /** The messages of a room that are kept: the last ones, or those after `since`. */
  history(
    connection: Connection,
    room: string,
    options: { since?: Position; limit: number },
  ): Promise<RoomSync> {
    return this.#history.read(connection.site, room, options, (work) => connection.charge(work));
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

  /** The name that others see of the connection in the room, or would see if it were there. */
  nameIn(connection: Connection, room: string): string {
    return membershipsOf(connection).get(room)?.name ?? connection.name ??
      connection.requireUser();
  }
}
