/**
 * One user's inbox of which a key in Redis is another type: what is sent to that user fails alone, leaves nothing behind, is
 * kept aside where no sender can be told, and holds up nobody.
 */
import assert from "node:assert/strict";
import { Program } from "../support/program.ts";
import { RedisServer } from "../support/redis.ts";
import { TestClient } from "../support/test_client.ts";
import { waitFor } from "../support/wait.ts";

const DEAD = "notifyli:notifications-dead";

/** What another program made of one key of user 1's inbox, by the key's part. */
const BREAKS: Readonly<Record<string, string[]>> = {
  frames: ["SET", "x"],
  order: ["SET", "x"],
  queued: ["HSET", "a", "b"],
  unread: ["SET", "x"],
  done: ["RPUSH", "x"],
  times: ["SET", "x"],
  expiries: ["SET", "x"],
  position: ["HSET", "offset", "many"],
};

for (const [part, [command = "", ...values]] of Object.entries(BREAKS)) {
  Deno.test(`an inbox whose '${part}' is broken refuses alone, whichever way a notification comes`, async () => {
    await using redis = await RedisServer.start();
    await using program = await Program.start({ env: redis.env });
    await program.hearsRedis();
    await using client = await TestClient.join(program.webSocketUrl, { user: 2, room: "1" });
    const key = `notifyli:inbox-${part}:{1}`;
    await redis.call(command, key, ...values);
    const before = await keysOf(redis);

    const first = await post(program, { user_id: 1, message: "a", id: "by-http-1" });
    const second = await post(program, { user_id: 1, message: "a", id: "by-http-1" });
    assert.deepEqual([first, second], [503, 503], "the second is no duplicate of nothing");
    for (const id of ["pub-0001", "pub-0001"]) {
      const payload = JSON.stringify({ user_id: 1, message: "a", id });
      await redis.call("PUBLISH", "notifyli:messages", payload);
    }
    await redis.call("PUBLISH", "notifyli:messages", `{"user_id":2,"message":"published"}`);
    for (const id of ["add-0001", "add-0001"]) {
      await redis.call(
        "XADD",
        "notifyli:notifications",
        "*",
        "user_id",
        "1",
        "message",
        "a",
        "id",
        id,
      );
    }
    await redis.call("XADD", "notifyli:notifications", "*", "user_id", "2", "message", "added");
    assert.equal(await post(program, { user_id: 2, message: "posted" }), 201);
    await waitFor("the other user gets all", () => client.ofType("direct_message").length === 3);

    const dead = await waitFor("the four are kept aside", async () => {
      const entries = await redis.entriesOf(DEAD);
      return entries.length === 4 && entries;
    });
    for (const { reason } of dead) assert.match(reason ?? "", /WRONGTYPE|not an integer/);
    assert.deepEqual(await statsOf(program), {
      bridge_received: 3,
      bridge_routed: 1,
      bridge_refused: 2,
      stream_received: 3,
      stream_stored: 1,
      stream_refused: 2,
      notifications: 3,
    });
    assert.equal(await redis.call("XLEN", "notifyli:notifications"), "0");
    assert.deepEqual(await keysOf(redis), before, "nothing stays");

    // Once it is mended, the same ids are taken as new ones.
    await redis.call("DEL", key);
    assert.equal(await post(program, { user_id: 1, message: "a", id: "by-http-1" }), 201);
    assert.equal(await redis.call("ZCARD", "notifyli:inbox-order:{1}"), "1");
  });
}

