/**
 * The API keys in Redis, and what this node has seen of them: no key is ever removed, so one that is gone was lost with what
 * Redis had, and is written back. A server that had keys stays closed to callers without one.
 */
import type { Redis } from "ioredis";
import { SharedReads } from "../../base/shared_reads.ts";
import { throwUnavailable } from "../../engines/redis/errors.ts";
import type { RedisStorage } from "../../engines/storage.ts";
import { apiKeyNames, isLasting, RedisApiKeys } from "./redis.ts";
import type { ApiKey, KeyStore } from "./store.ts";

export class RememberedApiKeys implements KeyStore {
  readonly #redis: Redis;
  readonly #store: RedisApiKeys;
  readonly #hash: string;
  /** The fields of the hash that never change once they are there: of each key its data, and when it was revoked. */
  readonly #seen = new Map<string, string>();
  /** All who ask while the keys are being read share the next reading. */
  readonly #readings = new SharedReads<void>();

  constructor(storage: RedisStorage) {
    const { redis, subscriber, keys } = storage;
    this.#redis = redis;
    this.#store = new RedisApiKeys(storage);
    const { hash, events } = apiKeyNames(keys);
    this.#hash = hash;
    subscriber.on("message", (channel: string) => {
      if (channel === events) void this.#renewOnce().catch(() => {}); // it is read again before it is needed
    });
    storage.beforeRestored(async () => void await subscriber.subscribe(events));
  }

  /** Reads all keys, and writes back those that Redis has lost. */
  async renew(): Promise<void> {
    const stored = await this.#redis.hgetall(this.#hash).catch(throwUnavailable);
    const lost = [...this.#seen].filter(([field]) => !(field in stored));
    await Promise.all(
      lost.map(([field, value]) => this.#redis.hsetnx(this.#hash, field, value)),
    ).catch(throwUnavailable);
    for (const [field, value] of Object.entries(stored)) {
      if (isLasting(field)) this.#seen.set(field, value);
    }
  }

  async create(key: ApiKey): Promise<void> {
    await this.#store.create(key);
    await this.#renewOnce();
  }

  async find(id: string): Promise<ApiKey | undefined> {
    const found = await this.#store.find(id);
    if (found !== undefined || !this.#seen.has(id)) return found;
    await this.#renewOnce();
    return await this.#store.find(id);
  }

  list(site?: string): Promise<ApiKey[]> {
    return this.#store.list(site);
  }

  async exist(): Promise<boolean> {
    return this.#seen.size > 0 || await this.#store.exist();
  }

  async revoke(id: string, at: number): Promise<void> {
    await this.#store.revoke(id, at);
    await this.#renewOnce();
  }

  touch(id: string, at: number): Promise<void> {
    return this.#store.touch(id, at);
  }

  /** A reading that begins now, or the one after that which is under way. */
  #renewOnce(): Promise<void> {
    return this.#readings.read("keys", () => this.renew());
  }
}
