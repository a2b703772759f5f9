/**
 * A node's lease on what it has in Redis only while it lives. The node renews its lease while it lives; when a lease has
 * ended, any other node removes what the dead one left. An ended lease is never renewed: its node takes a new one and
 * writes anew what it has, so a sweep never touches what lives.
 */
import { logFor } from "../../base/log.ts";
import type { Redis } from "ioredis";
import { CodedError, isRefusedAlone } from "../../base/errors.ts";
import { reasonOf } from "../../base/reason.ts";
import type { RedisLink } from "./link.ts";
import type { Calls } from "./functions.ts";
import { KERNEL_FUNCTIONS } from "./kernel_functions.ts";
import type { Incarnation } from "./incarnation.ts";
import type { RedisKeys } from "./keys.ts";

const log = logFor("redis");

/**
 * How long a lease lasts, as a part of `leaseSeconds`. With the 0.2 until others look, a dead node's lease has ended
 * after 0.8 of them; the rest is for the sweep.
 */
const LASTS = 0.6;
/** How often a lease is renewed, as a part of `leaseSeconds`. */
const RENEWED_EVERY = 0.2;

/** Entries swept in one round trip. */
const SWEEP_BATCH = 500;

/**
 * Removes what an entry of an ended lease stands for, if that is still the lease's; says whether a user's presence ended
 * with it. Several nodes may do this at once, and again after one died in the middle.
 */
type Sweeper = (lease: string, entry: string) => Promise<boolean>;

export class Lease implements AsyncDisposable {
  #id: string;
  readonly #redis: Redis;
  readonly #keys: RedisKeys;
  readonly #incarnation: Incarnation;
  readonly #functions: Calls<typeof KERNEL_FUNCTIONS>;
  readonly #milliseconds: number;
  readonly #onLost: () => void;
  /** By the marks that entries begin with. */
  readonly #sweepers = new Map<string, Sweeper>();
  #failure: string | undefined;
  #timer: ReturnType<typeof setInterval> | undefined;
  #ticking: Promise<void> = Promise.resolve();
  #isTicking = false;
  /** The sweep that goes on; all who ask meanwhile share it. */
  #sweeping: Promise<boolean> | undefined;
  /** Which data the lease was taken in; `undefined` where Redis does not tell. */
  #data: string | undefined;
  #isForsaken = false;
  #isEnded = false;

  /** @param options `onLost` is called when the lease had ended: what this node has must be written again */
  constructor(
    { redis, keys, functions, incarnation }: RedisLink,
    options: { leaseSeconds: number; onLost: () => void },
  ) {
    this.#redis = redis;
    this.#keys = keys;
    this.#incarnation = incarnation;
    this.#functions = functions.calls(KERNEL_FUNCTIONS);
    this.#milliseconds = options.leaseSeconds * 1000;
    this.#id = this.#newLease();
    this.#onLost = options.onLost;
  }

  get id(): string {
    return this.#id;
  }

  /** Why Redis took no writes at the last renewal, for example because its memory is full; `undefined` if it did. */
  get failure(): string | undefined {
    return this.#failure;
  }

  /**
   * Sets what sweeps the entries of ended leases. Whoever notes entries must set it.
   *
   * @param mark a line break and a word: the entries begin with it. Those of presence, which older nodes know, have none
   */
  sweepBy(sweeper: Sweeper, mark: "" | `\n${string}` = ""): void {
    this.#sweepers.set(mark, sweeper);
  }

  /**
   * Goes on with the lease that this node has, if the connection has come back to the same data and the lease has not
   * ended: then all that was noted is still there. Else takes a new one; what was noted under the older one will be swept.
   */
  async resume(): Promise<void> {
    const data = await dataOf(this.#redis);
    const isKept = data !== undefined && data === this.#data && !this.#isForsaken &&
      await this.#renew(false).then(({ held }) => held, () => false);
    this.#data = data;
    if (isKept) this.#startTicking();
    else await this.#take();
  }

  /** This node leaves something to the end of its lease: at the next occasion it takes another one. */
  forsake(): void {
    this.#isForsaken = true;
  }

  /** Sweeps all ended leases now; says whether there were any. */
  sweepEnded(): Promise<boolean> {
    return this.#sweeping ??= this.#renew(false).then(({ ended }) => this.#sweepAll(ended))
      .finally(() => this.#sweeping = undefined);
  }

  /** Ends the lease. By now its node has removed what it had. */
  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    this.#isEnded = true;
    await Promise.all([this.#ticking, this.#sweeping?.catch(() => {})]);
    await this.#redis.multi().zrem(this.#keys.leases, this.#id)
      .del(this.#keys.lease(this.#id)).exec().catch(() => {}); // without this, the lease ends by itself
  }

  get #lastsMs(): number {
    return Math.floor(this.#milliseconds * LASTS);
  }

  /** A new lease. Its name says how long it lasts, so that others notice when Redis' clock was set back. */
  #newLease(): string {
    return `${crypto.randomUUID()}:${this.#lastsMs}`;
  }

  async #take(): Promise<void> {
    this.#id = this.#newLease();
    this.#isForsaken = false;
    // The timer starts before the first try: a Redis that refuses now may take the lease at a later tick.
    this.#startTicking();
    await this.#renew(true);
  }

  #startTicking(): void {
    clearInterval(this.#timer);
    this.#timer = setInterval(() => {
      if (this.#isTicking) return;
      this.#isTicking = true;
      this.#ticking = this.#tick().finally(() => this.#isTicking = false);
    }, this.#milliseconds * RENEWED_EVERY);
  }

  async #tick(): Promise<void> {
    try {
      const isSame = await this.#incarnation.enter().catch(sameIfRefusedAlone);
      const { held, ended } = await this.#renew(false);
      if (!held || !isSame) {
        log.warn("{what}; its presence is written again", {
          what: isSame ? "this node's lease had ended" : "Redis came back as another one",
        });
        await this.#take();
        this.#onLost();
      }
      this.#sweepLater(ended);
    } catch (error) {
      noteNotRenewed(error);
    }
  }

  /** Sweeps beside the renewals, which must never wait for a sweep: this node's own lease would end meanwhile. */
  #sweepLater(ended: readonly string[]): void {
    this.#sweeping ??= this.#sweepAll(ended).finally(() => this.#sweeping = undefined);
    this.#sweeping.catch(noteNotRenewed);
  }

