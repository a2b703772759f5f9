/**
 * A Redis that lost everything, by FLUSHALL or because an empty one took its place: who was kept out stays out, keys of the
 * API stay good, and clients are told that they may have missed something.
 */
import assert from "node:assert/strict";
import { Manager, operatorKeyOf } from "../support/manager.ts";
import { Program } from "../support/program.ts";
import { RedisServer } from "../support/redis.ts";
import { TestClient } from "../support/test_client.ts";
import { APP_KEY, connectionToken } from "../support/tokens.ts";
import { waitFor } from "../support/wait.ts";

const WAYS: [how: string, empty: (redis: RedisServer) => Promise<void>][] = [
  ["FLUSHALL", async (redis) => void await redis.call("FLUSHALL")],
  ["an empty Redis in its place", async (redis) => {
    await redis.stop("SIGKILL");
    await redis.restart();
  }],
];

for (const [how, empty] of WAYS) {
  Deno.test(`after ${how} who was blocked or revoked stays so, on every node`, async () => {
    await using redis = await RedisServer.start();
    const env = { ...redis.env, APP_KEY, REDIS_LEASE_SECONDS: "2" };
    await using one = await Program.start({ env });
    await using other = await Program.start({ env });
    const manager = await Manager.of(one);
    await manager.done(one, "/users/123/block");
    await manager.done(one, "/users/124/block", { seconds: 1 });
    await manager.done(one, "/users/125/block");
    await manager.done(other, "/users/125/unblock");
    await manager.done(one, "/revocations", { token_id: "token-1" });
    const blocked = await connectionToken({ sub: "123" });
    const revoked = await connectionToken({ sub: "7", jti: "token-1" });
    const good = await connectionToken({ sub: "125" });

    await empty(redis);
    const end = performance.now() + 3000;
    while (performance.now() < end) {
      for (const node of [one, other]) {
        assert.match(await entry(node, blocked), /blocked|unavailable/);
        assert.match(await entry(node, revoked), /revoked_token|unavailable/);
      }
    }
    for (const field of ["block:default:123", "token:default:token-1"]) {
      await waitFor(
        `${field} is there again`,
        async () => await redis.call("HEXISTS", "notifyli:revocations", field) === "1",
      );
    }
    for (const node of [one, other]) {
      await ready(node);
      assert.match(await entry(node, blocked), /blocked/);
      assert.match(await entry(node, revoked), /revoked_token/);
      assert.equal(await entry(node, good), "connected");
    }
    await using late = await Program.start({ env });
    await ready(late);
    assert.match(await entry(late, blocked), /blocked/, "a node that comes later");
    assert.match(await entry(late, revoked), /revoked_token/);
  });

  Deno.test(`after ${how} keys of the API are what they were, and it is not open`, async () => {
    await using redis = await RedisServer.start();
    const env = { ...redis.env, REDIS_LEASE_SECONDS: "2" };
    await using one = await Program.start({ env });
    await using other = await Program.start({ env });
    const [good, revoked] = [await Manager.of(one), await Manager.of(one)];
    const id = revoked.key.split("_")[1] ?? "";
    const headers = { authorization: `Bearer ${operatorKeyOf(other)}` };
    await (await fetch(`${other.url}/api/keys/${id}`, { method: "DELETE", headers })).text();
    await waitFor("it is revoked", async () => await status(one, revoked.key) === 401);

    await empty(redis);
    for (let look = 0; look < 3; look++) { // more wrong keys would lock this address out
      for (const node of [one, other]) {
        assert.match(String(await status(node, revoked.key)), /401|503/);
        assert.match(String(await status(node)), /401|503/, "without a key");
      }
      await new Promise((resolve) => setTimeout(resolve, 400));
    }
    for (const node of [one, other]) {
      await ready(node);
      await waitFor("the key is good", async () => await status(node, good.key) === 200);
      assert.equal(await status(node, revoked.key), 401);
      assert.equal(await status(node), 401);
    }
  });

  Deno.test(`after ${how} plain clients are told that they may have missed something`, async () => {
    await using redis = await RedisServer.start();
    await using program = await Program.start({ env: { ...redis.env, REDIS_LEASE_SECONDS: "2" } });
    await using plain = await TestClient.join(program.webSocketUrl, { user: 1, room: "lobby" });
    await using recovering = await TestClient.connectV2(program.webSocketUrl);
    await recovering.command("connect", { user_id: 2 });
    await empty(redis);
    assert.deepEqual(await plain.get("error"), [{
      type: "error",
      code: "missed",
      message: "What was said in rooms just now may not have come",
    }]);
    assert.equal((await recovering.waitClosed()).code, 3011);
    await ready(program);
    await using speaker = await TestClient.join(program.webSocketUrl, { user: 3, room: "lobby" });
    speaker.send({ type: "usermsg", user_id: 3, room: "lobby", message: "Hello!" });
    await plain.get("usermsg");
    assert.equal(plain.closed, undefined);
  });
}

/** What becomes of a client with a token: `connected`, or the code of its refusal. */
async function entry(program: Program, token: string): Promise<string> {
  const response = await fetch(`${program.url}/sse?room=lobby`, {
    headers: { authorization: `Bearer ${token}` },
  });
  if (response.status === 200) {
    await response.body?.cancel();
    return "connected";
  }
  return (await response.json()).code;
}

/** The status by which the API answers a caller with a key, or without. */
async function status({ url }: Program, key?: string): Promise<number> {
  const headers: HeadersInit = key === undefined ? {} : { authorization: `Bearer ${key}` };
  const response = await fetch(`${url}/api/stats`, { headers });
  await response.body?.cancel();
  return response.status;
}

async function ready(program: Program): Promise<void> {
  await waitFor("it is ready", async () => {
    const response = await fetch(`${program.url}/readyz`);
    await response.body?.cancel();
    return response.status === 200;
  });
}
