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

for (const durable of [false, true]) {
  Deno.test(`Publisher speaks in rooms and topics, ${durable ? "by the streams" : "by PUBLISH"}`, async () => {
    await using redis = await RedisServer.start();
    await using program = await Program.start({ env: redis.env });
    await program.hearsRedis();
    await using client = await TestClient.connectV2(program.webSocketUrl);
    await client.command("connect", { user_id: 123 });
    await client.command("subscribe", { room: "lobby" });
    await client.command("subscribe", { topic: "Contact_Updated_Topic", filter: { id: 5 } });
    await using publisher = new Publisher({ port: redis.port });
    const heard = [
      await publisher.say("lobby", { message: "Sale!", name: "Shop", data: { id: 5 }, durable }),
      await publisher.say("lobby", { data: [0], userId: 7n, id: "order-0007", durable }),
      await publisher.say("lobby", { data: [0], userId: 7, id: "order-0007", durable }),
      await publisher.tell("lobby", "refresh", undefined, { userId: 7, name: "Bob", durable }),
      await publisher.publishTopic("Contact_Updated_Topic", { id: 4 }, { durable }),
      await publisher.publishTopic("Contact_Updated_Topic", { id: 5 }, { id: "c-000005", durable }),
      await publisher.publish({ userId: 123, room: "lobby", message: "", data: 1, durable }),
    ];
    assert.deepEqual(heard, heard.map(() => 1));
    const [sale, order] = await client.get("usermsg", 2);
    assert.partialDeepStrictEqual(sale, { message: "Sale!", name: "Shop", data: { id: 5 } });
    assert.partialDeepStrictEqual(order, { data: [0], user_id: 7, name: "7", id: "order-0007" });
    const events = await client.get("event", 2);
    const ofRoom = events.find(({ room }) => room === "lobby");
    assert.partialDeepStrictEqual(ofRoom, { event: "refresh", name: "Bob", user_id: 7 });
    const ofTopic = events.find(({ topic }) => topic !== undefined);
    assert.partialDeepStrictEqual(ofTopic, { data: { id: 5 }, id: "c-000005" });
    assert.partialDeepStrictEqual((await client.get("direct_message"))[0], { data: 1 });
    await client.settled();
    assert.equal(client.ofType("usermsg").length, 2, "the same id is the same message");
  });
}

Deno.test("Publisher: what is durable waits until a server runs, for the site that it names", async () => {
  await using redis = await RedisServer.start();
  await using publisher = new Publisher({ port: redis.port });
  assert.equal(await publisher.say("lobby", { message: "lost" }), 0);
  assert.equal(await publisher.say("lobby", { message: "kept", durable: true }), 1);
  assert.equal(await publisher.say("lobby", { message: "far", site: "shop", durable: true }), 1);
  await using _program = await Program.start({ env: redis.env });
  const keptIn = async (key: string) =>
    (await redis.entriesOf(key)).map(({ content = "{}" }) => JSON.parse(content).message);
  await waitFor("both are published", async () => {
    return await redis.call("EXISTS", "notifyli:@shop:history:room:{lobby}") === "1";
  });
  assert.deepEqual(await keptIn("notifyli:history:room:{lobby}"), ["kept"]);
  assert.deepEqual(await keptIn("notifyli:@shop:history:room:{lobby}"), ["far"]);
});

Deno.test("Publisher says what is wrong with what goes to rooms and topics, and sends nothing", async () => {
  await using redis = await RedisServer.start();
  await using publisher = new Publisher({ port: redis.port });
  await assert.rejects(publisher.say("", { message: "x" }), /'room' is empty/);
  await assert.rejects(publisher.say("lobby", {}), /Missing field 'message'/);
  await assert.rejects(publisher.say("lobby", { message: "x", id: "no" }), /'id'.*"no"/);
  await assert.rejects(publisher.tell("lobby", ""), /'event' is empty/);
  const site = "a:b";
  await assert.rejects(publisher.say("lobby", { message: "x", site }), /'site'.*"a:b"/);
  await assert.rejects(publisher.tell("lobby", "typing", 1, { site }), /'site'.*"a:b"/);
  await assert.rejects(publisher.publishTopic("T", { id: 5 }, { site }), /'site'.*"a:b"/);
  await assert.rejects(
    publisher.publishTopic("T", { id: "x".repeat(17_000) }, { durable: true }),
    /'data' is too long/,
  );
  assert.equal(await redis.call("EXISTS", "notifyli:publications:stream"), "0");
});

Deno.test("a Publisher that is not enabled does nothing and connects to nothing", async () => {
  await using redis = await RedisServer.start();
  const connections = async () =>
    (await redis.call("CLIENT", "LIST")).split("\n").filter((each) => /publisher/.test(each))
      .length;
  const publisher = new Publisher({ port: redis.port, enabled: false });
  assert.equal(await publisher.publish({ userId: 1, room: "1", message: "x", durable: true }), 0);
  assert.equal(await publisher.say("lobby", { message: "x", durable: true }), 0);
  assert.equal(await publisher.tell("lobby", "refresh"), 0);
  assert.equal(await publisher.publishTopic("T", { id: 5 }), 0);
  assert.equal(await publisher.isUserConnected(1, "lobby"), false);
  assert.equal(await publisher.getUserConnection(1, "lobby"), undefined);
  assert.equal(await connections(), 0);
  assert.equal(await redis.call("KEYS", "*"), "");
  await publisher[Symbol.asyncDispose]();
  publisher.close();
});
