/**
 * The lock of who routes what is published. Its holder writes how far it came with every notification it stores, in
 * one step, and only while it is the holder: so the next one goes on just there.
 */
import type { Redis } from "ioredis";
import type { RedisKeys } from "./redis_keys.ts";
import { run, SCRIPTS } from "./redis_scripts.ts";

/** The lock outlives its holder by no more than this. */
const LASTS_MS = 3000;

export class BridgeLock {
  readonly holder = crypto.randomUUID();
  readonly #redis: Redis;
  readonly #keys: RedisKeys;
  /** On `performance.now()`'s clock. */
  #heldUntil = 0;

  constructor(redis: Redis, keys: RedisKeys) {
    this.#redis = redis;
    this.#keys = keys;
  }

  /** Whether this node is known to hold it. */
  get isHeld(): boolean {
    return performance.now() < this.#heldUntil;
  }

  /**
   * Takes the lock if it is free, or keeps it. Resolves with how far its holders came, `""` if none did, where it is
   * held now; with `undefined` where it is another's. Rejects where Redis does.
   */
  async hold(): Promise<string | undefined> {
    const asked = performance.now();
    const { bridge, bridgeProgress } = this.#keys;
    const [wait, progress] = await run(
      this.#redis,
      SCRIPTS.bridgeHold,
      [bridge, bridgeProgress],
      [this.holder, LASTS_MS],
    ) as [number, string];
    this.#heldUntil = wait === 0 ? asked + LASTS_MS : 0;
    return wait === 0 ? progress : undefined;
  }

  /** Numbers a place in what all bridges hear. */
  async mark(): Promise<void> {
    const { bridge, bridgeMark, bridgeChannel } = this.#keys;
    await run(this.#redis, SCRIPTS.bridgeMark, [bridge, bridgeMark], [this.holder, bridgeChannel]);
  }

  /** Lets another take it at once. */
  async release(): Promise<void> {
    this.#heldUntil = 0;
    const { bridge, bridgeChannel } = this.#keys;
    await run(this.#redis, SCRIPTS.bridgeRelease, [bridge], [this.holder, bridgeChannel])
      .catch(() => {}); // it ends by itself
  }
}
