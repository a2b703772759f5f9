/**
 * The lock of the node that has the turn at a way in: the one that routes what is published, or reads the stream. With each
 * notification the holder stores how far it came, in one step and only while it is the holder, so that the next holder goes
 * on just there.
 */
import type { Calls } from "../engines/redis/functions.ts";
import type { RedisLink } from "../engines/redis/link.ts";
import type { SharedWay } from "../core/claim.ts";
import { throwUnavailable } from "../engines/redis/errors.ts";
import { TURN_FUNCTIONS } from "./functions.ts";
import { WayKeys } from "./redis_keys.ts";

/** How long the lock outlives its holder at the most. */
const LASTS_MS = 3000;

export class TurnLock<Way extends SharedWay = SharedWay> {
  #holder = crypto.randomUUID();
  readonly #redis: RedisLink["redis"];
  readonly #functions: Calls<typeof TURN_FUNCTIONS>;
  readonly #keys: WayKeys;
  readonly #ways: readonly Way[];
  readonly #lock: string;
  /** The keys of how far each way was read. */
  readonly #progress: readonly string[];
  /** Until when this node has the lock, on `performance.now()`'s clock. */
  #heldUntil = 0;
  /** Counts how often the lock was given up: what was asked before is no news after. */
  #releases = 0;
  #waitMs = 0;

  /** @param ways at which the turn is, all with one lock */
  constructor({ redis, keys, functions }: RedisLink, ways: readonly [Way, ...Way[]]) {
    this.#redis = redis;
    this.#functions = functions.calls(TURN_FUNCTIONS);
    this.#keys = new WayKeys(keys);
    this.#ways = ways;
    this.#lock = keys.turn(ways[0])[0];
    this.#progress = ways.map((way) => keys.turn(way)[1]);
  }

  get holder(): string {
    return this.#holder;
  }

  /** Whether this node is known to hold the lock. */
  get isHeld(): boolean {
    return performance.now() < this.#heldUntil;
  }

  /** Until its holder must have renewed the lock, after the last {@linkcode TurnLock.hold}; 1 where nobody holds it. */
  get waitMs(): number {
    return this.#waitMs;
  }

  /**
   * Takes the lock if it is free, or keeps it. Resolves with how far its holders came in each way, `""` where there was none. Rejects
   * where Redis does.
   *
   * @param isNew whether this node leaves a free lock to others, unless nobody ever held it
   */
  async hold(isNew = false): Promise<{ isHeld: boolean; progress: Record<Way, string> }> {
    const asked = performance.now();
    const releases = this.#releases;
    const [wait, ...places] = await this.#functions.hold(
      [this.#lock, ...this.#progress],
      [this.#holder, LASTS_MS, isNew ? 1 : 0],
    ) as [number, ...string[]];
    this.#waitMs = wait;
    const isHeld = wait === 0 && releases === this.#releases;
    this.#heldUntil = isHeld ? asked + LASTS_MS : 0;
    const progress = this.#ways.map((way, index) => [way, places[index] ?? ""]);
    return { isHeld, progress: Object.fromEntries(progress) as Record<Way, string> };
  }

  /** Whether no other node's bridge is connected. Rejects where Redis does. @param isSubscribed whether this one's is */
  async isAlone(isSubscribed: boolean): Promise<boolean> {
    const [, count] = await this.#redis.pubsub("NUMSUB", this.#keys.bridgeChannel)
      .catch(throwUnavailable) as [string, number];
    return Number(count) <= (isSubscribed ? 1 : 0);
  }

  /** Gives the lock up and takes another name: what was sent under the old name and is still on its way is refused. */
  async renew(): Promise<void> {
    await this.release();
    this.#holder = crypto.randomUUID();
  }

  /**
   * Puts a mark into what all bridges hear. Only the bridge's lock has marks.
   *
   * @param progress how far all is routed in each way; `""` leaves what was stored
   */
  async mark(progress: Readonly<Record<Way, string>>): Promise<void> {
    const { bridgeMark, bridgeChannel } = this.#keys;
    await this.#functions.mark(
      [this.#lock, bridgeMark, ...this.#progress],
      [this.#holder, bridgeChannel, ...this.#ways.map((way) => progress[way])],
    );
  }

  /** Asks the holder for a mark. Only the bridge's lock has marks. */
  async askForMark(): Promise<void> {
    await this.#redis.publish(this.#keys.bridgeChannel, "asked for a mark");
  }

  /** Lets another node take the lock at once. Bridges hear of each release, of the stream's lock too, and try theirs. */
  async release(): Promise<void> {
    this.#heldUntil = 0;
    this.#releases++;
    await this.#functions.release([this.#lock], [this.#holder, this.#keys.bridgeChannel])
      .catch(() => {}); // the lock ends by itself
  }
}
