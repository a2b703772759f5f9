/** `notifyli migrate --into-existing`: what Redis and PostgreSQL have stays as it is, and what is missing is brought. */
import assert from "node:assert/strict";
import { type Outcome, run, taskCommand } from "../support/command.ts";
import { Manager } from "../support/manager.ts";
import { PostgresServer } from "../support/postgres.ts";
import { Program } from "../support/program.ts";
import { RedisServer } from "../support/redis.ts";
import { TestClient } from "../support/test_client.ts";
import { APP_KEY, connectionToken } from "../support/tokens.ts";

type Env = Readonly<Record<string, string>>;
type Json = Record<string, unknown>;

const EXISTING = "--into-existing";

Deno.test("what is there stays, what is missing is brought, and both are told", async (t) => {
  await using redis = await RedisServer.start();
  await using postgres = await PostgresServer.start();
  const dataDir = await Deno.makeTempDir();
  const [source, targets] = [{ APP_DATA_DIR: dataDir }, { ...redis.env, ...postgres.env }];
  const theirs = await live({ env: targets }, async (program, key) => {
    await notify(program, key, 5, "theirs-0001");
    await put(program, key, "/contacts/7?user_id=5", { name: "Robert" });
    await put(program, key, "/rooms/theirs", { maxClients: 5 });
  });
  const mine = await live({ dataDir, env: {} }, async (program, key) => {
    await notify(program, key, 5, "mine-000005");
    await notify(program, key, 8, "mine-000008");
    await put(program, key, "/contacts/7?user_id=5", { name: "Bob" });
    await put(program, key, "/contacts/8?user_id=5", { name: "Cyd" });
    await put(program, key, "/rooms/mine", { maxClients: 5 });
  });
  const all = { ...source, ...targets };
  const before = await postgres.sql("SELECT count(*) FROM notifyli.versions");
  await t.step("without the option nothing is written", async () => {
    const refused = await migrate(all);
    assert.deepEqual([refused.code, refused.stdout], [1, ""]);
    assert.match(
      refused.stderr,
      /^Not moved: PostgreSQL has something already \(.*contacts.*\): --/,
    );
    assert.equal(await redis.call("EXISTS", "notifyli:migration"), "0");
    assert.equal(await postgres.sql("SELECT count(*) FROM notifyli.versions"), before);
  });
  await t.step("with it, each kind is counted", async () => {
    const { code, stdout, stderr } = await migrate(all, EXISTING);
    assert.equal(code, 0, stderr);
    assert.match(stdout, /^notifications +2 +1 +1 were there already, and stay as they are$/m);
    assert.match(stdout, /^contacts +2 +1 +1 were there already, and stay as they are$/m);
    assert.match(stdout, /^made rooms +1 +1 *$/m);
  });
  const look = () =>
    live({ env: targets, key: theirs }, async (program, key) => {
      assert.deepEqual(await inboxOf(program, "5"), ["theirs-0001"]);
      assert.deepEqual(await inboxOf(program, "8"), ["mine-000008"]);
      const contacts = await get(program, key, "/contacts?user_id=5");
      const names = (contacts["contacts"] as Json[]).map(({ name }) => name);
      assert.deepEqual(names.sort(), ["Cyd", "Robert"]);
      const rooms = JSON.stringify(await get(program, key, "/rooms"));
      assert.ok(rooms.includes('"theirs"') && rooms.includes('"mine"'), rooms);
      const other = await fetch(`${program.url}/api/stats`, { headers: bearer(mine) });
      await other.body?.cancel();
      assert.equal(other.status, 200, "keys of both are good");
    });
  await t.step("a node finds both", async () => void await look());
  await t.step("no node runs on a part of it", async () => {
    await redis.call("HSET", "notifyli:migration", "state", "begun");
    {
      await using refused = await Program.spawn({ env: targets });
      assert.equal((await refused.ended()).code, 1);
      assert.match(refused.output, /moved to this Redis, and is not there whole: let notifyli mi/);
    }
    await redis.call("HSET", "notifyli:migration", "state", "done");
    await postgres.sql(
      "UPDATE notifyli.versions SET version = 2 WHERE capability LIKE 'moved from %'",
    );
    await using waiting = await Program.spawn({ env: targets });
    await waiting.line(({ message }) =>
      message.includes("a store is being moved to it, and is not there whole")
    );
  });
  await t.step("a run that broke off is gone on with, with the option or without", async () => {
    for (const args of [[], [EXISTING]]) {
      await redis.call("HSET", "notifyli:migration", "state", "begun");
      await postgres.sql(
        "UPDATE notifyli.versions SET version = 2 WHERE capability LIKE 'moved from %'",
      );
      const { code, stdout, stderr } = await migrate(all, ...args);
      assert.equal(code, 0, stderr);
      assert.match(stdout, /^contacts +2 +0 +2 were there already/m);
    }
    await look();
  });
  await t.step("what is moved already is not written again", async () => {
    const { code, stdout } = await migrate(all, EXISTING);
    assert.equal(code, 0);
    assert.match(
      stdout,
      /^PostgreSQL has this store already\nRedis has this store already\nNothing/,
    );
  });
  await Deno.remove(dataDir, { recursive: true });
});

