/**
 * How fast one for many is sent. What it costs is taken from others: their messages wait for a turn of the event loop, for the
 * disk, and for Redis. So recipients have their turns a few at a time, with a rest after each, and the rest is longer while anybody
 * says or sends something else. Where nobody does, nobody waits, and it goes as fast as it is kept.
 */
import { logFor } from "../../base/log.ts";

const log = logFor("inbox");

interface Pace {
  /** As the log has it. */
  readonly name: string;
  /** How many have their turn together for each millisecond of rest before, */
  readonly eachMs: number;
  /**
   * and the least and the most of them. What they write is committed together, so that few in a turn cost far more than some; for
   * more of them, others would wait longer. Where the machine is so busy that a rest is longer than it was meant to be, they are more.
   */
  readonly fewest: number;
  readonly most: number;
  /** The rest is as long as the turn before it, but no shorter and no longer than this, in milliseconds. */
  readonly shortestMs: number;
  readonly longestMs: number;
}

const BESIDE_OTHERS: Pace = {
  name: "slowly, since others say or send something",
  ...{ eachMs: 0.8, fewest: 5, most: 8, shortestMs: 8, longestMs: 12 },
};
const ALONE: Pace = {
  name: "fast, since nobody else says or sends anything",
  ...{ eachMs: 3, fewest: 6, most: 10, shortestMs: 2, longestMs: 8 },
};

/** How long after others said something they may do so again: as long as a pause in a talk. */
const TALK_MS = 1000;

export class Pacing {
  readonly #others: () => number;
  readonly #now: () => number;
  #seen = 0;
  #lookedAt = -Infinity;
  #heardAt = -Infinity;
  #rested = 0;
  #last: Pace | undefined;

  /**
   * @param others grows with each message and notification of others that this node works on
   * @param now a clock that never goes back, in milliseconds
   */
  constructor(others: () => number, now: () => number = () => performance.now()) {
    this.#others = others;
    this.#now = now;
  }

  /** How many recipients have the next turn. */
  turn(): number {
    const { eachMs, fewest, most } = this.#pace();
    return Math.min(Math.max(Math.floor(this.#rested * eachMs), fewest), most);
  }

  /** How long the rest after a turn is, in milliseconds. @param tookMs how long the turn was */
  rest(tookMs: number): number {
    const { shortestMs, longestMs } = this.#pace();
    return Math.min(Math.max(tookMs, shortestMs), longestMs);
  }

  /** @param ms how long that rest was in truth */
  hasRested(ms: number): void {
    this.#rested = ms;
  }

  #pace(): Pace {
    const [others, now] = [this.#others(), this.#now()];
    // What was said since a look of long ago may have been said long ago.
    if (others > this.#seen && now - this.#lookedAt < TALK_MS) this.#heardAt = now;
    this.#seen = others;
    this.#lookedAt = now;
    const pace = now - this.#heardAt < TALK_MS ? BESIDE_OTHERS : ALONE;
    if (pace !== this.#last) log.debug("notifications for many go {how}", { how: pace.name });
    return this.#last = pace;
  }
}
