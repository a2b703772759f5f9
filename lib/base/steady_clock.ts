/**
 * A clock that believes no jump forward at once. Whatever lets go of things by their age asks this one: a clock that is wrong
 * for a minute would otherwise delete what was to stay for a month.
 */

/** How many times as fast as time passes the clock may go until it has caught up. */
const CATCH_UP = 24;

export class SteadyClock {
  /** Unix time in milliseconds. */
  #now: number;
  /** When that was, on `performance.now()`'s clock. */
  #at = performance.now();

  /** @param start Unix time in milliseconds that is believed at first */
  constructor(start: number) {
    this.#now = start;
  }

  /** Unix time in milliseconds: never ahead of the system's clock, and behind it for a while after that was set forward. */
  now(): number {
    const at = performance.now();
    this.#now = Math.min(Date.now(), this.#now + Math.max(0, at - this.#at) * CATCH_UP);
    this.#at = at;
    return this.#now;
  }
}

/** The clock of this process, which believes that the system's was right when the process started. */
export const STEADY_CLOCK: SteadyClock = new SteadyClock(Date.now());
