/** Bursts on the message channel: an ear that Redis closes is told and counted, and nodes that heard it all fill the gap. */
import assert from "node:assert/strict";
import type { Redis } from "ioredis";
import { Program } from "../support/program.ts";
import { RedisServer } from "../support/redis.ts";
import { TestClient } from "../support/test_client.ts";
import { waitFor } from "../support/wait.ts";

const CHANNEL = "notifyli:messages";

/** So little that a node which stands still loses its connection. */
const LITTLE = "pubsub 1mb 1mb 60";

const COUNT = 5000;
const USERS = 10;
const LONG = "x".repeat(3000);

Deno.test("a node that Redis cut off says and counts what nobody may have heard, and goes on", async () => {
  await using redis = await RedisServer.start();
  await using program = await Program.start({ env: { ...redis.env, APP_LIMIT_INBOX: "off" } });
  await program.hearsRedis();
  await publish(redis, 20);
  await waitFor("they are stored", async () => await stored(redis) === 20);
  await redis.call("CONFIG", "SET", "client-output-buffer-limit", LITTLE);
  program.kill("SIGSTOP");
  await publish(redis, COUNT);
  await waitFor("Redis has closed its ears", async () => await ears(redis) === 0);
  program.kill("SIGCONT");
  await waitFor("the gap is counted", async () => (await numbers(program)).gaps === 1);
  const { received, refused, cutOff } = await numbers(program);
  assert.ok(received < COUNT, "some were lost on their way");
  assert.deepEqual([refused, cutOff], [0, 1]);
  await program.line(({ level, message }) => level === "error" && /may be lost/.test(message));
  await waitFor("all that it heard is stored", async () => {
    const { received, routed } = await numbers(program);
    return received === routed && await stored(redis) === routed;
  });
  await waitFor("it hears again", async () => await ears(redis) === 1);
  const before = (await numbers(program)).routed;
  await publish(redis, 1);
  await waitFor("it goes on", async () => (await numbers(program)).routed > before);
});

Deno.test("what a node could not hear is routed by one that did, each once", async () => {
  await using redis = await RedisServer.start();
  await using one = await Program.start({ env: { ...redis.env, APP_LIMIT_INBOX: "off" } });
  await one.hearsRedis();
  await using two = await Program.start({ env: { ...redis.env, APP_LIMIT_INBOX: "off" } });
  await two.hearsRedis();
  await using client = await TestClient.join(two.webSocketUrl, { user: "u0", room: "lobby" });
  await publish(redis, 20);
  await waitFor("they are stored", async () => await stored(redis) === 20);
  await redis.call("CONFIG", "SET", "client-output-buffer-limit", LITTLE);
  one.kill("SIGSTOP");
  for (let piece = 1; piece <= 10; piece++) {
    await publish(redis, COUNT / 10);
    await waitFor(
      "it is heard",
      async () => (await numbers(two)).received === 20 + piece * COUNT / 10,
    );
  }
  await waitFor("Redis has closed its ears", async () => await ears(redis) === 1);
  await waitFor("all are stored", async () => await stored(redis) === COUNT + 20);
  one.kill("SIGCONT");
  await waitFor("it hears again", async () => await ears(redis) === 2);
  await publish(redis, 20);
  await waitFor("they are stored", async () => await stored(redis) === COUNT + 40);
  await client.get("direct_message", (COUNT + 40) / USERS);
  assert.equal(client.ofType("direct_message").length, (COUNT + 40) / USERS);
  const [asleep, awake] = [await numbers(one), await numbers(two)];
  assert.deepEqual([asleep.gaps, awake.gaps], [0, 0], "nothing was lost");
  assert.deepEqual([asleep.refused, awake.refused], [0, 0]);
  assert.deepEqual([asleep.cutOff, awake.cutOff], [1, 0]);
  assert.equal(asleep.routed + awake.routed, COUNT + 40);
});

Deno.test("a node that stops while much waits routes what it heard first", async () => {
  await using redis = await RedisServer.start();
  const program = await Program.start({ env: { ...redis.env, APP_LIMIT_INBOX: "off" } });
  await using _program = program;
  await program.hearsRedis();
  await publish(redis, 3 * COUNT);
  program.kill("SIGTERM");
  const heard = await waitFor("it ends", () => program.ended());
  assert.equal(heard.code, 0);
  assert.equal(await stored(redis), 3 * COUNT);
});

/** Publishes so many, in pieces. */
async function publish(redis: RedisServer, count: number): Promise<void> {
  const publisher: Redis = redis.connect();
  for (let first = 0; first < count; first += 500) {
    const pipeline = publisher.pipeline();
    for (let each = first; each < Math.min(count, first + 500); each++) {
      pipeline.publish(CHANNEL, payload(each));
    }
    await pipeline.exec();
  }
  publisher.disconnect();
}

function payload(number: number): string {
  const user_id = `u${number % USERS}`;
  return JSON.stringify({ user_id, room: "lobby", message: `${number} ${LONG}` });
}

async function stored(redis: RedisServer): Promise<number> {
  let sum = 0;
  for (let user = 0; user < USERS; user++) {
    sum += Number(await redis.call("ZCARD", `notifyli:inbox-order:{u${user}}`));
  }
  return sum;
}

/** How many connections hear the message channel. */
async function ears(redis: RedisServer): Promise<number> {
  return Number((await redis.call("PUBSUB", "NUMSUB", CHANNEL)).split("\n")[1]);
}

async function numbers({ url }: Program) {
  const stats = await (await fetch(`${url}/api/stats`)).json();
  return {
    received: stats.bridge_received as number,
    routed: stats.bridge_routed as number,
    refused: stats.bridge_refused as number,
    cutOff: stats.bridge_cut_off as number,
    gaps: stats.bridge_gaps as number,
  };
}
