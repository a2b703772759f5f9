/** Both engines on their real parts: SQLite in a file and in memory, and a Redis. */
import assert from "node:assert/strict";
import { readConfig } from "../../lib/configuration.ts";
import type { Channel } from "../../lib/core/channel.ts";
import { openRedis } from "../../lib/engines/redis.ts";
import { lua } from "../../lib/engines/redis/functions.ts";
import {
  message,
  openFullEmbedded,
  openFullRedis,
  QUIET,
  testEngines,
} from "../support/engines.ts";
import { testHistory } from "../support/history_suite.ts";
import { ROOT } from "../support/paths.ts";
import { RedisServer } from "../support/redis.ts";
import { waitFor } from "../support/wait.ts";

const SITE = "default";
const LOBBY: Channel = { site: SITE, kind: "room", name: "lobby" };

for (const persistent of [false, true]) testHistory(persistent);

testEngines("fans out what is published in a channel, in order", async ({ broker }, heard) => {
  await broker.subscribe(LOBBY);
  const sent = Array.from({ length: 200 }, (_, index) => message(`m-${index}`));
  await Promise.all(sent.map((publication) => broker.publish(LOBBY, publication)));
  await waitFor("all are heard", () => heard.length === sent.length);
  assert.deepEqual(heard.map(({ publication }) => publication), sent);
  assert.deepEqual(heard[0]?.channel, LOBBY);
});

testEngines("carries every text and room unchanged", async ({ broker }, heard) => {
  const rooms = ["/user/123", "two words", "{braces}", "Grüße 🎉", "a:b", "0", "@site"];
  for (const room of rooms) {
    const channel: Channel = { site: SITE, kind: "room", name: room };
    await broker.subscribe(channel);
    const message = `line\nbreak \u0000 "quoted" ${room}`;
    const publication = {
      kind: "message",
      id: "id-1",
      at: 5,
      from: { user: "1", name: room },
      message,
    };
    await broker.publish(channel, publication);
    await waitFor("it is heard", () => heard.length > 0);
    assert.deepEqual(heard.pop(), { channel, publication, position: undefined });
  }
});

testEngines(
  "forwards commands to the node that hears a session, in order",
  async ({ broker }, heard) => {
    const session: Channel = { site: SITE, kind: "session", name: "a-session" };
    const command = (message: string) => ({ kind: "command", id: "-", at: 5, message });
    assert.equal(await broker.forward(session, command("too early")), false);
    await broker.subscribe(session);
    const sent = ["one", "two\nlines", "three"].map(command);
    for (const each of sent) assert.equal(await broker.forward(session, each), true);
    await waitFor("all are heard", () => heard.length === sent.length);
    assert.deepEqual(heard.map(({ publication }) => publication), sent);
    await broker.unsubscribe(session);
    assert.equal(await broker.forward(session, command("too late")), false);
  },
);

testEngines("keeps the channels of sites apart", async ({ broker }, heard) => {
  const other: Channel = { ...LOBBY, site: "acme" };
  await broker.subscribe(LOBBY);
  await broker.subscribe(other);
  await broker.publish(other, message("a-1"), { size: 10, seconds: 60 });
  await waitFor("it is heard", () => heard.length === 1);
  assert.deepEqual(heard[0]?.channel, other);
  assert.deepEqual((await broker.history(LOBBY, { limit: 10 })).publications, []);
});

testEngines("is ready", async (engine) => {
  assert.equal(await engine.unready(), undefined);
});

for (
  const { persistent, days } of [{ persistent: false, days: 1 / 24 }, {
    persistent: true,
    days: 30,
  }]
) {
  Deno.test(
    `redis engine keeps a history for its seconds, and a ${
      persistent ? "persistent" : "usual"
    } channel's position for ${days.toFixed(2)} days`,
    async () => {
      await using server = await RedisServer.start();
      await using engine = await openFullRedis(server);
      await engine.run(QUIET);
      const lobby = { site: "default", kind: "room", name: "lobby" } as const;
      const secondsLeft = async (seconds: number) => {
        await engine.broker.publish(lobby, message("a-1"), { size: 9, seconds, persistent });
        const keys = ["notifyli:history:room:{lobby}", "notifyli:position:room:{lobby}"];
        const ms = await Promise.all(keys.map((key) => engine.storage.redis.pttl(key)));
        return ms.map((each) => Math.ceil(each / 10_000) * 10);
      };
      assert.deepEqual(await secondsLeft(60), [60, days * 86_400]);
      const long = 40 * 86_400;
      assert.deepEqual(await secondsLeft(long), [long, long]);
    },
  );
}

Deno.test("embedded engine looks at no more of a long history than it is asked for", async () => {
  await using engine = await openFullEmbedded();
  const channel = { site: "default", kind: "room", name: "lobby" } as const;
  const size = 100_000;
  const publish = () => engine.broker.publish(channel, message("-"), { size, seconds: 60 });
  for (let count = 0; count < size; count++) await publish();
  const startedAt = performance.now();
  for (let count = 1; count <= 200; count++) {
    await publish();
    const { offset, publications } = await engine.broker.history(channel, { limit: 2 });
    assert.equal(offset, size + count);
    assert.deepEqual(publications.map(({ offset }) => offset), [count + 1, count + 2]);
  }
  assert.ok(performance.now() - startedAt < 2000, "10 ms each");
});

