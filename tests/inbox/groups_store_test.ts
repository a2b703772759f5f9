/** Groups of notifications, on every engine. */
import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import type { Inbox, Notification, PageOptions } from "../../lib/inbox/store/store.ts";
import { openFullEmbedded, openFullRedis, RETENTION, testEngines } from "../support/engines.ts";
import { RedisServer } from "../support/redis.ts";

const SITE = "default";

/** What a folded list has: each id, and for how many it stands, of which so many are unread. */
async function folded(inbox: Inbox, options: Partial<PageOptions> = {}) {
  const { notifications } = await inbox.page(SITE, "1", { limit: 99, folded: true, ...options });
  return notifications.map(({ id, group }) => group ? [id, group.count, group.unread] : [id]);
}

async function ofGroup(inbox: Inbox, group: string, options: Partial<PageOptions> = {}) {
  return (await inbox.list(SITE, "1", { limit: 99, group, ...options })).map(({ id }) => id);
}

testEngines("folds groups: the newest stands for the others, with counts", async ({ inbox }) => {
  await fill(inbox, { a1: "a", n1: undefined, b1: "b", a2: "a", n2: undefined, a3: "a" });
  await inbox.append({ ...notification("n3"), data: { details: { group: "a" }, group: "a" } });
  await inbox.append(notification("other", { user: "2", details: { group: "a" } }));
  assert.deepEqual(await folded(inbox), [["n3"], ["a3", 3, 3], ["n2"], ["b1", 1, 1], ["n1"]]);
  assert.deepEqual(await ofGroup(inbox, "a"), ["a3", "a2", "a1"]);
  assert.deepEqual(await ofGroup(inbox, "a", { before: 6, limit: 1 }), ["a2"]);
  assert.deepEqual(await ofGroup(inbox, "c"), []);

  await inbox.change(SITE, "1", "read", ["a1"]);
  await inbox.change(SITE, "1", "archive", ["a3"]);
  assert.deepEqual(await folded(inbox), [["n3"], ["n2"], ["a2", 2, 1], ["b1", 1, 1], ["n1"]]);
  assert.deepEqual((await folded(inbox, { archived: true }))[1], ["a3", 3, 1]);
  assert.deepEqual(await ofGroup(inbox, "a", { archived: true }), ["a3", "a2", "a1"]);
  await inbox.change(SITE, "1", "delete", ["a2", "b1"]);
  assert.deepEqual(await folded(inbox), [["n3"], ["n2"], ["n1"], ["a1", 1, 0]]);
});

testEngines("reads a folded list page by page, each group once", async ({ inbox }) => {
  await fill(inbox, { a1: "a", b1: "b", n1: undefined, b2: "b", n2: undefined, a2: "a" });
  const pages: unknown[] = [];
  let page = await inbox.page(SITE, "1", { limit: 2, folded: true });
  pages.push(page.notifications.map(({ id }) => id));
  while (page.more) {
    const before = page.notifications.at(-1)?.offset;
    page = await inbox.page(SITE, "1", { before, limit: 2, folded: true });
    pages.push(page.notifications.map(({ id }) => id));
  }
  assert.deepEqual(pages, [["a2", "n2"], ["b2", "n1"]]);
  const cut = await inbox.page(SITE, "1", { limit: 9, folded: true, characters: 1 });
  assert.deepEqual([cut.notifications.length, cut.more], [1, true]);
});

testEngines("reads, archives and deletes a group", async ({ inbox }) => {
  await fill(inbox, { a1: "a", n1: undefined, a2: "a", b1: "b" });
  const a = { group: "a" };
  assert.deepEqual(await inbox.change(SITE, "1", "read", a), { ids: ["a1", "a2"], unread: 2 });
  assert.deepEqual(await inbox.change(SITE, "1", "read", a), { ids: [], unread: 2 });
  assert.deepEqual(await inbox.change(SITE, "1", "archive", a), { ids: ["a1", "a2"], unread: 2 });
  assert.deepEqual(await folded(inbox), [["b1", 1, 1], ["n1"]]);
  assert.deepEqual(await inbox.change(SITE, "1", "delete", a), { ids: ["a1", "a2"], unread: 2 });
  assert.deepEqual(await ofGroup(inbox, "a", { archived: true }), []);
});

