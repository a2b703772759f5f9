/** What is too old goes a little at a time, and its space goes back to the disk. */
import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import type { EmbeddedEngine } from "../../lib/engines/embedded.ts";
import { HISTORY, SqliteHistory } from "../../lib/engines/sqlite/history.ts";
import { Space } from "../../lib/engines/sqlite/space.ts";
import { StoreClock } from "../../lib/engines/sqlite/store_clock.ts";
import { SqliteStore } from "../../lib/engines/sqlite/store.ts";
import { INBOX_SQL } from "../../lib/inbox/store/sqlite.ts";
import { SqliteArrivals } from "../../lib/inbox/store/sqlite_arrivals.ts";
import { SqliteInbox } from "../../lib/inbox/store/sqlite_inbox.ts";
import { SqliteInboxStatements } from "../../lib/inbox/store/sqlite_inbox_statements.ts";
import { SqliteSweep } from "../../lib/inbox/store/sqlite_sweep.ts";
import { message, openFullEmbedded, RETENTION } from "../support/engines.ts";

const STORE = {
  sync: "always",
  schemas: [HISTORY, { name: "inbox", sql: INBOX_SQL }],
} as const;

const COUNT = 10_000;
const DAY_MS = 24 * 3600 * 1000;

/** Rows of what is to go, by what makes them too old; `?1` is a number from 1 on, `?2` a Unix time in milliseconds. */
const OLD: readonly [what: string, sql: string][] = [
  [
    "notifications that have expired",
    `INSERT INTO notifications (site, user, id, room, content, offset, queued_at, expires_at)
     VALUES ('default', 'u' || ?1 % 50, 'n' || ?1, 'r', '{"message":"' || hex(randomblob(250)) || '"}',
       ?1, ?2, 5)`,
  ],
  [
    "notifications that are too old",
    `INSERT INTO notifications (site, user, id, room, content, offset, queued_at)
     VALUES ('default', 'u' || ?1 % 50, 'n' || ?1, 'r', '{"message":"' || hex(randomblob(250)) || '"}',
       ?1, ?2 - 9000000000)`,
  ],
  [
    "ids that callers made",
    "INSERT INTO callers_ids (site, user, id, at) VALUES ('default', 'u', 'n' || ?1, ?2 - 90000000)",
  ],
  [
    "inboxes that nobody needs",
    `INSERT INTO inboxes (site, user, touched_at) VALUES ('default', 'u' || ?1, ?2 - 90000000)`,
  ],
  [
    "channels that have expired",
    "INSERT INTO channels (seq, name, expires_at) VALUES (?1, 'c' || ?1, ?2 - 1)",
  ],
  [
    "publications of a channel that is gone",
    `INSERT INTO publications (channel, offset, kind, id, at, content)
     VALUES (7, ?1, 'message', 'm' || ?1, ?2, '{"message":"' || hex(randomblob(250)) || '"}')`,
  ],
];

for (const [what, sql] of OLD) {
  Deno.test(`a sweep of ${COUNT} ${what} lets others in between, and gives the space back`, async () => {
    const dataDir = await Deno.makeTempDir();
    {
      await using world = await World.open(dataDir);
      const { store, inbox, sweep, space } = world;
      await store.commit(() => {
        const insert = store.prepare(sql);
        for (let each = 1; each <= COUNT; each++) insert.run(each, Date.now());
        store.prepare("INSERT INTO leftovers (channel, up_to) VALUES (7, 99999999)").run();
      });
      const table = /INTO (\w+)/.exec(sql)?.[1];
      const count = () =>
        Number(store.prepare(`SELECT count(*) AS count FROM ${table}`).get()?.["count"]);
      let isSweeping = true;
      const sweeping = sweep().finally(() => isSweeping = false);
      let others = 0;
      while (isSweeping) {
        await inbox.append({
          site: "other",
          user: "1",
          id: `n-${others++}`,
          room: "r",
          message: "x",
        });
      }
      await sweeping;
      assert.ok(others > 3, `${others} were served meanwhile`);
      const left = table === "notifications" ? others : table === "inboxes" ? 1 : 0;
      assert.equal(count(), left);
      await space.giveBack();
    }
    const { size } = await Deno.stat(`${dataDir}/notifyli.db`);
    assert.ok(size < 5_500_000, `${size} bytes are left`);
    await Deno.remove(dataDir, { recursive: true });
  });
}

