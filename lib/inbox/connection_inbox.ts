/**
 * One connection's notifications: live ones are held back while earlier ones are on their way, each is given once, and
 * what the other end has taken is known. `delivery.ts` makes these; `taken_marks.ts` writes down what was taken.
 */
import { NOWHERE, type Position } from "../core/publication.ts";
import type { Connection } from "../core/connection.ts";
import type { Outgoing } from "../core/outgoing.ts";
import type { Taken } from "./store/store.ts";

/** Notifications that a connection is known to have got; past so many, the oldest are forgotten. */
const MAX_GIVEN = 1000;

/** A notification for this connection. */
export interface Held extends Position {
  readonly id: string;
  readonly outgoing: Outgoing;
}

/** Where it is written down what connections have taken. */
export interface Marks {
  /** Something was given: {@linkcode ConnectionInbox.takeHanded} says when the socket took it. */
  note(inbox: ConnectionInbox): void;
  /** The other end has these; the connection may be gone by now. */
  taken(connection: Connection, ids: readonly string[], how: Taken): void;
}

/** A room of a connection that has no inbox. */
interface HeldRoom {
  readonly name: string;
  /**
   * What arrived while the queued ones are still on their way; `undefined` once those are sent. Bounded by the inbox's
   * size, since each of them is stored there.
   */
  held: Held[] | undefined;
  /** Place in the inbox up to which this client has what it is to get. */
  upTo: Position;
}

export class ConnectionInbox {
  readonly connection: Connection;
  readonly #marks: Marks;
  /** At most `APP_LIMIT_ROOMS`, and mostly one: a Map would take 200 bytes more for each client. */
  #rooms: HeldRoom[] = [];
  /** Held back while the inbox is being read; as bounded as `HeldRoom.held`. */
  #heldInbox: Held[] | undefined;
  #inboxUpTo: Position = NOWHERE;
  /** The last ones that this client got, so that none comes twice. */
  #given: Set<string> | undefined;
  /** Given to the socket, and not yet known to be taken. */
  #handed: string[] = [];
  #isProving = false;

  constructor(connection: Connection, marks: Marks) {
    this.connection = connection;
    this.#marks = marks;
  }

  /** It joined a room, or the store may be another one by now: live ones there wait for {@linkcode handOut}. */
  awaitQueued(room: string): void {
    if (this.connection.hasInbox) return;
    const held = this.#room(room)?.held ?? [];
    this.leaveRoom(room);
    this.#rooms = this.#rooms.concat({ name: room, held, upTo: NOWHERE });
  }

  leaveRoom(room: string): void {
    this.#rooms = this.#rooms.filter(({ name }) => name !== room);
  }

  /** Gives a live one, after those that are still on their way. */
  notify(roomName: string, notification: Held): void {
    if (this.connection.hasInbox) {
      if (this.#heldInbox !== undefined) this.#heldInbox.push(notification);
      else if (isAfter(this.#inboxUpTo, notification)) this.#give(notification);
      return;
    }
    const room = this.#room(roomName);
    if (room?.held !== undefined) room.held.push(notification);
    else if (room !== undefined && isAfter(room.upTo, notification)) this.#give(notification);
  }

  /**
   * Gives what waited in the inbox, as fast as the client takes it, then what was held back. What the inbox had up to
   * `upTo`, and that does not wait, another client got before this one came.
   */
  async handOut(roomName: string, queued: readonly Held[], upTo: Position): Promise<void> {
    const room = this.#room(roomName);
    if (room === undefined) return;
    for (const notification of queued) {
      await this.connection.drained();
      this.#give(notification);
    }
    const held = room.held ?? [];
    room.held = undefined;
    if (isAfter(room.upTo, upTo)) room.upTo = upTo;
    for (const notification of held) if (isAfter(upTo, notification)) this.#give(notification);
  }

  /** Holds live ones back until {@linkcode releaseInbox}. */
  holdInbox(): void {
    this.#heldInbox ??= [];
  }

  /** Gives what was held back of the inbox, but for what the client got with its answer, up to `upTo`. */
  releaseInbox(given: readonly string[], upTo: Position): void {
    const held = this.#heldInbox ?? [];
    this.#heldInbox = undefined;
    if (this.connection.closed) return;
    if (isAfter(this.#inboxUpTo, upTo)) this.#inboxUpTo = upTo;
    this.noteGiven(given);
    for (const notification of held) if (isAfter(upTo, notification)) this.#give(notification);
  }

  /** The client was given these in an answer. */
  noteGiven(ids: readonly string[]): void {
    if (ids.length === 0) return;
    for (const id of ids) this.#remember(id);
    this.#noteHanded(ids);
  }

  /** Those that the socket has taken since the last call; none while something waits in it. */
  takeHanded(): string[] {
    if (this.connection.closed || this.connection.bufferedAmount > 0) return [];
    const handed = this.#handed;
    this.#handed = [];
    return handed;
  }

  get hasHanded(): boolean {
    return this.#handed.length > 0;
  }

  /** Before the server closes the connection in good order: what its closing handshake will carry over, too. */
  finish(): void {
    if (this.#provesTaken) this.#prove();
    else if (this.#handed.length > 0) {
      const handed = this.takeHanded();
      if (handed.length > 0) this.#marks.taken(this.connection, handed, "sent");
    }
  }

  #room(room: string): HeldRoom | undefined {
    return this.#rooms.find(({ name }) => name === room);
  }

  /** A client with an inbox acknowledges what it took; for the others the next best is a pong. */
  get #provesTaken(): boolean {
    return !this.connection.hasInbox && this.connection.canConfirm;
  }

  #give({ id, outgoing }: Held): void {
    if (this.connection.closed || this.#given?.has(id)) return;
    this.connection.send(outgoing);
    this.#remember(id);
    this.#noteHanded([id]);
  }

  #noteHanded(ids: readonly string[]): void {
    for (const id of ids) this.#handed.push(id);
    if (!this.#provesTaken) return this.#marks.note(this);
    if (this.#isProving) return; // the next proof has it
    this.#isProving = true;
    queueMicrotask(() => this.#prove());
  }

  /** Asks for a proof of all that was given so far; what is given meanwhile waits for the next one. */
  #prove(): void {
    const ids = this.#handed;
    this.#handed = [];
    if (ids.length === 0) return;
    this.connection.confirm((isTaken) => {
      this.#isProving = false;
      if (!isTaken) return; // it stays queued, and comes with the next connection
      this.#marks.taken(this.connection, ids, "delivered");
      this.#isProving = this.#handed.length > 0;
      this.#prove();
    });
  }

  #remember(id: string): void {
    const given = this.#given ??= new Set();
    given.add(id);
    if (given.size > MAX_GIVEN) given.delete(given.values().next().value ?? "");
  }
}

/** An inbox that was empty for its retention's age begins a new epoch, with offsets from one on. */
function isAfter(upTo: Position, { offset, epoch }: Position): boolean {
  return epoch !== upTo.epoch || offset > upTo.offset;
}
