/** How often something may happen: a token bucket, which costs two numbers and allocates nothing. */

/** So many a second in the long run, and so many at once after a quiet time. */
export interface Rate {
  readonly perSecond: number;
  readonly burst: number;
}

/**
 * Once something was refused, all is refused for so long, or until the bucket is full again where that is sooner: what
 * was on its way behind it must not overtake it.
 */
const PAUSE_MS = 1000;

/** What sums of fractions may be off by. */
const ROUNDING = 1e-6;

/** Times are of one clock that never goes back, `performance.now()`'s, in milliseconds. */
export class TokenBucket {
  readonly #perMs: number;
  readonly #burst: number;
  readonly #pauseMs: number;
  #tokens: number;
  #countedAt: number;
  #closedUntil = -Infinity;

  /** Full at first. */
  constructor({ perSecond, burst }: Rate, now: number) {
    this.#perMs = perSecond / 1000;
    this.#burst = this.#tokens = burst;
    this.#pauseMs = Math.min(PAUSE_MS, Math.ceil(burst / this.#perMs));
    this.#countedAt = now;
  }

  /** Takes one; 0 if it was there, else how many milliseconds to wait, a whole number. */
  take(now: number): number {
    if (now < this.#closedUntil) return Math.max(1, Math.ceil(this.#closedUntil - now - ROUNDING));
    this.#count(now);
    if (this.#tokens < 1 - ROUNDING) {
      this.#closedUntil = now + this.#pauseMs;
      return this.#pauseMs;
    }
    this.#tokens--;
    return 0;
  }

  /** Whether it is as good as new. */
  isFull(now: number): boolean {
    this.#count(now);
    return this.#tokens >= this.#burst && now >= this.#closedUntil;
  }

  #count(now: number): void {
    if (now <= this.#countedAt) return;
    this.#tokens = Math.min(this.#burst, this.#tokens + (now - this.#countedAt) * this.#perMs);
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
