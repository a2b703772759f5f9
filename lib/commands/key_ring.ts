/**
 * Finds the API keys that `notifyli key` works on: in Redis; else by the running server, which locks its file; else, where
 * no server runs, in the file.
 */
import { type ApiKeyOnWire, apiKeyOnWire } from "../auth/keys/fields.ts";
import { ApiKeys, type NewApiKey } from "../auth/keys/api_keys.ts";
import { Audit } from "../auth/audit.ts";
import type { Config } from "../configuration.ts";
import { MAX_PAGE } from "../core/command_fields.ts";
import type { RedisConfig } from "../engines/redis/settings.ts";
import { DEFAULT_SITE } from "../base/site.ts";
import { CodedError } from "../base/errors.ts";
import { inSeconds } from "../base/times.ts";
import type { Fields } from "../base/fields.ts";
import { localUrl } from "./local_address.ts";
import { callServer, isNobodyThere, serverFailure } from "./local_api.ts";
import { askAsOperator } from "./operator_call.ts";

const CONNECT_WITHIN_MS = 5000;

export interface KeyRing extends AsyncDisposable {
  /** Where keys are made; absent for the running server and for Redis. */
  readonly place?: string;
  create(wanted: NewApiKey): Promise<{ id: string; text: string }>;
  list(site: string | undefined): Promise<ApiKeyOnWire[]>;
  revoke(id: string, site: string | undefined): Promise<void>;
}

export async function openKeyRing(config: Config): Promise<KeyRing> {
  if (config.redis !== undefined) return await openRedisRing(config.redis);
  try {
    // Any answer will do: what the server says of the keys is told to the user.
    await callServer(config, { method: "GET", path: "/healthz" });
    return serverRing(config);
  } catch (error) {
    if (!isNobodyThere(error)) throw serverFailure(config, error);
    return await openFileRing(config);
  }
}

async function openRedisRing(config: RedisConfig): Promise<KeyRing> {
  const { connectRedis, endRedis, readyWithin, whyUnfit } = await import(
    "../engines/redis/client.ts"
  );
  const { RedisApiKeys } = await import("../auth/keys/redis.ts");
  const { RedisKeys } = await import("../engines/redis/keys.ts");
  const redis = connectRedis(config, { name: "notifyli-key" });
  await readyWithin(redis, CONNECT_WITHIN_MS);
  const flaw = whyUnfit(redis);
  if (flaw !== undefined) {
    await endRedis(redis);
    throw new CodedError("unavailable", `Cannot use this Redis: ${flaw}`);
  }
  const keys = new ApiKeys(new RedisApiKeys({ redis, keys: new RedisKeys(config.prefix) }));
  return storeRing(keys, () => endRedis(redis));
}

async function openFileRing(config: Config): Promise<KeyRing> {
  const { dataDir, sync } = config.store;
  if (dataDir === ":memory:") {
    throw new CodedError(
      "unavailable",
      "no server runs, and APP_DATA_DIR=:memory: keeps no keys",
    );
  }
  const { SqliteStore } = await import("../engines/sqlite/store.ts");
  const { SqliteApiKeys } = await import("../auth/keys/sqlite.ts");
  const { FEATURES } = await import("../features.ts");
  const what = SqliteStore.isIn(dataDir)
    ? `this works on the file in ${dataDir}`
    : `this made a new store in ${dataDir} (is APP_DATA_DIR that of the server?)`;
  const store = new SqliteStore(dataDir, { sync, schemas: FEATURES });
  const ring = storeRing(new ApiKeys(new SqliteApiKeys(store)), () => store[Symbol.asyncDispose]());
  return { ...ring, place: `No server runs at ${localUrl(config)}: ${what}` };
}

/** Works on a store itself: whoever can write the store needs no proof. */
function storeRing(keys: ApiKeys, close: () => Promise<void>): KeyRing {
  const audit = new Audit();
  const actor = { who: "local", site: DEFAULT_SITE };
  return {
    async create(wanted) {
      const { key, text } = await keys.create(wanted);
      audit.keyCreated(actor, key);
      return { id: key.id, text };
    },
    async list(site) {
      return (await keys.list(site)).map(apiKeyOnWire);
    },
    async revoke(id, site) {
      audit.keyRevoked(actor, await keys.revoke(id, site));
    },
    [Symbol.asyncDispose]: close,
  };
}

function serverRing(config: Config): KeyRing {
  const query = (site: string | undefined) => site === undefined ? "" : `?site=${site}`;
  const page = (site: string | undefined, cursor: unknown) =>
    new URLSearchParams({
      limit: String(MAX_PAGE),
      ...(site !== undefined && { site }),
      ...(cursor !== undefined && { cursor: String(cursor) }),
    });
  return {
    async create({ name, site, scopes, expiresAt }) {
      const body = {
        name,
        scopes,
        ...(site !== DEFAULT_SITE && { site }),
        ...(expiresAt !== undefined && { expires_at: inSeconds(expiresAt) }),
      };
      const { id, key } = await askAsOperator(config, { method: "POST", path: "/api/keys", body });
      return { id: String(id), text: String(key) };
    },
    async list(site) {
      const listed: ApiKeyOnWire[] = [];
      let cursor: unknown;
      do {
        const path = `/api/keys?${page(site, cursor)}`;
        const { keys, next } = await askAsOperator(config, { method: "GET", path });
        if (Array.isArray(keys)) listed.push(...keys.map(readKey));
        cursor = next;
      } while (cursor !== undefined);
      return listed;
    },
    async revoke(id, site) {
      const path = `/api/keys/${encodeURIComponent(id)}${query(site)}`;
      await askAsOperator(config, { method: "DELETE", path });
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

function readKey(key: Fields): ApiKeyOnWire {
  const time = (name: string) => key[name] === undefined ? {} : { [name]: Number(key[name]) };
  return {
    id: String(key["id"]),
    name: String(key["name"]),
    site: String(key["site"]),
    scopes: Array.isArray(key["scopes"]) ? key["scopes"].map(String) : [],
    created_at: Number(key["created_at"]),
    ...time("expires_at"),
    ...time("last_used_at"),
    ...time("revoked_at"),
  };
}
