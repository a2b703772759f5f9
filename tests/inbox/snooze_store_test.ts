/** Snoozing, on every engine. */
import assert from "node:assert/strict";
import { CodedError } from "../../lib/base/errors.ts";
import type { Kept, Notification } from "../../lib/inbox/store/store.ts";
import { openFullEmbedded, openFullRedis, RETENTION, testEngines } from "../support/engines.ts";
import { RedisServer } from "../support/redis.ts";
import { waitFor } from "../support/wait.ts";

const SITE = "default";

const putOff = (kept: Kept): Kept => ({ ...kept, details: { ...kept.details, snoozed_at: 7 } });

testEngines(
  "moves what is snoozed out of the inbox, tells of it, and brings it back as new",
  async ({ broker, inbox, schedule, snoozes }, heard) => {
    await broker.subscribe({ site: SITE, kind: "user", name: "1" });
    const expiresAt = Date.now() + 9_000_000;
    await inbox.append({ ...notification("n-1"), details: { title: "T" }, at: 5, expiresAt });
    await inbox.append(notification("n-2"));
    await inbox.change(SITE, "1", "read", ["n-1"]);
    const until = Date.now() + 3_600_000;
    const change = await snoozes.snooze(SITE, "1", "n-1", until, (kept, found) => {
      assert.deepEqual([found.offset, kept.expiresAt], [1, expiresAt]);
      return putOff(kept);
    });
    assert.deepEqual(change, { ids: ["n-1"], unread: 1 });
    assert.equal(await inbox.get(SITE, "1", "n-1"), undefined);
    assert.equal(await inbox.owner(SITE, "n-1"), "1");
    assert.equal(await schedule.dueAt(SITE, "1", "n-1"), until);
    const { notifications } = await snoozes.list(SITE, "1", { limit: 9 });
    const details = { title: "T", snoozed_at: 7 };
    const kept = { id: "n-1", room: "lobby", at: 5, message: "of n-1", details };
    assert.deepEqual(notifications, [{ ...kept, deliverAt: until, expiresAt }]);
    assert.deepEqual((await schedule.release(9)).delivered, []);

    assert.equal(await snoozes.wake(SITE, "1", "n-1"), true);
    assert.equal(await snoozes.wake(SITE, "1", "n-1"), false);
    assert.deepEqual(await snoozes.list(SITE, "1", { limit: 9 }), { notifications: [] });
    const back = await inbox.get(SITE, "1", "n-1");
    assert.deepEqual([back?.offset, back?.readAt, back?.sentAt], [3, undefined, undefined]);
    assert.equal(await inbox.unread(SITE, "1"), 2);
    await waitFor("all is heard", () => heard.length === 5);
    const [, , , snoozed, again] = heard;
    const data = { ids: ["n-1"], unread: 1, snoozed_until: Math.floor(until / 1000) };
    assert.partialDeepStrictEqual(snoozed?.publication, { kind: "inbox", event: "snooze", data });
    assert.partialDeepStrictEqual(again, {
      publication: { kind: "notification", id: "n-1", at: 5, message: "of n-1", details },
      position: { offset: 3 },
    });
    const queued = await inbox.queued(SITE, "1", "lobby");
    assert.deepEqual(queued.notifications.map(({ id }) => id), ["n-2", "n-1"]);
  },
);

testEngines(
  "releases what is snoozed when it is due, once",
  async ({ inbox, schedule, snoozes }) => {
    for (const id of ["n-1", "n-2", "n-3"]) await inbox.append(notification(id));
    const due = Date.now() - 1;
    await snoozes.snooze(SITE, "1", "n-2", due, putOff);
    await snoozes.snooze(SITE, "1", "n-1", Date.now() + 3_600_000, putOff);
    const ids = async () =>
      (await snoozes.list(SITE, "1", { limit: 9 })).notifications.map(({ id }) => id);
    assert.deepEqual(await ids(), ["n-2", "n-1"], "in the order in which they come back");
    const released = await Promise.all([schedule.release(9), schedule.release(9)]);
    assert.deepEqual(released.flatMap(({ delivered }) => delivered), [due]);
    assert.deepEqual(await ids(), ["n-1"]);
    assert.deepEqual((await inbox.list(SITE, "1", { limit: 9 })).map(({ id }) => id), [
      "n-2",
      "n-3",
    ]);
    const page = await snoozes.list(SITE, "1", { limit: 9 });
    assert.equal(page.next, undefined);
    await snoozes.snooze(SITE, "1", "n-3", due + 9000, putOff);
    assert.ok((await snoozes.list(SITE, "1", { limit: 1 })).next);
  },
);

testEngines(
  "tells of what is snoozed that is deleted, or put off to another time",
  async ({ broker, inbox, schedule, snoozes }, heard) => {
    await broker.subscribe({ site: SITE, kind: "user", name: "1" });
    await inbox.append(notification("n-1"));
    const [first, last] = [Date.now() + 1_000_000, Date.now() + 2_000_000];
    await snoozes.snooze(SITE, "1", "n-1", first, putOff);
    await schedule.edit(SITE, "1", "n-1", (kept) => ({ ...kept, message: "new" }));
    await schedule.edit(SITE, "1", "n-1", (kept) => ({ ...kept, deliverAt: last }));
    assert.equal(await schedule.cancel(SITE, "1", "n-1"), true);
    assert.deepEqual(await snoozes.list(SITE, "1", { limit: 9 }), { notifications: [] });
    await schedule.add({ ...notification("n-2"), deliverAt: last });
    assert.equal(await schedule.cancel(SITE, "1", "n-2"), true);
    await inbox.append(notification("n-3"));
    await waitFor("all is heard", () => heard.length === 5);
    const events = heard.map(({ publication: { event, data, id } }) => event ? [event, data] : id);
    const seconds = (ms: number) => Math.floor(ms / 1000);
    assert.deepEqual(events, [
      "n-1",
      ["snooze", { ids: ["n-1"], unread: 0, snoozed_until: seconds(first) }],
      ["snooze", { ids: ["n-1"], unread: 0, snoozed_until: seconds(last) }],
      ["delete", { ids: ["n-1"], unread: 0 }],
      "n-3",
    ]);
  },
);

