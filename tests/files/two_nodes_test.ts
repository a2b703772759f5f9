/** Two nodes to which the same users upload files at the same time. */
import assert from "node:assert/strict";
import type { Database } from "../../lib/engines/database/database.ts";
import { beginUpload } from "../../lib/files/store/uploads.ts";
import { TwoNodes } from "../support/lock_order.ts";

const UNLIMITED = {
  ...{ userBytes: Infinity, userFiles: Infinity, siteBytes: Infinity, siteFiles: Infinity },
};

let last = 0;

function begin(database: Database, owner: string): Promise<unknown> {
  const upload = {
    ...{ id: `file-${++last}`, site: "default", owner, name: "a.txt", length: 5 },
    ...{ ownId: undefined, now: 1, dueAt: 2 },
  };
  return database.transaction(() => beginUpload(upload, UNLIMITED));
}

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
