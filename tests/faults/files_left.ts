/**
 * What is left of files in the end, a good while after all servers have ended: just the files that are in use, each with its row,
 * its bytes and maybe thumbnails; nothing in the store is nobody's, and the sums are those of the rows.
 */
import assert from "node:assert/strict";
import { configOf } from "../../lib/config/slice.ts";
import { readConfig } from "../../lib/configuration.ts";
import { startTasks } from "../../lib/core/task.ts";
import { type Database, rows } from "../../lib/engines/database/database.ts";
import { Files } from "../../lib/files/files.ts";
import { fileCounters } from "../../lib/files/metrics.ts";
import { files as settings } from "../../lib/files/settings.ts";
import type { FileStore } from "../../lib/files/store/file_store.ts";
import { waitFor } from "../support/wait.ts";
import type { AcceptedFile } from "./file_ledger.ts";
import { sha256Of } from "./file_person.ts";

/** Longer than anything is kept that nobody uses. */
const LATER_MS = 3 * 86_400_000;

export interface Left {
  readonly database: Database;
  readonly store: FileStore;
  /** Names of what is in the store, each with the id that it begins with; what is coming or half made stands in `uploads/`. */
  names(): Promise<readonly string[]>;
}

/** Sweeps as a server does that runs later, and checks that just these files are left. */
export async function requireLeft(left: Left, kept: readonly AcceptedFile[]): Promise<void> {
  const { database, store } = left;
  await sweepLater(left);
  const found = await database.query(
    "SELECT id, owner, state, bytes, sha256, due_at FROM files ORDER BY id",
  );
  const wanted = kept.map(({ id, owner, bytes, sha256 }) => ({
    ...{ id, owner, state: "stored", bytes, sha256, due_at: null },
  }));
  assert.deepEqual(
    found.map((row) => ({ ...row })),
    wanted.toSorted((one, other) => one.id < other.id ? -1 : 1),
    "the rows are those of the files in use",
  );
  const used = await database.query("SELECT DISTINCT file FROM file_uses");
  assert.deepEqual(used.map(({ file }) => file).toSorted(), found.map(({ id }) => id).toSorted());
  for (const { id, sha256 } of kept) {
    const stream = await store.read(id, "file");
    assert.ok(stream, `the bytes of ${id} are there`);
    const bytes = new Uint8Array(await new Response(stream).arrayBuffer());
    assert.equal(sha256Of(bytes), sha256, `the bytes of ${id}`);
  }
  const ids = new Set(kept.map(({ id }) => id));
  const nobodys = (await left.names()).filter((name) => !isOf(name, ids));
  assert.deepEqual(nobodys, [], "nothing is in the store that is nobody's");
  await requireTotals(database);
}

/** Whether it is a file or a thumbnail of one of these, in its place. */
function isOf(name: string, ids: ReadonlySet<string>): boolean {
  const [, place = "", id = ""] = /^(.*\/)?([\w-]{22})(?:[./]\d+)?$/.exec(name) ?? [];
  return ids.has(id) && !place.startsWith("uploads/");
}

async function sweepLater({ database, store }: Left): Promise<void> {
  const files = new Files({
    ...{ database, store, counters: fileCounters() },
    config: configOf(readConfig({}).config, settings),
    ask: () => undefined,
    now: () => Date.now() + LATER_MS,
  });
  // Leases end by the database's clock, which nobody sets: here it is they that lie further back.
  await database.transaction(() =>
    rows("UPDATE files SET lease_until = lease_until - $1 WHERE lease_until IS NOT NULL", LATER_MS)
  );
  await using _tasks = startTasks([files.sweeper]);
  await waitFor("all is deleted that is to go", async () => {
    files.sweeper.soon();
    const left = await database.query(
      "SELECT id FROM files WHERE due_at IS NOT NULL OR lease_until IS NOT NULL",
    );
    return left.length === 0;
  });
}

/** What counts for the limits is what there is. */
async function requireTotals(database: Database): Promise<void> {
  const counted = await database.query(
    "SELECT owner, files, bytes FROM file_totals WHERE files <> 0 OR bytes <> 0 ORDER BY owner",
  );
  const there = await database.query(
    `SELECT owner, files, bytes FROM (
       SELECT 'u' || owner AS owner, count(*) AS files, sum(bytes) AS bytes
       FROM files WHERE owner <> '' GROUP BY owner
       UNION ALL SELECT '*', count(*), sum(bytes) FROM files HAVING count(*) > 0
     ) AS sums ORDER BY owner`,
  );
  const plain = (found: typeof counted) => found.map((row) => JSON.stringify(row)).toSorted();
  assert.deepEqual(plain(counted), plain(there), "the sums are those of the rows");
}
