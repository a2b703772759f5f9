/** Several nodes on one Redis. */
import assert from "node:assert/strict";
import { Program } from "../support/program.ts";
import { RedisServer } from "../support/redis.ts";
import { TestClient } from "../support/test_client.ts";
import { waitFor } from "../support/wait.ts";

Deno.test("two nodes give each message once to every client on either node", async () => {
  await using redis = await RedisServer.start();
  await using one = await Program.start({ env: redis.env });
  await using two = await Program.start({ env: { ...redis.env, APP_LISTENER: "node" } });
  const clients = await Promise.all(
    [one, two, one, two].map((program, index) =>
      TestClient.join(program.webSocketUrl, { user: index, room: "lobby" })
    ),
  );
  const [first, second] = clients;
  for (let count = 0; count < 100; count++) {
    first?.send({ type: "usermsg", user_id: 0, room: "lobby", message: `a${count}` });
    second?.send({ type: "usermsg", user_id: 1, room: "lobby", message: `b${count}` });
  }
  const orders = await Promise.all(clients.map(async (client) => {
    const frames = await client.get("usermsg", 200);
    await client.settled();
    assert.equal(client.ofType("usermsg").length, 200);
    return frames.map(({ id }) => id);
  }));
  for (const order of orders) assert.deepEqual(order, orders[0], "one order for all");
  for (const client of clients) await client.close();
});

Deno.test("two nodes route each PUBLISH once, to the user's clients on both", async () => {
  await using redis = await RedisServer.start();
  await using one = await Program.start({ env: redis.env });
  await using two = await Program.start({ env: redis.env });
  await using phone = await TestClient.join(one.webSocketUrl, { user: 123, room: "/user/123" });
  await using laptop = await TestClient.join(two.webSocketUrl, { user: 123, room: "/user/123" });
  for (const node of [one, two]) await node.hearsRedis();
  for (let count = 0; count < 50; count++) {
    await redis.call("PUBLISH", "notifyli:messages", payload(`n${count}`));
  }
  const expected = Array.from({ length: 50 }, (_, count) => `n${count}`);
  for (const client of [phone, laptop]) {
    const frames = await client.get("direct_message", 50);
    await client.settled();
    assert.deepEqual(frames.map(({ message }) => message), expected);
    assert.equal(client.ofType("direct_message").length, 50);
  }
  const routed = await Promise.all(
    [one, two].map(async ({ url }) =>
      (await (await fetch(`${url}/api/stats`)).json()).bridge_routed
    ),
  );
  assert.deepEqual(routed.sort(), [0, 50], "one of them routes, the other does not");
});

