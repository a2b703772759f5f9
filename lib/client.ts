/**
 * One connection: reads its frames, keeps who it is and where, and answers. What it says goes on to `node.ts`;
 * what comes back from there goes out by `send`.
 */
import type { Limits } from "./config.ts";
import { DEFAULT_SITE, type UserConnection } from "./engine.ts";
import { type Disconnect, DISCONNECTS, NotifyliError } from "./errors.ts";
import { type Fields, optionalId, parseObject, type UserId, userIdOnWire } from "./fields.ts";
import {
  type Command,
  errorFrame,
  leftFrame,
  parseCommand,
  pongFrame,
  presenceFrame,
} from "./frames.ts";
import { Outgoing, type Socket, type SocketEvents } from "./socket.ts";

/** Frames that may wait while an earlier one of the same client joins a room; one more closes the client. */
const MAX_WAITING_FRAMES = 1000;

/** How long a client's outbound queue may be over its limit, and how far, before the client is closed. */
const SLOW_AFTER_MS = 1000;
const BURST_FACTOR = 8;

/** Notifications that a client is known to have got; past so many, the oldest are forgotten. */
const MAX_NOTIFIED = 1000;

/** What a client asks of its node. */
export interface ClientNode {
  /** Puts the client in a room, and hands it the notifications that wait for its user there. */
  join(client: Client, user: UserId, room: { room: string; name: string }): Promise<void>;
  leave(client: Client, room: string): Promise<void>;
  /** Everyone in the room; from now on the client gets its joins and leaves. */
  watch(client: Client, room: string): Promise<UserConnection[]>;
  /** Says something in a room. Rejects where the engine did not take it. */
  publish(site: string, message: RoomMessage): Promise<string>;
  /** The client is gone. */
  remove(client: Client): void;
  dropSlow(client: Client): void;
  logFailure(what: string, error: unknown): void;
}

/** Something said in a room; `id` where the client brought one. */
export interface RoomMessage {
  readonly id?: string;
  readonly room: string;
  readonly user: UserId;
  readonly name: string;
  readonly message: string;
}

/** The client in one room. */
export interface Membership {
  readonly room: string;
  name: string;
  /** Unix time in seconds. */
  readonly connectedAt: number;
  /**
   * Notifications that arrived while the queued ones are still on their way; `undefined` once those are sent.
   * Bounded by the inbox's size, since each of them is stored there.
   */
  held: { id: string; outgoing: Outgoing }[] | undefined;
  /** Joins and leaves that arrived while the list they belong to is still being read. */
  heldEvents: Outgoing[] | undefined;
}

export class Client implements SocketEvents {
  readonly id = crypto.randomUUID().replaceAll("-", "").slice(0, 16);
  readonly site = DEFAULT_SITE;
  readonly memberships = new Map<string, Membership>();
  readonly #node: ClientNode;
  readonly #socket: Socket;
  readonly #limits: Limits;
  #user: UserId | undefined;
  #name: string | undefined;
  /** Frames behind one that is being worked on; `undefined` while none is. */
  #waiting: (string | Uint8Array)[] | undefined;
  /** The last notifications this client got, so that none comes twice. */
  readonly #notified = new Set<string>();
  #closed = false;
  #bufferedBefore = 0;
  /** On `performance.now()`'s clock; `undefined` while the outbound queue is within its limit. */
  #overLimitSince: number | undefined;

  constructor(node: ClientNode, socket: Socket, limits: Limits) {
    this.#node = node;
    this.#socket = socket;
    this.#limits = limits;
  }

