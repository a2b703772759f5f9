/**
 * Files of earlier versions come to have the tables of this one; those of later ones are refused. What is in a
 * capability's tables is tested in the folder of its tests.
 */
import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { configure, type LogRecord, reset } from "@logtape/logtape";
import { sqliteSchemas } from "../../lib/engines/database/tables.ts";
import { HISTORY } from "../../lib/engines/sqlite/history.ts";
import { migrate, type Schema } from "../../lib/engines/sqlite/migrations.ts";
import { SqliteStore } from "../../lib/engines/sqlite/store.ts";
import { FEATURES } from "../../lib/features.ts";
import { fileOf, RELEASED } from "../support/old_file.ts";

const SCHEMAS: readonly Schema[] = [HISTORY, ...sqliteSchemas(FEATURES)];

/** The versions of this program: each capability that has tables has one. */
const VERSIONS = versionsOf(SCHEMAS);

Deno.test("the kernel's own tables have version 5", () => {
  assert.equal(VERSIONS["history"], 5);
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

Deno.test("a file that was taken over for the kernel alone is taken over for the capabilities, too", async () => {
  const dataDir = await Deno.makeTempDir();
  (await fileOf(4, dataDir)).close();
  const { versions, tables } = await openedWith([HISTORY], dataDir);
  assert.deepEqual(versions, { ...versionsOf([HISTORY]), inbox: 4 });
  assert.ok(tables.some((sql) => sql.includes("TABLE notifications")), "what is there stays");
  assert.deepEqual((await openedWith(SCHEMAS, dataDir)).versions, VERSIONS);
  await Deno.remove(dataDir, { recursive: true });
});

Deno.test("who was online in a file in which hooks had noted that is noted there still, once, by presence", () => {
  using database = new DatabaseSync(":memory:");
  migrate(database, [HISTORY, ...SCHEMAS.filter(({ name }) => name === "hooks")]);
  database.exec("INSERT INTO online_users (site, user) VALUES ('default', 'bob')");
  migrate(database, SCHEMAS);
  assert.deepEqual(versionsIn(database), VERSIONS);
  const users = database.prepare("SELECT site, user FROM online_users").all();
  assert.deepEqual(users.map((each) => ({ ...each })), [{ site: "default", user: "bob" }]);
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
  const steps = ["CREATE TABLE shelves (id TEXT)", "CREATE TABLE books (id TEXT)"];
  const library = (version: number): Schema => ({
    name: "library",
    sql: steps.slice(0, version).map((sql) => ({ name: "library", sql })),
  });
  const { versions } = await openedWith([...SCHEMAS, library(1)], dataDir);
  assert.deepEqual(versions, { ...VERSIONS, library: 1 });
  const known = await openedWith(SCHEMAS, dataDir);
  assert.deepEqual(known.versions, { ...VERSIONS, library: 1 });
  await openedWith([...SCHEMAS, library(2)], dataDir);
  await assert.rejects(openedWith([...SCHEMAS, library(1)], dataDir), {
    message: /cannot be opened: the version of its library is 2, this program knows up to 1$/,
  });
  {
    using database = new DatabaseSync(`${dataDir}/notifyli.db`);
    assert.equal(versionsIn(database)["library"], 2);
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

/** The version that each schema with tables brings a file to. */
function versionsOf(schemas: readonly Schema[]): Record<string, number> {
  return Object.fromEntries(
    schemas.flatMap(({ name, sql = [] }) => sql.length === 0 ? [] : [[name, sql.length]]),
  );
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
