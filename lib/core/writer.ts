/**
 * Sends texts to one connection in order: one turn's texts in one write, and never more waiting than the limit. Next on
 * a message's way: the listener's `Socket`.
 */
import { setImmediate } from "node:timers";
import { Batch } from "./batch.ts";
import type { Outgoing } from "./outgoing.ts";
import type { Socket } from "./socket.ts";

/** How many characters are put together at most. Later texts go out in a write of their own. */
const MAX_BATCH = 65_536;

/** How long a connection's queue may be over its limit before the client counts as slow. */
const SLOW_AFTER_MS = 1000;
/** How many times its limit a connection's queue may hold at any time. */
const BURST_FACTOR = 8;

/** The most bytes that a UTF-16 unit takes in UTF-8. */
const MOST_BYTES = 3;

/** The connection that a writer belongs to. */
export interface WriterOwner {
  /** Bytes that may wait for a second. At no time may more than 8 times as many wait. */
  readonly queueLimit: number;
  /** Whether the protocol takes several texts in one message, with line breaks in between. */
  readonly joins: boolean;
  /** The other end takes too little. Called at each write until the connection is closed. */
  slow(): void;
}

export class Writer {
  readonly #socket: Socket;
  readonly #owner: WriterOwner;
  readonly #isDirect: boolean;
  /** Whether the socket is asked at each write how much waits there. */
  readonly #isAsked: boolean;
  readonly #limit: number;
  /** The texts of this turn of the event loop; `undefined` if there are none. Bounded by `MAX_BATCH`. */
  #batch: Batch | undefined;
  /** Characters that were sent in all. */
  #sent = 0;
  /** How many had been sent, and how many bytes waited, when it was last asked whether the other end takes anything. */
  #sentBefore = 0;
  #waitingBefore = 0;
  /** Characters that went to the socket since it was last asked how many bytes wait there. */
  #sinceLook = 0;
  /** How many bytes waited in the socket when it was last asked. */
  #atLook = 0;
  /** When the queue passed its limit, on `performance.now()`'s clock; `undefined` while it is within. */
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

  /**
   * Whether the other end took nothing of what waits for it since the last call. Then all that was sent meanwhile waits, too: a
   * connection on which much goes out has something waiting whenever it is asked, and takes it all the same.
   */
  isStalled(): boolean {
    const [sentBefore, waitingBefore] = [this.#sentBefore, this.#waitingBefore];
    this.#sentBefore = this.#sent;
    this.#waitingBefore = this.bufferedAmount;
    // A character is a byte or more.
    return waitingBefore > 0 &&
      this.#waitingBefore >= waitingBefore + this.#sent - sentBefore;
  }

  send(outgoing: Outgoing): void {
    this.#sent += outgoing.text.length;
    if (this.#isDirect) return this.#write(outgoing, outgoing.text.length);
    if (this.#batch === undefined) flushSoon(this);
    this.#batch = (this.#batch ?? empty).with(outgoing);
    if (this.#batch.length > MAX_BATCH) this.flush();
  }

  /** Writes the texts of this turn of the event loop now. */
  flush(): void {
    const batch = this.#batch;
    this.#batch = undefined;
    const outgoing = batch?.together(this.#owner.joins);
    if (batch !== undefined && outgoing !== undefined) this.#write(outgoing, batch.length);
  }

  /** Drops the texts of this turn, since the connection is gone. */
  clear(): void {
    this.#batch = undefined;
  }

  /** Calls `done` once, with whether the other end has all that was sent before. */
  confirm(done: (isTaken: boolean) => void): void {
    this.flush();
    this.#socket.confirm?.(done);
  }

  #write(outgoing: Outgoing, length: number): void {
    // This looks before the write: what the other end has taken in the meantime counts, however much the text brings.
    if (this.#overLimitSince !== undefined && this.bufferedAmount <= this.#limit) {
      this.#overLimitSince = undefined;
    }
    this.#socket.send(outgoing);
    this.#sinceLook += length;
    // Asking costs a call into the runtime, so it waits until too much may be queued.
    const most = this.#atLook + this.#sinceLook * MOST_BYTES;
    if ((this.#isAsked || most > this.#limit) && this.#isSlow()) this.#owner.slow();
  }

  /** Whether the queue has been over its limit for a while, or is far over it. A burst alone makes nobody slow. */
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

/** The writers that have something to write at the end of this turn of the event loop. */
let unflushed: Writer[] = [];
/** The batch that all batches of this turn begin with, so that writers can share them. */
let empty = Batch.empty();

/** Flushes at the next immediate: other than in a microtask, all frames that came in together are worked on by then. */
function flushSoon(writer: Writer): void {
  if (unflushed.push(writer) > 1) return;
  setImmediate(() => {
    const writers = unflushed;
    unflushed = [];
    empty = Batch.empty(); // the old one keeps what was sent last
    for (const each of writers) flushSafely(each);
  });
}

/** Flushes one writer; its failure must not keep the others from flushing. */
function flushSafely(writer: Writer): void {
  try {
    writer.flush();
  } catch (error) {
    reportError(error);
  }
}