for (const signal of ["SIGTERM", "SIGKILL"] as const) {
  Deno.test(`when the node that routes ends by ${signal}, another goes on just where it stopped`, async () => {
    await using redis = await RedisServer.start();
    await using one = await Program.start({ env: redis.env });
    await waitFor("it routes", () => one.log.some(({ message }) => message === ROUTES));
    await using two = await Program.start({ env: redis.env });
    await using client = await TestClient.join(two.webSocketUrl, { user: 123, room: "/user/123" });
    const publisher = redis.connect();
    const expected = Array.from({ length: 600 }, (_, count) => `n${count}`);
    for (const [count, text] of expected.entries()) {
      if (count === 200) one.kill(signal);
      // Paced by the answers: some are published before the end, some in the gap, some after it.
      assert.ok(await publisher.publish("notifyli:messages", payload(text)) >= 1);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    await client.get("direct_message", expected.length);
    await client.settled();
    const got = client.ofType("direct_message").map(({ message }) => message);
    assert.deepEqual(got, expected, "each once, in order");
    publisher.disconnect();
  });
}

Deno.test("what a node killed with -9 had in the hashes vanishes within its lease, and only that", async () => {
  await using redis = await RedisServer.start();
  const env = { ...redis.env, REDIS_LEASE_SECONDS: "5" };
  await using one = await Program.start({ env });
  await using two = await Program.start({ env });
  const gone = await TestClient.join(one.webSocketUrl, { user: 1, room: "lobby" });
  const half = await TestClient.join(one.webSocketUrl, { user: 2, room: "lobby" });
  await using stays = await TestClient.join(two.webSocketUrl, {
    user: 2,
    room: "lobby",
    name: "B",
  });
  await using watcher = await TestClient.join(two.webSocketUrl, { user: 3, room: "lobby" });
  watcher.send({ type: "presence", room: "lobby" });
  await watcher.get("presence");
  one.kill("SIGKILL");
  const killedAt = performance.now();
  await waitFor(
    "the dead node's user is gone",
    async () => await redis.call("HEXISTS", "notifyli:connections:lobby", "user_1") === "0",
  );
  const seconds = (performance.now() - killedAt) / 1000;
  assert.ok(seconds < 20, `gone after ${seconds} s, the lease is 5 s`);
  const [leave] = await watcher.get("leave");
  assert.equal(leave?.["user_id"], 1);

  const entry = await waitFor("user 2 is left with one client", async () => {
    const entry = JSON.parse(await redis.call("HGET", "notifyli:connections:lobby", "user_2"));
    return entry.clients === undefined && entry;
  });
  assert.equal(entry.name, "B");
  await stays.settled();
  await waitFor(
    "no trace of the dead node is left",
    async () => await redis.call("ZCARD", "notifyli:leases") === "1",
  );
  assert.equal(watcher.ofType("leave").length, 1);
  await Promise.all([gone.waitClosed(), half.waitClosed()]);
});

Deno.test("a node that was frozen past its lease takes its presence up again", async () => {
  await using redis = await RedisServer.start();
  const env = { ...redis.env, REDIS_LEASE_SECONDS: "3" };
  await using one = await Program.start({ env });
  await using _other = await Program.start({ env });
  await using client = await TestClient.join(one.webSocketUrl, { user: 1, room: "lobby" });
  one.kill("SIGSTOP");
  await waitFor(
    "it is taken for dead",
    async () => await redis.call("HEXISTS", "notifyli:connections:lobby", "user_1") === "0",
  );
  one.kill("SIGCONT");
  await waitFor(
    "it is back",
    async () => await redis.call("HEXISTS", "notifyli:connections:lobby", "user_1") === "1",
  );
  await client.settled();
});

Deno.test("a stopped node takes its presence out itself", async () => {
  await using redis = await RedisServer.start();
  await using program = await Program.start({ env: redis.env });
  const client = await TestClient.join(program.webSocketUrl, { user: 1, room: "lobby" });
  program.kill("SIGTERM");
  assert.equal((await program.ended()).code, 0);
  await client.waitClosed();
  const shared = [
    ...["bridge-mark", "bridge-progress", "database", "incarnation"],
    ...["notifications", "publications-progress", "publications:stream"],
  ].map((key) => `notifyli:${key}`); // of all nodes, not of this one
  const left = (await redis.call("KEYS", "*")).split("\n").filter((key) => !shared.includes(key));
  assert.deepEqual(left, []);
});

Deno.test("a notification for a user who is away waits, and comes when the user joins on any node", async () => {
  await using redis = await RedisServer.start();
  await using one = await Program.start({ env: redis.env });
  await using two = await Program.start({ env: redis.env });
  await waitFor(
    "somebody routes",
    () => one.log.some(({ message }) => message === "this node routes what is published"),
  );
  for (const text of ["first", "second"]) {
    await redis.call("PUBLISH", "notifyli:messages", payload(text));
  }
  const queued = () => redis.call("ZCARD", "notifyli:inbox-queued:{123}");
  await waitFor("both are stored", async () => await queued() === "2");
  await using client = await TestClient.join(two.webSocketUrl, { user: 123, room: "/user/123" });
  const frames = await client.get("direct_message", 2);
  assert.deepEqual(frames.map(({ message }) => message), ["first", "second"]);
  await waitFor("both are marked as sent", async () => await queued() === "0");
  await using again = await TestClient.join(one.webSocketUrl, { user: 123, room: "/user/123" });
  await again.settled();
  assert.deepEqual(again.ofType("direct_message"), []);
});

const ROUTES = "this node routes what is published";

function payload(message: string): string {
  return JSON.stringify({ user_id: 123, room: "/user/123", message, from: "test" });
}
