/** The connection hashes beside other programs: what they left there, and what the old broker reads. */
import assert from "node:assert/strict";
import { Program } from "../support/program.ts";
import { RedisServer } from "../support/redis.ts";
import { RoomsFile } from "../support/rooms_file.ts";
import { type Frame, TestClient } from "../support/test_client.ts";
import { waitFor } from "../support/wait.ts";

const HASH = "notifyli:connections:lobby";

/** The script of the base protocol that finds a client in all rooms. */
const FIND = (client: string) => `
local out = {} local cursor = '0'
repeat
  local scan = redis.call('SCAN', cursor, 'MATCH', 'notifyli:connections:*', 'COUNT', 100)
  cursor = scan[1]
  for _, key in ipairs(scan[2]) do
    local entries = redis.call('HGETALL', key)
    for i = 1, #entries, 2 do
      local field = entries[i] local value = entries[i + 1]
      if string.find(value, '"client_id":${client}', 1, true) then
        table.insert(out, key) table.insert(out, field) table.insert(out, value)
      end
    end
  end
until cursor == '0'
return out`;

/** What others may leave in the hash of a room. */
const FOREIGN: Readonly<Record<string, string>> = {
  "57": '{"client_id":57,"room":"lobby","name":"A","connected_at":1700000000}',
  "58": '{"client_id":58,"room":"lobby","name":"","connected_at":1700000000}',
  "user_59":
    '{"client_id":"x","room":"lobby","name":"Ghost","user_id":59,"connected_at":1700000000}',
  "user_60": "not JSON",
  "user_61": '{"client_id":"y"}',
  "user_": '{"client_id":"z","room":"lobby","name":"N","user_id":"","connected_at":1}',
  "Ünicode 🎉": "[]",
};

for (const listener of ["deno", "node"]) {
  Deno.test(`what others left in a room's hash is not counted, shown or touched (${listener})`, async () => {
    await using redis = await RedisServer.start();
    await redis.call("HSET", HASH, ...Object.entries(FOREIGN).flat());
    await redis.call("HSET", "notifyli:connections:empty", "9", FOREIGN["57"]!);
    await using file = await RoomsFile.write({ rooms: [{ pattern: "lobby", maxClients: 3 }] });
    const env = { ...redis.env, APP_LISTENER: listener, APP_ROOMS: file.path };
    await using program = await Program.start({ env });
    const { webSocketUrl: url } = program;
    await using alice = await TestClient.join(url, { user: 1, room: "lobby", name: "Alice" });
    await using bob = await TestClient.connectV2(url);
    await bob.command("connect", { user_id: 59, name: "Bob" });
    assert.equal(await isOnline(program, 59), false, "a left entry is nobody's presence");
    await bob.command("subscribe", { room: "lobby" });
    alice.send({ type: "presence", room: "lobby" });
    const [frame] = await alice.get("presence");
    assert.deepEqual(usersOf(frame), [[1, "Alice"], [59, "Bob"]]);
    assert.deepEqual(usersOf(await bob.command("presence", { room: "lobby" })), usersOf(frame));
    const listed = await connections(program, "lobby");
    assert.deepEqual(listed.map(({ user_id }) => user_id), [1, 59]);
    assert.deepEqual(await connections(program, "empty"), []);
    for (const user of [57, 60, 61]) assert.equal(await isOnline(program, user), false);
    assert.equal(await isOnline(program, 59), true);

    await using third = await TestClient.join(url, { user: 3, room: "lobby" });
    await using fourth = await TestClient.join(url, { user: 4, room: "lobby" });
    assert.deepEqual(third.ofType("error"), [], "there is a third place");
    const [error] = await fourth.get("error");
    assert.equal(error?.["code"], "room_full");

    const told = (key: string) =>
      program.log.filter((line) => line["key"] === key).map(({ command }) => String(command));
    await waitFor(
      "the log tells of both rooms",
      () => told(HASH).length > 0 && told("notifyli:connections:empty").length > 0,
    );
    assert.deepEqual(told("notifyli:connections:empty"), ["DEL notifyli:connections:empty"]);
    const [command = ""] = told(HASH);
    assert.match(command, /^HDEL notifyli:connections:lobby /);
    for (const field of ["57", "58", "user_60", "user_61"]) {
      assert.ok(command.split(" ").includes(field), `${command} names ${field}`);
    }
    await bob.command("unsubscribe", { room: "lobby" });
    const left = Object.keys(FOREIGN).filter((field) => field !== "user_59");
    assert.deepEqual(await fieldsOf(redis), [...left, "user_1", "user_3"].sort());
    alice.send({ type: "presence", room: "lobby" });
    await alice.get("presence", 2);
    await third.settled();
    assert.equal(told(HASH).length, 1, "the log says it once");
  });
}

