/** The durable way into rooms: entries are published once, in order, through crashes of nodes and of Redis. */
import assert from "node:assert/strict";
import type { Redis } from "ioredis";
import { TurnLock } from "../../lib/ways/turn_lock.ts";
import { openFullRedis, QUIET } from "../support/engines.ts";
import { Program } from "../support/program.ts";
import { RedisServer } from "../support/redis.ts";
import { RoomsFile } from "../support/rooms_file.ts";
import { TestClient } from "../support/test_client.ts";
import { waitFor } from "../support/wait.ts";

const STREAM = "notifyli:publications:stream";

/** A room that keeps its messages, and one that keeps none: both are published in once. */
const ROOMS = {
  rooms: [
    { pattern: "kept", history: { size: 20_000, seconds: 600 } },
    { pattern: "passing", history: false },
  ],
  unknown: "public",
};

/** Numbers of more fields than Lua hands on at once. */
const MANY = Array.from({ length: 10_000 }, (_, each) => each);

Deno.test("XADD says something in a room and tells of an event; the entry leaves the stream", async () => {
  await using redis = await RedisServer.start();
  await using program = await Program.start({ env: redis.env });
  await using client = await TestClient.connectV2(program.webSocketUrl);
  await client.command("connect", { user_id: 1 });
  await client.command("subscribe", { room: "lobby" });
  const add = (...fields: string[]) => redis.call("XADD", STREAM, "*", ...fields);
  await add("room", "lobby", "message", "Sale!", "name", "Shop", "data", '{"id":5}');
  await add("room", "lobby", "message", "12", "user_id", "7", "data", "", "id", "77");
  await add("room", "lobby", "event", "refresh", "data", "[1]");
  const [first, second] = await client.get("usermsg", 2);
  assert.partialDeepStrictEqual(first, { message: "Sale!", name: "Shop", data: { id: 5 } });
  assert.partialDeepStrictEqual(second, { message: "12", user_id: 7, id: "77" });
  const [event] = await client.get("event");
  assert.partialDeepStrictEqual(event, { event: "refresh", data: [1], name: "system" });
  await waitFor("the stream is empty", async () => await redis.call("XLEN", STREAM) === "0");
});

Deno.test("what was added to the stream of publications while no node was there is published when one comes", async () => {
  await using redis = await RedisServer.start();
  await using rooms = await RoomsFile.write(ROOMS);
  await addAll(redis.connect(), "kept", 0, 500);
  await using program = await Program.start({ env: { ...redis.env, APP_ROOMS: rooms.path } });
  await waitFor("the stream is empty", async () => await redis.call("XLEN", STREAM) === "0");
  await using client = await TestClient.connectV2(program.webSocketUrl);
  await client.command("connect", { user_id: 1 });
  await client.command("subscribe", { room: "kept" });
  const { publications } = await client.command("history", { room: "kept", limit: 1000 });
  const got = (publications as { message: string }[]).map(({ message }) => message);
  assert.deepEqual(got, texts(500));
});

for (const room of ["kept", "passing"]) {
  Deno.test(`entries of a node that was killed are taken over, each published once (room '${room}')`, async () => {
    await using redis = await RedisServer.start();
    await using rooms = await RoomsFile.write(ROOMS);
    const env = { ...redis.env, APP_ROOMS: rooms.path, APP_LIMIT_QUEUE: "off" };
    await using one = await Program.start({ env });
    await using two = await Program.start({ env });
    await using client = await TestClient.join(two.webSocketUrl, { user: 1, room });
    await addAll(redis.connect(), room, 0, 2000);
    await client.get("usermsg", 100);
    one.kill("SIGKILL");
    await client.get("usermsg", 2000);
    await waitFor("the stream is empty", async () => await redis.call("XLEN", STREAM) === "0");
    await client.settled();
    assert.deepEqual(client.ofType("usermsg").map(({ message }) => message), texts(2000));
  });
}

