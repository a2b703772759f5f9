/** Files of earlier versions are taken over with all that is in them; those of later ones are refused. */
import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { configure, type LogRecord, reset } from "@logtape/logtape";
import { HISTORY } from "../../lib/engines/sqlite/history.ts";
import { migrate, type Schema } from "../../lib/engines/sqlite/migrations.ts";
import { SqliteStore } from "../../lib/engines/sqlite/store.ts";
import type { Notification } from "../../lib/inbox/store/store.ts";
import type { Feature } from "../../lib/feature.ts";
import { FEATURES } from "../../lib/features.ts";
import { openFullEmbedded, RETENTION } from "../support/engines.ts";
import { ROOT } from "../support/paths.ts";

const SCHEMAS: readonly Schema[] = [HISTORY, ...FEATURES];

/** The versions of this program. */
const VERSIONS = { history: 2, inbox: 7, keys: 1, revocations: 1 };

/** What takes a file one version further, in the order of the versions up to 9. */
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

Deno.test("embedded engine takes over a file of schema version 1", async () => {
  const dataDir = await Deno.makeTempDir();
  {
    using database = await fileOf(1, dataDir);
    const insert = database.prepare(
      "INSERT INTO notifications (site, user, id, room, text, sent_at) VALUES (?, ?, ?, ?, ?, ?)",
    );
    for (const [user, id, sentAt] of [["1", "a", 5], ["2", "b", null], ["1", "c", null]] as const) {
      const frame = {
        type: "direct_message",
        id,
        name: "a",
        message: `m\u0000 ${id}`,
        timestamp: 7,
      };
      insert.run("default", user, id, "lobby", JSON.stringify(frame), sentAt);
    }
  }
  {
    await using engine = await openFullEmbedded({ dataDir });
    const { offset, notifications } = await engine.inbox.queued("default", "1", "lobby");
    assert.equal(offset, 2);
    assert.deepEqual(notifications.map(({ publication }) => publication), [{
      kind: "notification",
      id: "c",
      room: "lobby",
      at: 7,
      from: { name: "a" },
      message: "m\u0000 c",
    }]);
    assert.equal((await engine.inbox.queued("default", "2", "lobby")).offset, 1);
    await engine.inbox.append({ site: "default", user: "1", id: "d", room: "lobby", message: "x" });
    assert.equal((await engine.inbox.get("default", "1", "d"))?.offset, 3);
  }
  await Deno.remove(dataDir, { recursive: true });
});

Deno.test("embedded engine takes over a file of schema version 7, with all that is in it", async () => {
  const dataDir = await Deno.makeTempDir();
  const past = Date.now() - 1000;
  {
    using database = await fileOf(7, dataDir);
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
  }
  const retention = { ...RETENTION, size: 6 };
  const ids = (all: readonly { id: string }[]) => all.map(({ id }) => id);
  {
    await using engine = await openFullEmbedded({ dataDir, retention });
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
    const sent = await inbox.mark("default", "1", "sent", ["sent", "both", "elsewhere"]);
    assert.deepEqual(sent, ["both", "elsewhere"]);
    // Five were there: the second that comes is one too many.
    for (const id of ["new-1", "new-2"]) await inbox.append(of("1", id));
    const listed = await inbox.list("default", "1", { limit: 9, archived: true });
    assert.deepEqual(ids(listed), ["new-2", "new-1", "elsewhere", "both", "sent", "archived"]);
    for (const id of ["a", "b"]) await inbox.append(of("3", id));
    assert.equal((await inbox.list("default", "3", { limit: 9 })).length, 2);
  }
  {
    await using again = await openFullEmbedded({ dataDir, retention });
    assert.equal(await again.inbox.unread("default", "1"), 5);
  }
  await Deno.remove(dataDir, { recursive: true });
});

for (let version = 0; version <= RELEASED.length; version++) {
  Deno.test(`a file of schema version ${version} comes to have all tables, and a version of each capability`, async () => {
    const dataDir = await Deno.makeTempDir();
    (await fileOf(version, dataDir)).close();
    const opened = await openedWith(SCHEMAS, dataDir);
    using fresh = new DatabaseSync(":memory:");
    migrate(fresh, SCHEMAS);
    assert.deepEqual(opened, { fileVersion: 10, versions: VERSIONS, tables: tablesIn(fresh) });
    assert.deepEqual(await openedWith(SCHEMAS, dataDir), opened, "once more changes nothing");
    await Deno.remove(dataDir, { recursive: true });
  });
}

Deno.test("a file that was taken over for one capability alone is taken over for the others, too", async () => {
  const dataDir = await Deno.makeTempDir();
  (await fileOf(4, dataDir)).close();
  const keys = FEATURES.filter(({ name }) => name === "keys");
  const { versions, tables } = await openedWith(keys, dataDir);
  assert.deepEqual(versions, { inbox: 4, keys: 1 });
  assert.ok(tables.some((sql) => sql.includes("TABLE notifications")), "what is there stays");
  assert.deepEqual((await openedWith(SCHEMAS, dataDir)).versions, VERSIONS);
  await Deno.remove(dataDir, { recursive: true });
});

