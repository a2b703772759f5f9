/**
 * One connection: who it is, and what waits for it. Its protocol reads its frames, and calls the commands of the
 * capabilities; their answers, and what is published, go out by `send`. Next on a message's way: `writer.ts`.
 */
import { pause } from "../base/clock.ts";
import { CodedError, type Disconnect } from "../base/errors.ts";
import { type Fields, type UserId, userIdOnWire } from "../base/fields.ts";
import { DEFAULT_SITE } from "../base/site.ts";
import { unixSeconds } from "../base/times.ts";
import type { Limits } from "../base/sizes.ts";
import type { Arrival, Dialect } from "./arrival.ts";
import { type Channel, keyOf } from "./channel.ts";
import { type FrameOwner, FrameQueue } from "./frame_queue.ts";
import { Held, type HeldPublication } from "./held.ts";
import { Intake, type IntakeOwner } from "./intake.ts";
import type { Identity, Proof } from "./identity.ts";
import type { Outgoing } from "./outgoing.ts";
import type { Position } from "./publication.ts";
import { emptySlots, type Slotted } from "./slot.ts";
import type { Socket, SocketEvents } from "./socket.ts";
import { tooMuch, type Traffic } from "./traffic.ts";
import { type Expense, framesOf } from "./work.ts";
import { Writer, type WriterOwner } from "./writer.ts";

/** How soon a full outbound queue is looked at again. */
const DRAIN_LOOK_MS = 10;

const NO_FIELDS: Fields = Object.freeze({});

/** How frames are read and answered: the folders of `protocols/` implement it. */
export interface Protocol {
  /** What operators know it by, such as "v2". */
  readonly name: string;
  /** How the protocol writes publications. */
  readonly dialect: Dialect;
  /**
   * Whether its clients know their positions, and resume from them: those of version 2 do. Other clients get what waits for
   * them as they enter a room.
   */
  readonly recovers: boolean;
  /**
   * The kinds of publications that the protocol has frames for; absent if it has frames for all. `deliverToAll` of `hub.ts`
   * gives its connections no others.
   */
  readonly kinds?: ReadonlySet<string>;
  /** What the protocol makes of a publication that it has no frame for; absent: nothing. */
  take?(connection: Connection, arrival: Arrival): void;
  /** Whether several texts may go out in one message, with line breaks between. */
  readonly joins: boolean;
  /**
   * Splits a message into the texts of its frames, each of which is worked on alone. An empty text asks for nothing,
   * and is counted all the same. More than `MAX_LINES` of `frame_queue.ts` are a flood. Throws a `CodedError`.
   */
  split(data: string | Uint8Array): string | string[];
  /** Works on one frame, by {@linkcode Connection.work}. Throws a `CodedError` if the frame cannot be read. */
  handle(connection: Connection, text: string): void;
  /** Tells the client when its session will end, Unix time in milliseconds. */
  warn(connection: Connection, expiresAt: number): void;
  /** Tells the client what was wrong. */
  fail(connection: Connection, error: CodedError, fields?: Fields): void;
}

/** What a frame asks for, as far as its place in the order of frames is concerned. `command.ts` says more of it. */
interface Ordered {
  readonly type: string;
  readonly lane: ((fields: Fields, connection: Connection) => string | undefined) | undefined;
  /** Whether its answers keep the order of their lane alone, and not that of all commands of the type. */
  readonly answersByLane: (() => boolean) | undefined;
}

/**
 * What is done for a frame; as a promise, if that takes its time.
 *
 * @param command that the frame asks for; `undefined` where there is none
 * @param turn resolves when the answer may go out; absent: at once
 */
type Work<Command> = (
  connection: Connection,
  fields: Fields,
  command: Command | undefined,
  turn?: Promise<void>,
) => Promise<void> | undefined | void;

/** Shows somebody what a connection receives and is sent, while somebody looks. */
export interface Tap {
  /** A message came from the client. */
  received(connection: Connection, data: string | Uint8Array): void;
  /** A text goes out to the client. */
  sent(connection: Connection, outgoing: Outgoing): void;
}

