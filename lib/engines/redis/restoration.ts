/**
 * Takes again what this node had in Redis, each time both connections are made anew: what it hears, and its lease. Then it
 * tells the node that it can restore what it lost.
 */
import type { Redis } from "ioredis";
import { runOf } from "./client.ts";
import { Lease } from "./lease.ts";
import type { RedisLink } from "./link.ts";
import { warnOfLosses } from "./losses.ts";
import { MissingRight } from "./missing_right.ts";
import { lackingRights } from "./rights.ts";

/** How soon a restoration is tried again that failed although the connections stand. */
const RESTORE_AGAIN_MS = 1000;

/** How often Redis is asked for rights at the most: anyone may ask whether the server is ready, as often as they like. */
const RIGHTS_EVERY_MS = 250;

const NOT_RESTORED = "Redis is back, and this node does not hear all of it yet";

export class Restoration implements AsyncDisposable {
  readonly lease: Lease;
  readonly #link: RedisLink;
  readonly #missing = new MissingRight();
  /** What subscribes to all that this node has to hear, in order. */
  readonly #hearings: (() => Promise<void>)[] = [];
  /** Tells the node; absent before it runs, and after the end. */
  #onRestored: (() => void) | undefined;
  /** Whether all hearings are done on the connections that stand now. */
  #hearsAll = false;
  /** Whether the node was told that it can restore, since the connections stand. */
  #isRestored = false;
  /** The number of the current restoration. Whatever an earlier one does after an `await` is out of date. */
  #number = 0;
  #again: ReturnType<typeof setTimeout> | undefined;
  /** How often the two connections led to different servers since both last led to one. */
  #differed = 0;
  #isWarned = false;
  /** When Redis was last asked for rights, on `performance.now()`'s clock. */
  #lookedAt = -Infinity;

  constructor(link: RedisLink, { leaseSeconds }: { leaseSeconds: number }) {
    this.#link = link;
    this.lease = new Lease(link, { leaseSeconds, onLost: () => this.#tell() });
    for (const connection of [link.redis, link.subscriber]) {
      connection.on("ready", () => this.#made(connection));
    }
  }

  /** Adds a hearing, as `RedisStorage.beforeRestored` says. */
  addHearing(hear: () => Promise<void>): void {
    this.#hearings.push(hear);
  }

  /** Restores for the first time, and from now on whenever the connections are made anew. */
  async begin(onRestored: () => void): Promise<void> {
    this.#onRestored = onRestored;
    await this.#restore();
  }

  /** Asks Redis which rights this server lacks, or only whether it is there, if that was just asked. Rejects as Redis does. */
  async look(): Promise<void> {
    const now = performance.now();
    if (now - this.#lookedAt < RIGHTS_EVERY_MS) return void await this.#link.redis.ping();
    this.#lookedAt = now;
    this.#missing.noteLacking(await lackingRights(this.#link));
  }

  /** Why this node cannot do all of its work, although Redis answers; `undefined` if it can. */
  get failure(): string | undefined {
    return this.#missing.reason ?? this.lease.failure ??
      (this.#isRestored ? undefined : NOT_RESTORED);
  }

  /**
   * A connection is made. After a failover the other one may still lead to the Redis of before, and is made anew then: at
   * once, but a little later where that happened before, since an address may lead to two different ones for ever.
   */
  #made(connection: Redis): void {
    const { redis, subscriber } = this.#link;
    const other = connection === redis ? subscriber : redis;
    clearTimeout(this.#again);
    if (other.status !== "ready" || runOf(other) === runOf(connection)) return void this.#restore();
    this.#number++;
    this.#hearsAll = this.#isRestored = false;
    const wait = this.#differed++ === 0 ? 0 : RESTORE_AGAIN_MS;
    this.#again = setTimeout(() => other.disconnect(true), wait);
  }

  /** Once both connections stand, does all hearings and takes its lease, then tells the node. */
  async #restore(): Promise<void> {
    const number = ++this.#number;
    this.#hearsAll = this.#isRestored = false;
    clearTimeout(this.#again);
    if (this.#onRestored === undefined || !this.#isConnected) return;
    const note = (error: unknown) => this.#missing.note(error);
    await this.#link.functions.load().catch(note); // other failures show in the first call of a function
    this.#lookedAt = -Infinity; // this may be another Redis
    await this.look().catch(note);
    if (!await this.#hearAll(number)) return;
    await this.lease.resume().then(() => number === this.#number && this.#tell(), note); // a refused lease tries again
  }

  get #isConnected(): boolean {
    const { redis, subscriber } = this.#link;
    return redis.status === "ready" && subscriber.status === "ready";
  }

  /** Does all hearings. Says whether none failed; after a failure all are done again later. */
  async #hearAll(number: number): Promise<boolean> {
    try {
      for (const hear of this.#hearings) await hear();
      if (number === this.#number) this.#hearsAll = true;
      return true;
    } catch (error) {
      this.#missing.note(error);
      // A lost connection begins another restoration by itself; a Redis that was busy for too long does not.
      if (number === this.#number) this.#tryAgainLater();
      return false;
    }
  }

  #tryAgainLater(): void {
    if (this.#onRestored === undefined) return; // the engine has ended meanwhile
    this.#again = setTimeout(() => void this.#restore(), RESTORE_AGAIN_MS);
  }

  #tell(): void {
    if (!this.#hearsAll) return; // the restoration under way will tell
    this.#missing.clear();
    this.#differed = 0;
    this.#isRestored = true;
    this.#warnOnce();
    this.#onRestored?.();
  }

  /** Warns of losses once, since nobody reads a warning that comes often. */
  #warnOnce(): void {
    if (this.#isWarned) return;
    this.#isWarned = true;
    void warnOfLosses(this.#link.redis);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#onRestored = undefined;
    clearTimeout(this.#again);
    await this.lease[Symbol.asyncDispose]();
  }
}
