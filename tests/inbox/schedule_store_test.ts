/** Notifications that wait for their time, on every engine. */
import assert from "node:assert/strict";
import type { Notification, ScheduledNotification } from "../../lib/inbox/store/store.ts";
import { INBOX_SIZE, testEngines } from "../support/engines.ts";
import { waitFor } from "../support/wait.ts";

const SITE = "default";

testEngines("delivers what is scheduled once it is due, and not before", async (engine, heard) => {
  const { broker, inbox, schedule } = engine;
  await broker.subscribe({ site: SITE, kind: "user", name: "1" });
  const later = { ...scheduled("later", 3_600_000), room: "lobby" };
  assert.equal(await schedule.add(later), true);
  const dated = { ...scheduled("dated", 200), at: 5, message: "é" };
  await schedule.add(dated);
  assert.equal(await schedule.dueAt(SITE, "1", "later"), later.deliverAt);
  assert.equal(await inbox.owner(SITE, "later"), "1");
  assert.equal(await inbox.get(SITE, "1", "later"), undefined);
  await inbox.append(notification("first"));
  const released = await waitFor("it is due", async () => {
    const released = await schedule.release(10);
    return released.delivered.length > 0 && released;
  });
  assert.ok(released.now >= dated.deliverAt);
  const { now } = released;
  assert.deepEqual(released, {
    now,
    delivered: [dated.deliverAt],
    expired: 0,
    refused: [],
    isMore: false,
  });
  await waitFor("it is heard", () => heard.length === 2);
  assert.partialDeepStrictEqual(heard[1], {
    publication: { kind: "notification", id: "dated", room: "lobby", at: 5, message: "é" },
    position: { offset: 2 },
  });
  const got = await inbox.get(SITE, "1", "dated");
  assert.ok(Math.abs(Number(got?.queuedAt) - now) < 1000, "queued when it came into the inbox");
  assert.equal(await schedule.dueAt(SITE, "1", "dated"), undefined);
  assert.equal((await schedule.release(10)).delivered.length, 0);
  assert.equal(await inbox.unread(SITE, "1"), 2);
});

testEngines("gives what is scheduled the time of its delivery", async ({ inbox, schedule }) => {
  await schedule.add({ ...scheduled("n-1", -1), message: '"timestamp":7}' });
  const { now } = await schedule.release(10);
  const found = await inbox.get(SITE, "1", "n-1");
  assert.equal(found?.publication.message, '"timestamp":7}');
  assert.ok(Math.abs(Number(found?.publication.at) - now / 1000) <= 1);
});

testEngines(
  "delivers in the order of times, then of acceptance, in bounded steps",
  async ({ inbox, schedule }) => {
    const at = Date.now() - 10_000;
    const plan = [["c", 2], ["a", 1], ["e", 3], ["b", 1], ["d", 2]] as const;
    for (const [id, time] of plan) {
      await schedule.add({ ...scheduled(id, 0), deliverAt: at + time });
    }
    const steps = [];
    for (let step = 0; step < 3; step++) {
      const { delivered, isMore } = await schedule.release(2);
      steps.push([delivered.map((dueAt) => dueAt - at), isMore]);
    }
    assert.deepEqual(steps, [[[1, 1], true], [[2, 2], true], [[3], false]]);
    const listed = await inbox.list(SITE, "1", { limit: 9 });
    assert.deepEqual(listed.map(({ id }) => id).reverse(), ["a", "b", "c", "d", "e"]);
  },
);

testEngines(
  "delivers each scheduled one once, however many release at once",
  async ({ inbox, schedule }) => {
    const ids = Array.from({ length: 50 }, (_, index) => `n-${index}`);
    await Promise.all(ids.map((id) => schedule.add(scheduled(id, -1))));
    const released = await Promise.all([1, 2, 3].map(() => schedule.release(100)));
    assert.equal(released.flatMap(({ delivered }) => delivered).length, ids.length);
    const listed = await inbox.list(SITE, "1", { limit: 100 });
    assert.deepEqual(listed.map(({ id }) => id).reverse(), ids);
  },
);