  /** Who this is; `undefined` until a first frame has said so. */
  get user(): UserId | undefined {
    return this.#user;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** One frame from the client. Frames are worked on one after the other, in the order they came. */
  message(data: string | Uint8Array): void {
    if (this.#closed) return;
    if (this.#waiting === undefined) return this.#handle(data);
    if (this.#waiting.push(data) > MAX_WAITING_FRAMES) this.disconnect(DISCONNECTS.too_many_frames);
  }

  /** The connection is gone. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#node.remove(this);
  }

  /** Closes the connection from this side, with the reason. */
  disconnect(disconnect: Disconnect): void {
    if (this.#closed) return;
    this.#socket.close(disconnect);
    this.close();
  }

  /** Sends a text on; a client that takes too little of what waits for it is closed. */
  send(outgoing: Outgoing): void {
    if (this.#closed) return;
    this.#socket.send(outgoing);
    if (this.#isSlow()) this.#node.dropSlow(this);
  }

  /** Sends a notification once, after those that are still on their way; says whether it is out now. */
  notify(room: string, id: string, outgoing: Outgoing): boolean {
    const membership = this.memberships.get(room);
    if (membership === undefined) return false;
    if (membership.held === undefined) return this.#notifyNow(id, outgoing);
    membership.held.push({ id, outgoing });
    return false;
  }

  /** Holds live notifications of the room back until {@linkcode Client.release}. */
  hold(room: string): void {
    const membership = this.memberships.get(room);
    if (membership !== undefined) membership.held ??= [];
  }

  /** Sends what waited in the inbox, then what was held back; returns the ids that are out now. */
  release(room: string, queued: readonly { id: string; outgoing: Outgoing }[]): string[] {
    const membership = this.memberships.get(room);
    if (membership === undefined) return [];
    const held = membership.held ?? [];
    membership.held = undefined;
    return [...queued, ...held].filter(({ id, outgoing }) => this.#notifyNow(id, outgoing))
      .map(({ id }) => id);
  }

  /** Sends a join or leave, after the list it changes. */
  sendPresenceEvent(room: string, outgoing: Outgoing): void {
    const held = this.memberships.get(room)?.heldEvents;
    if (held !== undefined) held.push(outgoing);
    else this.send(outgoing);
  }

  /** Whether the other end took nothing of what waits for it since the last look. */
  isStalled(): boolean {
    const before = this.#bufferedBefore;
    this.#bufferedBefore = this.#socket.bufferedAmount;
    return before > 0 && this.#bufferedBefore >= before;
  }

  terminate(): void {
    this.#socket.terminate();
    this.close();
  }

  /** Joins a room before the first frame, as a query asks for. */
  joinAtOnce(command: Extract<Command, { type: "keepalive" }>): void {
    try {
      this.#work(undefined, () => this.#execute(command));
    } catch (error) {
      this.reportError(error);
    }
  }

  /** Tells the client what was wrong with a frame; a failure of ours is logged. */
  reportError(error: unknown, fields?: Fields): void {
    const known = error instanceof NotifyliError
      ? error
      : new NotifyliError("internal", "The server failed on this frame", { cause: error });
    if (known !== error) this.#node.logFailure("frame", error);
    this.send(
      new Outgoing(errorFrame({
        code: known.code,
        message: known.message,
        field: known.options.field,
        id: idOf(fields),
      })),
    );
  }

  /** A burst alone makes nobody slow: the limit must be passed for a while, or by far. */
  #isSlow(): boolean {
    const { bufferedAmount } = this.#socket;
    if (bufferedAmount <= this.#limits.queue) {
      this.#overLimitSince = undefined;
      return false;
    }
    this.#overLimitSince ??= performance.now();
    return performance.now() - this.#overLimitSince > SLOW_AFTER_MS ||
      bufferedAmount > this.#limits.queue * BURST_FACTOR;
  }

  #notifyNow(id: string, outgoing: Outgoing): boolean {
    if (!this.#notified.has(id)) {
      this.send(outgoing);
      if (this.#closed) return false;
      this.#notified.add(id);
      if (this.#notified.size > MAX_NOTIFIED) {
        this.#notified.delete(this.#notified.values().next().value ?? "");
      }
    }
    return !this.#closed;
  }

  #handle(data: string | Uint8Array): void {
    let fields: Fields | undefined;
    try {
      if (typeof data !== "string") {
        throw new NotifyliError(
          "invalid_frame",
          `Cannot take a binary message of ${data.length} bytes: send text`,
        );
      }
      fields = parseObject(data, "frame");
      const command = parseCommand(fields, this.#limits);
      this.#work(fields, () => this.#execute(command));
    } catch (error) {
      this.reportError(error, fields);
    }
  }

  /** Runs a command; where it takes its time, later frames wait for it. */
  #work(fields: Fields | undefined, run: () => Promise<void> | void): void {
    const done = run();
    if (done === undefined) return;
    this.#waiting = [];
    done.catch((error) => this.reportError(error, fields)).finally(() => this.#resume());
  }

  #resume(): void {
    const waiting = this.#waiting ?? [];
    this.#waiting = undefined;
    for (const [index, data] of waiting.entries()) {
      if (this.#closed) return;
      this.#handle(data);
      if (this.#waiting !== undefined) {
        (this.#waiting as (string | Uint8Array)[]).push(...waiting.slice(index + 1));
        return;
      }
    }
  }

  /** Returns a promise only where later frames of this client must wait. */
  #execute(command: Command): Promise<void> | void {
    switch (command.type) {
      case "usermsg": {
        const joining = this.#join(command);
        return joining ? joining.then(() => this.#publish(command)) : this.#publish(command);
      }
      case "keepalive":
        return this.#join(command);
      case "leave":
        return this.#leave(command.room);
      case "presence":
        return this.#presence(command.room);
      case "ping":
        return this.send(new Outgoing(pongFrame()));
    }
  }

  #join(
    { user, room, name }: { user: UserId; room: string; name?: string },
  ): Promise<void> | undefined {
    if (this.#user !== undefined && this.#user !== user) {
      const [claimed, own] = [userIdOnWire(user), userIdOnWire(this.#user)].map((id) =>
        JSON.stringify(id)
      );
      throw new NotifyliError(
        "user_mismatch",
        `Cannot take field 'user_id': current value is ${claimed}, this connection is user ${own}`,
        { field: "user_id" },
      );
    }
    const membership = this.memberships.get(room);
    if (membership !== undefined) {
      if (name !== undefined) this.#name = membership.name = name;
      return;
    }
    if (this.memberships.size >= this.#limits.rooms) {
      throw new NotifyliError(
        "too_many_rooms",
        `Cannot join room ${
          JSON.stringify(room)
        }: this client is in ${this.memberships.size} rooms, ` +
          `the limit is ${this.#limits.rooms}`,
        { field: "room" },
      );
    }
    this.#user = user;
    this.#name = name ?? this.#name ?? user;
    return this.#node.join(this, user, { room, name: this.#name });
  }

  #publish(command: Extract<Command, { type: "usermsg" }>): void {
    const { user, id, room, message } = command;
    const name = this.memberships.get(room)?.name ?? user;
    this.#node.publish(this.site, { id, room, user, name, message })
      .catch((error) => this.reportError(error, id === undefined ? undefined : { id }));
  }

  async #leave(room: string): Promise<void> {
    this.#requireMembership(room, "leave");
    await this.#node.leave(this, room);
    this.send(new Outgoing(leftFrame(room)));
  }

  async #presence(room: string): Promise<void> {
    const membership = this.#requireMembership(room, "list");
    membership.heldEvents = [];
    try {
      const users = await this.#node.watch(this, room);
      this.send(new Outgoing(presenceFrame(room, users)));
    } finally {
      const events = membership.heldEvents;
      membership.heldEvents = undefined;
      for (const event of events) this.send(event);
    }
  }

  #requireMembership(room: string, verb: string): Membership {
    const membership = this.memberships.get(room);
    if (membership !== undefined) return membership;
    throw new NotifyliError(
      "not_in_room",
      `Cannot ${verb} room ${JSON.stringify(room)}: this client is not in it`,
      { field: "room" },
    );
  }
}

function idOf(fields: Fields | undefined): string | undefined {
  try {
    return fields && optionalId(fields);
  } catch {
    return undefined; // the id is what was wrong
  }
}
