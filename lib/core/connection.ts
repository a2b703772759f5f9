/**
 * One connection: who it is, where it is, and what waits for it. Its protocol reads its frames; what it says goes
 * on to `node.ts`, and what comes back from there goes out by `send`.
 */
import { ConnectionAuth, type SessionOwner } from "../auth/connection_auth.ts";
import type { Identity, TokenFacts } from "../auth/identity.ts";
import type { Revocations } from "../auth/revocations/revocations.ts";
import type { RoomAccess } from "../rooms/access.ts";
import type { TokenVerifier } from "../auth/tokens.ts";
import { type Channel, roomChannel } from "./channel.ts";
import { ConnectionInbox, type Recipient } from "../inbox/connection_inbox.ts";
import { pause } from "../base/clock.ts";
import type { Limits } from "../base/sizes.ts";
import { DEFAULT_SITE } from "../base/site.ts";
import type { Position } from "./publication.ts";
import type { Taken } from "../inbox/store/store.ts";
import type { UserPresence } from "../rooms/store/store.ts";
import { CodedError, type Disconnect, DISCONNECTS, type ErrorCode } from "../base/errors.ts";
import { type Fields, parseObject, type UserId, userIdOnWire } from "../base/fields.ts";
import { type FrameOwner, FrameQueue, MAX_LINES } from "./frame_queue.ts";
import type { Traffic } from "../limits/user_limits.ts";
import type { Outgoing } from "./outgoing.ts";
import type { Socket, SocketEvents } from "./socket.ts";
import { Writer, type WriterOwner } from "./writer.ts";
import type { Membership, PublishedMessage, RoomMessage, RoomSync } from "../rooms/membership.ts";

/** How soon a full outbound queue is looked at again. */
const DRAIN_LOOK_MS = 10;

const NO_FIELDS: Fields = Object.freeze({});

/** How frames are read and answered; see `protocols/`. */
export interface Protocol {
  /** Whether notifications of every room come, from the inbox as a whole, and messages with no gap. */
  readonly hasInbox: boolean;
  /** Whether several texts may go out in one message, with line breaks between. */
  readonly joins: boolean;
  /**
   * The text of a frame, or several, each worked on alone; an empty one asks for nothing, and is counted all the same.
   * More than {@linkcode MAX_LINES} are a flood. Throws a `CodedError`.
   */
  split(data: string | Uint8Array): string | string[];
  /** Works on one of them, by {@linkcode Connection.work}. Throws a `CodedError` where it cannot be read. */
  handle(client: Connection, text: string): void;
  /** Tells the client when its session will end, Unix time in milliseconds. */
  warn(client: Connection, expiresAt: number): void;
  /** Tells the client what was wrong. */
  fail(client: Connection, error: CodedError, fields?: Fields): void;
}

/** What a client asks of its node. */
export interface ConnectionNode {
  /** Absent: the server is open. */
  readonly tokens: TokenVerifier | undefined;
  readonly access: RoomAccess;
  readonly revocations: Revocations;
  /** Puts the client in a room. */
  join(
    client: Connection,
    user: UserId,
    room: { room: string; name: string; maxClients?: number; token?: TokenFacts },
  ): Promise<void>;
  leave(client: Connection, room: string): Promise<void>;
  /** The name in the membership is a new one. */
  rename(client: Connection, user: UserId, membership: Membership): Promise<void>;
  /** Messages of the room after `since`, to be sent before those that were held back meanwhile. */
  recover(client: Connection, room: string, since: Position | undefined): Promise<RoomSync>;
  /** Messages of a room that are kept: the last ones, or those after `since`. */
  history(
    client: Connection,
    room: string,
    options: { since?: Position; limit: number },
  ): Promise<RoomSync>;
  /** From now on the client gets its user's notifications. */
  openInbox(client: Connection, user: UserId): Promise<void>;
  /** Everyone in the room; from now on the client gets its joins and leaves. */
  watch(client: Connection, room: string): Promise<UserPresence[]>;
  /**
   * Says something in a room, whose channel it is. Rejects where the engine did not take it; no promise where it is done
   * by then.
   */
  publish(channel: Channel, message: RoomMessage): Promise<PublishedMessage> | PublishedMessage;
  /** The client is gone. */
  remove(client: Connection): void;
  /** The client was given notifications, which are sent once its socket took them. */
  noteHanded(client: Connection): void;
  /** The client's other end has these; it may be gone by now. */
  noteTaken(client: Connection, ids: readonly string[], how: Taken): void;
  dropSlow(client: Connection): void;
  /** The client sends more than can wait, or on and on although it is told to wait. */
  dropFlood(client: Connection): void;
  /** The client sent a message over the limit. */
  noteTooBig(client: Connection): void;
  /** Something was refused with this code. */
  noteRefused(code: ErrorCode): void;
  noteRefusedToken(error: unknown): void;
  /** The client is closed since it has not proved who it is, or no longer does. */
  dropUnproved(client: Connection, disconnect: Disconnect): void;
  logFailure(what: string, error: unknown): void;
}

