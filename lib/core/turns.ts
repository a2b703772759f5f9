/**
 * Shares the event loop between the connections: who has had its slice of a turn waits for a later one, so that between
 * a frame and its answer there is never more than one turn's work, however much others send.
 */
import { setImmediate } from "node:timers";
import { Queue } from "../base/queue.ts";

/** How long all connections' frames are worked on in one turn; then those that had something wait for the next. */
const TURN_MS = 5;

/** Frames of one connection in one turn at most, */
const SLICE = 64;

/** and so many even in a turn that is long: most connections never have more, and so need no second turn. */
const LEAST = 4;

/**
 * So long turn follows turn without a rest while some wait. The runtime asks the system what has come in only where it has
 * nothing else to do, or in every 61st turn.
 */
const BUSY_MS = 10;
const REST_MS = 1;

/** What one connection has had. Two numbers of its own object: there are as many as connections. */
export interface Share {
  /** The turn that {@linkcode Share.taken} is of; 0 at first. */
  turn: number;
  /** Frames in that turn. */
  taken: number;
}

/** Something that had to wait. */
export interface Waiter {
  /** Its turn has come. It may have to wait again. */
  goOn(): void;
}

export class Turns {
  #turn = 1;
  #isOpen = false;
  /** On `performance.now()`'s clock. */
  #startedAt = 0;
  /** Since when some wait in every turn, on the same clock; `undefined` while none do. */
  #busySince: number | undefined;
  /** Bounded by the connections: each waits once at most. */
  readonly #waiting = new Queue<Waiter>();

  /** Counts a frame; false where it has to {@linkcode Turns.wait}. On every message's way. */
  take(share: Share): boolean {
    if (share.turn !== this.#turn) {
      if (!this.#isOpen) this.#begin();
      share.turn = this.#turn;
      share.taken = 0;
    }
    if (share.taken++ < LEAST) return true;
    return share.taken <= SLICE && performance.now() - this.#startedAt < TURN_MS;
  }

  /** Calls {@linkcode Waiter.goOn} in a later turn, behind those that wait already. */
  wait(waiter: Waiter): void {
    this.#waiting.push(waiter);
    if (!this.#isOpen) this.#begin();
  }

  #begin(): void {
    this.#isOpen = true;
    this.#startedAt = performance.now();
    setImmediate(() => this.#next());
  }

  /** Those that wait are the first of the next turn, but leave some of it to what has come in meanwhile. */
  #next(): void {
    this.#turn++;
    this.#isOpen = this.#waiting.length > 0;
    if (!this.#isOpen) return void (this.#busySince = undefined);
    this.#startedAt = performance.now();
    this.#busySince ??= this.#startedAt;
    if (this.#startedAt - this.#busySince > BUSY_MS) return this.#rest();
    setImmediate(() => this.#next());
    this.#letGoOn(this.#startedAt + TURN_MS / 2);
  }

  /** Nobody goes on before it is over. What was read by those that went on before is worked on first. */
  #rest(): void {
    this.#busySince = undefined;
    setImmediate(() => void setTimeout(() => this.#next(), REST_MS));
  }

  #letGoOn(until: number): void {
    for (let count = this.#waiting.length; count > 0; count--) {
      try {
        this.#waiting.shift()?.goOn();
      } catch (error) {
        reportError(error); // one connection's: the others have their turns all the same
      }
      if (performance.now() >= until) return;
    }
  }
}

/** The event loop is one, and so are its turns. */
export const turns = new Turns();