Deno.test("a file of an older version gives its space back after the next start", async () => {
  const dataDir = await Deno.makeTempDir();
  const file = `${dataDir}/notifyli.db`;
  {
    using old = new DatabaseSync(file);
    old.exec("PRAGMA journal_mode = WAL; CREATE TABLE filler (text TEXT)");
    const insert = old.prepare("INSERT INTO filler VALUES (hex(randomblob(1000)))");
    for (let each = 0; each < 5000; each++) insert.run();
    old.exec("DELETE FROM filler");
  }
  assert.ok(Deno.statSync(file).size > 10_000_000);
  await (await World.open(dataDir))[Symbol.asyncDispose]();
  assert.ok(Deno.statSync(file).size < 500_000);
  await Deno.remove(dataDir, { recursive: true });
});

Deno.test("a channel that is made anew has nothing of the one before it, although that is still being removed", async () => {
  await using engine: EmbeddedEngine = await openFullEmbedded();
  const channel = { site: "default", kind: "room", name: "lobby" };
  const options = { size: 500, seconds: 60, persistent: true };
  for (let each = 0; each < 100; each++) {
    await engine.broker.publish(channel, message(`a-${each}`), options);
  }
  await engine.broker.publish(channel, message("not kept"), { ...options, persistent: false });
  await engine.broker.publish(channel, message("anew"), options);
  const { offset, publications } = await engine.broker.history(channel, {
    limit: 999,
    persistent: true,
  });
  assert.deepEqual([offset, publications.map(({ publication }) => publication.id)], [1, ["anew"]]);
});

Deno.test("an inbox that went since it was empty is another one: who comes back is told of a gap", async () => {
  await using world = await World.open(":memory:");
  const { store, inbox, sweep } = world;
  const position = async (user: string) => await inbox.sync("default", user);
  await inbox.append({ site: "default", user: "had", id: "n-1", room: "r", message: "x" });
  await inbox.change("default", "had", "delete");
  await inbox.append({ site: "default", user: "has", id: "n-1", room: "r", message: "x" });
  const users = ["had", "has", "never"];
  const before = await Promise.all(users.map(position));
  const touch = (days: number) =>
    store.prepare("UPDATE inboxes SET touched_at = ?").run(Date.now() - days * DAY_MS);
  const left = () =>
    store.prepare("SELECT user FROM inboxes ORDER BY user").all().map(({ user }) => user);
  touch(0.9);
  await sweep();
  assert.deepEqual(left(), ["had", "has", "never"]);
  touch(1.1);
  await sweep();
  assert.deepEqual(left(), ["had", "has"]);
  touch(29);
  await sweep();
  assert.deepEqual(left(), ["had", "has"]);
  assert.equal(
    (await inbox.sync("default", "had", before[0])).recovered,
    true,
    "and coming keeps it",
  );
  await sweep();
  assert.deepEqual(left(), ["had", "has"]);
  touch(31);
  await sweep();
  assert.deepEqual(left(), ["has"]);
  const after = await Promise.all(
    users.map((user, index) => inbox.sync("default", user, before[index])),
  );
  assert.deepEqual(after.map(({ recovered, reason }) => [recovered, reason]), [
    [false, "epoch"],
    [true, undefined],
    [false, "epoch"],
  ]);
});

/** A store with inboxes and histories, and what is done with it from time to time. */
class World implements AsyncDisposable {
  readonly inbox: SqliteInbox;
  readonly space: Space;

  private constructor(
    readonly store: SqliteStore,
    readonly sweep: () => Promise<void>,
    arrivals: SqliteArrivals,
  ) {
    this.inbox = new SqliteInbox(store, arrivals);
    this.space = new Space(store);
  }

  static open(dataDir: string): Promise<World> {
    const store = new SqliteStore(dataDir, STORE);
    const clock = new StoreClock(store);
    const history = new SqliteHistory(store, clock, () => {});
    const retention = { ...RETENTION, size: 100_000 };
    const arrivals = new SqliteArrivals(new SqliteInboxStatements(store), retention, () => {});
    const sweep = async () => {
      await new SqliteSweep({ store, clock, arrivals, retention }).sweep();
      await history.sweep();
    };
    return Promise.resolve(new World(store, sweep, arrivals));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.store[Symbol.asyncDispose]();
  }
}
