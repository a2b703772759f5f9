/** Inboxes, on every engine. */
import assert from "node:assert/strict";
import type { Notification } from "../../lib/inbox/store/store.ts";
import { INBOX_SIZE, testEngines } from "../support/engines.ts";
import { waitFor } from "../support/wait.ts";

const SITE = "default";

testEngines("stores a notification before it fans it out", async ({ broker, inbox }, heard) => {
  await broker.subscribe({ site: SITE, kind: "user", name: "1" });
  const { id, room, message } = notification("n-1");
  assert.equal(await inbox.append(notification("n-1")), true);
  await waitFor("it is heard", () => heard.length === 1);
  const publication = { kind: "notification", id, room, message };
  assert.partialDeepStrictEqual(heard[0]?.channel, { site: SITE, kind: "user", name: "1" });
  assert.partialDeepStrictEqual(heard[0], { publication, position: { offset: 1 } });
  const { offset, notifications: [queued] } = await inbox.queued(SITE, "1", "lobby");
  assert.equal(offset, 1);
  assert.ok(Math.abs(Number(queued?.queuedAt) - Date.now()) < 60_000);
  assert.partialDeepStrictEqual(queued, { id, room, publication, offset: 1 });
  assert.equal(queued?.publication.at, heard[0]?.publication.at, "one time, live and stored");
});

testEngines("queues by user and room, in the order of acceptance", async ({ inbox }) => {
  const ids = Array.from({ length: 50 }, (_, index) => `n-${index}`);
  await Promise.all(ids.map((id) => inbox.append(notification(id))));
  await inbox.append(notification("other-room", { room: "elsewhere" }));
  await inbox.append(notification("other-user", { user: "2" }));
  const { offset, notifications: queued } = await inbox.queued(SITE, "1", "lobby");
  assert.equal(offset, 51);
  assert.deepEqual(queued.map(({ id }) => id), ids);
  assert.deepEqual(queued.map(({ offset }) => offset), ids.map((_, index) => index + 1));
  assert.deepEqual((await inbox.queued(SITE, "2", "lobby")).notifications.map(({ id }) => id), [
    "other-user",
  ]);
});

testEngines("moves notifications on from state to state, each once", async ({ inbox }) => {
  for (const id of ["n-1", "n-2", "n-3"]) await inbox.append(notification(id));
  assert.deepEqual(await inbox.mark(SITE, "1", "sent", ["n-1", "unknown"]), ["n-1"]);
  assert.deepEqual(await inbox.mark(SITE, "1", "sent", ["n-1"]), []);
  assert.deepEqual((await inbox.queued(SITE, "1", "lobby")).notifications.map(({ id }) => id), [
    "n-2",
    "n-3",
  ]);
  assert.deepEqual(await inbox.mark(SITE, "1", "delivered", ["n-1", "n-2"]), ["n-1", "n-2"]);
  assert.deepEqual((await inbox.queued(SITE, "1", "lobby")).notifications.map(({ id }) => id), [
    "n-3",
  ]);
  assert.equal(await inbox.unread(SITE, "1"), 3);
  const n3 = { ids: ["n-3"], unread: 2 };
  assert.deepEqual(await inbox.change(SITE, "1", "read", ["n-3"]), n3);
  assert.equal(await inbox.unread(SITE, "1"), 2);
  const read = await inbox.get(SITE, "1", "n-3");
  for (const time of [read?.sentAt, read?.deliveredAt, read?.readAt]) {
    assert.ok(Math.abs(Number(time) - Date.now()) < 60_000, "each state implies those before it");
  }
  assert.deepEqual(await inbox.change(SITE, "1", "read"), { ids: ["n-1", "n-2"], unread: 0 });
  assert.equal(await inbox.unread(SITE, "1"), 0);
});

testEngines(
  "tells what a user did with the count that is right then, in order",
  async ({ broker, inbox }, heard) => {
    await broker.subscribe({ site: SITE, kind: "user", name: "1" });
    const ids = ["n-1", "n-2", "n-3", "n-4"];
    await Promise.all([
      ...ids.map((id) => inbox.append(notification(id))),
      inbox.change(SITE, "1", "read", 2),
      inbox.append(notification("n-5")),
      inbox.change(SITE, "1", "archive", ["n-4"]),
      inbox.change(SITE, "1", "archive", ["n-4", "unknown"]),
      inbox.change(SITE, "1", "delete", ["n-3", "n-1"]),
    ]);
    await waitFor("all is heard", () => heard.length >= 8);
    const events = heard.map(({ publication: { kind, id, event, data } }) =>
      kind === "inbox" ? { event, data } : id
    );
    const inboxEvent = (event: string, ids: string[], unread: number) => (
      { event, data: { ids, unread } }
    );
    assert.deepEqual(events, [
      ...ids,
      inboxEvent("read", ["n-1", "n-2"], 2),
      "n-5",
      inboxEvent("archive", ["n-4"], 2),
      inboxEvent("delete", ["n-3", "n-1"], 1),
    ]);
  },
);

