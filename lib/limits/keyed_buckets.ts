/** One token bucket for each of many keys, such as addresses. Buckets that are full again are forgotten. */
import { type Rate, TokenBucket } from "./rate.ts";

/** How many keys are kept, in about 20 MB. Past that a new key takes the place of another, which then has a new burst. */
const MAX_KEYS = 100_000;

/** How many keys are looked at for each new one. So all are looked at in time, without a walk through all. */
const LOOKS = 2;

export class KeyedBuckets {
  readonly #rateNow: () => Rate | undefined;
  readonly #maxKeys: number;
  readonly #buckets = new Map<string, TokenBucket>();
  /** Goes round and round. A walk that began at the start each time would pass all entries that were deleted there. */
  #hand: Iterator<[string, TokenBucket]> = this.#buckets.entries();

  /** @param rate of each key; without one there is no limit. A function says which one is in force. */
  constructor(rate: Rate | undefined | (() => Rate | undefined), maxKeys = MAX_KEYS) {
    this.#rateNow = typeof rate === "function" ? rate : () => rate;
    this.#maxKeys = maxKeys;
  }

  get #rate(): Rate | undefined {
    return this.#rateNow();
  }

  get size(): number {
    return this.#buckets.size;
  }

  /** Takes a token of the key's bucket. Returns 0 if there was one, else how many milliseconds to wait. */
  take(key: string, now: number): number {
    const rate = this.#rate;
    return rate === undefined ? 0 : this.#bucketOf(key, rate, now).take(now);
  }

  /** Takes tokens of the key's bucket, whether they are there or not. */
  charge(key: string, tokens: number, now: number): void {
    const rate = this.#rate;
    if (rate !== undefined) this.#bucketOf(key, rate, now).charge(tokens, now);
  }

  /** Hands the key's bucket out until {@linkcode KeyedBuckets.release}; `undefined` if there is no limit. */
  claim(key: string, now: number): TokenBucket | undefined {
    const rate = this.#rate;
    if (rate === undefined) return undefined;
    const bucket = this.#buckets.get(key) ?? new TokenBucket(rate, now);
    this.#buckets.delete(key);
    return bucket;
  }

  /** Takes a bucket back. A full one is as good as a new one, so it is not kept. */
  release(key: string, bucket: TokenBucket, now: number): void {
    if (!bucket.isFull(now)) this.#add(key, bucket, now);
  }

  #bucketOf(key: string, rate: Rate, now: number): TokenBucket {
    let bucket = this.#buckets.get(key);
    if (bucket === undefined) {
      bucket = new TokenBucket(rate, now);
      this.#add(key, bucket, now);
    }
    return bucket;
  }

  #add(key: string, bucket: TokenBucket, now: number): void {
    for (let look = 0; look < LOOKS; look++) this.#forgetNext(now);
    this.#buckets.set(key, bucket);
  }

  #forgetNext(now: number): void {
    const { value, done } = this.#hand.next();
    if (done) this.#hand = this.#buckets.entries();
    else if (value[1].isFull(now) || this.#buckets.size >= this.#maxKeys) {
      this.#buckets.delete(value[0]);
    }
  }
}
