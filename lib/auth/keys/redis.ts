/**
 * The keys to the HTTP API in Redis: one hash. What changes of a key, when it was used and revoked, has fields of its own
 * there, so that no change can undo another.
 */
import type { Redis } from "ioredis";
import { isScope } from "../../base/scope.ts";
import type { ApiKey, KeyStore } from "./store.ts";
import { throwUnavailable, throwUnconfirmed } from "../../engines/redis/errors.ts";
import type { RedisKeys } from "../../engines/redis/keys.ts";
import type { RedisLink } from "../../engines/redis/link.ts";

/** What never changes of a key; JSON in the field that is its id. */
type StoredKey = Omit<ApiKey, "id" | "lastUsedAt" | "revokedAt">;

/** The names in Redis: the hash, which has the keys of all sites, and the channel that tells when it has changed. */
export function apiKeyNames({ prefix }: RedisKeys): { hash: string; events: string } {
  return { hash: `${prefix}api-keys`, events: `${prefix}api-key-events` };
}

export class RedisApiKeys implements KeyStore {
  readonly #redis: Redis;
  readonly #name: string;
  readonly #events: string;

  constructor({ redis, keys }: Pick<RedisLink, "redis" | "keys">) {
    this.#redis = redis;
    const { hash, events } = apiKeyNames(keys);
    this.#name = hash;
    this.#events = events;
  }

  async create(key: ApiKey): Promise<void> {
    await this.#redis.hset(this.#name, key.id, storedText(key)).catch(throwUnconfirmed);
    this.#tellAll();
  }

  async find(id: string): Promise<ApiKey | undefined> {
    const [stored, used, revoked] = await this.#redis
      .hmget(this.#name, id, usedField(id), revokedField(id)).catch(throwUnavailable);
    return toKey(id, { stored, used, revoked });
  }

  async list(site?: string): Promise<ApiKey[]> {
    const fields = await this.#redis.hgetall(this.#name).catch(throwUnavailable);
    return Object.keys(fields).filter((field) => !field.includes(":"))
      .map((id) =>
        toKey(id, {
          stored: fields[id],
          used: fields[usedField(id)],
          revoked: fields[revokedField(id)],
        })
      )
      .filter((key) => key !== undefined)
      .filter((key) => site === undefined || key.site === site)
      .sort((one, other) => one.createdAt - other.createdAt || (one.id < other.id ? -1 : 1));
  }

  async exist(): Promise<boolean> {
    // A key of another type, in the hash's place, says nothing of keys: the second question is refused there.
    const asked = [this.#redis.exists(this.#name), this.#redis.hexists(this.#name, "none")];
    const [count] = await Promise.all(asked).catch(throwUnavailable);
    return count === 1;
  }

  async revoke(id: string, at: number): Promise<void> {
    await this.#redis.hsetnx(this.#name, revokedField(id), String(at)).catch(throwUnconfirmed);
    this.#tellAll();
  }

  async touch(id: string, at: number): Promise<void> {
    await this.#redis.hset(this.#name, usedField(id), String(at)).catch(throwUnavailable);
  }

  /** Nodes remember the keys, so that they can write them back. What they miss here, they read when they are back. */
  #tellAll(): void {
    this.#redis.publish(this.#events, "changed").catch(() => {});
  }
}

/** The fields of a key in the hash; the first one is the key itself. */
export function fieldsOf(key: ApiKey): [field: string, value: string][] {
  const { id, lastUsedAt, revokedAt } = key;
  return [
    [id, storedText(key)],
    ...(lastUsedAt === undefined ? [] : [[usedField(id), String(lastUsedAt)] as [string, string]]),
    ...(revokedAt === undefined ? [] : [[revokedField(id), String(revokedAt)] as [string, string]]),
  ];
}

function storedText({ name, site, scopes, hash, createdAt, expiresAt }: ApiKey): string {
  const stored: StoredKey = { name, site, scopes, hash, createdAt, expiresAt };
  return JSON.stringify(stored);
}

/** Whether a field of the hash stays as it is once it is there: all do, but for when a key was used. */
export function isLasting(field: string): boolean {
  return !field.endsWith(":used");
}

/** No id holds a colon, so this field is no id. */
function usedField(id: string): string {
  return `${id}:used`;
}

function revokedField(id: string): string {
  return `${id}:revoked`;
}

type Text = string | null | undefined;

function toKey(
  id: string,
  { stored, used, revoked }: { stored: Text; used: Text; revoked: Text },
): ApiKey | undefined {
  if (!stored) return undefined;
  const key: StoredKey = JSON.parse(stored);
  return {
    id,
    ...key,
    scopes: key.scopes.filter(isScope),
    ...(used && { lastUsedAt: Number(used) }),
    ...(revoked && { revokedAt: Number(revoked) }),
  };
}
