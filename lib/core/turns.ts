/**
 * Shares the event loop between the connections: one that has had its slice of a turn waits for a later turn. So a frame
 * never waits for more than about one turn's work, however much others send.
 */
import { setImmediate } from "node:timers";
import { Queue } from "../base/queue.ts";

/** How long frames are worked on in one turn. After that, connections that have had their least wait for the next. */
const TURN_MS = 5;

/** The most frames of one connection in one turn. */
const SLICE = 64;

/** The frames that a connection may have even in a long turn. Most never send more, and so need no second turn. */
const LEAST = 4;

/**
 * How long turn may follow turn without a rest. While immediates wait, the runtime asks the system for new data only in
 * every 61st turn; a rest lets it ask at once.
 */
const BUSY_MS = 10;
/** How long that rest is. */
const REST_MS = 1;

/** What one connection has had of a turn. The connection's queue is its own share, which saves an object for each. */
export interface Share {
  /** The turn in which {@linkcode Share.taken} was counted; 0 at first. */
  turn: number;
  /** The frames that were worked on in that turn. */
  taken: number;
}

/** A connection that waits for a turn. */
export interface Waiter {
  /** The turn has come. The waiter may have to wait again. */
  goOn(): void;
}

export class Turns {
  #turn = 1;
  #isOpen = false;
  /** When this turn began, on `performance.now()`'s clock. */
  #startedAt = 0;
  /** Since when every turn had waiters, on `performance.now()`'s clock; `undefined` while there are none. */
  #busySince: number | undefined;
  /** Those that wait for a turn. Bounded by the number of connections, since each waits at most once. */
  readonly #waiting = new Queue<Waiter>();

  /** Counts a frame. False if its connection must {@linkcode Turns.wait}. It runs for every message. */
  take(share: Share): boolean {
    if (share.turn !== this.#turn) {
      if (!this.#isOpen) this.#begin();
      share.turn = this.#turn;
      share.taken = 0;
    }
    if (share.taken++ < LEAST) return true;
    return share.taken <= SLICE && performance.now() - this.#startedAt < TURN_MS;
  }

  /** Calls {@linkcode Waiter.goOn} in a later turn, after those that wait already. */
  wait(waiter: Waiter): void {
    this.#waiting.push(waiter);
    if (!this.#isOpen) this.#begin();
  }

  #begin(): void {
    this.#isOpen = true;
    this.#startedAt = performance.now();
    setImmediate(() => this.#next());
  }

  /** Begins the next turn with those that wait; they leave half of it to what has come in meanwhile. */
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

  /** Lets the runtime ask for new data before anybody goes on. The immediate lets earlier reads be worked on first. */
  #rest(): void {
    this.#busySince = undefined;
    setImmediate(() => void setTimeout(() => this.#next(), REST_MS));
  }

  #letGoOn(until: number): void {
    for (let count = this.#waiting.length; count > 0; count--) {
      try {
        this.#waiting.shift()?.goOn();
      } catch (error) {
        reportError(error); // the other connections have their turns all the same
      }
      if (performance.now() >= until) return;
    }
  }
}

/** The turns of the event loop: there is one loop, so all connections share this object. */
export const turns = new Turns();
