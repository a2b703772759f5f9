/** `docs/redis.md`: the names it lists are those that a running server leaves in Redis. */
import assert from "node:assert/strict";
import { MAX_WAITING_LENGTH } from "../../lib/engines/redis/heard_messages.ts";
import { MAX_KEPT_LENGTH } from "../../lib/ways/heard_payloads.ts";
import { ROOT } from "../support/paths.ts";
import { EventStream } from "../support/event_stream.ts";
import { operatorKeyOf } from "../support/manager.ts";
import { Program } from "../support/program.ts";
import { hookEnv, Receiver } from "../support/receiver.ts";
import { RedisServer } from "../support/redis.ts";
import { waitFor } from "../support/wait.ts";
import { TestClient } from "../support/test_client.ts";

const PAGE = await Deno.readTextFile(`${ROOT}docs/redis.md`);

/** The listed names as patterns: a word in capitals or in braces stands for any text. */
const LISTED = [...PAGE.matchAll(/^\| (`[^|]+`) +\| (\w[^|]*)/gm)].flatMap(([, names = "", what]) =>
  [...names.matchAll(/`([^`]+)`/g)].map(([, name = ""]) => ({
    name: name.replace(/^notifyli:/, ""),
    what: what?.trim() ?? "",
  }))
);

Deno.test("docs/redis.md lists every key and channel, with its kind", async () => {
  await using redis = await RedisServer.start();
  await using receiver = new Receiver();
  receiver.hold();
  const env = {
    ...redis.env,
    ...receiver.env,
    ...hookEnv(receiver.url, {
      HOOK_STREAM: "*",
      APP_OFFLINE_SECONDS: "600",
      APP_LIMIT_HOOK: "1",
    }),
    REDIS_PLAIN_FIELDS: "true",
  };
  await using program = await Program.start({ env });
  await using client = await TestClient.join(program.webSocketUrl, { user: 1, room: "lobby" });
  for (const user of [1, 2]) {
    const response = await fetch(`${program.url}/api/notifications`, {
      method: "POST",
      body: JSON.stringify({
        user_id: user,
        room: "lobby",
        message: "x",
        id: "order-12345",
        expires_at: Math.floor(Date.now() / 1000) + 3600,
      }),
    });
    assert.equal(response.status, 201, await response.text());
  }
  await client.get("direct_message");
  const later = `{"user_id":1,"message":"x","deliver_at":${Math.floor(Date.now() / 1000) + 3600}}`;
  const scheduled = await fetch(`${program.url}/api/notifications`, {
    method: "POST",
    body: later,
  });
  assert.equal(scheduled.status, 201, await scheduled.text());
  await program.hearsRedis();
  await redis.call(
    "PUBLISH",
    "notifyli:messages",
    `{"user_id":1,"room":"lobby","message":"x","group":"g"}`,
  );
  await client.get("direct_message", 2);
  await redis.call(
    "XADD",
    "notifyli:notifications",
    "*",
    "user_id",
    "1",
    "message",
    "x",
    "group",
    "g",
  );
  await redis.call("XADD", "notifyli:notifications", "*", "message", "for nobody");
  await redis.call("XADD", "notifyli:publications:stream", "*", "room", "lobby", "message", "x");
  await client.get("usermsg");
  await waitFor(
    "it is put aside",
    async () => await redis.call("EXISTS", "notifyli:notifications-dead") === "1",
  );
  await using reader = await TestClient.connectV2(program.webSocketUrl);
  await reader.command("connect", { user_id: 1 });
  await reader.command("read", { all: true });
  const { notifications } = await reader.command("inbox");
  const [{ id } = { id: "" }] = notifications as { id: string }[];
  await reader.command("snooze", { ids: [id], until: "1h" });
  await reader.command("subscribe", { room: "lobby" }); // with two clients
  client.send({ type: "usermsg", id: "my-own-id", user_id: 1, room: "lobby", message: "x" });
  await client.get("usermsg", 2);
  await receiver.get(1);
  const headers = { authorization: `Bearer ${operatorKeyOf(program)}` };
  const blocked = await fetch(`${program.url}/api/users/9/block`, {
    method: "POST",
    headers,
    body: '{"seconds":3600}',
  });
  assert.equal(blocked.status, 200, await blocked.text());
  const unblocked = await fetch(`${program.url}/api/users/8/unblock`, { method: "POST", headers });
  assert.equal(unblocked.status, 204, await unblocked.text());
  const made = await fetch(`${program.url}/api/keys`, {
    method: "POST",
    headers,
    body: '{"name":"shop","scopes":["manage"]}',
  });
  assert.equal(made.status, 201);
  const signedIn = await fetch(`${program.url}/admin/session`, {
    method: "POST",
    headers: { origin: program.url, "x-notifyli-admin": "1" },
    body: JSON.stringify({ key: (await made.json()).key }),
  });
  assert.equal(signedIn.status, 201, await signedIn.text());
  for (const [method, room] of [["PUT", "a"], ["PUT", "b"], ["DELETE", "b"]] as const) {
    const answer = await fetch(`${program.url}/api/rooms/${room}`, { method, headers });
    assert.ok(answer.ok, await answer.text());
  }
  await using stream = await EventStream.open(`${program.url}/sse`);
  await stream.named("open");

  await reader.command("presence", { user_ids: [1] });
  await reader.command("conversations");
  await reader.command("contacts");
  await reader.command("preferences");
  for (const _ of ["who comes back is online at one connection less", "and then offline"]) {
    const gone = await TestClient.connectV2(program.webSocketUrl);
    await gone.command("connect", { user_id: 7 });
    await gone.close();
    await waitFor(
      "it will be offline",
      async () => await redis.call("EXISTS", "notifyli:offline") === "1",
    );
  }
  await waitFor(
    "events are dropped",
    async () => await redis.call("EXISTS", "notifyli:events-dropped:hook") === "1",
  );

  const keys = (await redis.call("KEYS", "*")).split("\n");
  const channels = (await redis.call("PUBSUB", "CHANNELS")).split("\n");
  const used = new Set<string>();
  for (const key of keys) {
    const entry = listed(key);
    used.add(entry.name);
    const kind = { zset: "sorted set" }[await redis.call("TYPE", key)] ??
      await redis.call("TYPE", key);
    assert.ok(entry.what.startsWith(kind), `${key} is a ${kind}, listed as ${entry.what}`);
  }
  for (const channel of channels) {
    const entry = listed(channel);
    used.add(entry.name);
    assert.ok(entry.what.startsWith("channel"), `${channel} is listed as ${entry.what}`);
  }
  assert.deepEqual([...used].sort(), LISTED.map(({ name }) => name).sort());
});

Deno.test("docs/redis.md: its commands find a connected user", async () => {
  await using redis = await RedisServer.start();
  await using program = await Program.start({ env: redis.env });
  await using client = await TestClient.join(program.webSocketUrl, { user: 123, room: "lobby" });
  const [, command = ""] = /^redis-cli (HEXISTS .+)$/m.exec(PAGE) ?? [];
  assert.equal(await redis.cli(...command.split(" ")), "1");
  await client.settled();
});

Deno.test("docs/redis.md: its limit for bursts is one that Redis takes", async () => {
  await using redis = await RedisServer.start();
  const [, command = ""] = /^redis-cli (CONFIG SET .+)$/m.exec(PAGE) ?? [];
  const [, config = "", set = "", name = "", limit = ""] =
    /^(\w+) (\w+) (\S+) '(.+)'$/.exec(command) ?? [];
  assert.equal(await redis.cli(config, set, name, limit), "OK");
  assert.match(await redis.cli(config, "GET", name), /pubsub 268435456 67108864 60/);
  assert.ok(PAGE.includes(`\`${name} ${limit}\` into \`redis.conf\``));
});

Deno.test("docs/redis.md: its bounds of what waits on a node are those of the code", () => {
  const text = PAGE.replaceAll(/\s+/g, " ");
  assert.ok(
    text.includes(`in the node's memory: up to ${MAX_KEPT_LENGTH / 1e6} million characters`),
  );
  assert.ok(
    text.includes(`more than ${MAX_WAITING_LENGTH / 1e6} million characters wait on the node`),
  );
});

function listed(key: string): { name: string; what: string } {
  const entry = LISTED.find(({ name }) => pattern(name).test(key));
  assert.ok(entry, `${key} is not in docs/redis.md`);
  return entry;
}

function pattern(name: string): RegExp {
  const source = name.replace(/[{}]/g, "\\$&").replace(/[A-Z]+/g, "[^]+")
    .replace("\\{room\\}", "[^]+");
  return new RegExp(`^notifyli:${source.replace("{connections", "{notifyli:connections")}$`);
}
