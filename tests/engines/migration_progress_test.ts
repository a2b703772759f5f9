/** A migration that takes long says in the log how far it is, whichever statement takes the time. */
import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { configure, reset } from "@logtape/logtape";
import { HISTORY } from "../../lib/engines/sqlite/history.ts";
import { runWithProgress, statementsOf } from "../../lib/engines/sqlite/migration_progress.ts";
import type { Schema } from "../../lib/engines/sqlite/migrations.ts";
import { FEATURES } from "../../lib/features.ts";

const SCHEMAS: readonly Schema[] = [HISTORY, ...FEATURES];

Deno.test("a migration that is run with its progress told makes the tables that it makes without", () => {
  using whole = new DatabaseSync(":memory:");
  using told = new DatabaseSync(":memory:");
  for (const { name, sql = [] } of SCHEMAS) {
    for (const migration of sql) {
      whole.exec(migration.sql);
      runWithProgress(told, { step: name, statements: statementsOf(migration.sql) });
    }
  }
  const tables = (database: DatabaseSync) =>
    database.prepare("SELECT name, sql FROM sqlite_schema").all()
      .map(({ name, sql }) => `${name} ${String(sql).replace(/--.*/g, "").replace(/\s+/g, "")}`);
  assert.deepEqual(tables(told).sort(), tables(whole).sort());
  assert.deepEqual(told.prepare("SELECT * FROM temp.sqlite_schema").all(), []);
});

Deno.test("a migration of many rows, and one of many statements, logs every two seconds how far it is", async () => {
  const lines: string[] = [];
  await configure({
    sinks: { lines: (record) => void lines.push(record.message.map(String).join("")) },
    loggers: [{ category: "notifyli", sinks: ["lines"] }, {
      category: ["logtape", "meta"],
      sinks: [],
    }],
  });
  const realNow = performance.now;
  let now = 0;
  performance.now = () => now += 100; // each look at the clock takes a tenth of a second
  try {
    using database = new DatabaseSync(":memory:");
    database.exec("CREATE TABLE orders (id INTEGER PRIMARY KEY, name TEXT)");
    const insert = database.prepare("INSERT INTO orders (name) VALUES ('x')");
    for (let each = 0; each < 12_800; each++) insert.run();
    const sql =
      "UPDATE orders SET name = 'a;b' || id; -- a comment; of two parts\nDROP TABLE orders";
    runWithProgress(database, { step: "shop 2 (names)", statements: statementsOf(sql) });
  } finally {
    performance.now = realNow;
    await reset();
  }
  assert.deepEqual(lines, [
    "shop 2 (names): statement 1 of 2, 4864 rows so far, after 2 s",
    "shop 2 (names): statement 1 of 2, 9984 rows so far, after 4 s",
  ]);
});

Deno.test("the statements of a migration are told apart where no text or comment is", () => {
  assert.deepEqual(statementsOf("SELECT ';--'; -- one; two\n\nSELECT 2 -- three\n;\n"), [
    "SELECT ';--'",
    "SELECT 2",
  ]);
});
