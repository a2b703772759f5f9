/** Two nodes to which the same users upload files at the same time. */
import assert from "node:assert/strict";
import { configOf } from "../../lib/config/slice.ts";
import { readConfig } from "../../lib/configuration.ts";
import type { Database } from "../../lib/engines/database/database.ts";
import { Files } from "../../lib/files/files.ts";
import { fileCounters } from "../../lib/files/metrics.ts";
import { files as settings } from "../../lib/files/settings.ts";
import { DiskStore } from "../../lib/files/store/disk.ts";
import { beginUpload } from "../../lib/files/store/uploads.ts";
import { Attachments } from "../../lib/inbox/attachments.ts";
import { TwoNodes } from "../support/lock_order.ts";

const UNLIMITED = {
  ...{ userBytes: Infinity, userFiles: Infinity, siteBytes: Infinity, siteFiles: Infinity },
};

const FILES = ["a", "b", "c"].map((each) => each.repeat(22));

let last = 0;

async function storedFiles(database: Database): Promise<void> {
  for (const id of FILES) {
    await database.query(
      `INSERT INTO files (id, site, owner, state, name, type, bytes, length, safe_offset, created_at, due_at)
       VALUES ($1, 'default', '', 'stored', 'a', 'b', 1, 1, 1, 1, 2)`,
      id,
    );
  }
}

/** What notes the files of notifications at a node. */
function attachmentsOn(database: Database): Attachments {
  const files = new Files({
    ...{ database, store: new DiskStore(undefined), counters: fileCounters() },
    config: configOf(readConfig({}).config, settings),
    ...{ ask: () => undefined, now: Date.now },
  });
  return new Attachments(files, database, 30);
}

function begin(database: Database, owner: string): Promise<unknown> {
  const upload = {
    ...{ id: `file-${++last}`, site: "default", owner, name: "a.txt", length: 5 },
    ...{ ownId: undefined, now: 1, dueAt: 2 },
  };
  return database.transaction(() => beginUpload(upload, UNLIMITED));
}

Deno.test("two nodes that attach the same files, in another order, do not wait for each other", async () => {
  await using nodes = await TwoNodes.open();
  const { one, two } = nodes;
  await storedFiles(one);
  const use = (node: Attachments, attachments: readonly string[], id: string) =>
    node.use({ site: "default", user: "1", id, at: Date.now(), attachments });
  const [first, second] = [attachmentsOn(one), attachmentsOn(two)];
  await nodes.both(
    "SELECT id FROM files WHERE id = '" + FILES[1] + "'",
    () => [use(first, FILES, "n-1")],
    () => [use(second, FILES.toReversed(), "n-2")],
  );
  // One goes as another one comes that has them, too.
  const files = (ids: readonly string[]) => ({
    attachments: ids.map((id) => ({ id, name: "a", type: "b", bytes: 1 })),
  });
  const name = { site: "default", user: "1", id: "n-1" };
  await nodes.both(
    "SELECT id FROM files WHERE id = '" + FILES[1] + "'",
    () => [use(first, FILES.toReversed(), "n-1")],
    () => [
      second.giveBackChanged(name, [files(FILES.slice(0, 2))], files([])),
      second.giveBackAll([name]),
    ],
  );
  const left = await one.query("SELECT DISTINCT ref FROM file_uses");
  assert.deepEqual(left.map(({ ref }) => ref), ["default\n1\nn-2"]);
});

Deno.test("uploads of the same users wait in one order on all nodes", async () => {
  await using nodes = await TwoNodes.open();
  const { one, two } = nodes;
  const users = ["1", "2", "3"];
  await Promise.all(users.map((user) => begin(one, user)));
  await nodes.both(
    "SELECT owner FROM file_totals WHERE site = 'default' AND owner = 'u2'",
    () => users.map((user) => begin(one, user)),
    () => users.toReversed().map((user) => begin(two, user)),
  );
  const totals = await one.query("SELECT owner, files, bytes FROM file_totals ORDER BY owner");
  assert.deepEqual(totals.map(({ owner, files, bytes }) => [owner, files, bytes]), [
    ["*", 9, 45],
    ["u1", 3, 15],
    ["u2", 3, 15],
    ["u3", 3, 15],
  ]);
});