Deno.test("the old broker finds users by their bare ids, and the documented snippets find each once", async () => {
  await using redis = await RedisServer.start();
  const env = { ...redis.env, REDIS_PLAIN_FIELDS: "true" };
  await using program = await Program.start({ env });
  const { webSocketUrl: url } = program;
  await using first = await TestClient.connectV2(url);
  const { client_id } = await first.command("connect", { user_id: 123, name: "Alice" });
  await first.command("subscribe", { room: "lobby" });
  await using second = await TestClient.join(url, { user: 123, room: "lobby", name: "Alice B" });
  await using named = await TestClient.join(url, { user: "user_123", room: "lobby" });
  assert.equal(await redis.call("HEXISTS", HASH, "123"), "1");
  assert.equal(await redis.call("HEXISTS", HASH, "user_123"), "1");
  const entry = JSON.parse(await redis.call("HGET", HASH, "123"));
  assert.deepEqual(Object.keys(entry), ["client_id", "room", "name", "connected_at"]);
  assert.partialDeepStrictEqual(entry, { client_id: 123, room: "lobby", name: "Alice B" });
  assert.deepEqual(await fieldsOf(redis), ["123", "user_123", "user_user_123"]);
  for (const [client, field] of [[`"${client_id}"`, "user_123"], ["123,", "123"]] as const) {
    const found = (await redis.call("EVAL", FIND(client), "0")).split("\n");
    assert.deepEqual(found.slice(0, 2), [HASH, field], client);
    assert.equal(found.length, 3, "one entry has it");
  }
  const users = await connections(program, "lobby");
  assert.deepEqual(users.map(({ user_id }) => user_id), [123, "user_123"]);
  assert.equal(await isOnline(program, 123), true);
  await first.close();
  assert.equal(await redis.call("HEXISTS", HASH, "123"), "1", "another client is there");
  await second.close();
  await waitFor("the user is gone", async () => (await fieldsOf(redis)).join() === "user_user_123");
  await named.settled();
  assert.deepEqual(program.log.filter(({ key }) => key === HASH), [], "its own are none of others");
});

Deno.test("a node without plain fields takes out those of a dead one, and counts no user twice", async () => {
  await using redis = await RedisServer.start();
  await using file = await RoomsFile.write({ rooms: [{ pattern: "lobby", maxClients: 3 }] });
  const env = { ...redis.env, APP_ROOMS: file.path, REDIS_LEASE_SECONDS: "2" };
  await using plain = await Program.start({ env: { ...env, REDIS_PLAIN_FIELDS: "true" } });
  await using other = await Program.start({ env });
  await redis.call("HSET", HASH, "57", FOREIGN["57"]!);
  await using one = await TestClient.join(plain.webSocketUrl, { user: 1, room: "lobby" });
  await using again = await TestClient.join(other.webSocketUrl, { user: 1, room: "lobby" });
  await using two = await TestClient.join(plain.webSocketUrl, { user: 2, room: "lobby" });
  await using full = await TestClient.join(other.webSocketUrl, { user: 3, room: "lobby" });
  assert.deepEqual(two.ofType("error"), [], "plain fields take no place");
  assert.equal((await full.get("error"))[0]?.["code"], "room_full");
  again.send({ type: "presence", room: "lobby" });
  assert.deepEqual((await again.get("presence")).map(usersOf), [[[1, "1"], [2, "2"]]]);
  plain.kill();
  await again.get("leave");
  assert.deepEqual(
    await fieldsOf(redis),
    ["1", "57", "user_1"],
    "the first user has a client still",
  );
  await again.close();
  await waitFor(
    "all but what others left is gone",
    async () => (await fieldsOf(redis)).join() === "57",
  );
  for (const client of [one, two]) await client.waitClosed();
  for (const name of ["plain", "present", "several"]) {
    assert.equal(await redis.call("EXISTS", `notifyli:${name}:{${HASH}}`), "0", name);
  }
});

Deno.test("users whom a node of 0.2 put into a room are listed and counted by one of today", async () => {
  await using redis = await RedisServer.start();
  const entry =
    '{"client_id":"old","room":"lobby","name":"Old","user_id":7,"connected_at":1700000000}';
  await redis.call("HSET", HASH, "user_7", entry);
  await redis.call("HSET", `notifyli:clients:1:{${HASH}}:7`, "old", `1 lease:9000 ${entry}`);
  await using program = await Program.start({ env: redis.env });
  await using client = await TestClient.join(program.webSocketUrl, { user: 1, room: "lobby" });
  await waitFor("both are there", async () => (await connections(program, "lobby")).length === 2);
  await client.settled();
  assert.deepEqual(program.log.filter(({ key }) => key === HASH), []);
});

async function connections({ url }: Program, room: string): Promise<Frame[]> {
  const response = await fetch(`${url}/api/rooms/${room}/connections`);
  return (await response.json()).connections;
}

async function isOnline({ url }: Program, user: number): Promise<boolean> {
  const response = await fetch(`${url}/api/rooms/lobby/connections/${user}`);
  await response.body?.cancel();
  return response.status === 200;
}

async function fieldsOf(redis: RedisServer): Promise<string[]> {
  return (await redis.call("HKEYS", HASH)).split("\n").sort();
}

function usersOf(presence: Frame | undefined): unknown[][] {
  return (presence?.["users"] as Frame[]).map(({ user_id, name }) => [user_id, name]);
}