/** A message or presence event that waits for those before it. */
interface HeldMessage {
  /** 0 where it has none. */
  readonly offset: number;
  readonly outgoing: Outgoing;
}

export class Connection implements SocketEvents, Recipient, SessionOwner, WriterOwner, FrameOwner {
  // What each delivery looks at comes first, and so is together in memory: of thousands of clients, nothing is cached.
  #closed = false;
  /** By room: what arrived while what comes before it is being read. `undefined` while that is so of no room. */
  #held: Map<string, HeldMessage[]> | undefined;
  readonly #writer: Writer;
  readonly id = crypto.randomUUID().replaceAll("-", "").slice(0, 16);
  readonly memberships = new Map<string, Membership>();
  readonly node: ConnectionNode;
  readonly limits: Limits;
  readonly traffic: Traffic;
  readonly protocol: Protocol;
  readonly notifications: ConnectionInbox;
  readonly auth: ConnectionAuth;
  /** By which commands come over HTTP, where this is no WebSocket. */
  session: string | undefined;
  /** When the last frame came, on `performance.now()`'s clock. */
  heardAt = performance.now();
  readonly #socket: Socket;
  #user: UserId | undefined;
  #name: string | undefined;
  readonly #frames: FrameQueue = new FrameQueue(this);
  #bufferedBefore = 0;