Deno.test("a scheduled notification whose inbox is broken is kept aside, and the others are delivered", async () => {
  await using redis = await RedisServer.start();
  await using program = await Program.start({ env: redis.env });
  await using client = await TestClient.join(program.webSocketUrl, { user: 2, room: "1" });
  const soon = Math.floor(Date.now() / 1000) + 2;
  for (const [user_id, id] of [[1, "for-broken"], [2, "for-other"]] as const) {
    assert.equal(await post(program, { user_id, id, message: "x", deliver_at: soon }), 201);
  }
  await redis.call("SET", "notifyli:inbox-order:{1}", "x");
  await client.get("direct_message");
  const [dead] = await waitFor("it is kept aside", async () => {
    const entries = await redis.entriesOf(DEAD);
    return entries.length > 0 && entries;
  });
  assert.match(dead?.["reason"] ?? "", /WRONGTYPE/);
  assert.deepEqual([dead?.["scheduled"], dead?.["user_id"]], ["for-broken", "1"]);
  await waitFor("both are counted", async () => {
    const { scheduled_delivered, scheduled_refused } =
      await (await fetch(`${program.url}/api/stats`)).json();
    return scheduled_delivered === 1 && scheduled_refused === 1;
  });
  assert.equal(await redis.call("ZCARD", "notifyli:scheduled"), "0");
  await redis.call("DEL", "notifyli:inbox-order:{1}");
  assert.equal(await post(program, { user_id: 1, id: "for-broken", message: "x" }), 201);
});

Deno.test("a user who comes to a broken inbox is let in, and nobody else waits for what is theirs", async () => {
  await using redis = await RedisServer.start();
  await using program = await Program.start({ env: { ...redis.env, APP_KEEPALIVE_SECONDS: "3" } });
  await using other = await TestClient.join(program.webSocketUrl, { user: 2, room: "1" });
  await redis.call("SET", "notifyli:inbox-queued:{1}", "x");
  await using broken = await TestClient.join(program.webSocketUrl, { user: 1, room: "1" });
  broken.send({ type: "usermsg", user_id: 1, room: "1", message: "I am here" });
  await other.get("usermsg");
  await waitFor(
    "it is logged",
    () => program.log.some(({ message }) => /join failed: .*WRONGTYPE/.test(message)),
  );
  await redis.stop("SIGKILL");
  await redis.restart();
  await redis.call("SET", "notifyli:inbox-queued:{1}", "x");
  await waitFor("what comes for the other is delivered", async () => {
    await post(program, { user_id: 2, message: "for the other" });
    return other.ofType("direct_message").length > 0;
  });
  const joins = () =>
    program.log.filter(({ message }) => /failed: .*WRONGTYPE/.test(message)).length;
  const before = joins();
  for (let round = 0; round < 3; round++) await other.settled();
  assert.ok(joins() - before <= 1, "it is not tried again and again");
});

Deno.test("what cannot be kept aside holds up nobody either", async () => {
  await using redis = await RedisServer.start();
  await using program = await Program.start({ env: redis.env });
  await program.hearsRedis();
  await using client = await TestClient.join(program.webSocketUrl, { user: 2, room: "1" });
  await redis.call("SET", DEAD, "x");
  await redis.call("XADD", "notifyli:notifications", "*", "user_id", "2", "message", "");
  await redis.call("XADD", "notifyli:notifications", "*", "user_id", "2", "message", "added");
  await redis.call("PUBLISH", "notifyli:messages", "not json");
  await redis.call("PUBLISH", "notifyli:messages", `{"user_id":2,"message":"published"}`);
  await client.get("direct_message", 2);
  await waitFor(
    "both are logged",
    () =>
      program.log.filter(({ level, message }) =>
        level === "error" &&
        /cannot be kept in notifyli:notifications-dead: .*WRONGTYPE/.test(message)
      ).length === 2,
  );
});

async function post(program: Program, body: unknown): Promise<number> {
  const headers = { "content-type": "application/json" };
  const response = await fetch(`${program.url}/api/notifications`, {
    method: "POST",
    headers,
    body: JSON.stringify(body),
  });
  await response.body?.cancel();
  return response.status;
}

/** The names of all that is of user 1, or of an id. */
async function keysOf(redis: RedisServer): Promise<string[]> {
  const [inbox, owners] = await Promise.all([
    redis.call("KEYS", "notifyli:inbox-*{1}*"),
    redis.call("KEYS", "notifyli:owner:*-000*"),
  ]);
  return [...inbox.split("\n"), ...owners.split("\n")].filter((name) => name !== "").sort();
}

async function statsOf(program: Program): Promise<Record<string, number>> {
  const all = await (await fetch(`${program.url}/api/stats`)).json();
  const names = ["received", "routed", "refused"].map((name) => `bridge_${name}`)
    .concat(["received", "stored", "refused"].map((name) => `stream_${name}`), "notifications");
  return Object.fromEntries(names.map((name) => [name, all[name]]));
}
