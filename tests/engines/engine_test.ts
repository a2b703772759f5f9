/** Both engines on their real parts: SQLite in a file and in memory, and a Redis. */
import assert from "node:assert/strict";
import { DatabaseSync, StatementSync } from "node:sqlite";
import type { RedisConfig } from "../../lib/config/config.ts";
import type { Engine } from "../../lib/engines/engine.ts";
import type { Notification } from "../../lib/inbox/store/store.ts";
import type { Position } from "../../lib/core/publication.ts";
import { openEmbedded } from "../../lib/engines/embedded.ts";
import { openRedis } from "../../lib/engines/redis.ts";
import { SqliteArrivals } from "../../lib/inbox/store/sqlite_arrivals.ts";
import { SqliteInbox } from "../../lib/inbox/store/sqlite_inbox.ts";
import { SqliteInboxStatements } from "../../lib/inbox/store/sqlite_inbox_statements.ts";
import { SqliteStore } from "../../lib/engines/sqlite/store.ts";
import type { Dropped } from "../../lib/inbox/retention.ts";
import { message, type OpenEngine, RETENTION, testEngine } from "../support/engine_suite.ts";
import { testHistory } from "../support/history_suite.ts";
import { ROOT } from "../support/paths.ts";
import { add, countTaken, testPlaces } from "../support/places_suite.ts";
import { RedisServer } from "../support/redis.ts";

const REDIS_OPTIONS = { name: "test", retention: RETENTION, keepsReceipts: true };

const ENGINES: Readonly<Record<string, OpenEngine>> = {
  async "embedded (file)"() {
    const dataDir = await Deno.makeTempDir();
    const engine = openEmbedded({ dataDir, retention: RETENTION, keepsReceipts: true });
    return closingAlso(engine, () => Deno.remove(dataDir, { recursive: true }));
  },
  "embedded (memory)"() {
    return Promise.resolve(
      openEmbedded({ dataDir: ":memory:", retention: RETENTION, keepsReceipts: true }),
    );
  },
  async "redis"() {
    const server = await RedisServer.start();
    const engine = openRedis(redisConfig(server), REDIS_OPTIONS);
    return closingAlso(engine, () => server[Symbol.asyncDispose]());
  },
  async "redis (own prefix)"() {
    const server = await RedisServer.start();
    const config = { ...redisConfig(server), prefix: "shop:" };
    return closingAlso(openRedis(config, REDIS_OPTIONS), async () => {
      const keys = await server.call("KEYS", "*");
      await server[Symbol.asyncDispose]();
      for (const key of keys.split("\n")) if (key !== "") assert.match(key, /^shop:/);
    });
  },
};

for (const [name, open] of Object.entries(ENGINES)) {
  testEngine(name, open);
  testPlaces(name, open);
  for (const persistent of [false, true]) testHistory(name, open, persistent);
}

Deno.test("embedded engine keeps what was queued over a restart", async () => {
  const dataDir = await Deno.makeTempDir();
  const options = { dataDir, retention: RETENTION };
  const notification = { site: "default", user: "1", id: "n-1", room: "lobby", text: "{}" };
  {
    await using engine = openEmbedded(options);
    await engine.inbox.append(notification);
  }
  {
    await using engine = openEmbedded(options);
    const { notifications: queued } = await engine.inbox.queued("default", "1", "lobby");
    assert.deepEqual(queued.map(({ id, offset }) => [id, offset]), [["n-1", 1]]);
  }
  await Deno.remove(dataDir, { recursive: true });
});

