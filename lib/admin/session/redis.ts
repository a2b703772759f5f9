/** The dashboard's sessions in Redis: one string for each, which Redis lets go at the session's end. */
import type { Redis } from "ioredis";
import { throwUnavailable, throwUnconfirmed } from "../../engines/redis/errors.ts";
import type { RedisLink } from "../../engines/redis/link.ts";
import type { SessionStore, StoredSession } from "./store.ts";

export class RedisSessions implements SessionStore {
  readonly #redis: Redis;
  readonly #prefix: string;

  constructor({ redis, keys }: Pick<RedisLink, "redis" | "keys">) {
    this.#redis = redis;
    this.#prefix = `${keys.prefix}admin-session:`;
  }

  async add(hash: string, session: StoredSession): Promise<void> {
    await this.#redis.set(this.#prefix + hash, JSON.stringify(session), "PXAT", session.endsAt)
      .catch(throwUnconfirmed);
  }

  async find(hash: string): Promise<StoredSession | undefined> {
    const text = await this.#redis.get(this.#prefix + hash).catch(throwUnavailable);
    const session: StoredSession | undefined = text ? JSON.parse(text) : undefined;
    return session && session.endsAt > Date.now() ? session : undefined;
  }

  async remove(hash: string): Promise<void> {
    await this.#redis.del(this.#prefix + hash).catch(throwUnconfirmed);
  }
}
