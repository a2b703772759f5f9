/** What keeps API keys, on every engine. */
import assert from "node:assert/strict";
import { KEYS_SQL } from "../../../lib/auth/keys/sqlite.ts";
import type { ApiKey } from "../../../lib/auth/keys/store.ts";
import { openFullRedis, QUIET, testEngines } from "../../support/engines.ts";
import { RedisServer } from "../../support/redis.ts";

const SITE = "default";

Deno.test("the tables of API keys have version 1", () => {
  assert.equal(KEYS_SQL.length, 1);
});

testEngines("keeps API keys with all they have, oldest first", async ({ keys }) => {
  assert.equal(await keys.exist(), false);
  assert.deepEqual(await keys.list(), []);
  assert.equal(await keys.find("k1"), undefined);
  const one = apiKey("k1", { expiresAt: 1_800_000_000_000 });
  const two = apiKey("k2", { site: "acme", name: 'The "shop", Grüße: 🎉', createdAt: 2 });
  for (const key of [one, two]) await keys.create(key);
  assert.equal(await keys.exist(), true);
  assert.deepEqual(await keys.find("k1"), one);
  assert.deepEqual(await keys.find("k2"), two);
  assert.deepEqual(await keys.list(), [one, two]);
  assert.deepEqual(await keys.list("acme"), [two]);
  assert.deepEqual(await keys.list("other"), []);
});

testEngines("keeps when an API key was used and revoked, the first time", async ({ keys }) => {
  for (const id of ["k1", "k2"]) await keys.create(apiKey(id));
  await keys.touch("k1", 1000);
  await keys.touch("k1", 2000);
  await keys.revoke("k1", 3000);
  await keys.revoke("k1", 4000);
  await keys.touch("k1", 5000);
  const expected = { ...apiKey("k1"), lastUsedAt: 5000, revokedAt: 3000 };
  assert.deepEqual(await keys.find("k1"), expected);
  assert.deepEqual(await keys.list(), [expected, apiKey("k2")]);
  await keys.revoke("k2", 6000);
  assert.equal(await keys.exist(), true, "revoked ones count");
});

Deno.test("many API keys that are made at once are read anew a few times, and all are remembered", async () => {
  await using redis = await RedisServer.start();
  await using engine = await openFullRedis(redis);
  await engine.run(QUIET);
  const ids = Array.from({ length: 200 }, (_, index) => `k${index}`);
  await Promise.all(ids.map((id) => engine.keys.create(apiKey(id))));
  const [, calls = ""] =
    /cmdstat_hgetall:calls=(\d+)/.exec(await redis.call("INFO", "commandstats")) ?? [];
  assert.ok(Number(calls) < 100, `${calls} readings of all keys`);
  await redis.call("FLUSHALL");
  await engine.keys.renew?.();
  assert.equal((await engine.keys.list()).length, ids.length);
});

function apiKey(id: string, changes: Partial<ApiKey> = {}): ApiKey {
  const scopes = ["publish", "read"] as const;
  return { id, name: "shop", site: SITE, scopes, hash: "ab".repeat(32), createdAt: 1, ...changes };
}
