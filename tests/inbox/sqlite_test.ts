/** Inboxes in SQLite: what outlives a restart or a crash, what is counted, and what a statement reads. */
import assert from "node:assert/strict";
import type { Position } from "../../lib/core/publication.ts";
import { Statement } from "../../lib/engines/sqlite/statement.ts";
import { SqliteStore } from "../../lib/engines/sqlite/store.ts";
import type { Dropped } from "../../lib/inbox/retention.ts";
import { INBOX_SQL } from "../../lib/inbox/store/sqlite.ts";
import { SqliteArrivals } from "../../lib/inbox/store/sqlite_arrivals.ts";
import { SqliteInbox } from "../../lib/inbox/store/sqlite_inbox.ts";
import { SqliteInboxStatements } from "../../lib/inbox/store/sqlite_inbox_statements.ts";
import { SqliteSweep } from "../../lib/inbox/store/sqlite_sweep.ts";
import type { InboxSync, Notification } from "../../lib/inbox/store/store.ts";
import { openFullEmbedded, RETENTION } from "../support/engines.ts";

const STORE = { sync: "always", schemas: [{ name: "inbox", sql: INBOX_SQL }] } as const;

Deno.test("embedded engine keeps what was queued over a restart", async () => {
  const dataDir = await Deno.makeTempDir();
  const notification = { site: "default", user: "1", id: "n-1", room: "lobby", message: "x" };
  {
    await using engine = await openFullEmbedded({ dataDir });
    await engine.inbox.append(notification);
  }
  {
    await using engine = await openFullEmbedded({ dataDir });
    const { notifications: queued } = await engine.inbox.queued("default", "1", "lobby");
    assert.deepEqual(queued.map(({ id, offset }) => [id, offset]), [["n-1", 1]]);
  }
  await Deno.remove(dataDir, { recursive: true });
});

for (const sync of ["always", "everysec"] as const) {
  Deno.test(`embedded engine: what was on the disk, with APP_STORE_SYNC=${sync}: positions in it stay good, those in what is lost do not`, async () => {
    const [dataDir, crashed] = [await Deno.makeTempDir(), await Deno.makeTempDir()];
    let [kept, lost]: Position[] = [];
    {
      await using engine = await openFullEmbedded({ sync, dataDir });
      await engine.inbox.append(of("1", "n-1"));
      kept = await engine.inbox.sync("default", "1");
      for (const { name } of Deno.readDirSync(dataDir)) {
        await Deno.copyFile(`${dataDir}/${name}`, `${crashed}/${name}`);
      }
      await engine.inbox.append(of("1", "n-2"));
      lost = await engine.inbox.sync("default", "1");
    }
    let after: InboxSync;
    {
      await using engine = await openFullEmbedded({ sync, dataDir: crashed });
      for (const id of ["n-3", "n-4"]) await engine.inbox.append(of("1", id));
      after = await engine.inbox.sync("default", "1", kept);
      assert.deepEqual([after.recovered, idsOf(after)], [true, ["n-3", "n-4"]]);
      const other = await engine.inbox.sync("default", "1", lost);
      assert.deepEqual([other.reason, idsOf(other)], ["epoch", ["n-1", "n-3", "n-4"]]);
    }
    await using engine = await openFullEmbedded({ sync, dataDir: crashed });
    const { recovered, epoch } = await engine.inbox.sync("default", "1", after);
    assert.deepEqual([recovered, epoch], [true, after.epoch], "after a good end all is as it was");
    for (const folder of [dataDir, crashed]) await Deno.remove(folder, { recursive: true });
  });
}

