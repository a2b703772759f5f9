/**
 * What goes out to one client: in order, what one turn of the event loop brings together in one write, and never more
 * waiting than the client may have. Next on a message's way: the listener's `Socket`.
 */
import { setImmediate } from "node:timers";
import { Batch } from "./batch.ts";
import type { Outgoing } from "./outgoing.ts";
import type { Socket } from "./socket.ts";

/** Characters that are put together at most; what comes after them goes out in a write of its own. */
const MAX_BATCH = 65_536;

/** How long a client's outbound queue may be over its limit, and how far, before the client is slow. */
const SLOW_AFTER_MS = 1000;
const BURST_FACTOR = 8;

/** Bytes of a UTF-16 unit in UTF-8. */
const MOST_BYTES = 3;

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
  readonly #limit: number;
  /** Of this turn of the event loop; `undefined` where there is nothing. Bounded by `MAX_BATCH`. */
  #batch: Batch | undefined;
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
    this.#limit = owner.queueLimit;
  }

  /** Bytes that were sent but not yet handed to the operating system. */
  get bufferedAmount(): number {
    return (this.#batch?.length ?? 0) + this.#socket.bufferedAmount;
  }

  /** Whether the listener can tell what the other end has taken. */
  get canConfirm(): boolean {
    return this.#socket.confirm !== undefined;
  }

  send(outgoing: Outgoing): void {
    if (this.#isDirect) return this.#write(outgoing, outgoing.text.length);
    if (this.#batch === undefined) flushSoon(this);
    this.#batch = (this.#batch ?? empty).with(outgoing);
    if (this.#batch.length > MAX_BATCH) this.flush();
  }

  /** Writes what waits for the end of this turn of the event loop. */
  flush(): void {
    const batch = this.#batch;
    this.#batch = undefined;
    const outgoing = batch?.together(this.#owner.joins);
    if (batch !== undefined && outgoing !== undefined) this.#write(outgoing, batch.length);
  }

  /** Forgets what waits: the connection is gone. */
  clear(): void {
    this.#batch = undefined;
  }

  /** Calls `done` once, with whether the other end has all that was sent before. */
  confirm(done: (isTaken: boolean) => void): void {
    this.flush();
    this.#socket.confirm?.(done);
  }

  #write(outgoing: Outgoing, length: number): void {
    // What the other end has taken in the meantime counts, however much this one brings.
    if (this.#overLimitSince !== undefined && this.bufferedAmount <= this.#limit) {
      this.#overLimitSince = undefined;
    }
    this.#socket.send(outgoing);
    this.#sinceLook += length;
    // To ask costs a call into the runtime, about a tenth of a write: not while it cannot be too much.
    const most = this.#atLook + this.#sinceLook * MOST_BYTES;
    if ((this.#isAsked || most > this.#limit) && this.#isSlow()) this.#owner.slow();
  }

  /** A burst alone makes nobody slow: the limit must be passed for a while, or by far. */
  #isSlow(): boolean {
    const limit = this.#limit;
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

/** Those that have something to write at the end of this turn of the event loop, and where their batches begin. */
let unflushed: Writer[] = [];
let empty = Batch.empty();

/** An immediate, not a microtask: all frames that came in together are worked on by then. It waits for no timer. */
function flushSoon(writer: Writer): void {
  if (unflushed.push(writer) > 1) return;
  setImmediate(() => {
    const writers = unflushed;
    unflushed = [];
    empty = Batch.empty(); // the old one would keep what was sent last
    for (const each of writers) flushSafely(each);
  });
}

/** What goes wrong with one connection leaves the others what is theirs. */
function flushSafely(writer: Writer): void {
  try {
    writer.flush();
  } catch (error) {
    reportError(error);
  }
}