Deno.test("what one of the two refuses is not begun at the other: what comes there later is safe", async () => {
  await using redis = await RedisServer.start();
  await using postgres = await PostgresServer.start();
  const dataDir = await Deno.makeTempDir();
  await live({ dataDir, env: {} }, async (program, key) => {
    await put(program, key, "/contacts/7?user_id=5", { name: "Bob" });
  });
  await redis.call("SET", "notifyli:something", "1");
  const env = { APP_DATA_DIR: dataDir, ...redis.env, ...postgres.env };
  const refused = await migrate(env);
  assert.equal(refused.code, 1);
  assert.match(
    refused.stderr,
    /^Not moved: Redis has something already, such as notifyli:something/,
  );
  const key = await live({ env: { ...redis.env, ...postgres.env } }, async (program, key) => {
    await put(program, key, "/contacts/9?user_id=5", { name: "Late" });
  });
  const moved = await migrate(env, "--only", "postgres", EXISTING);
  assert.equal(moved.code, 0, moved.stderr);
  await live({ env: { ...redis.env, ...postgres.env }, key }, async (program, key) => {
    const contacts = await get(program, key, "/contacts?user_id=5");
    const names = (contacts["contacts"] as Json[]).map(({ name }) => name);
    assert.deepEqual(names.sort(), ["Bob", "Late"]);
  });
  await Deno.remove(dataDir, { recursive: true });
});

Deno.test("into a Redis that has nothing, the option changes nothing", async () => {
  await using redis = await RedisServer.start();
  const dataDir = await Deno.makeTempDir();
  await live({ dataDir, env: {} }, (program, key) => notify(program, key, 5, "mine-000005"));
  const { code, stdout, stderr } = await migrate({ APP_DATA_DIR: dataDir, ...redis.env }, EXISTING);
  assert.equal(code, 0, stderr);
  assert.match(stdout, /^notifications +1 +1 *$/m);
  assert.doesNotMatch(stdout, /already/);
  await Deno.remove(dataDir, { recursive: true });
});

interface Living {
  readonly env: Env;
  readonly dataDir?: string;
  /** A key that was made before; a new one if absent. */
  readonly key?: string;
}

/** Has a server live, and end. Resolves with a key to it. */
async function live(
  { env, dataDir, key }: Living,
  act: (program: Program, key: string) => Promise<void>,
): Promise<string> {
  await using program = await Program.start({ env: { APP_KEY, ...env }, dataDir });
  const own = key ?? (await Manager.of(program)).key;
  await act(program, own);
  program.kill("SIGTERM");
  await program.ended();
  return own;
}

async function migrate(env: Env, ...args: string[]): Promise<Outcome> {
  return await run([...taskCommand("migrate"), ...args], { env: { APP_PORT: "1", ...env } });
}

async function put({ url }: Program, key: string, path: string, body: Json): Promise<void> {
  const response = await fetch(`${url}/api${path}`, {
    ...{ method: "PUT", headers: bearer(key), body: JSON.stringify(body) },
  });
  assert.ok(response.ok, `${path}: ${await response.text()}`);
}

async function notify({ url }: Program, key: string, user: number, id: string): Promise<void> {
  const body = JSON.stringify({ user_id: user, id, message: "Hi" });
  const response = await fetch(`${url}/api/notifications`, {
    ...{ method: "POST", headers: bearer(key), body },
  });
  assert.equal(response.status, 201, await response.text());
}

async function get({ url }: Program, key: string, path: string): Promise<Json> {
  const response = await fetch(`${url}/api${path}`, { headers: bearer(key) });
  const json = await response.json();
  assert.equal(response.status, 200, JSON.stringify(json));
  return json;
}

async function inboxOf({ webSocketUrl }: Program, sub: string): Promise<unknown[]> {
  const protocols = ["notifyli.v2", `notifyli.token.${await connectionToken({ sub })}`];
  await using client = await TestClient.connectAs(webSocketUrl, { protocols });
  const { inbox } = await client.command("connect");
  return (inbox as { notifications: Json[] }).notifications.map(({ id }) => id);
}

function bearer(key: string): Record<string, string> {
  return { authorization: `Bearer ${key}` };
}
