/** The durable way in: XADD, read by any node, through crashes of nodes and of Redis. */
import assert from "node:assert/strict";
import { Program } from "../support/program.ts";
import { RedisServer } from "../support/redis.ts";
import { TestClient } from "../support/test_client.ts";
import { waitFor } from "../support/wait.ts";

const STREAM = "notifyli:notifications";

Deno.test("XADD becomes a direct_message, and the entry leaves the stream once it is stored", async () => {
  await using redis = await RedisServer.start();
  await using program = await Program.start({ env: { ...redis.env, BOT_ROOM: "news" } });
  await using client = await TestClient.join(program.webSocketUrl, { user: 123, room: "news" });
  await redis.call(
    "XADD",
    STREAM,
    "*",
    "user_id",
    "123",
    "message",
    "Hello",
    "timestamp",
    "1700000000",
  );
  const [frame] = await client.get("direct_message");
  assert.partialDeepStrictEqual(frame, {
    room: "news",
    user_id: 123,
    name: "system",
    message: "Hello",
    timestamp: 1700000000,
  });
  await waitFor("the stream is empty", async () => await redis.call("XLEN", STREAM) === "0");
});

Deno.test("what was added while no node was there is read when one comes", async () => {
  await using redis = await RedisServer.start();
  for (let count = 0; count < 500; count++) await add(redis, `n${count}`);
  await using program = await Program.start({ env: redis.env });
  await using client = await TestClient.join(program.webSocketUrl, { user: 1, room: "lobby" });
  const frames = await client.get("direct_message", 500);
  await client.settled();
  assert.deepEqual(
    frames.map(({ message }) => message),
    Array.from({ length: 500 }, (_, count) => `n${count}`),
  );
  assert.equal(client.ofType("direct_message").length, 500);
});

Deno.test("entries of a node that was killed are taken over, each stored once", async () => {
  await using redis = await RedisServer.start();
  await using one = await Program.start({ env: redis.env });
  await using two = await Program.start({ env: redis.env });
  await using client = await TestClient.join(two.webSocketUrl, { user: 1, room: "lobby" });
  for (let count = 0; count < 300; count++) {
    if (count === 100) one.kill("SIGKILL");
    await add(redis, `n${count}`);
  }
  await client.get("direct_message", 300);
  await waitFor("the stream is empty", async () => await redis.call("XLEN", STREAM) === "0");
  await client.settled();
  const got = client.ofType("direct_message").map(({ message }) => message);
  assert.deepEqual(got, Array.from({ length: 300 }, (_, count) => `n${count}`));
});

Deno.test("several nodes store a user's entries in the stream's order", async () => {
  await using redis = await RedisServer.start();
  await using one = await Program.start({ env: redis.env });
  await using _two = await Program.start({ env: redis.env });
  await using _three = await Program.start({ env: redis.env });
  await using client = await TestClient.join(one.webSocketUrl, { user: 1, room: "lobby" });
  const publisher = redis.connect();
  const texts = Array.from({ length: 2000 }, (_, count) => `n${count}`);
  await Promise.all(texts.map((text) => {
    const fields = ["user_id", "1", "room", "lobby", "message", text];
    return publisher.xadd(STREAM, "*", ...fields);
  }));
  publisher.disconnect();
  await client.get("direct_message", texts.length);
  assert.deepEqual(client.ofType("direct_message").map(({ message }) => message), texts);
});

Deno.test("an entry that cannot be read goes to its own stream with the reason, and others go on", async () => {
  await using redis = await RedisServer.start();
  await using program = await Program.start({ env: redis.env });
  await using client = await TestClient.join(program.webSocketUrl, { user: 1, room: "lobby" });
  await redis.call("XADD", STREAM, "*", "message", "for nobody");
  await redis.call("XADD", STREAM, "*", "user_id", "1", "message", "");
  await add(redis, "good");
  await client.get("direct_message");
  const dead = await waitFor("both are put aside", async () => {
    const dead = await redis.call("XRANGE", "notifyli:notifications-dead", "-", "+");
    return /Missing field 'user_id'/.test(dead) && /'message' is empty/.test(dead) && dead;
  });
  assert.match(dead, /for nobody/);
  await waitFor("the stream is empty", async () => await redis.call("XLEN", STREAM) === "0");
});

Deno.test("nodes that come and go leave nothing behind at the stream", async () => {
  await using redis = await RedisServer.start();
  for (const text of ["one", "two"]) {
    await using program = await Program.start({ env: redis.env });
    await add(redis, text);
    await waitFor("it is stored", async () => await redis.call("XLEN", STREAM) === "0");
    program.kill("SIGTERM");
    await program.ended();
  }
  const consumers = await redis.call("XINFO", "CONSUMERS", STREAM, "notifyli");
  assert.equal(consumers.match(/^name$/gm)?.length, 1);
});

Deno.test("a Redis that was restarted, empty, is read again", async () => {
  await using redis = await RedisServer.start();
  await using program = await Program.start({ env: redis.env });
  await using client = await TestClient.join(program.webSocketUrl, { user: 1, room: "lobby" });
  await redis.stop("SIGKILL");
  await redis.restart();
  await waitFor("an entry is delivered again", async () => {
    await add(redis, "after");
    return client.ofType("direct_message").length > 0;
  });
});

async function add(redis: RedisServer, message: string): Promise<void> {
  await redis.call("XADD", STREAM, "*", "user_id", "1", "room", "lobby", "message", message);
}
