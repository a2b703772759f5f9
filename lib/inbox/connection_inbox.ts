/**
 * Gives one connection its notifications, each once: live ones are held back while earlier ones are on their way. It knows
 * what the other end has taken. `delivery.ts` makes one for each connection; `taken_marks.ts` stores what was taken.
 */
import { nextTurn } from "../base/clock.ts";
import type { Arrival } from "../core/arrival.ts";
import { NOWHERE, type Position, type Publication } from "../core/publication.ts";
import type { Connection } from "../core/connection.ts";
import type { Outgoing } from "../core/outgoing.ts";
import type { Queue } from "./queue.ts";
import type { Taken } from "./store/store.ts";

/** Most ids of notifications that are known to have been given; past so many, the oldest are forgotten. */
const MAX_GIVEN = 1000;

/** A notification as this connection is sent it, with its place in the inbox. */
export interface OutgoingNotification extends Position {
  readonly id: string;
  /** How it comes again, where it does. */
  readonly again?: Again | undefined;
  readonly outgoing: Outgoing;
}

/** A notification that comes again under its id, since it was changed or snoozed. */
export interface Again {
  /** Whether it was changed when a client had it already. */
  readonly isTaken: boolean;
  /** When it was snoozed, if it was, in Unix seconds. */
  readonly snoozedAt: unknown;
}

/** Whether and how a notification comes again; most do not. */
export function againOf({ details }: Publication): Again | undefined {
  const { edited_at: editedAt, snoozed_at: snoozedAt, state } = details ?? NO_DETAILS;
  if (editedAt === undefined && snoozedAt === undefined) return undefined;
  return { isTaken: state !== undefined && state !== "queued", snoozedAt };
}

const NO_DETAILS: Readonly<Record<string, unknown>> = {};

/** Whose inbox it is: a connection's user. */
export type InboxOwner = Pick<Connection, "site" | "user">;

/** Stores what connections have taken. */
export interface Marks {
  /** A notification was given to the connection. */
  given(connection: Connection, id: string): void;
  /** Something was given to the socket; {@linkcode ConnectionInbox.takeHanded} says when the socket has taken it. */
  note(inbox: ConnectionInbox): void;
  /** The other end has these notifications of a user. The connection may be gone by now. */
  taken(owner: InboxOwner, ids: readonly string[], how: Taken): void;
}

/** A room of a connection of the base protocol, which gets the notifications of its rooms alone. */
interface HeldRoom {
  readonly name: string;
  /**
   * The notifications that arrived while the queued ones are still on their way; `undefined` once those are sent. Bounded by
   * the inbox's size, since each notification is stored there.
   */
  held: OutgoingNotification[] | undefined;
  /** The place in the inbox up to which this client has got what it is to get. */
  upTo: Position;
}

export class ConnectionInbox {
  readonly connection: Connection;
  readonly #marks: Marks;
  /** At most `APP_LIMIT_ROOMS`. A list, since most clients are in one room: a Map would take 200 bytes more for each. */
  #rooms: HeldRoom[] = [];
  /** The notifications that are held back while the inbox is being read; bounded as `HeldRoom.held` is. */
  #heldInbox: OutgoingNotification[] | undefined;
  /** The place in the inbox up to which the client has got all. */
  #inboxUpTo: Position = NOWHERE;
  /** The ids of the last notifications that were given, or what {@linkcode ConnectionInbox.#keyOf} says, so that none comes twice. */
  #given: Set<string> | undefined;
  /**
   * The ids of notifications that the socket was given, and that nobody knows to be taken yet. While there are none there is no list:
   * an empty one would grow old until the next notification, and what an old list held outlives the small garbage collections.
   */
  #handed: string[] | undefined;
  /** Whether a proof was asked for that has not come yet. */
  #isProving = false;

  constructor(connection: Connection, marks: Marks) {
    this.connection = connection;
    this.#marks = marks;
  }

  /**
   * Base protocol: holds back the live notifications of a room until {@linkcode handOut}, because the connection joins it or
   * because the store may be another one by now. {@linkcode holdInbox} is the same for version 2, of all rooms at once.
   */
  awaitQueued(room: string): void {
    if (this.connection.recovers) return;
    const index = this.#rooms.findIndex(({ name }) => name === room);
    const held = this.#rooms[index]?.held ?? [];
    const entered = { name: room, held, upTo: NOWHERE };
    this.#rooms = index === -1 ? this.#rooms.concat(entered) : this.#rooms.with(index, entered);
  }

  /** The connection was a guest until now: what it was given was the guest's, and its user has another inbox. */
  beginAnew(): void {
    this.#rooms = [];
    this.#heldInbox = undefined;
    this.#inboxUpTo = NOWHERE;
    this.#given = undefined;
    this.#handed = undefined;
  }

  leaveRoom(room: string): void {
    this.#rooms = this.#rooms.filter(({ name }) => name !== room);
  }