  constructor(
    node: ConnectionNode,
    socket: Socket,
    { protocol, limits, traffic, identity }: {
      protocol: Protocol;
      limits: Limits;
      traffic: Traffic;
      identity: Identity | undefined;
    },
  ) {
    this.node = node;
    this.protocol = protocol;
    this.limits = limits;
    this.traffic = traffic;
    this.#socket = socket;
    this.#writer = new Writer(socket, this);
    this.notifications = new ConnectionInbox(this, this.#writer);
    const { takesGuests } = node.access;
    this.auth = new ConnectionAuth(node, { identity, takesGuests }, this);
  }

  /** The tenant that it belongs to; it sees nothing of another. */
  get site(): string {
    return this.auth.identity?.site ?? DEFAULT_SITE;
  }

  get joins(): boolean {
    return this.protocol.joins;
  }

  get queueLimit(): number {
    return this.limits.queue;
  }

  get hasInbox(): boolean {
    return this.protocol.hasInbox;
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
    this.heardAt = performance.now();
    let texts: string | string[];
    try {
      texts = this.protocol.split(data);
    } catch (error) {
      return this.#unreadable(error);
    }
    if (typeof texts === "string") this.#receive(texts);
    else if (texts.length > MAX_LINES) this.overflow();
    else for (const text of texts) this.#receive(text);
  }

  /** A frame that holds nothing, such as a pong that nobody asked for: it costs its sender as much as any other. */
  control(): void {
    if (this.#closed) return;
    this.heardAt = performance.now();
    this.#count();
  }

  tooBig(): void {
    if (this.#closed) return;
    this.node.noteTooBig(this);
    this.#writer.flush();
    this.close(); // the connection may take its time to end
  }

  closing(): void {
    this.#writer.flush();
  }

  /** The connection is gone. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#writer.clear();
    this.traffic.leave();
    this.auth.close();
    this.node.remove(this);
  }

  /** Closes the connection from this side, with the reason. */
  disconnect(disconnect: Disconnect): void {
    if (this.#closed) return;
    this.#writer.flush();
    this.notifications.finish();
    this.#socket.close(disconnect);
    this.close();
  }

  /** As {@linkcode Connection.disconnect}, and nothing more is read of what it goes on sending. */
  cutOff(disconnect: Disconnect): void {
    if (this.#closed) return;
    this.#writer.flush();
    this.#socket.cut(disconnect);
    this.close();
  }

  terminate(): void {
    this.#socket.terminate();
    this.close();
  }

  /** The client is this user from now on. Throws if it was another before, or its token is another's. */
  identify(user: UserId, name: string | undefined): void {
    const proved = this.auth.identity;
    if (user === this.#user) { // on every message's way; who is blocked meanwhile is closed
      this.#name = proved?.name ?? name ?? this.#name;
      return;
    }
    const known = proved?.user ?? this.#user;
    if (known !== undefined && known !== user) {
      const [claimed, own] = [user, known].map((id) => JSON.stringify(userIdOnWire(id)));
      throw new CodedError(
        "user_mismatch",
        `Cannot take field 'user_id': current value is ${claimed}, this connection is user ${own}`,
        { field: "user_id" },
      );
    }
    const block = this.node.revocations.blockOf(this.site, user);
    if (block !== undefined) throw block;
    this.traffic.identify(this.site, user);
    this.#user = user;
    this.#name = proved?.name ?? name ?? this.#name ?? user;
  }

  /**
   * Joins a room; `undefined` if the client is in it already. Throws if it is in too many, or may not.
   *
   * @param token for this room
   */
  join(
    room: string,
    name: string | undefined,
    token: string | undefined,
  ): Promise<void> | undefined {
    this.requireUser();
    const { identity } = this.auth;
    if (token !== undefined) {
      return this.node.access.requireToken(identity, room, token)
        .then((token) => {
          if (this.#closed) return undefined;
          if (token !== undefined) this.node.revocations.require(token);
          return this.#enter(room, name, token);
        });
    }
    if (!this.memberships.has(room)) this.node.access.requireEntry(identity, room);
    return this.#enter(room, name);
  }

  #enter(
    room: string,
    claimedName: string | undefined,
    token?: TokenFacts,
  ): Promise<void> | undefined {
    const user = this.requireUser();
    const membership = this.memberships.get(room);
    const name = this.auth.identity?.name ?? claimedName;
    if (membership !== undefined) {
      if (name === undefined || name === membership.name) return;
      this.#name = membership.name = name;
      return this.node.rename(this, user, membership);
    }
    if (this.memberships.size >= this.limits.rooms) {
      throw new CodedError(
        "too_many_rooms",
        `Cannot join room ${
          JSON.stringify(room)
        }: this client is in ${this.memberships.size} rooms, ` +
          `the limit is ${this.limits.rooms}`,
        { field: "room" },
      );
    }
    const maxClients = this.node.access.maxClients(room);
    return this.node.join(this, user, { room, name: this.#name ?? user, maxClients, token });
  }

  /** Says something in a room. Throws where it may not; rejects where the engine did not take it. */
  publish(message: RoomMessage): Promise<PublishedMessage> | PublishedMessage {
    const { room } = message;
    const membership = this.memberships.get(room);
    this.node.access.requireSpeech(this.auth.identity, room, membership !== undefined);
    return this.node.publish(membership?.channel ?? roomChannel(this.site, room), message);
  }

  requireUser(): UserId {
    if (this.#user !== undefined) return this.#user;
    throw new CodedError(
      "not_connected",
      "This connection has not said who it is: send 'connect'",
    );
  }

  requireMembership(room: string, verb: string): Membership {
    const membership = this.memberships.get(room);
    if (membership !== undefined) return membership;
    throw new CodedError(
      "not_in_room",
      `Cannot ${verb} room ${JSON.stringify(room)}: this client is not in it`,
      { field: "room" },
    );
  }

  /** What others see in the room, or would. */
  nameIn(room: string): string {
    return this.memberships.get(room)?.name ?? this.#name ?? this.requireUser();
  }

  /** Sends a text on; a client that takes too little of what waits for it is closed. */
  send(outgoing: Outgoing): void {
    if (!this.#closed) this.#writer.send(outgoing);
  }

  /** Sends a message of a room, after those that come before it. */
  deliver(room: string, offset: number, outgoing: Outgoing): void {
    const held = this.#held?.get(room);
    if (held === undefined) this.send(outgoing);
    else held.push({ offset, outgoing });
  }

  /** Holds a room's messages and presence events back until {@linkcode Connection.releaseRoom}. */
  holdRoom(room: string): void {
    if (!this.memberships.has(room)) return;
    const held = this.#held ??= new Map();
    if (!held.has(room)) held.set(room, []);
  }

  /** Sends what was held back of a room, but for messages up to an offset. */
  releaseRoom(room: string, upTo = 0): void {
    for (const { offset, outgoing } of this.#takeHeld(room)) {
      if (offset === 0 || offset > upTo) this.send(outgoing);
    }
  }

  /** It is in the room no more. */
  forgetRoom(room: string): void {
    this.memberships.delete(room);
    this.notifications.leaveRoom(room);
    this.#takeHeld(room);
  }

  /** Resolves when the client has taken the better part of what waits for it, or is gone. */
  async drained(): Promise<void> {
    while (!this.#closed && this.#writer.bufferedAmount > this.limits.queue / 2) {
      await pause(DRAIN_LOOK_MS);
    }
  }

  slow(): void {
    this.node.dropSlow(this);
  }

  sessionEnding(expiresAt: number): void {
    this.protocol.warn(this, expiresAt);
  }

  sessionEnded(disconnect: Disconnect): void {
    this.node.dropUnproved(this, disconnect);
  }

  /** It was given notifications. */
  handed(): void {
    this.node.noteHanded(this);
  }

  /** Its other end has these; it may be gone by now. */
  taken(ids: readonly string[], how: Taken): void {
    this.node.noteTaken(this, ids, how);
  }

  /** Whether the other end took nothing of what waits for it since the last look. */
  isStalled(): boolean {
    const before = this.#bufferedBefore;
    this.#bufferedBefore = this.#writer.bufferedAmount;
    return before > 0 && this.#bufferedBefore >= before;
  }

  /**
   * Runs a command; where it takes its time, later texts wait for it. On every message's way: a function that is the same
   * for all costs no closure.
   *
   * @param fields of its frame, where it has one
   */
  work(run: (client: Connection, fields: Fields) => Promise<void> | void, fields?: Fields): void {
    let done: Promise<void> | void;
    try {
      done = run(this, fields ?? NO_FIELDS);
    } catch (error) {
      return this.reportError(error, fields);
    }
    if (done !== undefined) this.#frames.hold(done.catch((e) => this.reportError(e, fields)));
  }

  /** Works on a frame whose turn has come. */
  handle(text: string): void {
    try {
      this.protocol.handle(this, text);
    } catch (error) {
      this.reportError(error);
    }
  }

  overflow(): void {
    this.node.dropFlood(this);
  }

  pauseReading(): void {
    if (!this.#closed) this.#socket.pause();
  }

  resumeReading(): void {
    if (!this.#closed) this.#socket.resume();
  }

  /** Tells the client what was wrong; a failure of ours is logged. */
  reportError(error: unknown, fields?: Fields): void {
    const known = error instanceof CodedError
      ? error
      : new CodedError("internal", "The server failed on this frame", { cause: error });
    if (known !== error) this.node.logFailure("frame", error);
    this.node.noteRefused(known.code);
    this.protocol.fail(this, known, fields);
    if (known.code === "too_many_connections") this.disconnect(DISCONNECTS.too_many_connections);
    const { disconnect } = known.options;
    if (disconnect === undefined) return;
    if (known.code !== "blocked") this.node.noteRefusedToken(known);
    this.disconnect(disconnect);
  }

  /** Says that the client must wait; it is closed where it goes on and on. */
  #refuse(text: string, retryAfterMs: number): void {
    if (this.traffic.isFlood(this.heardAt)) return this.node.dropFlood(this);
    this.#frames.note();
    this.reportError(
      new CodedError("rate_limited", `Too many frames: wait ${retryAfterMs} ms`, {
        retryAfterMs,
      }),
      readable(text),
    );
  }

  #takeHeld(room: string): HeldMessage[] {
    const held = this.#held?.get(room) ?? [];
    if (this.#held?.delete(room) && this.#held.size === 0) this.#held = undefined;
    return held;
  }

  #receive(text: string): void {
    if (text === "" && this.protocol.joins) return void this.#count();
    if (this.#closed) return;
    const waitMs = this.traffic.take(this.heardAt);
    if (waitMs > 0) this.#refuse(text, waitMs);
    else this.#frames.push(text);
  }

  /** A message that is no frame costs its sender one all the same. */
  #unreadable(error: unknown): void {
    if (this.#count()) this.reportError(error);
  }

  /** Something came that asks for nothing; false where it was too much, and gets no answer. */
  #count(): boolean {
    if (this.#closed) return false;
    const isRefused = this.traffic.take(this.heardAt) > 0;
    if (isRefused && this.traffic.isFlood(this.heardAt)) this.node.dropFlood(this);
    else this.#frames.note();
    return !isRefused;
  }
}

/** The fields of a frame that is not worked on; `undefined` where it has none. */
function readable(text: string): Fields | undefined {
  try {
    return parseObject(text, "frame");
  } catch {
    return undefined;
  }
}
