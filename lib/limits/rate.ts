/** Limits how often something may happen, by a token bucket: counting is arithmetic, and allocates nothing. */

/**
 * A rate: `perSecond` in the long run, and `burst` at once after a quiet time. One that is in force may change while the server runs
 * (`live_rates.ts`), so buckets look at it each time.
 */
export interface Rate {
  readonly perSecond: number;
  readonly burst: number;
}

/**
 * How long all is refused after one thing was, or until the bucket is full again if that is sooner. Messages that were on
 * their way behind the refused one must not overtake it.
 */
const PAUSE_MS = 1000;

/** How far sums of fractions may be off. */
const ROUNDING = 1e-6;

/** A token bucket. Its times are milliseconds of a clock that never goes back, such as `performance.now()`'s. */
export class TokenBucket {
  readonly #rate: Rate;
  #tokens: number;
  #countedAt: number;
  #closedUntil = -Infinity;

  /** A new bucket is full. */
  constructor(rate: Rate, now: number) {
    this.#rate = rate;
    this.#tokens = rate.burst;
    this.#countedAt = now;
  }

  /** Takes a token. Returns 0 if there was one, else how many whole milliseconds to wait. */
  take(now: number): number {
    if (now < this.#closedUntil) return Math.max(1, Math.ceil(this.#closedUntil - now - ROUNDING));
    this.#count(now);
    if (this.#tokens < 1 - ROUNDING) {
      const pauseMs = this.#pauseMs();
      this.#closedUntil = now + pauseMs;
      return pauseMs;
    }
    this.#tokens--;
    return 0;
  }

  /** As {@linkcode TokenBucket.take}, but takes nothing and closes nothing. */
  wait(now: number): number {
    if (now < this.#closedUntil) return Math.max(1, Math.ceil(this.#closedUntil - now - ROUNDING));
    this.#count(now);
    return this.#tokens < 1 - ROUNDING ? this.#pauseMs() : 0;
  }

  /** Takes tokens, whether they are there or not. What is missing has to come back before anything passes again. */
  charge(tokens: number, now: number): void {
    this.#count(now);
    this.#tokens -= tokens;
  }

  /** Whether the bucket is as good as a new one. */
  isFull(now: number): boolean {
    this.#count(now);
    return this.#tokens >= this.#rate.burst && now >= this.#closedUntil;
  }

  #pauseMs(): number {
    const { perSecond, burst } = this.#rate;
    return Math.min(PAUSE_MS, Math.ceil(burst * 1000 / perSecond));
  }

  #count(now: number): void {
    if (now <= this.#countedAt) return;
    const { perSecond, burst } = this.#rate;
    this.#tokens = Math.min(burst, this.#tokens + (now - this.#countedAt) * perSecond / 1000);
    this.#countedAt = now;
  }
}

/** Reads `perSecond/burst`, such as `200/2000`; `undefined` for `off`. */
export function parseRate(text: string): Rate | undefined {
  const [, perSecond, burst] = RATE.exec(text) ?? [];
  return perSecond === undefined
    ? undefined
    : { perSecond: Number(perSecond), burst: Number(burst) };
}

export function isRate(text: string): boolean {
  return text === "off" || RATE.test(text);
}

const RATE = /^([1-9]\d{0,8})\/([1-9]\d{0,8})$/;
