/** Hands things on: the first few at once, and those that come shortly after many others together. */

/** What comes within this time counts together. */
const WINDOW_MS = 100;
/** So many are handed on at once in that time. */
const AT_ONCE = 8;
/** The most that wait. */
const MOST_WAITING = 1000;

export class Pace<Thing> {
  readonly #handOn: (things: readonly Thing[]) => void;
  #waiting: Thing[] = [];
  /** When the time began in which things are counted, on `performance.now()`'s clock. */
  #since = -Infinity;
  #count = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(handOn: (things: readonly Thing[]) => void) {
    this.#handOn = handOn;
  }

  take(thing: Thing): void {
    const now = performance.now();
    if (this.#timer === undefined && now - this.#since > WINDOW_MS) {
      this.#since = now;
      this.#count = 0;
    }
    if (this.#timer === undefined && this.#count++ < AT_ONCE) return this.#handOn([thing]);
    if (this.#waiting.push(thing) >= MOST_WAITING) return this.flush();
    this.#timer ??= setTimeout(() => this.flush(), WINDOW_MS);
  }

  /** Hands on what waits, now. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const waiting = this.#waiting;
    if (waiting.length === 0) return;
    this.#waiting = [];
    this.#since = performance.now(); // and the next ones wait again, unless there are none for a while
    this.#count = AT_ONCE;
    this.#handOn(waiting);
  }

  /** Drops what waits. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#waiting = [];
  }
}