/** What a connection asks of its node. */
export interface ConnectionHome {
  readonly drops: Readonly<Record<"slow" | "flood" | "tooBig", (connection: Connection) => void>>;
  readonly hooks: {
    identifying(connection: Connection, user: UserId): void;
    identified(connection: Connection, user: UserId): void;
    changed(connection: Connection, before: UserId): Promise<void>;
    closing(connection: Connection): void;
  };
  readonly refusals: {
    noteFrame(error: CodedError, frame: Fields | undefined, connection: Connection): void;
  };
  /** The connection is gone. */
  remove(connection: Connection): void;
  logFailure(what: string, error: unknown, whose: { readonly client: string }): void;
}

/** What a connection is made of. */
export interface ConnectionParts {
  readonly protocol: Protocol;
  readonly limits: Limits;
  readonly traffic: Traffic;
  /** The client's address, as far as it is known. */
  readonly address?: string | undefined;
  /** Makes the connection's proof of who it is. */
  prove(connection: Connection): Proof;
}

export class Connection implements SocketEvents, FrameOwner, IntakeOwner, WriterOwner, Slotted {
  // The fields that each delivery reads come first, to lie together in memory: no cache holds thousands of connections.
  #closed = false;
  /** What waits for earlier publications of its channel; `undefined` while nothing does. */
  #held: Held | undefined;
  /** Is shown what comes and goes, while somebody looks; absent for nearly all connections at nearly all times. */
  tap: Tap | undefined;
  readonly #writer: Writer;
  readonly slots: unknown[] = emptySlots();
  readonly id = crypto.randomUUID().replaceAll("-", "").slice(0, 16);
  readonly limits: Limits;
  readonly protocol: Protocol;
  readonly proof: Proof;
  /** When it was opened, Unix time in seconds. */
  readonly openedAt = unixSeconds();
  /** The client's address, as far as it is known. */
  readonly address: string | undefined;
  readonly #home: ConnectionHome;
  readonly #traffic: Traffic;
  /** When the last frame came, on `performance.now()`'s clock. */
  heardAt = performance.now();
  /** The name that others see. A name in the token wins over what the client says. */
  name: string | undefined;
  readonly #socket: Socket;
  #user: UserId | undefined;
  #isGuest = false;
  #wasSilent = false;
  #closedWith: Disconnect | undefined;
  readonly #frames: FrameQueue = new FrameQueue(this);
  readonly #intake: Intake;

  constructor(
    home: ConnectionHome,
    socket: Socket,
    { protocol, limits, traffic, address, prove }: ConnectionParts,
  ) {
    this.#home = home;
    this.address = address;
    this.protocol = protocol;
    this.limits = limits;
    this.#traffic = traffic;
    this.#socket = socket;
    this.#writer = new Writer(socket, this);
    this.#intake = new Intake(this, traffic, this.#frames);
    this.proof = prove(this);
  }

  /** Who the connection is by its token, or as a guest; `undefined` while that is not proved. */
  get identity(): Identity | undefined {
    return this.proof.identity;
  }

  /** The tenant that the connection belongs to. It sees nothing of other tenants. */
  get site(): string {
    return this.identity?.site ?? DEFAULT_SITE;
  }

  get joins(): boolean {
    return this.protocol.joins;
  }

  get queueLimit(): number {
    return this.limits.queue;
  }

  /** How its frames come and go. */
  get transport(): "websocket" | "sse" {
    return this.#socket.transport ?? "websocket";
  }

  get recovers(): boolean {
    return this.protocol.recovers;
  }

  /** Who this is; `undefined` until a first frame has said so. */
  get user(): UserId | undefined {
    return this.#user;
  }