Deno.test("redis engine goes on in order where Redis lost its functions", async () => {
  await using server = await RedisServer.start();
  await using engine = await openFullRedis(server);
  await engine.run(QUIET);
  const room = "lobby";
  const ids = Array.from({ length: 300 }, (_, index) => `n-${index}`);
  const history = { size: 1000, seconds: 60 };
  const publishing = ids.map((id, index) => {
    if (index === 100) void engine.storage.redis.function("FLUSH");
    return engine.broker.publish(
      { site: "default", kind: "room", name: room },
      message(id),
      history,
    );
  });
  const offsets = (await Promise.all(publishing)).map((published) => published?.offset);
  assert.deepEqual(offsets, ids.map((_, index) => index + 1));
});

Deno.test("redis engine drops what another program publishes where its nodes do, and goes on", async () => {
  await using server = await RedisServer.start();
  await using engine = await openFullRedis(server);
  const heard: string[] = [];
  await engine.run({ ...QUIET, handlePublication: (_channel, { id }) => void heard.push(id) });
  await engine.broker.subscribe(LOBBY);
  const channel = await server.call("PUBSUB", "CHANNELS", "*room:lobby");
  const frame = '{"type":"usermsg","message":"of 0.1"}';
  for (const each of ["", "garbage", "5", "\n", "message 2 e\n{", `message 2 ${frame}`]) {
    await server.call("PUBLISH", channel, each);
  }
  await engine.broker.publish(LOBBY, message("ours"));
  await waitFor("ours is heard", () => heard.length > 0);
  assert.deepEqual(heard, ["ours"]);
});

Deno.test("redis engine runs the functions of every capability that it was opened with, and of no other", async () => {
  await using server = await RedisServer.start();
  const { redis } = readConfig(server.env).config;
  assert.ok(redis);
  const echo = "return { KEYS[1], ARGV[1] }";
  const [notes, files] = [{ echo: lua(echo) }, { echo: lua(echo), fail: lua("return 1") }];
  const stored = [{ name: "notes", functions: notes }, { name: "files", functions: files }];
  await using engine = openRedis(redis, { name: "test", stored });
  await engine.run(QUIET);
  const { functions } = engine.storage;
  for (const calls of [functions.calls(notes), functions.calls(files)]) {
    assert.deepEqual(await calls.echo(["key"], [1]), ["key", "1"]);
  }
  assert.throws(() => functions.calls({ other: lua(echo) }), {
    name: "TypeError",
    message: "Cannot call other: the engine was opened without it",
  });
});

Deno.test("redis engine has each part hear again what it hears, in order, before it tells that it is back", async () => {
  await using server = await RedisServer.start();
  const { redis } = readConfig(server.env).config;
  assert.ok(redis);
  await using engine = openRedis(redis, { name: "test", stored: [] });
  const order: string[] = [];
  let fails = false;
  engine.storage.beforeRestored(async () => {
    await engine.storage.subscriber.subscribe("first");
    order.push("first");
  });
  engine.storage.beforeRestored(() => {
    order.push(fails ? "second fails" : "second");
    if (!fails) return Promise.resolve();
    fails = false;
    return Promise.reject(new Error("Redis was busy"));
  });
  await engine.run({ ...QUIET, handleRestored: () => void order.push("restored") });
  assert.deepEqual(order.splice(0), ["first", "second", "restored"]);
  fails = true;
  await server.stop("SIGKILL");
  await server.restart();
  await waitFor("it is back", () => order.includes("restored"));
  // Both connections may come at once, and each of them begins it: the last one counts.
  assert.equal(order[0], "first");
  assert.ok(order.includes("second fails"));
  assert.deepEqual(order.slice(-2), ["second", "restored"]);
  assert.equal(order.indexOf("restored"), order.length - 1);
  assert.equal(await engine.unready(), undefined);
});

Deno.test("redis engines of two versions, most of whose functions are the same, share one Redis", async () => {
  await using server = await RedisServer.start();
  const folder = await Deno.makeTempDir();
  await copyFolder(`${ROOT}lib`, folder);
  const changed = `${folder}/engines/redis/history.lua`;
  await Deno.writeTextFile(changed, `-- Of another version.\n${await Deno.readTextFile(changed)}`);
  const other: typeof import("../../lib/engines/redis.ts") = await import(
    `file://${folder}/engines/redis.ts`
  );
  const channel = { site: "default", kind: "room", name: "lobby" } as const;
  const { redis } = readConfig(server.env).config;
  assert.ok(redis);
  for (const open of [openRedis, other.openRedis, openRedis]) {
    await using engine = open(redis, { name: "test", stored: [] });
    await engine.run(QUIET);
    const publication = message("-");
    await engine.broker.publish(channel, publication, { size: 9, seconds: 60 });
    assert.notEqual((await engine.broker.history(channel, { limit: 9 })).publications.length, 0);
  }
  await Deno.remove(folder, { recursive: true });
});

async function copyFolder(from: string, to: string): Promise<void> {
  await Deno.mkdir(to, { recursive: true });
  for await (const { name, isDirectory } of Deno.readDir(from)) {
    if (isDirectory) await copyFolder(`${from}/${name}`, `${to}/${name}`);
    else await Deno.copyFile(`${from}/${name}`, `${to}/${name}`);
  }
}
