/**
 * The lock of who has the turn at a way in: who routes what is published, who reads the stream. Its holder writes how
 * far it came with every notification it stores, in one step, and only while it is the holder: so the next one goes on
 * just there.
 */
import type { Calls } from "../engines/redis/functions.ts";
import type { RedisLink } from "../engines/redis/link.ts";
import { turnKeys } from "../inbox/store/redis_keys.ts";
import type { SharedWay } from "../inbox/store/store.ts";
import { refused } from "../engines/redis/errors.ts";
import { TURN_FUNCTIONS } from "./functions.ts";
import { WayKeys } from "./redis_keys.ts";

/** The lock outlives its holder by no more than this. */
const LASTS_MS = 3000;

export class TurnLock {
  #holder = crypto.randomUUID();
  readonly #redis: RedisLink["redis"];
  readonly #functions: Calls<typeof TURN_FUNCTIONS>;
  readonly #keys: WayKeys;
  readonly #turn: readonly [lock: string, progress: string];
  /** On `performance.now()`'s clock. */
  #heldUntil = 0;

  constructor({ redis, keys, functions }: RedisLink, way: SharedWay) {
    this.#redis = redis;
    this.#functions = functions.calls(TURN_FUNCTIONS);
    this.#keys = new WayKeys(keys);
    this.#turn = turnKeys(keys, way);
  }

  get holder(): string {
    return this.#holder;
  }

  /** Whether this node is known to hold it. */
  get isHeld(): boolean {
    return performance.now() < this.#heldUntil;
  }

  /**
   * Takes the lock if it is free, or keeps it. Resolves with how far its holders came, `""` if none did. Rejects where
   * Redis does.
   *
   * @param isNew leaves a free lock to others, unless nobody ever held it
   */
  async hold(isNew = false): Promise<{ isHeld: boolean; progress: string }> {
    const asked = performance.now();
    const [wait, progress] = await this.#functions.hold(
      this.#turn,
      [this.#holder, LASTS_MS, isNew ? 1 : 0],
    ) as [number, string];
    this.#heldUntil = wait === 0 ? asked + LASTS_MS : 0;
    return { isHeld: wait === 0, progress };
  }

  /** Whether no other node's bridge is connected. Rejects where Redis does. */
  async isAlone(): Promise<boolean> {
    const [, count] = await this.#redis.pubsub("NUMSUB", this.#keys.bridgeChannel)
      .catch(refused) as [string, number];
    return Number(count) <= 1;
  }

  /** Gives it up and takes another name: what was sent under the old one and is still on its way is refused. */
  async renew(): Promise<void> {
    await this.release();
    this.#holder = crypto.randomUUID();
  }

  /** Numbers a place in what all bridges hear. Only of the bridge's lock. */
  async mark(): Promise<void> {
    const { bridgeMark, bridgeChannel } = this.#keys;
    const [lock] = this.#turn;
    await this.#functions.mark([lock, bridgeMark], [this.#holder, bridgeChannel]);
  }

  /** Has its holder make one now. Only of the bridge's lock. */
  async askForMark(): Promise<void> {
    await this.#redis.publish(this.#keys.bridgeChannel, "asked for a mark");
  }

  /** Lets another take it at once; the bridges hear of each way's release, and see whether it was theirs. */
  async release(): Promise<void> {
    this.#heldUntil = 0;
    const [lock] = this.#turn;
    await this.#functions.release([lock], [this.#holder, this.#keys.bridgeChannel])
      .catch(() => {}); // it ends by itself
  }
}