  /** Whether an open server has made up who this is, since the client has not said so. It may still say so. */
  get isGuest(): boolean {
    return this.#isGuest;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Whether the connection is gone since nothing was heard of its other end for long, as of a laptop that was closed. */
  get wasSilent(): boolean {
    return this.#wasSilent;
  }

  /** Why the server closed the connection; `undefined` where it did not. */
  get closedWith(): Disconnect | undefined {
    return this.#closedWith;
  }

  /** Bytes that were sent but not yet handed to the operating system. */
  get bufferedAmount(): number {
    return this.#writer.bufferedAmount;
  }

  /** How long the other end took to answer the last ping, in milliseconds; `undefined` where that is not known. */
  get roundTripMs(): number | undefined {
    return this.#socket.roundTripMs;
  }

  /** Whether the listener can tell what the other end has taken. */
  get canConfirm(): boolean {
    return this.#writer.canConfirm;
  }

  /** A message came from the client. Its frames are worked on one after the other, in the order in which they came. */
  message(data: string | Uint8Array): void {
    if (this.#closed) return;
    this.heardAt = performance.now();
    this.tap?.received(this, data);
    this.#intake.take(data);
  }

  /** A frame came that holds nothing, such as a pong that nobody asked for. It counts for the limits as any other. */
  control(): void {
    if (this.#closed) return;
    this.heardAt = performance.now();
    this.#intake.count();
  }

  tooBig(): void {
    if (this.#closed) return;
    this.#home.drops.tooBig(this);
    this.#writer.flush();
    this.close(); // the connection may take its time to end
  }

  closing(): void {
    this.#writer.flush();
  }

  /** The connection is gone. @param isSilent whether its other end was not heard of for so long that it was given up */
  close(isSilent = false): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#wasSilent ||= isSilent;
    this.#writer.clear();
    this.#traffic.leave();
    this.proof.close();
    this.#home.remove(this);
  }

  /** Closes the connection from this side, with the reason. */
  disconnect(disconnect: Disconnect): void {
    if (this.#closed) return;
    this.#writer.flush();
    this.#home.hooks.closing(this);
    this.#closedWith = disconnect;
    this.#socket.close(disconnect);
    this.close();
  }

  /** Closes the connection with the reason, and reads nothing more of what its client goes on sending. */
  cutOff(disconnect: Disconnect): void {
    if (this.#closed) return;
    this.#writer.flush();
    this.#closedWith = disconnect;
    this.#socket.cut(disconnect);
    this.close();
  }

  /** Ends the connection, whose other end takes nothing any more. */
  terminate(): void {
    this.#wasSilent = true;
    this.#socket.terminate();
    this.close();
  }

  /**
   * The client is this user from now on. Throws a `CodedError` if it is known as another or may not be this one.
   *
   * @param options `isGuest`: the server has made the user up
   * @returns where the client was a guest: resolves when all that hung on the guest is the user's
   */
  identify(
    user: UserId,
    name: string | undefined,
    { isGuest = false } = {},
  ): Promise<void> | undefined {
    const proved = this.identity;
    const before = this.#user;
    if (user === before) { // on every message's way; who is blocked meanwhile is closed
      this.name = proved?.name ?? name ?? this.name;
      return;
    }
    const known = proved?.user ?? (this.#isGuest ? undefined : before);
    if (known !== undefined && known !== user) {
      const [claimed, own] = [user, known].map((id) => JSON.stringify(userIdOnWire(id)));
      throw new CodedError(
        "user_mismatch",
        `Cannot take field 'user_id': current value is ${claimed}, this connection is user ${own}`,
        { field: "user_id" },
      );
    }
    this.#home.hooks.identifying(this, user);
    this.#traffic.identify(this.site, user);
    this.#user = user;
    this.#isGuest = isGuest;
    const ownName = this.name === before ? undefined : this.name; // a guest who has chosen none is called by its id
    this.name = proved?.name ?? name ?? ownName ?? user;
    this.#home.hooks.identified(this, user);
    return before === undefined ? undefined : this.#home.hooks.changed(this, before);
  }

  /** Counts the connection as the user's that its proof names, from when the proof is accepted. Throws if there are too many. */
  enter({ site, user }: Identity): void {
    this.#traffic.identify(site, user);
  }

  requireUser(): UserId {
    if (this.#user !== undefined) return this.#user;
    throw new CodedError(
      "not_connected",
      "This connection has not said who it is: send 'connect'",
    );
  }

  /** Sends a text on; a client that takes too little of what waits for it is closed. */
  send(outgoing: Outgoing): void {
    if (this.#closed) return;
    if (this.tap !== undefined) this.tap.sent(this, outgoing);
    this.#writer.send(outgoing);
  }

  /** Sends what was published in a channel, after what comes before it. It runs for every message and receiver. */
  deliver(channelKey: string, offset: number, outgoing: Outgoing): void {
    if (this.#held?.add(channelKey, { offset, outgoing })) return;
    this.send(outgoing);
  }

  /** Holds what is published in a channel back until {@linkcode Connection.release}. */
  hold(channel: Channel): void {
    this.#held ??= new Held();
    this.#held.hold(keyOf(channel));
  }

  /** Sends what was held back of a channel, except publications up to a position, which the client has. */
  release(channel: Channel, upTo?: Position): void {
    for (const { offset, outgoing } of this.#takeHeld(channel)) {
      const isOfAnotherEpoch = upTo?.epoch !== outgoing.place?.position.epoch;
      if (upTo === undefined || isOfAnotherEpoch || offset > upTo.offset) this.send(outgoing);
    }
  }

  /** Drops what was held back of a channel, since the connection has left it. */
  forget(channel: Channel): void {
    this.#takeHeld(channel);
  }

  /** Resolves when the client has taken the better part of what waits for it, or is gone, or after so long. */
  async drained(mostMs = Infinity): Promise<void> {
    const until = performance.now() + mostMs;
    while (!this.#closed && this.#writer.bufferedAmount > this.limits.queue / 2) {
      if (performance.now() >= until) return;
      await pause(DRAIN_LOOK_MS);
    }
  }

  /** Throws `rate_limited` while the client has used up what it may ask. */
  requireAllowance(): void {
    const retryAfterMs = this.#traffic.wait(performance.now());
    if (retryAfterMs > 0) throw tooMuch(retryAfterMs);
  }

  /** Resolves when the client has not used up what it may ask, or is gone: for what nobody would ask again. */
  async allowance(): Promise<void> {
    while (!this.#closed) {
      const waitMs = this.#traffic.wait(performance.now());
      if (waitMs === 0) return;
      await pause(waitMs);
    }
  }

  /** Counts what was done for the client beside its frame. */
  charge(expense: Expense): void {
    this.#traffic.charge(framesOf(expense), performance.now());
  }

  /** Calls `done` with whether the other end has all that was sent before, where the listener can tell. */
  confirm(done: (isTaken: boolean) => void): void {
    this.#writer.confirm(done);
  }

  slow(): void {
    this.#home.drops.slow(this);
  }

  /** Whether the other end took nothing of what waits for it since the last look. */
  isStalled(): boolean {
    return this.#writer.isStalled();
  }

  /**
   * Works on a frame, and lets later ones wait until that is done, but for those of other lanes. Since this runs for every
   * message, callers pass one function for all messages, which saves a closure for each.
   *
   * @param fields of the frame, if there is one
   * @param command that the frame asks for, which says what its lane is
   */
  work<Command extends Ordered>(run: Work<Command>, fields?: Fields, command?: Command): void {
    const lane = fields && command?.lane?.(fields, this);
    if (command !== undefined && lane !== undefined) {
      return this.#frames.runIn(
        { lane, type: command.answersByLane?.() ? `${command.type} ${lane}` : command.type },
        (turn) => this.#closed ? undefined : this.#run(run, fields, command, turn),
      );
    }
    if (this.#frames.hasLanes) {
      return this.#frames.runAfterLanes(() =>
        this.#closed ? undefined : this.#run(run, fields, command)
      );
    }
    const done = this.#run(run, fields, command);
    if (done !== undefined) this.#frames.hold(done);
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
    this.#home.drops.flood(this);
  }

  pauseReading(): void {
    if (!this.#closed) this.#socket.pause();
  }

  resumeReading(): void {
    if (!this.#closed) this.#socket.resume();
  }

  /** Tells the client what was wrong; a failure of the server itself is logged. */
  reportError(error: unknown, fields?: Fields): void {
    const known = error instanceof CodedError
      ? error
      : new CodedError("internal", "The server failed on this frame", { cause: error });
    if (known !== error) this.#home.logFailure("frame", error, { client: this.id });
    this.#home.refusals.noteFrame(known, fields, this);
    this.protocol.fail(this, known, fields);
    const { disconnect } = known.options;
    if (disconnect !== undefined) this.disconnect(disconnect);
  }

  /** Runs a command, and tells the client what was wrong with it. What it returns never rejects. */
  #run<Command>(
    run: Work<Command>,
    fields: Fields | undefined,
    command: Command | undefined,
    turn?: Promise<void>,
  ): Promise<void> | undefined {
    let done: Promise<void> | undefined | void;
    try {
      done = run(this, fields ?? NO_FIELDS, command, turn);
    } catch (error) {
      if (turn !== undefined) return turn.then(() => this.reportError(error, fields));
      this.reportError(error, fields);
    }
    if (done === undefined) return;
    if (turn === undefined) return done.catch((error) => this.reportError(error, fields));
    return done.catch((error) => turn.then(() => this.reportError(error, fields)));
  }

  #takeHeld(channel: Channel): readonly HeldPublication[] {
    const held = this.#held?.take(keyOf(channel)) ?? [];
    if (this.#held?.isEmpty) this.#held = undefined;
    return held;
  }
}
