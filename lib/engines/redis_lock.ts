/** A lock that one of the nodes holds while it lives; when its holder is gone, another takes it. */
import type { Redis } from "ioredis";
import { run, SCRIPTS } from "./redis_scripts.ts";

/** The lock outlives its holder by no more than this. */
const LASTS_MS = 3000;

export class RedisLock {
  readonly #id = crypto.randomUUID();
  readonly #redis: Redis;
  readonly #key: string;
  /** On `performance.now()`'s clock. */
  #heldUntil = 0;
  #othersUntil = 0;

  constructor(redis: Redis, key: string) {
    this.#redis = redis;
    this.#key = key;
  }

  get isHeld(): boolean {
    return performance.now() < this.#heldUntil;
  }

  /** Whether another node is known to hold it. */
  get isOthers(): boolean {
    return performance.now() < this.#othersUntil;
  }

  /** Takes the lock if it is free, or keeps it; says whether it is held now. Rejects where Redis does. */
  async hold(): Promise<boolean> {
    const asked = performance.now();
    const wait = await run(this.#redis, SCRIPTS.lockHold, [this.#key], [this.#id, LASTS_MS]);
    this.#heldUntil = wait === 0 ? asked + LASTS_MS : 0;
    this.#othersUntil = wait === 0 ? 0 : asked + Number(wait);
    return this.isHeld;
  }

  async release(): Promise<void> {
    this.#heldUntil = 0;
    await run(this.#redis, SCRIPTS.lockRelease, [this.#key], [this.#id]).catch(() => {}); // it ends by itself
  }
}
