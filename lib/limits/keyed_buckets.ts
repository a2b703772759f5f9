/** One token bucket for each of many keys, such as addresses; only those that are not full are kept. */
import { type Rate, TokenBucket } from "./rate.ts";

/**
 * Most keys that are kept, about 20 MB; past that the one that was quiet for longest is forgotten, which may give it
 * another burst.
 */
const MAX_KEYS = 100_000;

export class KeyedBuckets {
  readonly #rate: Rate | undefined;
  readonly #maxKeys: number;
  /** Quiet for longest first. */
  readonly #buckets = new Map<string, TokenBucket>();

  /** @param rate of each key; absent: no limit */
  constructor(rate: Rate | undefined, maxKeys = MAX_KEYS) {
    this.#rate = rate;
    this.#maxKeys = maxKeys;
  }

  get size(): number {
    return this.#buckets.size;
  }

  /** Takes one of the key's; 0 if it was there, else how many milliseconds to wait. */
  take(key: string, now: number): number {
    const bucket = this.claim(key, now);
    if (bucket === undefined) return 0;
    const waitMs = bucket.take(now);
    this.release(key, bucket, now);
    return waitMs;
  }

  /** Hands the key's bucket out, to be given back; `undefined` where there is no limit. */
  claim(key: string, now: number): TokenBucket | undefined {
    if (this.#rate === undefined) return undefined;
    const bucket = this.#buckets.get(key) ?? new TokenBucket(this.#rate, now);
    this.#buckets.delete(key);
    return bucket;
  }

  /** Takes a bucket back. */
  release(key: string, bucket: TokenBucket, now: number): void {
    if (!bucket.isFull(now)) this.#buckets.set(key, bucket);
    this.#forget(now);
  }

  /** Two looks for each key that came: all full ones go in time, and none costs a walk through all. */
  #forget(now: number): void {
    let looks = 2;
    for (const [key, bucket] of this.#buckets) {
      if (looks-- === 0) return;
      if (!bucket.isFull(now) && this.#buckets.size <= this.#maxKeys) return;
      this.#buckets.delete(key);
    }
  }
}