for (const sync of ["always", "everysec"] as const) {
  Deno.test(
    `embedded engine: after a crash, a position ${
      sync === "always" ? "stays" : "that a power cut may have made wrong does not stay"
    } good`,
    async () => {
      const [dataDir, crashed] = [await Deno.makeTempDir(), await Deno.makeTempDir()];
      const options = { retention: RETENTION, sync };
      const notification = {
        site: "default",
        user: "1",
        id: "n-1",
        room: "lobby",
        text: '{"x":1}',
      };
      const syncFrom = async (position: Position) => {
        await using engine = openEmbedded({ ...options, dataDir: crashed });
        return await engine.inbox.sync("default", "1", position);
      };
      let position: Position;
      {
        await using engine = openEmbedded({ ...options, dataDir });
        await engine.inbox.append(notification);
        position = await engine.inbox.sync("default", "1");
        for (const { name } of Deno.readDirSync(dataDir)) {
          await Deno.copyFile(`${dataDir}/${name}`, `${crashed}/${name}`);
        }
      }
      const after = await syncFrom(position);
      assert.equal(after.recovered, sync === "always");
      assert.equal((await syncFrom(after)).recovered, true, "after a good end it does");
      for (const folder of [dataDir, crashed]) await Deno.remove(folder, { recursive: true });
    },
  );
}

Deno.test("embedded engine accepts nothing that the disk does not take", async () => {
  const dataDir = await Deno.makeTempDir();
  {
    await using engine = openEmbedded({ dataDir, retention: RETENTION });
    await Deno.remove(`${dataDir}/notifyli.db-wal`); // so that it cannot be brought onto the disk
    await assert.rejects(
      engine.inbox.append({ site: "default", user: "1", id: "n-1", room: "r", text: '{"x":1}' }),
      { code: "unavailable", message: /^Cannot write to the store: .*No such file/ },
    );
  }
  await Deno.remove(dataDir, { recursive: true });
});

Deno.test("embedded engine takes over a file of schema version 1", async () => {
  const dataDir = await Deno.makeTempDir();
  {
    const database = new DatabaseSync(`${dataDir}/notifyli.db`);
    database.exec(await Deno.readTextFile(`${ROOT}lib/inbox/store/1_notifications.sql`));
    const insert = database.prepare(
      "INSERT INTO notifications (site, user, id, room, text, sent_at) VALUES (?, ?, ?, ?, ?, ?)",
    );
    for (const [user, id, sentAt] of [["1", "a", 5], ["2", "b", null], ["1", "c", null]] as const) {
      insert.run("default", user, id, "lobby", `{"id":"${id}"}`, sentAt);
    }
    database.close();
  }
  {
    await using engine = openEmbedded({ dataDir, retention: RETENTION });
    const { offset, notifications } = await engine.inbox.queued("default", "1", "lobby");
    assert.equal(offset, 2);
    assert.deepEqual(notifications.map(({ text }) => text), ['{"offset":2,"id":"c"}']);
    assert.equal((await engine.inbox.queued("default", "2", "lobby")).offset, 1);
    await engine.inbox.append({ site: "default", user: "1", id: "d", room: "lobby", text: "{}" });
    assert.equal((await engine.inbox.get("default", "1", "d"))?.offset, 3);
  }
  await Deno.remove(dataDir, { recursive: true });
});