testEngines(
  "snoozes nothing else, and knows the ids of what is snoozed",
  async ({ inbox, schedule, snoozes, users }) => {
    const until = Date.now() + 3_600_000;
    await inbox.append(notification("n-1", { isCallersId: true }));
    await schedule.add({ ...notification("n-2"), deliverAt: until });
    assert.equal(await snoozes.snooze(SITE, "1", "n-2", until, putOff), undefined);
    assert.equal(await snoozes.snooze(SITE, "1", "n-3", until, putOff), undefined);
    assert.equal(await snoozes.snooze(SITE, "2", "n-1", until, putOff), undefined);
    assert.equal(await snoozes.wake(SITE, "1", "n-2"), false, "its sender has scheduled it");
    await snoozes.snooze(SITE, "1", "n-1", until, putOff);
    assert.equal(await inbox.append(notification("n-1", { isCallersId: true })), false);
    await assert.rejects(
      snoozes.snooze(SITE, "1", "n-1", until, putOff).then(() => inbox.append(notification("n-4")))
        .then(() =>
          snoozes.snooze(SITE, "1", "n-4", until, () => {
            throw new RangeError("not so");
          })
        ),
      RangeError,
    );
    assert.equal((await inbox.list(SITE, "1", { limit: 9 })).length, 1);
    assert.deepEqual((await users.scheduled(SITE, "1")).map(({ id }) => id).sort(), ["n-1", "n-2"]);
    assert.equal(await schedule.cancel(SITE, "1", "n-1"), true);
    await users.forget(SITE, "1");
    assert.deepEqual(await snoozes.list(SITE, "1", { limit: 9 }), { notifications: [] });
  },
);

testEngines("lists what is snoozed page by page, each once", async ({ inbox, snoozes }) => {
  const until = Date.now() + 3_600_000;
  const ids = Array.from({ length: 230 }, (_, index) => `n-${String(index).padStart(3, "0")}`);
  for (const [index, id] of [...ids.entries()].toReversed()) {
    await inbox.append(notification(id));
    // Most come back at the same moment.
    await snoozes.snooze(SITE, "1", id, until + (index < 215 ? 0 : 1000), putOff);
  }
  for (const limit of [7, 100, 229, 230]) {
    const listed: string[] = [];
    let page = await snoozes.list(SITE, "1", { limit });
    while (page.next !== undefined) {
      assert.equal(page.notifications.length, limit);
      listed.push(...page.notifications.map(({ id }) => id));
      page = await snoozes.list(SITE, "1", { limit, after: page.next });
    }
    assert.deepEqual([...listed, ...page.notifications.map(({ id }) => id)], ids, `${limit}`);
  }
  // What comes back meanwhile moves no page.
  const { next } = await snoozes.list(SITE, "1", { limit: 10 });
  for (const id of ids.slice(0, 12)) await snoozes.wake(SITE, "1", id);
  const page = await snoozes.list(SITE, "1", { limit: 1, after: next });
  assert.deepEqual(page.notifications.map(({ id }) => id), ["n-012"]);
});

for (const engine of ["embedded", "redis"]) {
  Deno.test(`${engine} engine refuses to snooze more than may wait for a user`, async () => {
    await using stack = new AsyncDisposableStack();
    const retention = { ...RETENTION, bytes: 1000 };
    const { inbox, snoozes, run } = engine === "redis"
      ? stack.use(await openFullRedis(stack.use(await RedisServer.start()), { retention }))
      : stack.use(await openFullEmbedded({ retention }));
    await run({ handlePublication() {}, handleRestored() {} });
    const until = Date.now() + 3_600_000;
    const long = "x".repeat(350);
    await inbox.append(notification("n-1", { message: long }));
    assert.ok(await snoozes.snooze(SITE, "1", "n-1", until, putOff));
    await inbox.append(notification("n-2", { message: long }));
    await assert.rejects(
      snoozes.snooze(SITE, "1", "n-2", until, putOff),
      (error) => error instanceof CodedError && error.code === "too_many_scheduled",
    );
    assert.ok(await inbox.get(SITE, "1", "n-2"), "it is where it was");
  });
}

Deno.test("redis engine forgets the key of what is snoozed, once all is back or cancelled", async () => {
  await using server = await RedisServer.start();
  await using engine = await openFullRedis(server);
  await engine.run({ handlePublication() {}, handleRestored() {} });
  const { inbox, schedule, snoozes } = engine;
  const past = Date.now() - 5;
  const ways: readonly ((id: string) => Promise<unknown>)[] = [
    () => schedule.release(9),
    (id) => snoozes.wake(SITE, "1", id),
    (id) => schedule.cancel(SITE, "1", id),
  ];
  for (const [index, end] of ways.entries()) {
    const id = `n-${index}`;
    await inbox.append(notification(id));
    await snoozes.snooze(SITE, "1", id, past, putOff);
    assert.equal(await server.call("ZCARD", "notifyli:inbox-snoozed:{1}"), "1");
    await end(id);
    assert.equal(await server.call("EXISTS", "notifyli:inbox-snoozed:{1}"), "0");
  }
});

function notification(id: string, changes: Partial<Notification> = {}): Notification {
  return { site: SITE, user: "1", id, room: "lobby", message: `of ${id}`, ...changes };
}
