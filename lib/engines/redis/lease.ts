/**
 * A node's lease on its presence. It is renewed while the node lives; when it ends, any other node takes the
 * dead one's clients out of the connection hashes. A lease that has ended is never renewed: its node takes a new
 * one and writes its presence again, so a sweep never touches what lives.
 */
import { getLogger } from "@logtape/logtape";
import type { Redis } from "ioredis";
import { CodedError } from "../../base/errors.ts";
import type { UserId } from "../../base/fields.ts";
import { refused } from "./errors.ts";
import type { RedisKeys } from "./keys.ts";
import { run, SCRIPTS } from "./functions.ts";

const log = getLogger(["notifyli", "redis"]);

/** Ended and swept within `leaseSeconds` of the node's death: 0.6 + 0.2 of it at most, and time to sweep. */
const LASTS = 0.6;
const RENEWED_EVERY = 0.2;

/** Entries swept in one round trip. */
const SWEEP_BATCH = 500;

/** One client in one room. */
export interface LeaseEntry {
  readonly site: string;
  readonly room: string;
  readonly user: UserId;
  readonly client_id: string;
}

export class Lease implements AsyncDisposable {
  #id: string;
  readonly #redis: Redis;
  readonly #keys: RedisKeys;
  readonly #milliseconds: number;
  readonly #onLost: () => void;
  readonly #onGone: (entry: LeaseEntry) => void;
  #failure: string | undefined;
  #timer: ReturnType<typeof setInterval> | undefined;
  #ticking: Promise<void> = Promise.resolve();
  #isTicking = false;
  /** Shared by all who ask while it goes on. */
  #sweeping: Promise<boolean> | undefined;

  /**
   * @param onLost the lease had ended: this node's presence must be written again
   * @param onGone the last client of a user in a room was swept
   */
  constructor(
    redis: Redis,
    keys: RedisKeys,
    options: {
      leaseSeconds: number;
      onLost: () => void;
      onGone: (entry: LeaseEntry) => void;
    },
  ) {
    this.#redis = redis;
    this.#keys = keys;
    this.#milliseconds = options.leaseSeconds * 1000;
    this.#id = this.#newLease();
    this.#onLost = options.onLost;
    this.#onGone = options.onGone;
  }

  get id(): string {
    return this.#id;
  }

  /** Why Redis took no writes at the last renewal, as when its memory is full; `undefined` if it did. */
  get failure(): string | undefined {
    return this.#failure;
  }

  /** Takes a new lease. What was noted under an older one will be swept. */
  async take(): Promise<void> {
    this.#id = this.#newLease();
    // Before the first try: a Redis that refuses it now may take it at a later tick.
    clearInterval(this.#timer);
    this.#timer = setInterval(() => {
      if (this.#isTicking) return;
      this.#isTicking = true;
      this.#ticking = this.#tick().finally(() => this.#isTicking = false);
    }, this.#milliseconds * RENEWED_EVERY);
    await this.#renew(true);
  }

  async note(entry: LeaseEntry): Promise<void> {
    await this.#redis.sadd(this.#keys.leaseClients(this.#id), written(entry)).catch(refused);
  }

  async strike(entry: LeaseEntry): Promise<void> {
    await this.#redis.srem(this.#keys.leaseClients(this.#id), written(entry)).catch(refused);
  }

  /** Takes out at once whose leases have ended; says whether there were any. */
  sweepEnded(): Promise<boolean> {
    return this.#sweeping ??= this.#renew(false).then(({ ended }) => this.#sweepAll(ended))
      .finally(() => this.#sweeping = undefined);
  }

  /** Ends the lease; its node has taken its clients out itself. */
  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    await this.#ticking;
    await this.#redis.multi().zrem(this.#keys.leases, this.#id)
      .del(this.#keys.leaseClients(this.#id)).exec().catch(() => {}); // gone anyway: it ends by itself
  }

  get #lastsMs(): number {
    return Math.floor(this.#milliseconds * LASTS);
  }

  /** Says itself how long it lasts, so that others see when Redis' clock was set back under it. */
  #newLease(): string {
    return `${crypto.randomUUID()}:${this.#lastsMs}`;
  }

  async #tick(): Promise<void> {
    try {
      const { held, ended } = await this.#renew(false);
      if (!held) {
        log.warn("this node's lease had ended; its presence is written again");
        await this.take();
        this.#onLost();
      }
      await this.#sweepAll(ended);
    } catch (error) {
      log.debug("lease not renewed: {reason}", { reason: String(error) });
    }
  }

  async #renew(anew: boolean): Promise<{ held: boolean; ended: string[] }> {
    try {
      const [held, ended] = await run(
        this.#redis,
        SCRIPTS.leaseRenew,
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

  /** Logs once that Redis refuses to write; that it is away, its connection has logged. */
  #noteFailure(error: unknown): void {
    if (!(error instanceof CodedError) || error.options.isAway) return;
    if (this.#failure === undefined) log.error("{reason}", { reason: error.message });
    this.#failure = error.message;
  }

  async #sweepAll(ended: readonly string[]): Promise<boolean> {
    const others = ended.filter((lease) => lease !== this.#id);
    for (const lease of others) await this.#sweep(lease);
    return others.length > 0;
  }

  /** May run on several nodes at once, and again after a node died in it: each step can be done twice. */
  async #sweep(lease: string): Promise<void> {
    const key = this.#keys.leaseClients(lease);
    let swept = 0;
    for (;;) {
      const entries = await this.#redis.srandmember(key, SWEEP_BATCH);
      if (entries.length === 0) break;
      const gone = await Promise.all(entries.map((entry) => this.#removeIfOf(lease, entry)));
      await this.#redis.srem(key, ...entries);
      swept += gone.filter(Boolean).length;
    }
    await this.#redis.zrem(this.#keys.leases, lease);
    if (swept > 0) {
      log.info("a node died; {count} of its users' presences are removed", { count: swept });
    }
  }

  async #removeIfOf(lease: string, text: string): Promise<boolean> {
    const entry = read(text);
    const { site, room, user, client_id } = entry;
    const last = await run(
      this.#redis,
      SCRIPTS.presence,
      this.#keys.presence(site, room, user),
      [this.#keys.connectionField(user), client_id, lease, "", ""],
    );
    if (last !== 1) return false;
    this.#onGone(entry);
    return true;
  }
}

/** None of the four holds a line break. */
function written({ site, room, user, client_id }: LeaseEntry): string {
  return [site, room, user, client_id].join("\n");
}

function read(text: string): LeaseEntry {
  const [site = "", room = "", user = "", client_id = ""] = text.split("\n");
  return { site, room, user, client_id };
}