for (const size of [10, 0]) {
  Deno.test(`an entry is published and leaves the stream in one step, of the node alone that has the turn (history of ${size})`, async () => {
    await using redis = await RedisServer.start();
    await using engine = await openFullRedis(redis);
    await engine.run(QUIET);
    const turn = new TurnLock(engine.storage, ["publications-stream"]);
    assert.equal((await turn.hold()).isHeld, true);
    const entry = await redis.call("XADD", STREAM, "*", "room", "lobby", "message", "Hi");
    const listener = redis.connect();
    const heard: string[] = [];
    await listener.subscribe("notifyli:room:lobby");
    listener.on("message", (_channel, text) => heard.push(text));
    const publish = (holder: string) =>
      engine.broker.publish(
        { site: "default", kind: "room", name: "lobby" },
        {
          ...{ kind: "message", id: "m1", at: 1, message: "Hi" },
          claim: { way: "publications-stream", holder, progress: entry.replace("-", ":") },
        },
        { size, seconds: 60 },
      );
    await assert.rejects(async () => await publish("another"), /Another node has the turn/);
    assert.equal(await redis.call("XLEN", STREAM), "1");
    await publish(turn.holder);
    assert.equal(await redis.call("XLEN", STREAM), "0");
    await publish(turn.holder); // as after a crash, or where the answer was lost
    await redis.call("PUBLISH", "notifyli:room:lobby", "the end");
    await waitFor("all is heard", () => heard.includes("the end"));
    listener.disconnect();
    assert.equal(heard.length, 2);
  });
}

Deno.test("an entry that cannot be published goes to the stream of what is refused, and others go on", async () => {
  await using redis = await RedisServer.start();
  await redis.call("SET", "notifyli:history:room:{broken}", "of another kind");
  await using program = await Program.start({ env: { ...redis.env, APP_HISTORY: "*=100/300" } });
  await using client = await TestClient.join(program.webSocketUrl, { user: 1, room: "lobby" });
  for (
    const fields of [
      ["message", "for no room"],
      ["room", "lobby", "data", "{no json"],
      ["room", "broken", "message", "x"],
      MANY.flatMap((each) => [`field${each}`, "for no room"]),
      ["room", "lobby", "message", "good", ...MANY.flatMap((each) => [`field${each}`, ""])],
    ]
  ) await redis.call("XADD", STREAM, "*", ...fields);
  await client.get("usermsg");
  await waitFor("the stream is empty", async () => await redis.call("XLEN", STREAM) === "0");
  const dead = await redis.entriesOf("notifyli:notifications-dead");
  const reasons = [/Missing field 'room'/, /'data'/, /history:room:\{broken\} is a string/];
  assert.equal(dead.length, 4);
  assert.ok(dead.some(({ field0, field9999 }) => field0 !== undefined && field9999 === undefined));
  for (const reason of reasons) {
    assert.ok(dead.some((entry) => reason.test(entry["reason"] ?? "")), String(reason));
  }
  const stats = await (await fetch(`${program.url}/api/stats`)).json();
  const { publications_received, publications_published, publications_refused } = stats;
  assert.deepEqual([publications_received, publications_published, publications_refused], [
    5,
    1,
    4,
  ]);
});

Deno.test("a stream of publications in a Redis that was restarted, empty, is read again", async () => {
  await using redis = await RedisServer.start();
  await using program = await Program.start({ env: redis.env });
  await using client = await TestClient.join(program.webSocketUrl, { user: 1, room: "lobby" });
  await redis.stop("SIGKILL");
  await redis.restart();
  await waitFor("an entry is published again", async () => {
    await redis.call("XADD", STREAM, "*", "room", "lobby", "message", "after");
    return client.ofType("usermsg").length > 0;
  });
});

/** Adds texts with their numbers, and ends the connection. */
async function addAll(publisher: Redis, room: string, from: number, to: number): Promise<void> {
  const pipeline = publisher.pipeline();
  for (let each = from; each < to; each++) {
    pipeline.xadd(STREAM, "*", "room", room, "message", `n${each}`);
  }
  await pipeline.exec();
  publisher.disconnect();
}

function texts(count: number): string[] {
  return Array.from({ length: count }, (_, each) => `n${each}`);
}
