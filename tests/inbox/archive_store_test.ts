/** What is archived, listed alone and brought back, on every engine. */
import assert from "node:assert/strict";
import type { Inbox, Notification, PageOptions } from "../../lib/inbox/store/store.ts";
import { openFullRedis, testEngines } from "../support/engines.ts";
import { RedisServer } from "../support/redis.ts";
import { waitFor } from "../support/wait.ts";

const SITE = "default";

async function listed(inbox: Inbox, options: Partial<PageOptions> = {}) {
  return (await inbox.list(SITE, "1", { limit: 9, ...options })).map(({ id }) => id);
}

testEngines(
  "brings back what was archived, as read as it was, and tells of it",
  async ({ broker, inbox }, heard) => {
    await broker.subscribe({ site: SITE, kind: "user", name: "1" });
    for (const id of ["n-1", "n-2", "n-3"]) await inbox.append(notification(id));
    await inbox.change(SITE, "1", "read", ["n-2"]);
    await inbox.change(SITE, "1", "archive", ["n-1", "n-2"]);
    assert.deepEqual(await listed(inbox), ["n-3"]);
    assert.deepEqual(await inbox.change(SITE, "1", "unarchive", ["n-1", "n-2", "n-3", "none"]), {
      ids: ["n-1", "n-2"],
      unread: 2,
    });
    assert.deepEqual(await inbox.change(SITE, "1", "unarchive", ["n-1"]), { ids: [], unread: 2 });
    const back = await inbox.list(SITE, "1", { limit: 9 });
    assert.deepEqual(
      back.map(({ id, offset, readAt, archivedAt }) => [id, offset, !!readAt, archivedAt]),
      [
        ["n-3", 3, false, undefined],
        ["n-2", 2, true, undefined],
        ["n-1", 1, false, undefined],
      ],
    );
    assert.equal(await inbox.unread(SITE, "1"), 2);
    const { notifications } = await inbox.sync(SITE, "1");
    assert.deepEqual(notifications.map(({ id }) => id), ["n-1", "n-3"], "it is unread again");
    await waitFor("all is heard", () => heard.length === 6);
    assert.partialDeepStrictEqual(heard.at(-1)?.publication, {
      ...{ kind: "inbox", event: "unarchive", data: { ids: ["n-1", "n-2"], unread: 2 } },
    });
    await inbox.change(SITE, "1", "read");
    assert.equal(await inbox.unread(SITE, "1"), 0);
  },
);

testEngines("lists what is archived alone, page by page, and by groups", async ({ inbox }) => {
  const details = { group: "g" };
  for (const id of ["n-1", "n-2", "n-3", "n-4"]) {
    await inbox.append({ ...notification(id), ...(id === "n-3" ? {} : { details }) });
  }
  await inbox.change(SITE, "1", "read", ["n-4"]);
  await inbox.change(SITE, "1", "archive", ["n-1", "n-2", "n-3"]);
  const only = { archived: "only" } as const;
  assert.deepEqual(await listed(inbox, only), ["n-3", "n-2", "n-1"]);
  assert.deepEqual(await listed(inbox, { ...only, limit: 1, before: 3 }), ["n-2"]);
  assert.deepEqual(await listed(inbox, { ...only, group: "g" }), ["n-2", "n-1"]);
  const { notifications } = await inbox.page(SITE, "1", { limit: 9, folded: true, ...only });
  assert.deepEqual(notifications.map(({ id, group }) => [id, group?.count]), [
    ["n-3", undefined],
    ["n-2", 2],
  ]);
  assert.deepEqual(await inbox.change(SITE, "1", "unarchive", { group: "g" }), {
    ids: ["n-1", "n-2"],
    unread: 2,
  });
  assert.deepEqual(await listed(inbox, only), ["n-3"]);
  await inbox.change(SITE, "1", "delete", ["n-3"]);
  assert.deepEqual(await listed(inbox, only), []);
});

Deno.test("redis engine gives all keys of an inbox one end, also after something was brought back", async () => {
  await using server = await RedisServer.start();
  await using engine = await openFullRedis(server);
  await engine.run({ handlePublication() {}, handleRestored() {} });
  const { inbox } = engine;
  await inbox.append(notification("n-1"));
  await inbox.change(SITE, "1", "archive", ["n-1"]);
  assert.equal(await server.call("EXISTS", "notifyli:inbox-unread:{1}"), "0");
  await inbox.change(SITE, "1", "unarchive", ["n-1"]);
  const ends = await server.call("PEXPIRETIME", "notifyli:inbox-order:{1}");
  assert.ok(Number(ends) > 0);
  assert.equal(await server.call("PEXPIRETIME", "notifyli:inbox-unread:{1}"), ends);
  assert.equal(await server.call("EXISTS", "notifyli:inbox-done:{1}"), "0");
});

function notification(id: string, changes: Partial<Notification> = {}): Notification {
  return { site: SITE, user: "1", id, room: "lobby", message: `of ${id}`, ...changes };
}