Deno.test("embedded engine takes over a file of schema version 7, with all that is in it", async () => {
  const dataDir = await Deno.makeTempDir();
  const past = Date.now() - 1000;
  {
    const database = new DatabaseSync(`${dataDir}/notifyli.db`);
    await takeUpTo(7, database);
    const inbox = database.prepare(
      "INSERT INTO inboxes (site, user, epoch, offset, dropped) VALUES ('default', ?, ?, ?, ?)",
    );
    inbox.run("1", "e", 6, 1);
    inbox.run("2", "f", 1, 0);
    inbox.run("3", "f", 4, 0); // all of its own were deleted
    const insert = database.prepare(
      `INSERT INTO notifications (site, user, id, room, text, offset, queued_at,
         sent_at, delivered_at, read_at, archived_at, expires_at)
       VALUES ('default', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    );
    const add = (
      [user, id, offset]: [string, string, number],
      { room = "lobby", sent, read, archived, expires }: {
        room?: string;
        sent?: number;
        read?: number;
        archived?: number;
        expires?: number;
      } = {},
    ) => {
      const text = `{"offset":${offset},"id":"${id}"}`;
      const times = [sent, read, read, archived, expires].map((time) => time ?? null);
      insert.run(user, id, room, text, offset, Date.now(), ...times);
    };
    add(["1", "read", 2], { sent: past, read: past });
    add(["1", "archived", 3], { sent: past, archived: past });
    add(["1", "sent", 4], { sent: past });
    add(["1", "both", 5]);
    add(["1", "elsewhere", 6], { room: "other" });
    add(["2", "both", 1], { expires: past });
    database.close();
  }
  const retention = { ...RETENTION, size: 6 };
  const ids = (all: readonly { id: string }[]) => all.map(({ id }) => id);
  {
    await using engine = openEmbedded({ dataDir, retention });
    const { inbox } = engine;
    const { offset, epoch, notifications } = await inbox.queued("default", "1", "lobby");
    assert.deepEqual([offset, epoch, ids(notifications)], [6, "e", ["both"]]);
    const epochs = await Promise.all(["2", "3"].map((user) => inbox.sync("default", user)));
    assert.equal(new Set(epochs.map(({ epoch }) => epoch)).size, 2, "no two inboxes have one");
    assert.equal(await inbox.unread("default", "1"), 3);
    assert.equal(await inbox.unread("default", "2"), 0);
    assert.equal(await inbox.owner("default", "elsewhere"), "1");
    assert.equal((await inbox.get("default", "1", "read"))?.readAt, past);
    assert.equal((await inbox.get("default", "2", "both"))?.offset, 1);
    const since = await inbox.sync("default", "1", { offset: 3, epoch: "e" });
    assert.deepEqual(ids(since.notifications), ["sent", "both", "elsewhere"]);
    assert.deepEqual(await inbox.mark("default", "1", "sent"), ["both", "elsewhere"]);
    // Five were there: the second that comes is one too many.
    for (const id of ["new-1", "new-2"]) await inbox.append(of("1", id));
    const listed = await inbox.list("default", "1", { limit: 9, archived: true });
    assert.deepEqual(ids(listed), ["new-2", "new-1", "elsewhere", "both", "sent", "archived"]);
    for (const id of ["a", "b"]) await inbox.append(of("3", id));
    assert.equal((await inbox.list("default", "3", { limit: 9 })).length, 2);
  }
  {
    await using again = openEmbedded({ dataDir, retention });
    assert.equal(await again.inbox.unread("default", "1"), 5);
  }
  await Deno.remove(dataDir, { recursive: true });
});

Deno.test("embedded engine: whatever is deleted, an inbox of a size holds that many", async () => {
  await using engine = openEmbedded({
    dataDir: ":memory:",
    retention: { ...RETENTION, size: 5 },
  });
  const { inbox } = engine;
  const ids = async () =>
    (await inbox.list("default", "1", { limit: 99 })).map(({ id }) => id).reverse();
  for (const id of ["1", "2", "3", "4", "5"]) await inbox.append(of("1", id));
  await inbox.change("default", "1", "delete", ["2", "4", "4", "none"]);
  for (const id of ["6", "7"]) await inbox.append(of("1", id));
  assert.deepEqual(await ids(), ["1", "3", "5", "6", "7"]);
  await inbox.change("default", "1", "read", ["5"]);
  await inbox.append(of("1", "8"));
  assert.deepEqual(await ids(), ["1", "3", "6", "7", "8"]);
  await Promise.allSettled([inbox.append(of("1", "9")), inbox.append(of("1", "8"))]);
  assert.deepEqual(await ids(), ["3", "6", "7", "8", "9"], "one that fails is not counted");
  await inbox.change("default", "1", "delete");
  for (const id of ["a", "b", "c", "d", "e", "f"]) await inbox.append(of("1", id));
  assert.deepEqual(await ids(), ["b", "c", "d", "e", "f"]);
});

Deno.test("embedded engine: an inbox has place again for what ended or grew too old", async () => {
  const dropped: Dropped[] = [];
  const days = 10;
  const retention = { size: 3, days, onDropped: (what: Dropped) => void dropped.push(what) };
  await using store = new SqliteStore(":memory:", "always");
  const sql = new SqliteInboxStatements(store);
  const arrivals = new SqliteArrivals(sql, retention, () => {});
  using inbox = new SqliteInbox(store, arrivals, retention);
  const ids = async () => (await inbox.list("default", "1", { limit: 9 })).map(({ id }) => id);
  await inbox.append({ ...of("1", "ends"), expiresAt: Date.now() - 1 });
  await inbox.append(of("1", "old"));
  await inbox.append(of("1", "new"));
  store.prepare("UPDATE notifications SET queued_at = ? WHERE id = 'old'")
    .run(Date.now() - (days + 1) * 24 * 3600 * 1000);
  await inbox.sweep();
  assert.deepEqual([await ids(), dropped], [["new"], [{ user: "1", taken: 0, queued: 1 }]]);
  for (const id of ["a", "b", "c"]) await inbox.append(of("1", id));
  assert.deepEqual(await ids(), ["c", "b", "a"]);
  assert.deepEqual(dropped.slice(1), [{ user: "1", taken: 0, queued: 1 }], "by its size, one");
});

Deno.test("embedded engine: what comes in one turn is one commit, and is stored when it is answered", async () => {
  const dataDir = await Deno.makeTempDir();
  const frames = () => (Deno.statSync(`${dataDir}/notifyli.db-wal`).size - 32) / (4096 + 24);
  {
    await using engine = openEmbedded({ dataDir, retention: RETENTION });
    const append = (id: string) => engine.inbox.append(of("1", id));
    await append("first");
    const before = frames();
    await append("second");
    const ofOne = frames() - before;
    await Promise.all(Array.from({ length: 20 }, (_, index) => append(`n-${index}`)));
    // Each commit writes anew all the pages that it touched.
    assert.ok(frames() - before - ofOne < ofOne * 4, `${frames() - before - ofOne} for ${ofOne}`);
    let isRunning = true;
    const commits = append("last").then(() => isRunning = false);
    const found = await engine.inbox.get("default", "1", "last");
    assert.deepEqual([found, isRunning], [undefined, true]);
    await commits;
    assert.equal((await engine.inbox.get("default", "1", "last"))?.offset, 23);
  }
  await Deno.remove(dataDir, { recursive: true });
});

Deno.test("embedded engine: no statement of the inbox reads all that is in the file", async () => {
  await using store = new SqliteStore(":memory:", "always");
  const sql = new SqliteInboxStatements(store);
  const planOf = ({ sourceSQL }: StatementSync) =>
    store.prepare(`EXPLAIN QUERY PLAN ${sourceSQL}`).all().map(({ detail }) => String(detail))
      .join("; ");
  const statements = Object.values(sql).flatMap((each) =>
    each instanceof StatementSync ? [each] : Object.values<StatementSync>(each)
  );
  assert.ok(statements.length > 20);
  for (const statement of statements) {
    // Three read nothing: they insert.
    assert.match(planOf(statement), /^$|^COMPOUND|^SEARCH/, statement.sourceSQL);
    assert.doesNotMatch(planOf(statement), /SCAN (?!SUBQUERY)/, statement.sourceSQL);
  }
  const indexes: readonly (readonly [StatementSync, RegExp])[] = [
    [sql.queued, /notifications_unread \(site=\? AND user=\? AND sent_at=\? AND room=\?\)$/],
    [sql.unread, /notifications_unread \(site=\? AND user=\?\)$/],
    [sql.idsBefore.sent, /notifications_unread \(site=\? AND user=\? AND sent_at=\?\)$/],
    [sql.idsBefore.delivered, /notifications_unread \(site=\? AND user=\?\)$/],
    [sql.since, /notifications_by_offset \(site=\? AND user=\? AND offset>\?\)$/],
    [sql.list, /notifications_by_offset \(site=\? AND user=\? AND offset<\?\)$/],
    [sql.get, /notifications_id \(site=\? AND id=\? AND user=\?\)$/],
    [sql.owner, /notifications_id \(site=\? AND id=\?\)/],
    [sql.mark.sent, /notifications_id \(site=\? AND id=\? AND user=\?\)$/],
    [sql.change.read, /notifications_id \(site=\? AND id=\? AND user=\?\)$/],
    [sql.removeOldestDone, /notifications_done \(site=\? AND user=\?\)$/],
    [sql.removeOldest, /notifications_by_offset \(site=\? AND user=\?\)$/],
    [sql.removeExpired, /notifications_by_end \(expires_at<\?\)$/],
    [sql.usersWithOld, /notifications_by_age \(queued_at<\?\)/],
  ];
  for (const [statement, index] of indexes) assert.match(planOf(statement), index);
});

Deno.test("embedded engine: a change that fails takes no other of its turn with it", async () => {
  await using engine = openEmbedded({ dataDir: ":memory:", retention: RETENTION });
  const append = (id: string) =>
    engine.inbox.append({ site: "default", user: "1", id, room: "lobby", text: '{"x":1}' });
  await append("same");
  const results = await Promise.allSettled([append("before"), append("same"), append("after")]);
  assert.deepEqual(results.map(({ status }) => status), ["fulfilled", "rejected", "fulfilled"]);
  const listed = await engine.inbox.list("default", "1", { limit: 9 });
  assert.deepEqual(listed.map(({ id }) => id), ["after", "before", "same"]);
});

Deno.test("embedded engine counts what is dropped once it is, not what a failed change would have", async () => {
  let dropped = 0;
  const retention = { ...RETENTION, size: 2, onDropped: () => void dropped++ };
  await using engine = openEmbedded({ dataDir: ":memory:", retention });
  const append = (id: string) =>
    engine.inbox.append({ site: "default", user: "1", id, room: "lobby", text: '{"x":1}' });
  for (const id of ["first", "same"]) await append(id);
  await Promise.allSettled([append("before"), append("same")]);
  const listed = await engine.inbox.list("default", "1", { limit: 9 });
  assert.deepEqual([listed.map(({ id }) => id), dropped], [["before", "same"], 1]);
});

Deno.test("embedded engine refuses a file that another server uses", async () => {
  const dataDir = await Deno.makeTempDir();
  {
    await using engine = openEmbedded({ dataDir, retention: RETENTION });
    await engine.inbox.append({ site: "default", user: "1", id: "n-1", room: "r", text: "{}" });
    assert.throws(
      () => openEmbedded({ dataDir, retention: RETENTION }),
      /APP_DATA_DIR: .*notifyli\.db cannot be opened: another server is using it/,
    );
  }
  await Deno.remove(dataDir, { recursive: true });
});

Deno.test("redis engine writes the connection hash of seed 000", async () => {
  await using server = await RedisServer.start();
  await using engine = openRedis(redisConfig(server), { name: "test", retention: RETENTION });
  await engine.run({ handlePublication() {}, handleAccess() {}, handleRestored() {} });
  const connection = {
    client_id: "abc123",
    room: "/user/123",
    name: "Alice",
    user_id: 123,
    connected_at: 1_700_000_000,
  };
  await engine.presence.add("default", "123", connection);
  const hash = await server.call("HGETALL", "notifyli:connections:/user/123");
  const [field, json] = hash.split("\n");
  assert.equal(field, "user_123");
  assert.equal(json, JSON.stringify(connection));
  await engine.presence.remove("default", "123", connection);
  assert.equal(await server.call("EXISTS", "notifyli:connections:/user/123"), "0");
});

Deno.test("redis engine keeps no part of an inbox for longer than the rest", async () => {
  await using server = await RedisServer.start();
  await using engine = openRedis(redisConfig(server), { name: "test", retention: RETENTION });
  await engine.run({ handlePublication() {}, handleAccess() {}, handleRestored() {} });
  const notification = { site: "default", user: "1", id: "n-1", room: "r", text: '{"x":1}' };
  await engine.inbox.append(notification);
  await engine.inbox.change("default", "1", "read");
  const keys = await engine.redis.keys("notifyli:inbox-*");
  assert.ok(keys.includes("notifyli:inbox-done:{1}"));
  for (const key of keys) assert.ok(await engine.redis.pttl(key) > 0, key);
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
      await using engine = openRedis(redisConfig(server), REDIS_OPTIONS);
      await engine.run({ handlePublication() {}, handleAccess() {}, handleRestored() {} });
      const lobby = { site: "default", kind: "room", name: "lobby" } as const;
      const secondsLeft = async (seconds: number) => {
        await engine.broker.publish(lobby, message("a-1"), { size: 9, seconds, persistent });
        const keys = ["notifyli:history:room:{lobby}", "notifyli:position:room:{lobby}"];
        const ms = await Promise.all(keys.map((key) => engine.redis.pttl(key)));
        return ms.map((each) => Math.ceil(each / 10_000) * 10);
      };
      assert.deepEqual(await secondsLeft(60), [60, days * 86_400]);
      const long = 40 * 86_400;
      assert.deepEqual(await secondsLeft(long), [long, long]);
    },
  );
}

Deno.test("redis engine: one node at a time holds the right to tell receipts", async () => {
  await using server = await RedisServer.start();
  await using one = openRedis(redisConfig(server), REDIS_OPTIONS);
  await using two = openRedis(redisConfig(server), REDIS_OPTIONS);
  for (const { run } of [one, two]) {
    await run({ handlePublication() {}, handleAccess() {}, handleRestored() {} });
  }
  await one.inbox.append({ site: "default", user: "1", id: "n-1", room: "r", text: "{}" });
  await one.inbox.mark("default", "1", "delivered");
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
  const notification = { site: "default", user: "1", id: "n-1", room: "r", text: "{}" };
  {
    await using engine = openEmbedded({ dataDir, retention: RETENTION });
    await engine.inbox.append(notification);
    await engine.inbox.change("default", "1", "read");
    assert.equal(engine.receipts, undefined);
  }
  {
    await using engine = openEmbedded({ dataDir, retention: RETENTION, keepsReceipts: true });
    assert.equal(await engine.receipts?.batch(9), undefined);
  }
  await Deno.remove(dataDir, { recursive: true });
  await using server = await RedisServer.start();
  await using engine = openRedis(redisConfig(server), { name: "test", retention: RETENTION });
  await engine.run({ handlePublication() {}, handleAccess() {}, handleRestored() {} });
  await engine.inbox.append(notification);
  await engine.inbox.change("default", "1", "read");
  assert.equal(await server.call("EXISTS", "notifyli:receipts"), "0");
});

Deno.test("redis engine: of 50 that come to two nodes at once, a room with a limit takes 10", async () => {
  await using server = await RedisServer.start();
  await using one = openRedis(redisConfig(server), REDIS_OPTIONS);
  await using two = openRedis(redisConfig(server), REDIS_OPTIONS);
  for (const { run } of [one, two]) {
    await run({ handlePublication() {}, handleAccess() {}, handleRestored() {} });
  }
  assert.equal(await countTaken([one.presence, two.presence], 50, 10), 10);
  const [lease] = await one.redis.zrange("notifyli:leases", "0", "-1");
  const noted = await one.redis.scard(`notifyli:lease:${lease}`);
  assert.ok(noted <= 10, "who was refused is noted nowhere");
});

Deno.test("redis engine: a dead node's clients have their places until its lease has ended, not longer", async () => {
  await using server = await RedisServer.start();
  // Its own lease is renewed, and those of others are looked at, every 12 s: nobody sweeps by the clock.
  const config = { ...redisConfig(server), leaseSeconds: 60 };
  await using living = openRedis(config, REDIS_OPTIONS);
  await using dead = openRedis(config, REDIS_OPTIONS);
  for (const { run } of [living, dead]) {
    await run({ handlePublication() {}, handleAccess() {}, handleRestored() {} });
  }
  await add(dead.presence, "1", "c1", 3);
  await add(dead.presence, "1", "c2", 3);
  await add(living.presence, "2", "c3", 3);
  await assert.rejects(add(living.presence, "3", "c4", 3), { code: "room_full" });
  for (const lease of await living.redis.zrange("notifyli:leases", "0", "-1")) {
    const isDead = await living.redis.sismember(`notifyli:lease:${lease}`, "default\nlobby\n1\nc1");
    if (isDead === 1) await living.redis.zadd("notifyli:leases", 1, lease);
  }
  await add(living.presence, "3", "c4", 3);
  await add(living.presence, "3", "c5", 3);
  await assert.rejects(add(living.presence, "3", "c6", 3), { code: "room_full" });
  assert.equal(await living.presence.get("default", "lobby", "1"), undefined);
});

function of(user: string, id: string): Notification {
  return { site: "default", user, id, room: "lobby", text: '{"x":1}' };
}

/** What takes the schema one version further, in the order of the versions. */
const RELEASED = [
  "inbox/store/1_notifications.sql",
  "inbox/store/2_inboxes.sql",
  "inbox/store/3_receipts.sql",
  "inbox/store/4_scheduled.sql",
  "auth/keys/1_api_keys.sql",
  "auth/revocations/1_revocations.sql",
  "engines/sqlite/1_history.sql",
  "inbox/store/5_fewer_indexes.sql",
  "inbox/store/6_epochs.sql",
];

/** Makes the schema of a version, as it was released. */
async function takeUpTo(version: number, database: DatabaseSync): Promise<void> {
  for (const path of RELEASED.slice(0, version)) {
    database.exec(await Deno.readTextFile(`${ROOT}lib/${path}`));
  }
}

function redisConfig(server: RedisServer): RedisConfig {
  return {
    host: "127.0.0.1",
    port: server.port,
    database: 0,
    tls: false,
    prefix: "notifyli:",
    messageChannel: "notifyli:messages",
    leaseSeconds: 15,
  };
}

/** The engine, which takes its store with it when it is closed. */
function closingAlso(engine: Engine, close: () => Promise<void>): Engine {
  return {
    ...engine,
    async [Symbol.asyncDispose]() {
      await engine[Symbol.asyncDispose]();
      await close();
    },
  };
}

Deno.test("redis engine: a place in a large room with a limit costs no look at all who are there", async () => {
  await using server = await RedisServer.start();
  await using engine = openRedis(redisConfig(server), REDIS_OPTIONS);
  await engine.run({ handlePublication() {}, handleAccess() {}, handleRestored() {} });
  const users = Array.from({ length: 20_000 }, (_, index) => String(index));
  await Promise.all(users.map((user) => add(engine.presence, user, `client-${user}`)));
  await add(engine.presence, "1", "client-more", 20_001);
  await assert.rejects(add(engine.presence, "new", "client-new", 20_001), { code: "room_full" });
  await server.cli("CONFIG", "RESETSTAT");
  for (let count = 0; count < 20; count++) {
    await add(engine.presence, `new-${count}`, `client-new-${count}`, 30_000);
  }
  const stats = await server.cli("INFO", "commandstats");
  const perCall = Number(/cmdstat_fcall:.*usec_per_call=([\d.]+)/.exec(stats)?.[1]);
  assert.ok(perCall < 2000, `${perCall} µs of Redis' time each`);
});

Deno.test("embedded engine looks at no more of a long history than it is asked for", async () => {
  await using engine = openEmbedded({ dataDir: ":memory:", retention: RETENTION });
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
  await using engine = openRedis(redisConfig(server), { name: "test", retention: RETENTION });
  await engine.run({ handlePublication() {}, handleAccess() {}, handleRestored() {} });
  const room = "lobby";
  const ids = Array.from({ length: 300 }, (_, index) => `n-${index}`);
  const history = { size: 1000, seconds: 60 };
  const publishing = ids.map((id, index) => {
    if (index === 100) void engine.redis.function("FLUSH");
    return engine.broker.publish(
      { site: "default", kind: "room", name: room },
      { kind: "message", id, room, text: '{"x":1}' },
      history,
    );
  });
  const offsets = (await Promise.all(publishing)).map((published) => published?.offset);
  assert.deepEqual(offsets, ids.map((_, index) => index + 1));
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
  for (const open of [openRedis, other.openRedis, openRedis]) {
    await using engine = open(redisConfig(server), { name: "test", retention: RETENTION });
    await engine.run({ handlePublication() {}, handleAccess() {}, handleRestored() {} });
    const publication = { kind: "message", id: "-", room: "lobby", text: '{"x":1}' } as const;
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