testEngines("takes a caller's id once, scheduled or not", async ({ inbox, schedule }) => {
  const order = scheduled("order-12345", 3_600_000, { isCallersId: true });
  assert.equal(await schedule.add(order), true);
  assert.equal(await schedule.add({ ...order, deliverAt: order.deliverAt + 1 }), false);
  assert.equal(await inbox.append(order), false);
  assert.equal(await schedule.dueAt(SITE, "1", order.id), order.deliverAt);
  assert.equal(await schedule.add({ ...order, user: "2" }), true, "another user's is another");
  const sent = notification("order-67890", { isCallersId: true });
  await inbox.append(sent);
  assert.equal(await schedule.add({ ...scheduled(sent.id, 1), isCallersId: true }), false);
  const due = scheduled("order-now", -1, { isCallersId: true });
  await schedule.add(due);
  await schedule.release(10);
  assert.equal(await inbox.append(due), false);
  await inbox.change(SITE, "1", "delete", [due.id]);
  assert.equal(await schedule.add(due), false, "even after it was removed");
});

testEngines("cancels what is scheduled, once", async ({ inbox, schedule }) => {
  const order = scheduled("order-12345", -1, { isCallersId: true });
  await schedule.add(order);
  await schedule.add(scheduled("stays", -1));
  assert.equal(await schedule.cancel(SITE, "2", order.id), false);
  assert.equal(await schedule.cancel(SITE, "1", order.id), true);
  assert.equal(await schedule.cancel(SITE, "1", order.id), false);
  assert.equal(await schedule.dueAt(SITE, "1", order.id), undefined);
  assert.equal(await inbox.owner(SITE, order.id), undefined);
  assert.equal((await schedule.release(10)).delivered.length, 1);
  const listed = await inbox.list(SITE, "1", { limit: 9 });
  assert.deepEqual(listed.map(({ id }) => id), ["stays"]);
  assert.equal(await schedule.add(order), false, "a retry does not bring it back");
  assert.equal(await schedule.cancel(SITE, "1", "stays"), false, "it is delivered");
});

testEngines(
  "delivers nothing scheduled that has expired meanwhile",
  async ({ inbox, schedule }) => {
    await schedule.add(scheduled("gone", -2000, { expiresAt: Date.now() - 1000 }));
    await schedule.add(scheduled("stays", -2000, { expiresAt: Date.now() + 3_600_000 }));
    const { delivered, expired } = await schedule.release(10);
    assert.deepEqual([delivered.length, expired], [1, 1]);
    const { notifications } = await inbox.sync(SITE, "1");
    assert.deepEqual(notifications.map(({ id }) => id), ["stays"]);
    assert.equal(await inbox.owner(SITE, "gone"), undefined);
  },
);

testEngines("keeps scheduled ones of sites apart", async ({ inbox, schedule }) => {
  await schedule.add(scheduled("n-1", -1, { site: "acme" }));
  await schedule.add(scheduled("n-2", 3_600_000, { site: "acme" }));
  assert.equal(await schedule.dueAt(SITE, "1", "n-2"), undefined);
  assert.equal(await schedule.cancel(SITE, "1", "n-2"), false);
  assert.equal(await inbox.owner(SITE, "n-2"), undefined);
  await schedule.release(10);
  assert.equal(await inbox.get(SITE, "1", "n-1"), undefined);
  assert.equal((await inbox.get("acme", "1", "n-1"))?.offset, 1);
  assert.equal(await schedule.cancel("acme", "1", "n-2"), true);
});

testEngines("drops from an inbox that what is delivered overfills", async ({ inbox, schedule }) => {
  for (let index = 0; index < INBOX_SIZE; index++) await inbox.append(notification(`n-${index}`));
  await schedule.add(scheduled("last", -1));
  await schedule.release(10);
  const listed = await inbox.list(SITE, "1", { limit: 1000 });
  assert.deepEqual([listed.length, listed[0]?.id, listed.at(-1)?.id], [
    INBOX_SIZE,
    "last",
    "n-1",
  ]);
});

function notification(id: string, changes: Partial<Notification> = {}): Notification {
  return { site: SITE, user: "1", id, room: "lobby", message: `of ${id}\n`, ...changes };
}

/** Due `ms` from now. */
function scheduled(
  id: string,
  ms: number,
  changes: Partial<Notification> = {},
): ScheduledNotification {
  return { ...notification(id, changes), deliverAt: Date.now() + ms };
}
