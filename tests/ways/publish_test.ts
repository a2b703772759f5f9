/** What other systems PUBLISH for rooms: published once over all nodes, in order, also when nodes die or Redis hangs. */
import assert from "node:assert/strict";
import type { Redis } from "ioredis";
import { Program } from "../support/program.ts";
import { RedisServer } from "../support/redis.ts";
import { RoomsFile } from "../support/rooms_file.ts";
import { type Frame, TestClient } from "../support/test_client.ts";
import { waitFor } from "../support/wait.ts";

const CHANNEL = "notifyli:publications";
const STREAM = "notifyli:publications:stream";
const DEAD = "notifyli:notifications-dead";

/** A room that keeps its messages, and one that keeps none: both are published in once. */
const ROOMS = {
  rooms: [
    { pattern: "kept", history: { size: 20_000, seconds: 600 } },
    { pattern: "passing", history: false },
    { pattern: "open" },
  ],
  unknown: "closed",
};

Deno.test("PUBLISH says something in a room on every node, with data, name and user", async () => {
  await using redis = await RedisServer.start();
  await using one = await started(redis);
  await using two = await started(redis);
  await using here = await TestClient.join(one.webSocketUrl, { user: 1, room: "lobby" });
  await using there = await TestClient.join(two.webSocketUrl, { user: 2, room: "lobby" });
  for (
    const payload of [
      { room: "lobby", message: "Sale!", name: "Shop", data: { id: 5 } },
      { room: "lobby", message: "By hand", user_id: 7, id: "order-00007" },
      { room: "lobby", message: "By hand again", user_id: 7, id: "order-00007" },
      { room: "lobby", event: "refresh", data: [1] },
    ]
  ) assert.equal(await redis.call("PUBLISH", CHANNEL, JSON.stringify(payload)), "2");
  for (const client of [here, there]) {
    await client.get("usermsg", 2);
    await client.settled();
    const [first, second, ...more] = client.ofType("usermsg");
    assert.partialDeepStrictEqual(first, { message: "Sale!", name: "Shop", data: { id: 5 } });
    assert.partialDeepStrictEqual(second, { message: "By hand", user_id: 7, id: "order-00007" });
    assert.deepEqual(more, []);
  }
});

Deno.test("PUBLISH tells those in a room of an event, and reaches the site that it names", async () => {
  await using redis = await RedisServer.start();
  await using program = await started(redis);
  await using client = await TestClient.connectV2(program.webSocketUrl);
  await client.command("connect", { user_id: 1 });
  await client.command("subscribe", { room: "lobby" });
  const tell = (fields: Frame) => redis.call("PUBLISH", CHANNEL, JSON.stringify(fields));
  await tell({ room: "lobby", event: "elsewhere", site: "shop" });
  await tell({ room: "lobby", event: "refresh", data: { id: 5 }, name: "Shop" });
  const [frame] = await client.get("event");
  assert.partialDeepStrictEqual(frame, { event: "refresh", data: { id: 5 }, name: "Shop" });
  await client.command("history", { room: "lobby" });
  assert.equal(client.ofType("event").length, 1);
});

Deno.test("PUBLISH and XADD publish events in topics, for those on every node whose filters match", async () => {
  await using redis = await RedisServer.start();
  await using one = await started(redis);
  await using two = await started(redis);
  const clients = await Promise.all([one, two].map(async (program) => {
    const client = await TestClient.connectV2(program.webSocketUrl);
    await client.command("connect", { user_id: 1 });
    await client.command("subscribe", { topic: "Contact_Updated_Topic", filter: { id: 5 } });
    return client;
  }));
  const topic = "Contact_Updated_Topic";
  for (const id of [4, 5]) {
    await redis.call("PUBLISH", CHANNEL, JSON.stringify({ topic, data: { id, by: 3 } }));
  }
  for (const client of clients) await client.get("event");
  const again = ["topic", topic, "data", '{"id":5,"by":4}', "id", "change-0001"];
  for (let each = 0; each < 2; each++) await redis.call("XADD", STREAM, "*", ...again);
  await redis.call("XADD", STREAM, "*", "topic", topic, "data", '{"id":5,"by":5}');
  for (const client of clients) {
    const events = await client.get("event", 3);
    const seen = events.map(({ topic, data, offset }) => ({ topic, data, offset }));
    assert.deepEqual(seen, [
      { topic, data: { id: 5, by: 3 }, offset: 2 },
      { topic, data: { id: 5, by: 4 }, offset: 3 },
      { topic, data: { id: 5, by: 5 }, offset: 4 },
    ]);
    await client.close();
  }
});

Deno.test("what cannot be published is kept aside once with the reason, logged and counted", async () => {
  await using redis = await RedisServer.start();
  await using rooms = await RoomsFile.write(ROOMS);
  const env = { APP_ROOMS: rooms.path };
  await using one = await started(redis, env);
  await using _two = await started(redis, env);
  await using client = await TestClient.join(one.webSocketUrl, { user: 1, room: "open" });
  const wrong: readonly [payload: string, reason: RegExp][] = [
    ["not json", /JSON/],
    [`{"message":"nowhere"}`, /Missing field 'room'/],
    [`{"room":"open"}`, /Missing field 'message'/],
    [`{"room":"open","message":"x","event":"y"}`, /'event' beside 'message'/],
    [`{"room":"secret","message":"x"}`, /secret/],
  ];
  for (const [payload] of wrong) await redis.call("PUBLISH", CHANNEL, payload);
  await redis.call("PUBLISH", CHANNEL, `{"room":"open","message":"good"}`);
  await client.get("usermsg");
  const count = String(wrong.length);
  await waitFor("all are kept aside", async () => await redis.call("XLEN", DEAD) === count);
  const entries = await redis.entriesOf(DEAD);
  assert.deepEqual(entries.map(({ payload }) => payload), wrong.map(([payload]) => payload));
  for (const [index, [, reason]] of wrong.entries()) {
    assert.match(entries[index]?.["reason"] ?? "", reason);
  }
});

