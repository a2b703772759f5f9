/**
 * The database's clock, as a process knows it: what all nodes keep there for a time ends by one clock, and a node whose own is wrong
 * ends nothing sooner.
 */
import { CLOCKS } from "./clock.ts";
import type { Database } from "./database.ts";

/** By how much two measurements may differ of a clock that nobody has set. */
const INACCURACY_MS = 5000;

export class DatabaseClock {
  readonly #database: Database;
  #last = -Infinity;
  /** Milliseconds by which the database's clock is ahead of this process'. */
  #ahead = 0;

  constructor(database: Database) {
    this.#database = database;
  }

  /**
   * Unix milliseconds, as of the last {@linkcode DatabaseClock.measure}. It does not go back where it was measured anew, so that what
   * was to end at once has ended.
   */
  now(): number {
    const now = Math.round(Date.now() + this.#ahead);
    const isBack = now < this.#last && this.#last - now < INACCURACY_MS;
    if (!isBack) this.#last = now;
    return this.#last;
  }

  /** Finds out what time it is there. Rejects where the database cannot be used. */
  async measure(): Promise<void> {
    const askedAt = Date.now();
    const [found] = await this.#database.query(
      `SELECT ${CLOCKS[this.#database.dialect]} AS now`,
    );
    this.#ahead = Number(found?.["now"]) - (askedAt + Date.now()) / 2;
  }
}
