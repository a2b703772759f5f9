/** What a node writes back of revocations that Redis lost, and what it does not: a later word is not undone. */
import assert from "node:assert/strict";
import { Revocations } from "../../../lib/auth/revocations/revocations.ts";
import type { Revocation } from "../../../lib/auth/revocations/store.ts";
import { openFullRedis } from "../../support/engines.ts";
import { RedisServer } from "../../support/redis.ts";
import { waitFor } from "../../support/wait.ts";

const SITE = "default";

function block(name: string, changes: Partial<Revocation> = {}): Revocation {
  return { site: SITE, kind: "block", name, at: Date.now(), ...changes };
}

/** A node that hears of no change, as one that is cut off, and knows what was stored when it was made. */
async function cutOff(redis: RedisServer) {
  const engine = await openFullRedis(redis);
  await waitFor("it is connected", () => engine.storage.redis.status === "ready");
  const revocations = new Revocations(engine.revocations);
  await revocations.load();
  return { engine, revocations };
}

Deno.test("a node that was cut off writes back what Redis lost, and nothing that was lifted", async () => {
  await using redis = await RedisServer.start();
  const { engine: one, revocations } = await cutOff(redis);
  await using _one = one;
  for (const name of ["stays", "lifted", "anew"]) await revocations.add(block(name));
  await revocations.add(block("ended", { expiresAt: Date.now() + 200 }));
  const { engine: two, revocations: behind } = await cutOff(redis);
  await using _two = two;

  await revocations.unblock(SITE, "lifted");
  await redis.call("HDEL", "notifyli:revocations", "block:default:stays");
  const later = Date.now() + 5000;
  await revocations.add(block("anew", { at: later, expiresAt: later + 60_000 }));
  await waitFor("it has ended", () => behind.blockOf(SITE, "ended") === undefined);
  await behind.load();

  assert.ok(behind.blockOf(SITE, "stays"));
  assert.equal(behind.blockOf(SITE, "lifted"), undefined);
  const stored = await revocations.list(SITE);
  assert.deepEqual(stored.map(({ name }) => name), ["anew", "stays"]);
  assert.equal(stored[0]?.expiresAt, later + 60_000);
});

Deno.test("two nodes that write back the same thing keep the later word", async () => {
  await using redis = await RedisServer.start();
  const { engine: one, revocations } = await cutOff(redis);
  await using _one = one;
  const early = block("1", { at: 1000 });
  await revocations.add(early);
  const { engine: two, revocations: behind } = await cutOff(redis);
  await using _two = two;
  await redis.call("FLUSHALL");
  await revocations.add(block("1", { at: 2000, expiresAt: Date.now() + 60_000 }));
  await two.revocations.restore([early]);
  await behind.load();
  assert.deepEqual((await revocations.list(SITE)).map(({ at }) => at), [2000]);
});

Deno.test("many that were lost are written back in several calls", async () => {
  await using redis = await RedisServer.start();
  await using engine = await openFullRedis(redis);
  await waitFor("it is connected", () => engine.storage.redis.status === "ready");
  const many = Array.from({ length: 450 }, (_, index) => block(String(index)));
  await engine.revocations.restore(many);
  assert.equal((await engine.revocations.list()).length, 450);
});
