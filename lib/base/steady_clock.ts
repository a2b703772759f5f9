/**
 * A clock that believes no jump forward at once. Whatever lets go of things by their age asks this one: a clock that is wrong
 * for a minute would otherwise delete what was to stay for a month. Where the system's clock was set back for a minute, it is
 * believed again as soon as it is right: a block of an hour would otherwise last for days.
 */

/** How many times as fast as time passes the clock may go until it has caught up. */
const CATCH_UP = 24;

export class SteadyClock {
  /** Unix time in milliseconds. */
  #now: number;
  /** The latest time that was believed, and what has passed since: up to here there is no jump. */
  #latest: number;
  /** When that was, on `performance.now()`'s clock. */
  #at = performance.now();

  /** @param start Unix time in milliseconds that is believed at first */
  constructor(start: number) {
    this.#now = start;
    this.#latest = start;
  }

  /** Unix time in whole milliseconds: never ahead of the system's clock, and behind it for a while after that was set forward. */
  now(): number {
    const at = performance.now();
    const passed = Math.max(0, at - this.#at);
    this.#at = at;
    const believed = Math.max(this.#now + passed * CATCH_UP, this.#latest + passed);
    this.#now = Math.min(Date.now(), believed);
    this.#latest = Math.max(this.#now, this.#latest + passed);
    return Math.floor(this.#now); // databases have whole milliseconds
  }

  /** Unix time in milliseconds that a clock which goes on from here believes at first. */
  get latest(): number {
    this.now();
    return this.#latest;
  }
}

/** The clock of this process, which believes that the system's was right when the process started. */
export const STEADY_CLOCK: SteadyClock = new SteadyClock(Date.now());