testEngines(
  "knows the groups of what is changed, snoozed, expires and comes from the schedule",
  async ({ inbox, schedule, snoozes }) => {
    await fill(inbox, { a1: "a", n1: undefined, a2: "a" });
    const regroup = (id: string, group: string | undefined) =>
      inbox.edit(SITE, "1", id, (kept) => ({ ...kept, details: group ? { group } : {} }));
    await regroup("n1", "a");
    assert.deepEqual(await folded(inbox), [["n1", 3, 3]]);
    await regroup("a1", undefined);
    await regroup("a2", 'Ä\n"b');
    assert.deepEqual(await folded(inbox), [["a2", 1, 1], ["a1"], ["n1", 1, 1]]);
    assert.deepEqual(await ofGroup(inbox, 'Ä\n"b'), ["a2"]);

    await snoozes.snooze(SITE, "1", "a2", Date.now() - 1, (kept) => (
      { ...kept, details: { ...kept.details, snoozed_at: 7 } }
    ));
    assert.deepEqual(await ofGroup(inbox, 'Ä\n"b'), []);
    const due = { ...notification("s1"), details: { group: "a" }, deliverAt: Date.now() - 1 };
    await schedule.add(due);
    await schedule.release(9);
    assert.deepEqual(await ofGroup(inbox, 'Ä\n"b'), ["a2"]);
    assert.deepEqual(await ofGroup(inbox, "a"), ["s1", "n1"]);
  },
);

Deno.test("embedded engine knows the groups in a file that had none of its own", async () => {
  const dataDir = await Deno.makeTempDir();
  {
    await using engine = await openFullEmbedded({ dataDir });
    await engine.run({ handlePublication() {}, handleRestored() {} });
    await fill(engine.inbox, { a1: "a", a2: "a" });
    await engine.inbox.append(notification("n1", { data: { group: "z" } }));
  }
  {
    using database = new DatabaseSync(`${dataDir}/notifyli.db`);
    database.exec(`
      DROP INDEX notifications_by_group;
      ALTER TABLE notifications DROP COLUMN group_name;
      UPDATE versions SET version = 12 WHERE capability = 'inbox';
    `);
  }
  {
    await using engine = await openFullEmbedded({ dataDir });
    assert.deepEqual(await folded(engine.inbox), [["n1"], ["a2", 2, 2]]);
  }
  await Deno.remove(dataDir, { recursive: true });
});

Deno.test("redis engine keeps groups as long as what has them, and no key of its own else", async () => {
  await using server = await RedisServer.start();
  await using engine = await openFullRedis(server, { retention: { ...RETENTION, size: 2 } });
  await engine.run({ handlePublication() {}, handleRestored() {} });
  const key = "notifyli:inbox-groups:{1}";
  await fill(engine.inbox, { n1: undefined });
  assert.equal(await server.call("EXISTS", key), "0");
  await fill(engine.inbox, { a1: "a", a2: "a" });
  const ends = await server.call("PEXPIRETIME", "notifyli:inbox-order:{1}");
  assert.equal(await server.call("PEXPIRETIME", key), ends);
  await fill(engine.inbox, { a3: "a" });
  assert.equal(await server.call("HLEN", key), "2", "what leaves a full inbox leaves its group");
  await engine.inbox.change(SITE, "1", "delete");
  assert.equal(await server.call("EXISTS", key), "0");
});

async function fill(inbox: Inbox, groups: Readonly<Record<string, string | undefined>>) {
  for (const [id, group] of Object.entries(groups)) {
    await inbox.append(notification(id, group === undefined ? {} : { details: { group } }));
  }
}

function notification(id: string, changes: Partial<Notification> = {}): Notification {
  return { site: SITE, user: "1", id, room: "lobby", message: `of ${id}`, ...changes };
}