Deno.test("a step that fails leaves the file at the step before it, from where the next start goes on", () => {
  using database = new DatabaseSync(":memory:");
  const steps = (...sql: string[]): Schema[] => [
    { name: "notes", sql: sql.map((each, index) => ({ name: `step_${index + 1}`, sql: each })) },
  ];
  const first = "CREATE TABLE notes (id TEXT)";
  const second = "ALTER TABLE notes ADD COLUMN room TEXT";
  migrate(database, steps(first));
  assert.throws(() => migrate(database, steps(first, `${second}; SELECT * FROM missing`)));
  database.exec("ROLLBACK"); // as closing the file does
  assert.deepEqual(versionsIn(database), { notes: 1 });
  migrate(database, steps(first, second));
  assert.deepEqual(versionsIn(database), { notes: 2 });
  database.exec("INSERT INTO notes (id, room) VALUES ('1', 'lobby')");
});

Deno.test("a file of an older program that cannot be taken over to the end stays as it is, and that program's", async () => {
  const dataDir = await Deno.makeTempDir();
  const database = await fileOf(RELEASED.length, dataDir);
  const before = tablesIn(database);
  assert.throws(() =>
    migrate(database, [...SCHEMAS, { name: "a", sql: [{ name: "a", sql: "oops" }] }])
  );
  database.close();
  {
    using again = new DatabaseSync(`${dataDir}/notifyli.db`);
    assert.deepEqual(tablesIn(again), before);
    assert.equal(again.prepare("PRAGMA user_version").get()?.["user_version"], RELEASED.length);
  }
  await Deno.remove(dataDir, { recursive: true });
});

Deno.test("a file of a later version is refused, and stays as it is; what this program does not know does not matter", async () => {
  const dataDir = await Deno.makeTempDir();
  const features: readonly Feature[] = FEATURES;
  const next = { name: "later", sql: "CREATE TABLE later (id TEXT)" };
  const later = features.map((each) =>
    each.name === "inbox" ? { ...each, sql: [...each.sql ?? [], next] } : each
  );
  const unknown = { name: "files", sql: [{ name: "files", sql: "CREATE TABLE files (id TEXT)" }] };
  const { versions } = await openedWith([HISTORY, ...FEATURES, unknown], dataDir);
  assert.deepEqual(versions, { ...VERSIONS, files: 1 });
  const known = await openedWith(SCHEMAS, dataDir);
  assert.deepEqual(known.versions, { ...VERSIONS, files: 1 });
  await openedWith(later, dataDir);
  await assert.rejects(openedWith(SCHEMAS, dataDir), {
    message: /cannot be opened: the version of its inbox is 8, this program knows up to 7$/,
  });
  {
    using database = new DatabaseSync(`${dataDir}/notifyli.db`);
    assert.equal(versionsIn(database)["inbox"], 8);
    database.exec("PRAGMA user_version = 11");
  }
  await assert.rejects(openedWith(SCHEMAS, dataDir), {
    message: /its version is 11, this program knows up to 10$/,
  });
  await Deno.remove(dataDir, { recursive: true });
});

Deno.test("a large store says that it is brought to another version before it is", async () => {
  const records: LogRecord[] = [];
  await configure({
    sinks: { records: (record) => void records.push(record) },
    loggers: [
      { category: ["notifyli", "sqlite"], sinks: ["records"] },
      { category: ["logtape", "meta"], lowestLevel: "error" },
    ],
  });
  try {
    using database = new DatabaseSync(":memory:");
    database.exec("CREATE TABLE much (text BLOB); INSERT INTO much VALUES (zeroblob(60000000))");
    assert.throws(() => migrate(database, [{ name: "notes", sql: [{ name: "a", sql: "oops" }] }]));
    assert.deepEqual(records.map(({ properties }) => properties), [
      { megabytes: 60, step: "notes 1 (a)" },
    ]);
  } finally {
    await reset();
  }
});

/** What is in the file of a folder after a store on it was opened and closed. */
async function openedWith(
  schemas: readonly Schema[],
  dataDir: string,
): Promise<{ fileVersion: number; versions: Record<string, number>; tables: string[] }> {
  await new SqliteStore(dataDir, { sync: "always", schemas })[Symbol.asyncDispose]();
  using database = new DatabaseSync(`${dataDir}/notifyli.db`);
  return {
    fileVersion: Number(database.prepare("PRAGMA user_version").get()?.["user_version"]),
    versions: versionsIn(database),
    tables: tablesIn(database),
  };
}

function versionsIn(database: DatabaseSync): Record<string, number> {
  const rows = database.prepare("SELECT * FROM versions ORDER BY capability").all();
  return Object.fromEntries(
    rows.map(({ capability, version }) => [String(capability), Number(version)]),
  );
}

function tablesIn(database: DatabaseSync): string[] {
  const rows = database.prepare("SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL").all();
  return rows.map(({ sql }) => String(sql)).sort();
}

/** Makes a file of a version, as the program of that version made it. */
async function fileOf(version: number, dataDir: string): Promise<DatabaseSync> {
  const database = new DatabaseSync(`${dataDir}/notifyli.db`);
  for (const path of RELEASED.slice(0, version)) {
    database.exec(await Deno.readTextFile(`${ROOT}lib/${path}`));
  }
  database.exec(`PRAGMA user_version = ${version}`);
  return database;
}

function of(user: string, id: string): Notification {
  return { site: "default", user, id, room: "lobby", message: "x" };
}