testEngines(
  "lists an inbox page by page, without what is archived or removed",
  async ({ inbox }) => {
    for (const id of ["n-1", "n-2", "n-3", "n-4", "n-5"]) await inbox.append(notification(id));
    await inbox.change(SITE, "1", "archive", ["n-4"]);
    await inbox.change(SITE, "1", "delete", ["n-2"]);
    const ids = async (options: { before?: number; limit: number; archived?: boolean }) =>
      (await inbox.list(SITE, "1", options)).map(({ id }) => id);
    assert.deepEqual(await ids({ limit: 2 }), ["n-5", "n-3"]);
    assert.deepEqual(await ids({ before: 3, limit: 2 }), ["n-1"]);
    assert.deepEqual(await ids({ limit: 9, archived: true }), ["n-5", "n-4", "n-3", "n-1"]);
    assert.equal(await inbox.unread(SITE, "1"), 3);
    assert.equal(await inbox.get(SITE, "1", "n-2"), undefined);
    await inbox.append(notification("n-6"));
    assert.equal((await inbox.get(SITE, "1", "n-6"))?.offset, 6, "offsets are never used again");
  },
);

testEngines("syncs from a position: exactly what came after it", async ({ inbox }) => {
  for (const id of ["n-1", "n-2", "n-3"]) await inbox.append(notification(id));
  const first = await inbox.sync(SITE, "1");
  assert.partialDeepStrictEqual(first, { recovered: false, reason: "new", offset: 3, unread: 3 });
  assert.deepEqual(first.notifications.map(({ id }) => id), ["n-1", "n-2", "n-3"]);
  await inbox.change(SITE, "1", "read", ["n-3"]);
  const { epoch } = first;
  const after = await inbox.sync(SITE, "1", { offset: 1, epoch });
  assert.partialDeepStrictEqual(after, { recovered: true, epoch, offset: 3, unread: 2 });
  assert.deepEqual(after.notifications.map(({ id }) => id), ["n-2", "n-3"], "read ones too");
  const upToDate = await inbox.sync(SITE, "1", { offset: 3, epoch });
  assert.deepEqual([upToDate.recovered, upToDate.notifications], [true, []]);
});

testEngines("syncs page by page, each from where the one before ended", async ({ inbox }) => {
  for (const id of ["n-1", "n-2", "n-3", "n-4", "n-5"]) await inbox.append(notification(id));
  await inbox.change(SITE, "1", "read", ["n-2", "n-4"]);
  const given: string[][] = [];
  for (const unreadOnly of [true, false]) {
    let page = await inbox.sync(SITE, "1", undefined, { limit: 1 });
    assert.partialDeepStrictEqual(page, {
      recovered: false,
      reason: "new",
      offset: 1,
      unread: 3,
    });
    const ids = page.notifications.map(({ id }) => id);
    while (page.more) {
      page = await inbox.sync(SITE, "1", page, { limit: 1, unreadOnly });
      assert.equal(page.recovered, true);
      ids.push(...page.notifications.map(({ id }) => id));
    }
    assert.equal(page.offset, 5, "the last page ends where the inbox does");
    given.push(ids);
  }
  assert.deepEqual(given, [["n-1", "n-3", "n-5"], ["n-1", "n-2", "n-3", "n-4", "n-5"]]);
});

testEngines(
  "says so when it cannot sync from a position, and gives all that is unread",
  async ({ inbox }) => {
    for (const id of ["n-1", "n-2"]) await inbox.append(notification(id));
    const { epoch } = await inbox.sync(SITE, "1");
    const strange = await inbox.sync(SITE, "1", { offset: 1, epoch: "other" });
    assert.partialDeepStrictEqual(strange, { recovered: false, reason: "epoch" });
    assert.equal(strange.notifications.length, 2);
    const future = await inbox.sync(SITE, "1", { offset: 9, epoch });
    assert.partialDeepStrictEqual(future, { recovered: false, reason: "epoch" });
    for (let index = 0; index < INBOX_SIZE; index++) await inbox.append(notification(`m-${index}`));
    const expired = await inbox.sync(SITE, "1", { offset: 1, epoch });
    assert.partialDeepStrictEqual(expired, { recovered: false, reason: "expired" });
    assert.equal(expired.notifications.length, INBOX_SIZE);
    const recent = await inbox.sync(SITE, "1", { offset: 5, epoch });
    assert.equal(recent.recovered, true);
  },
);

