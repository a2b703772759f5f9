/** The log of what is delivered and read, on every engine. */
import assert from "node:assert/strict";
import type { Notification, ReceiptLog } from "../../lib/inbox/store/store.ts";
import {
  type FullEngine,
  openFullEmbedded,
  openFullRedis,
  QUIET,
  testEngines,
} from "../support/engines.ts";
import { RedisServer } from "../support/redis.ts";

const SITE = "default";

testEngines("logs what is delivered and read, once and in order", async (engine) => {
  const { inbox } = engine;
  const receipts = logOf(engine);
  assert.equal(await receipts.hold(), true);
  for (const id of ["n-1", "n-2"]) await inbox.append(notification(id));
  await inbox.append(notification("n-3", { site: "acme", user: "Grüße", room: "{two} words" }));
  await inbox.mark(SITE, "1", "sent", ["n-1", "n-2"]);
  assert.equal(await receipts.batch(9), undefined, "sent is no receipt");
  await inbox.mark(SITE, "1", "delivered", ["n-1", "unknown"]);
  await inbox.mark(SITE, "1", "delivered", ["n-1"]);
  await inbox.change(SITE, "1", "read");
  await inbox.change(SITE, "1", "read");
  await inbox.change(SITE, "1", "archive", ["n-1"]);
  await inbox.mark("acme", "Grüße", "delivered", ["n-3"]);
  const { events } = await receipts.batch(9) ?? { events: [] };
  assert.deepEqual(events.map(({ id, state }) => [id, state]), [
    ["n-1", "delivered"],
    ["n-1", "read"],
    ["n-2", "delivered"],
    ["n-2", "read"],
    ["n-3", "delivered"],
  ]);
  for (const { at } of events) assert.ok(Math.abs(at - Date.now()) < 60_000);
  const { at } = events.at(-1)!;
  const room = "{two} words";
  const last = { site: "acme", user: "Grüße", id: "n-3", room, state: "delivered", at };
  assert.deepEqual(events.at(-1), last);
});

testEngines("gives the same batch of receipts until it is removed", async (engine) => {
  const { inbox } = engine;
  const receipts = logOf(engine);
  await receipts.hold();
  for (const id of ["n-1", "n-2", "n-3"]) await inbox.append(notification(id));
  await inbox.mark(SITE, "1", "delivered", ["n-1", "n-2"]);
  const first = await receipts.batch(9);
  await inbox.mark(SITE, "1", "delivered", ["n-3"]);
  assert.deepEqual(await receipts.batch(9), first, "nothing comes into it afterwards");
  assert.equal(first?.events.length, 2);
  await receipts.remove(first);
  const second = await receipts.batch(9);
  assert.deepEqual(second?.events.map(({ id }) => id), ["n-3"]);
  assert.notEqual(second?.id, first.id);
  await receipts.remove(first);
  assert.deepEqual(await receipts.batch(9), second, "removing twice removes nothing more");
  await receipts.remove(second!);
  assert.equal(await receipts.batch(9), undefined);
});

testEngines("limits a batch of receipts, and the log", async (engine) => {
  const { inbox } = engine;
  const receipts = logOf(engine);
  await receipts.hold();
  const ids = Array.from({ length: 9 }, (_, index) => `n-${index}`);
  for (const id of ids) await inbox.append(notification(id));
  await inbox.mark(SITE, "1", "delivered", ids);
  const told = async () => (await receipts.batch(4))?.events.map(({ id }) => id);
  assert.deepEqual(await told(), ids.slice(0, 4));
  assert.equal(await receipts.trim(9), 0);
  assert.equal(await receipts.trim(6), 3);
  assert.deepEqual(await told(), ["n-3"], "what is left of the batch");
  assert.equal(await receipts.trim(2), 4);
  assert.deepEqual(await told(), ["n-7", "n-8"]);
});

Deno.test("redis engine: one node at a time holds the right to tell receipts", async () => {
  await using server = await RedisServer.start();
  await using one = await openFullRedis(server, { keepsReceipts: true });
  await using two = await openFullRedis(server, { keepsReceipts: true });
  for (const { run } of [one, two]) {
    await run(QUIET);
  }
  await one.inbox.append({ site: "default", user: "1", id: "n-1", room: "r", message: "x" });
  await one.inbox.mark("default", "1", "delivered", ["n-1"]);
  assert.equal(await one.receipts?.hold(), true);
  assert.equal(await two.receipts?.hold(), false);
  const batch = await one.receipts?.batch(9);
  assert.equal(batch?.events.length, 1);
  assert.equal(await two.receipts?.batch(9), undefined);
  await two.receipts?.release();
  assert.equal(await two.receipts?.hold(), false, "it gives up only its own");
  await one.receipts?.release();
  assert.equal(await two.receipts?.hold(), true);
  assert.deepEqual(await two.receipts?.batch(9), batch);
});

Deno.test("no engine logs receipts that nobody asked for", async () => {
  const dataDir = await Deno.makeTempDir();
  const notification = { site: "default", user: "1", id: "n-1", room: "r", message: "x" };
  {
    await using engine = await openFullEmbedded({ dataDir });
    await engine.inbox.append(notification);
    await engine.inbox.change("default", "1", "read");
    assert.equal(engine.receipts, undefined);
  }
  {
    await using engine = await openFullEmbedded({ dataDir, keepsReceipts: true });
    assert.equal(await engine.receipts?.batch(9), undefined);
  }
  await Deno.remove(dataDir, { recursive: true });
  await using server = await RedisServer.start();
  await using engine = await openFullRedis(server);
  await engine.run(QUIET);
  await engine.inbox.append(notification);
  await engine.inbox.change("default", "1", "read");
  assert.equal(await server.call("EXISTS", "notifyli:receipts"), "0");
});

function logOf({ receipts }: FullEngine): ReceiptLog {
  assert.ok(receipts, "the engine keeps no receipts");
  return receipts;
}

function notification(id: string, changes: Partial<Notification> = {}): Notification {
  return { site: SITE, user: "1", id, room: "lobby", message: `of ${id}\n`, ...changes };
}