  async #renew(anew: boolean): Promise<{ held: boolean; ended: string[] }> {
    try {
      const [held, ended] = await this.#functions.leaseRenew(
        [this.#keys.leases],
        [this.#id, this.#lastsMs, anew ? 1 : 0],
      ) as [number, string[]];
      if (this.#failure !== undefined) log.info("Redis takes writes again");
      this.#failure = undefined;
      return { held: held === 1, ended };
    } catch (error) {
      this.#noteFailure(error);
      throw error;
    }
  }

  /** Logs once that Redis refuses to write. A Redis that is away was logged by its connection. */
  #noteFailure(error: unknown): void {
    if (!(error instanceof CodedError) || error.options.isAway) return;
    if (this.#failure === undefined) log.error("{reason}", { reason: error.message });
    this.#failure = error.message;
  }

  async #sweepAll(ended: readonly string[]): Promise<boolean> {
    if (this.#sweepers.size === 0) return false; // nodes that know the entries will sweep them
    const others = ended.filter((lease) => lease !== this.#id);
    for (const lease of others) {
      if (!this.#isEnded) await this.#sweep(lease);
    }
    return others.length > 0;
  }

  /** Sweeps one lease. Each step may be done twice: by several nodes at once, or again after a node died in one. */
  async #sweep(lease: string): Promise<void> {
    const key = this.#keys.lease(lease);
    let swept = 0;
    for (;;) {
      if (this.#isEnded) return; // others go on
      const entries = await this.#redis.srandmember(key, SWEEP_BATCH);
      if (entries.length === 0) break;
      const gone = await Promise.all(
        entries.map((entry) => this.#sweepEntry(lease, entry).catch(goneIfRefusedAlone)),
      );
      await this.#redis.srem(key, ...entries);
      swept += gone.filter(Boolean).length;
    }
    await this.#redis.zrem(this.#keys.leases, lease);
    if (swept > 0) {
      log.info("a node died; {count} of its users' presences are removed", { count: swept });
    }
  }

  /** Entries of a later version, whose mark this one does not know, are left to nobody. */
  async #sweepEntry(lease: string, entry: string): Promise<boolean> {
    const mark = entry.startsWith("\n") ? entry.slice(0, entry.indexOf("\n", 1)) : "";
    return await this.#sweepers.get(mark)?.(lease, entry) ?? false;
  }
}

/**
 * What names Redis' data while none of it is lost: the process, and the history of its writes, which a failover changes.
 * `undefined` where Redis does not tell.
 */
async function dataOf(redis: Redis): Promise<string | undefined> {
  const info = await redis.info("server", "replication").catch(() => "");
  const [process, writes] = [/^run_id:(\S+)/m, /^master_replid:(\S+)/m].map((name) =>
    name.exec(info)?.[1]
  );
  return process === undefined || writes === undefined ? undefined : `${process} ${writes}`;
}

/** Where the key alone is broken that says which Redis this is, the lease is renewed all the same. */
function sameIfRefusedAlone(error: unknown): true {
  if (isRefusedAlone(error)) return true;
  throw error;
}

/** Where the keys of one room are broken, what a dead node had in others is swept all the same. */
function goneIfRefusedAlone(error: unknown): false {
  if (!isRefusedAlone(error)) throw error;
  log.error("what a dead node had in a room is not removed: {reason}", { reason: reasonOf(error) });
  return false;
}

function noteNotRenewed(error: unknown): void {
  log.debug("lease not renewed: {reason}", { reason: String(error) });
}