  /** Gives a live notification, after those that are still on their way. */
  notify(roomName: string, notification: OutgoingNotification): void {
    if (this.connection.recovers) {
      if (this.#heldInbox !== undefined) this.#heldInbox.push(notification);
      else if (isAfter(this.#inboxUpTo, notification)) this.#give(notification);
      return;
    }
    if (notification.again?.isTaken) return; // clients of the base protocol take it for another one
    const room = this.#room(roomName);
    if (room?.held !== undefined) room.held.push(notification);
    else if (room !== undefined && isAfter(room.upTo, notification)) this.#give(notification);
  }

  /**
   * Base protocol: gives the notifications that waited for the room, as fast as the client takes them, then those that were
   * held back. Notifications up to the queue's end that did not wait are left out: another client got them before this one
   * came. Rejects where the store cannot be reached any more; then the room's live notifications are still held back.
   */
  async handOut(roomName: string, queue: Queue): Promise<void> {
    const room = this.#room(roomName);
    if (room === undefined) return;
    for await (const page of queue.pages()) {
      if (this.connection.closed || this.#room(roomName) !== room) return;
      await this.#giveAll(page);
    }
    this.#release(room, queue.upTo);
  }

  /** Base protocol: gives what was held back, since what waited cannot be had. */
  waitNoMore(roomName: string): void {
    const room = this.#room(roomName);
    if (room !== undefined) this.#release(room, NOWHERE);
  }

  /** Version 2: holds back the live notifications of all rooms until {@linkcode releaseInbox}. */
  holdInbox(): void {
    this.#heldInbox ??= [];
  }

  /**
   * Version 2: gives the notifications that were held back.
   *
   * @param given the ids of those that the client's answer had
   * @param upTo how far the answer has come in the inbox
   */
  releaseInbox(given: readonly string[], upTo: Position): void {
    const held = this.#heldInbox ?? [];
    this.#heldInbox = undefined;
    if (this.connection.closed) return;
    if (isAfter(this.#inboxUpTo, upTo)) this.#inboxUpTo = upTo;
    this.noteGiven(given);
    for (const notification of held) if (isAfter(upTo, notification)) this.#give(notification);
  }

  /** Notes notifications that the client was given in an answer. */
  noteGiven(ids: readonly string[]): void {
    if (ids.length === 0) return;
    for (const id of ids) {
      this.#remember(id);
      this.#marks.given(this.connection, id);
    }
    this.#noteHanded(ids);
  }

  /** The ids that the socket has taken since the last call; none while something waits in the socket. */
  takeHanded(): readonly string[] {
    const isTaken = !this.connection.closed && this.connection.bufferedAmount === 0;
    return isTaken ? this.#takeAll() : [];
  }

  get hasHanded(): boolean {
    return this.#handed !== undefined;
  }

  /** Marks what is under way, before the server closes the connection: its closing handshake still carries that over. */
  finish(): void {
    if (this.#provesTaken) this.#prove();
    else if (this.hasHanded) {
      const handed = this.takeHanded();
      if (handed.length > 0) this.#marks.taken(this.connection, handed, "sent");
    }
  }

  /** Gives a page, and lets others have their turns. */
  async #giveAll(page: readonly Arrival[]): Promise<void> {
    const { connection } = this;
    for (const arrival of page) {
      await connection.drained();
      const { publication, position = NOWHERE } = arrival;
      const outgoing = arrival.in(connection.protocol.dialect);
      this.#give({ id: publication.id, again: againOf(publication), ...position, outgoing });
    }
    connection.charge({ entries: page.length });
    await nextTurn();
  }

  #release(room: HeldRoom, upTo: Position): void {
    const held = room.held ?? [];
    room.held = undefined;
    if (isAfter(room.upTo, upTo)) room.upTo = upTo;
    for (const notification of held) if (isAfter(upTo, notification)) this.#give(notification);
  }

  #room(room: string): HeldRoom | undefined {
    return this.#rooms.find(({ name }) => name === room);
  }

  /** Whether a pong proves what was taken: clients of version 2 acknowledge it themselves. */
  get #provesTaken(): boolean {
    return !this.connection.recovers && this.connection.canConfirm;
  }

  #give(notification: OutgoingNotification): void {
    const { id, outgoing } = notification;
    const key = this.#keyOf(notification);
    if (this.connection.closed || this.#given?.has(key)) return;
    this.connection.send(outgoing);
    this.#marks.given(this.connection, id);
    this.#remember(key);
    this.#noteHanded([id]);
  }

  /** What a notification is remembered by: one that comes again is given again, each time once. */
  #keyOf({ id, again, offset }: OutgoingNotification): string {
    if (again === undefined) return id;
    if (this.connection.recovers) return `${id} ${offset}`;
    return again.snoozedAt === undefined ? id : `${id} ${again.snoozedAt}`;
  }

  #noteHanded(ids: readonly string[]): void {
    if (this.#handed === undefined) this.#handed = [...ids];
    else for (const id of ids) this.#handed.push(id);
    if (!this.#provesTaken) return this.#marks.note(this);
    if (this.#isProving) return; // the next proof is for these, too
    this.#isProving = true;
    queueMicrotask(() => this.#prove());
  }

  /** Asks for a proof of all that was given so far. What is given meanwhile waits for the next proof. */
  #prove(): void {
    const ids = this.#takeAll();
    const { site, user } = this.connection;
    if (ids.length === 0) return;
    this.connection.confirm((isTaken) => {
      this.#isProving = false;
      if (!isTaken) return; // these stay queued, and come with the next connection
      this.#marks.taken({ site, user }, ids, "delivered");
      this.#isProving = this.hasHanded;
      this.#prove();
    });
  }

  #takeAll(): readonly string[] {
    const handed = this.#handed ?? [];
    this.#handed = undefined;
    return handed;
  }

  #remember(id: string): void {
    const given = this.#given ??= new Set();
    given.add(id);
    if (given.size > MAX_GIVEN) given.delete(given.values().next().value ?? "");
  }
}

/** In another epoch offsets begin anew, as in an inbox that was empty for as long as notifications are kept. */
function isAfter(upTo: Position, { offset, epoch }: Position): boolean {
  return epoch !== upTo.epoch || offset > upTo.offset;
}
