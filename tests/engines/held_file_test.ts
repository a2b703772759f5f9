/** A store's file that is held for a copy: it stays as it is while the store goes on. */
import assert from "node:assert/strict";
import { startTasks } from "../../lib/core/task.ts";
import { HELD_LOG_BYTES, type HeldFile } from "../../lib/engines/sqlite/held_file.ts";
import { SqliteStore } from "../../lib/engines/sqlite/store.ts";
import { HISTORY } from "../../lib/engines/sqlite/history.ts";
import { waitFor } from "../support/wait.ts";

const TABLE = { name: "held", sql: [{ name: "held", sql: "CREATE TABLE held (text TEXT)" }] };

Deno.test("a held file stays as it is while much is written, and takes it all afterwards", async () => {
  const dataDir = await Deno.makeTempDir();
  await using store = new SqliteStore(dataDir, { sync: "always", schemas: [HISTORY, TABLE] });
  const insert = store.prepare("INSERT INTO held (text) VALUES (?)");
  const write = async (rows: number) => {
    await store.commit(() => {
      for (let row = 0; row < rows; row++) insert.run("x".repeat(3000));
    });
  };
  await write(10);
  const path = `${dataDir}/notifyli.db`;
  {
    using held = store.hold();
    const before = await sumOf(path);
    // SQLite would take a log of 4,000 pages into the file.
    for (let each = 0; each < 6; each++) await write(1000);
    assert.deepEqual(await sumOf(path), before);
    held.requireWhole();
    assert.throws(() => store.hold(), /another copy of the store is being made/);
  }
  const before = await sumOf(path);
  await write(1);
  assert.notDeepEqual(await sumOf(path), before);
  assert.equal(await store.unready(), undefined);
  using again = store.hold();
  assert.ok(again.bytes > 4000 * 3000);
});

Deno.test("a copy is broken off where the store closes, or has to write to the file", async () => {
  const dataDir = await Deno.makeTempDir();
  const store = new SqliteStore(dataDir, { sync: "always", schemas: [HISTORY] });
  const held = store.hold();
  Deno.removeSync(`${dataDir}/notifyli.db-wal`); // SQLite has it still, and puts what it has into the file
  assert.equal(await store.unready(), undefined);
  assert.throws(() => held.requireWhole(), /broken off: notifyli\.db-wal was removed/);
  const other = store.hold();
  await store[Symbol.asyncDispose]();
  assert.throws(() => other.requireWhole(), /broken off: the server stops/);
});

Deno.test("a copy is broken off once the log has more than 1 GiB, and the next one begins with a short log", async () => {
  const dataDir = await Deno.makeTempDir();
  await using store = new SqliteStore(dataDir, { sync: "always", schemas: [HISTORY] });
  await store.commit(() => {});
  await using _running = startTasks(store.tasks);
  using held = store.hold();
  // What was never written takes no room on the disk.
  const log = `${dataDir}/notifyli.db-wal`;
  await Deno.truncate(log, HELD_LOG_BYTES + 1);
  await waitFor("it is broken off", () => brokenBy(held));
  assert.match(brokenBy(held)!, /broken off: so much was written .* 1073741825 bytes/);
  using other = store.hold();
  assert.ok((await Deno.stat(log)).size < HELD_LOG_BYTES);
  assert.equal(await store.unready(), undefined, "it knows its log");
  await store.commit(() => {});
  other.requireWhole();
});

Deno.test("a store that cannot be held right now goes on as before, and takes its log as ever", async () => {
  const dataDir = await Deno.makeTempDir();
  await using store = new SqliteStore(dataDir, { sync: "always", schemas: [HISTORY] });
  const taken = store.prepare("PRAGMA wal_autocheckpoint");
  const usual = taken.get();
  await store.commit(() => assert.throws(() => store.hold(), /locked/));
  assert.deepEqual(taken.get(), usual);
  store.hold()[Symbol.dispose]();
  assert.deepEqual(taken.get(), usual);
});

function brokenBy(held: HeldFile): string | undefined {
  try {
    held.requireWhole();
    return undefined;
  } catch (error) {
    return String(error);
  }
}

async function sumOf(path: string): Promise<string> {
  const sum = await crypto.subtle.digest("SHA-256", await Deno.readFile(path));
  return new Uint8Array(sum).toHex();
}