Deno.test("embedded engine: whatever is deleted, an inbox of a size holds that many", async () => {
  await using engine = await openFullEmbedded({ retention: { ...RETENTION, size: 5 } });
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
  const onDropped = (what: Dropped) => void dropped.push(what);
  const retention = { size: 3, bytes: Infinity, days, onDropped };
  await using store = new SqliteStore(":memory:", STORE);
  const sql = new SqliteInboxStatements(store);
  const arrivals = new SqliteArrivals(sql, retention, () => {});
  const inbox = new SqliteInbox(store, arrivals);
  const sweep = new SqliteSweep({ store, clock: Date, arrivals, retention });
  const ids = async () => (await inbox.list("default", "1", { limit: 9 })).map(({ id }) => id);
  await inbox.append({ ...of("1", "ends"), expiresAt: Date.now() - 1 });
  await inbox.append(of("1", "old"));
  await inbox.append(of("1", "new"));
  store.prepare("UPDATE notifications SET queued_at = ? WHERE id = 'old'")
    .run(Date.now() - (days + 1) * 24 * 3600 * 1000);
  await sweep.sweep();
  assert.deepEqual([await ids(), dropped], [["new"], [DROPPED_ONE]]);
  for (const id of ["a", "b", "c"]) await inbox.append(of("1", id));
  assert.deepEqual(await ids(), ["c", "b", "a"]);
  assert.deepEqual(dropped.slice(1), [DROPPED_ONE], "by its size, one");
});

Deno.test("embedded engine: no statement of the inbox reads all that is in the file", async () => {
  await using store = new SqliteStore(":memory:", STORE);
  const sql = new SqliteInboxStatements(store);
  const planOf = ({ sourceSQL }: Statement) =>
    store.prepare(`EXPLAIN QUERY PLAN ${sourceSQL}`).all().map(({ detail }) => String(detail))
      .join("; ");
  const statements = Object.values(sql).flatMap((each) =>
    each instanceof Statement ? [each] : Object.values<Statement>(each)
  );
  assert.ok(statements.length > 20);
  for (const statement of statements) {
    // Three read nothing: they insert.
    assert.match(planOf(statement), /^$|^COMPOUND|^SEARCH/, statement.sourceSQL);
    assert.doesNotMatch(planOf(statement), /SCAN (?!SUBQUERY)/, statement.sourceSQL);
  }
  const indexes: readonly (readonly [Statement, RegExp])[] = [
    [
      sql.queued,
      /notifications_unread \(site=\? AND user=\? AND sent_at=\? AND room=\? AND offset>\?\)$/,
    ],
    [sql.unread, /notifications_unread \(site=\? AND user=\?\)$/],
    [sql.since, /notifications_by_offset \(site=\? AND user=\? AND offset>\?\)$/],
    [sql.list, /notifications_by_offset \(site=\? AND user=\? AND offset<\?\)$/],
    [sql.get, /notifications_id \(site=\? AND id=\? AND user=\?\)$/],
    [sql.owner, /notifications_id \(site=\? AND id=\?\)/],
    [sql.mark.sent, /notifications_id \(site=\? AND id=\? AND user=\?\)$/],
    [sql.change.read, /notifications_id \(site=\? AND id=\? AND user=\?\)$/],
    [sql.removeOldestDone, /notifications_done \(site=\? AND user=\?\)$/],
    [sql.removeOldest, /notifications_by_offset \(site=\? AND user=\?\)$/],
    [sql.removeExpired, /notifications_by_end \(expires_at<\?\)/],
    [sql.removeOld, /notifications_by_age \(queued_at<\?\)/],
    [sql.inboxesAfter, /PRIMARY KEY \(\(site,user\)>\(\?,\?\)\)/],
    [sql.forgetIds, /callers_ids_by_age \(at<\?\)/],
  ];
  for (const [statement, index] of indexes) assert.match(planOf(statement), index);
});

Deno.test("embedded engine counts what is dropped once it is, not what a failed change would have", async () => {
  let dropped = 0;
  const retention = { ...RETENTION, size: 2, onDropped: () => void dropped++ };
  await using engine = await openFullEmbedded({ retention });
  const append = (id: string) =>
    engine.inbox.append({ site: "default", user: "1", id, room: "lobby", message: "x" });
  for (const id of ["first", "same"]) await append(id);
  await Promise.allSettled([append("before"), append("same")]);
  const listed = await engine.inbox.list("default", "1", { limit: 9 });
  assert.deepEqual([listed.map(({ id }) => id), dropped], [["before", "same"], 1]);
});

const DROPPED_ONE: Dropped = {
  ...{ site: "default", user: "1", taken: 0, queued: 1, withFiles: [] },
};

function of(user: string, id: string): Notification {
  return { site: "default", user, id, room: "lobby", message: "x" };
}

function idsOf({ notifications }: InboxSync): string[] {
  return notifications.map(({ id }) => id);
}
