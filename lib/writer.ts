/**
 * What goes out to one client: in order, what one turn of the event loop brings together in one write, and never more
 * waiting than the client may have. Next on a message's way: the listener's `Socket`.
 */
import { setImmediate } from "node:timers";
import { Outgoing, type Socket } from "./socket.ts";

/** Characters that are put together at most; what comes after them goes out in a write of its own. */
const MAX_BATCH = 65_536;

/** How long a client's outbound queue may be over its limit, and how far, before the client is slow. */
const SLOW_AFTER_MS = 1000;
const BURST_FACTOR = 8;

/** Bytes of a UTF-16 unit in UTF-8, and of a frame's head in as many. */
const MOST_BYTES = 3;
const HEAD = 4;

/** Whose queue it is: the client. */
export interface WriterOwner {
  /** Bytes that may wait for a second; at no time more than 8 times as many. */
  readonly queueLimit: number;
  /** Whether the protocol takes several texts in one message, with line breaks between. */
  readonly joins: boolean;
  /** The other end takes too little. Called at each write until the client is closed. */
  slow(): void;
}

export class Writer {
  readonly #socket: Socket;
  readonly #owner: WriterOwner;
  readonly #isDirect: boolean;
  /** The socket is asked at each write how much waits there. */
  readonly #isAsked: boolean;
  /** Of this turn of the event loop. Bounded by `MAX_BATCH`. */
  #batch: Outgoing[] = [];
  #batchLength = 0;
  /** Characters that went to the socket since it was last asked how many bytes wait there, and how many that were. */
  #sinceLook = 0;
  #atLook = 0;
  /** On `performance.now()`'s clock; `undefined` while the queue is within its limit. */
  #overLimitSince: number | undefined;

  constructor(socket: Socket, owner: WriterOwner) {
    this.#socket = socket;
    this.#owner = owner;
    this.#isDirect = socket.batching === "none" || (socket.batching === "joined" && !owner.joins);
    this.#isAsked = socket.batching === "none";
  }

  /** Bytes that were sent but not yet handed to the operating system. */
  get bufferedAmount(): number {
    return this.#batchLength + this.#socket.bufferedAmount;
  }

  /** Whether the listener can tell what the other end has taken. */
  get canConfirm(): boolean {
    return this.#socket.confirm !== undefined;
  }

  send(outgoing: Outgoing): void {
    const length = outgoing.text.length + HEAD;
    if (this.#isDirect) return this.#write(outgoing, length);
    this.#batchLength += length;
    if (this.#batch.push(outgoing) === 1) flushSoon(this);
    if (this.#batchLength > MAX_BATCH) this.flush();
  }

  /** Writes what waits for the end of this turn of the event loop. */
  flush(): void {
    const batch = this.#batch;
    const [first] = batch;
    if (first === undefined) return;
    const length = this.#batchLength;
    this.#batch = [];
    this.#batchLength = 0;
    this.#write(batch.length === 1 ? first : together(batch, this.#owner.joins), length);
  }

  /** Forgets what waits: the connection is gone. */
  clear(): void {
    this.#batch = [];
    this.#batchLength = 0;
  }

  /** Calls `done` once, with whether the other end has all that was sent before. */
  confirm(done: (isTaken: boolean) => void): void {
    this.flush();
    this.#socket.confirm?.(done);
  }

  #write(outgoing: Outgoing, length: number): void {
    // What the other end has taken in the meantime counts, however much this one brings.
    if (this.#overLimitSince !== undefined && this.bufferedAmount <= this.#owner.queueLimit) {
      this.#overLimitSince = undefined;
    }
    this.#socket.send(outgoing);
    this.#sinceLook += length;
    // To ask costs a call into the runtime, about a tenth of a write: not while it cannot be too much.
    const most = this.#atLook + this.#sinceLook * MOST_BYTES;
    if ((this.#isAsked || most > this.#owner.queueLimit) && this.#isSlow()) this.#owner.slow();
  }

  /** A burst alone makes nobody slow: the limit must be passed for a while, or by far. */
  #isSlow(): boolean {
    const limit = this.#owner.queueLimit;
    const waiting = this.bufferedAmount;
    this.#atLook = waiting;
    this.#sinceLook = 0;
    if (waiting <= limit) {
      this.#overLimitSince = undefined;
      return false;
    }
    this.#overLimitSince ??= performance.now();
    return performance.now() - this.#overLimitSince > SLOW_AFTER_MS ||
      waiting > limit * BURST_FACTOR;
  }
}

/** Those that have something to write at the end of this turn of the event loop. */
let unflushed: Writer[] = [];

/** An immediate, not a microtask: all frames that came in together are worked on by then. It waits for no timer. */
function flushSoon(writer: Writer): void {
  if (unflushed.push(writer) > 1) return;
  setImmediate(() => {
    const writers = unflushed;
    unflushed = [];
    for (const each of writers) each.flush();
  });
}

/** What was last put together: the clients of a room mostly have the same waiting, so it is encoded once for all. */
let last: { batch: readonly Outgoing[]; joins: boolean; made: Outgoing } | undefined;

function together(batch: readonly Outgoing[], joins: boolean): Outgoing {
  if (last === undefined || last.joins !== joins || !isSame(last.batch, batch)) {
    last = { batch, joins, made: joins ? Outgoing.joined(batch) : Outgoing.sequence(batch) };
  }
  return last.made;
}

function isSame(one: readonly Outgoing[], other: readonly Outgoing[]): boolean {
  return one.length === other.length && one.every((each, index) => each === other[index]);
}