testEngines(
  "a position in one inbox is none in another, however the two were made",
  async ({ inbox, schedule }) => {
    const places = ["default", "shop"].flatMap((site) =>
      ["10", "11", "12"].map((user) => ({ site, user }))
    );
    const arriving = places.filter(({ user }) => user === "10"); // in one call
    await Promise.all(arriving.map((place) => inbox.append(notification("n-1", place))));
    for (const place of places.filter(({ user }) => user === "11")) {
      const id = `later-${place.site}`;
      await schedule.add({
        ...notification(id, place),
        deliverAt: Date.now() - 1,
      });
    }
    await schedule.release(10);
    await Promise.all(
      places.filter(({ user }) => user === "12").map((place) => inbox.sync(place.site, place.user)),
    );
    for (const place of places) await inbox.append(notification("n-2", place));
    const positions = await Promise.all(places.map(({ site, user }) => inbox.sync(site, user)));
    assert.equal(new Set(positions.map(({ epoch }) => epoch)).size, places.length);
    for (const [index, { site, user }] of places.entries()) {
      for (const [other, { offset, epoch }] of positions.entries()) {
        const { recovered, notifications } = await inbox.sync(site, user, { offset, epoch });
        assert.equal(recovered, index === other);
        assert.equal(notifications.length === 0, index === other, "nothing of it is passed over");
      }
    }
  },
);

testEngines("keeps a user's newest notifications, and drops read ones first", async ({ inbox }) => {
  const ids = Array.from({ length: INBOX_SIZE }, (_, index) => `n-${index}`);
  for (const id of ids) await inbox.append(notification(id));
  await inbox.change(SITE, "1", "read", ["n-3", "n-7"]);
  for (const id of ["m-1", "m-2", "m-3"]) await inbox.append(notification(id));
  const kept = (await inbox.list(SITE, "1", { limit: 1000 })).map(({ id }) => id).reverse();
  const gone = ["n-3", "n-7", "n-0"];
  assert.deepEqual(kept, [...ids.filter((id) => !gone.includes(id)), "m-1", "m-2", "m-3"]);
});

testEngines(
  "takes a caller's id once, even after it was removed",
  async ({ inbox, broker }, heard) => {
    await broker.subscribe({ site: SITE, kind: "user", name: "1" });
    const order = notification("order-12345", { isCallersId: true });
    assert.equal(await inbox.append(order), true);
    assert.equal(await inbox.append(order), false);
    await inbox.change(SITE, "1", "delete", [order.id]);
    assert.equal(await inbox.append(order), false);
    assert.equal(await inbox.append({ ...order, user: "2" }), true, "another user's is another");
    await inbox.append(notification("last"));
    const ownIds = () =>
      heard.filter(({ channel }) => channel.name === "1").map(({ publication }) => publication.id);
    await waitFor("the last is heard", () => ownIds().includes("last"));
    assert.deepEqual(ownIds(), ["order-12345", "-", "last"], "the second is that it was deleted");
    assert.equal(await inbox.unread(SITE, "1"), 1);
  },
);

testEngines("gives nobody what has expired", async ({ broker, inbox }, heard) => {
  await broker.subscribe({ site: SITE, kind: "user", name: "1" });
  await inbox.append(notification("gone", { expiresAt: Date.now() - 1000 }));
  await inbox.append(notification("stays", { expiresAt: Date.now() + 3_600_000 }));
  const { notifications, unread } = await inbox.sync(SITE, "1");
  assert.deepEqual(notifications.map(({ id }) => id), ["stays"]);
  assert.equal(unread, 1);
  assert.deepEqual((await inbox.queued(SITE, "1", "lobby")).notifications.map(({ id }) => id), [
    "stays",
  ]);
  assert.deepEqual((await inbox.list(SITE, "1", { limit: 9 })).map(({ id }) => id), ["stays"]);
  await waitFor("one is heard", () => heard.length > 0);
  assert.deepEqual(heard.map(({ publication }) => publication.id), ["stays"]);
});

testEngines("knows whose a notification is", async ({ inbox }) => {
  await inbox.append(notification("n-1", { user: "7" }));
  assert.equal(await inbox.owner(SITE, "n-1"), "7");
  assert.equal(await inbox.owner(SITE, "unknown"), undefined);
  await inbox.append(notification("n-1", { user: "8" }));
  await inbox.change(SITE, "7", "delete", ["n-1"]);
  assert.equal(await inbox.owner(SITE, "n-1"), "8", "another user's with the same id stays");
  await inbox.change(SITE, "8", "delete", ["n-1"]);
  assert.equal(await inbox.owner(SITE, "n-1"), undefined);
});

testEngines("keeps the inboxes of sites apart", async ({ inbox }) => {
  await inbox.append(notification("n-1", { site: "acme" }));
  assert.deepEqual((await inbox.queued(SITE, "1", "lobby")).notifications, []);
  assert.equal((await inbox.queued("acme", "1", "lobby")).notifications.length, 1);
});

function notification(id: string, changes: Partial<Notification> = {}): Notification {
  return { site: SITE, user: "1", id, room: "lobby", message: `of ${id}\n`, ...changes };
}