Deno.test("PUBLISH uses the configured prefix and channel", async () => {
  await using redis = await RedisServer.start();
  const env = { REDIS_PREFIX: "shop:", REDIS_PUBLICATION_CHANNEL: "rooms" };
  await using program = await started(redis, env);
  await using client = await TestClient.join(program.webSocketUrl, { user: 1, room: "1" });
  assert.equal(await redis.call("PUBLISH", "rooms", `{"room":"1","message":"x"}`), "1");
  await client.get("usermsg");
  assert.equal(await redis.call("KEYS", "notifyli:*"), "");
});

Deno.test("what one sender publishes on both channels keeps its order", async () => {
  await using redis = await RedisServer.start();
  await using program = await started(redis, { APP_LIMIT_INBOX: "off" });
  await using client = await TestClient.join(program.webSocketUrl, { user: 1, room: "lobby" });
  const publisher = redis.connect();
  const count = 3000;
  const pipeline = publisher.pipeline();
  for (let each = 0; each < count; each++) {
    const message = `n${each}`;
    if (each % 3 === 0) {
      pipeline.publish("notifyli:messages", JSON.stringify({ user_id: 1, room: "lobby", message }));
    } else pipeline.publish(CHANNEL, JSON.stringify({ room: "lobby", message }));
  }
  await pipeline.exec();
  publisher.disconnect();
  await client.get("usermsg", count * 2 / 3);
  await client.get("direct_message", count / 3);
  const got = client.frames.flatMap(({ type, message }) =>
    type === "usermsg" || type === "direct_message" ? [message] : []
  );
  assert.deepEqual(got, texts(count));
});

for (const room of ["kept", "passing"]) {
  Deno.test(`a node that dies in the middle of a burst leaves out nothing, and nothing comes twice (room '${room}')`, async () => {
    await using redis = await RedisServer.start();
    await using rooms = await RoomsFile.write(ROOMS);
    const env = { APP_ROOMS: rooms.path, APP_LIMIT_QUEUE: "off" };
    await using first = await started(redis, env);
    await waitFor("it routes", () => routes(first));
    await using second = await started(redis, env);
    await using client = await TestClient.join(second.webSocketUrl, { user: 1, room });
    await marked(redis);
    const publisher = redis.connect();
    const count = 6000;
    await publishAll(publisher, room, 0, count / 2);
    await client.get("usermsg", 200);
    first.kill("SIGKILL");
    await publishAll(publisher, room, count / 2, count);
    publisher.disconnect();
    await client.get("usermsg", count);
    await client.settled();
    assert.deepEqual(client.ofType("usermsg").map(({ message }) => message), texts(count));
  });

  Deno.test(`what was heard just before Redis hung for long is published once it goes on (room '${room}')`, async () => {
    await using redis = await RedisServer.start("--enable-debug-command", "local");
    await using rooms = await RoomsFile.write(ROOMS);
    const env = { APP_ROOMS: rooms.path, APP_LIMIT_QUEUE: "off" };
    await using first = await started(redis, env);
    await using _second = await started(redis, env);
    await waitFor("it routes", () => routes(first));
    await marked(redis);
    const listener = redis.connect();
    const got: unknown[] = [];
    await listener.subscribe(`notifyli:room:${room}`);
    listener.on("message", (_channel, text) => {
      got.push(JSON.parse(text.slice(text.indexOf("\n"))).message);
    });
    const publisher = redis.connect();
    publisher.on("error", () => {});
    const count = 3000;
    const pipeline = publisher.pipeline();
    for (let each = 0; each < count; each++) {
      pipeline.publish(CHANNEL, JSON.stringify({ room, message: `n${each}` }));
    }
    pipeline.call("DEBUG", "SLEEP", "7");
    await pipeline.exec();
    await waitFor("the last one is published", () => got.includes(`n${count - 1}`));
    await marked(redis);
    assert.deepEqual(got, texts(count));
    publisher.disconnect();
    listener.disconnect();
  });
}

/** A node that hears what is published. */
async function started(
  redis: RedisServer,
  env: Readonly<Record<string, string>> = {},
): Promise<Program> {
  const program = await Program.start({ env: { ...redis.env, ...env } });
  await program.hearsRedis();
  return program;
}

/** Resolves once a mark was heard by all that listen now. */
async function marked(redis: RedisServer): Promise<void> {
  const mark = async () => Number(await redis.call("GET", "notifyli:bridge-mark"));
  const before = await mark();
  await waitFor("there are two more marks", async () => await mark() >= before + 2);
}

async function publishAll(
  publisher: Redis,
  room: string,
  from: number,
  to: number,
): Promise<void> {
  const pipeline = publisher.pipeline();
  for (let each = from; each < to; each++) {
    pipeline.publish(CHANNEL, JSON.stringify({ room, message: `n${each}` }));
  }
  await pipeline.exec();
}

function texts(count: number): string[] {
  return Array.from({ length: count }, (_, each) => `n${each}`);
}

function routes({ log }: Program): boolean {
  return log.some(({ message }) => message === "this node routes what is published");
}
