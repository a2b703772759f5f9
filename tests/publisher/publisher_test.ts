/** The `Publisher`, for TypeScript programs that share the Redis. */
import assert from "node:assert/strict";
import { Publisher } from "../../lib/publisher/publisher.ts";
import { Program } from "../support/program.ts";
import { RedisServer } from "../support/redis.ts";
import { TestClient } from "../support/test_client.ts";
import { waitFor } from "../support/wait.ts";

Deno.test("Publisher knows who is connected, and sends to them", async () => {
  await using redis = await RedisServer.start();
  await using program = await Program.start({ env: redis.env });
  await using client = await TestClient.join(program.webSocketUrl, {
    user: 123,
    room: "/user/123",
    name: "Alice",
  });
  await using publisher = new Publisher({ port: redis.port });
  assert.equal(await publisher.isUserConnected(123, "/user/123"), true);
  assert.equal(await publisher.isUserConnected("123", "/user/123"), true);
  assert.equal(await publisher.isUserConnected(7, "/user/123"), false);
  assert.equal((await publisher.getUserConnection(123, "/user/123"))?.name, "Alice");
  assert.equal(await publisher.getUserConnection(7, "/user/123"), undefined);
  await program.hearsRedis();
  const heard = await publisher.publish({ userId: 123, room: "/user/123", message: "Hello" });
  assert.equal(heard, 1);
  const [frame] = await client.get("direct_message");
  assert.partialDeepStrictEqual(frame, { message: "Hello", name: "system" });
});

Deno.test("Publisher takes nothing that others left in a room's hash for a client", async () => {
  await using redis = await RedisServer.start();
  await using program = await Program.start({ env: redis.env });
  const entry = (user: number) =>
    `{"client_id":"x","room":"lobby","name":"Ghost","user_id":${user},"connected_at":1700000000}`;
  const write = (user: number) =>
    redis.call("HSET", "notifyli:connections:lobby", `user_${user}`, entry(user));
  for (const user of [5, 6]) await write(user);
  const { webSocketUrl: url } = program;
  await using client = await TestClient.join(url, { user: 6, room: "lobby", name: "Six" });
  await using publisher = new Publisher({ port: redis.port });
  assert.equal(await publisher.isUserConnected(5, "lobby"), false);
  assert.equal(await publisher.getUserConnection(5, "lobby"), undefined);
  assert.equal((await publisher.getUserConnection(6, "lobby"))?.name, "Six");
  await client.close();
  await waitFor("nobody is there", async () => !await publisher.isUserConnected(6, "lobby"));
  await write(6);
  assert.equal(await publisher.isUserConnected(6, "lobby"), false, "what is left later is nobody");
});

Deno.test("Publisher says when nobody listens, and what is wrong", async () => {
  await using redis = await RedisServer.start();
  await using publisher = new Publisher({ port: redis.port });
  const message = { userId: 1, room: "1", message: "x" };
  assert.equal(await publisher.publish(message), 0);
  await assert.rejects(publisher.publish({ ...message, message: "" }), /'message' is empty/);
  await assert.rejects(publisher.publish({ ...message, userId: 1.5 }), /current value is 1.5/);
});

Deno.test(
  "Publisher says that Redis is away",
  // ioredis keeps timers of the command that could not be sent and of the connection that was not made.
  { sanitizeOps: false, sanitizeResources: false },
  async () => {
    await using redis = await RedisServer.stopped();
    await using publisher = new Publisher({ port: redis.port });
    const message = { userId: 1, room: "1", message: "x" };
    await assert.rejects(publisher.publish(message), /Redis cannot be reached/);
  },
);
