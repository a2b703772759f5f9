/** Changing notifications in place, on every engine. */
import assert from "node:assert/strict";
import type { Kept, Notification } from "../../lib/inbox/store/store.ts";
import { testEngines } from "../support/engines.ts";
import { waitFor } from "../support/wait.ts";

const SITE = "default";

testEngines(
  "changes a notification in place: at the end of the inbox, with its id, states and times",
  async ({ broker, inbox }, heard) => {
    await broker.subscribe({ site: SITE, kind: "user", name: "1" });
    await inbox.append({ ...notification("n-1"), details: { title: "One", progress: 10 } });
    await inbox.append(notification("n-2"));
    await inbox.mark(SITE, "1", "delivered", ["n-1"]);
    const before = await inbox.get(SITE, "1", "n-1");
    const kept = await inbox.edit(SITE, "1", "n-1", (kept, found) => {
      assert.equal(found.offset, 1);
      assert.deepEqual(kept.details, { title: "One", progress: 10 });
      return {
        ...kept,
        message: "Änders",
        details: { ...kept.details, progress: 50, edited_at: 7 },
      };
    });
    assert.equal(kept?.message, "Änders");
    const after = await inbox.get(SITE, "1", "n-1");
    assert.deepEqual({ ...after, offset: 1, publication: before?.publication }, before);
    assert.equal(after?.offset, 3);
    const details = { title: "One", progress: 50, edited_at: 7 };
    assert.deepEqual(after?.publication.details, details);
    assert.equal(after?.publication.at, before?.publication.at);
    assert.equal(await inbox.unread(SITE, "1"), 2);
    await waitFor("it is heard", () => heard.length === 3);
    assert.partialDeepStrictEqual(heard[2], {
      publication: {
        ...{ kind: "notification", id: "n-1", room: "lobby", message: "Änders" },
        details: { ...details, state: "delivered" },
      },
      position: { offset: 3 },
    });
    const { epoch } = await inbox.sync(SITE, "1");
    const since = await inbox.sync(SITE, "1", { offset: 2, epoch });
    assert.deepEqual([since.recovered, since.offset], [true, 3]);
    assert.deepEqual(since.notifications.map(({ id }) => id), ["n-1"]);
    assert.deepEqual((await inbox.list(SITE, "1", { limit: 9 })).map(({ id }) => id), [
      "n-1",
      "n-2",
    ]);
    await inbox.append(notification("n-3"));
    assert.equal((await inbox.get(SITE, "1", "n-3"))?.offset, 4);
  },
);

testEngines("changes what was read, archived and queued where it stands", async ({ inbox }) => {
  for (const id of ["n-1", "n-2", "n-3"]) await inbox.append(notification(id));
  await inbox.change(SITE, "1", "read", ["n-1"]);
  await inbox.change(SITE, "1", "archive", ["n-2"]);
  for (const id of ["n-3", "n-2", "n-1"]) {
    await inbox.edit(SITE, "1", id, (kept) => ({ ...kept, room: "hall", message: `new ${id}` }));
  }
  const queued = await inbox.queued(SITE, "1", "hall");
  assert.deepEqual(queued.notifications.map(({ id, offset }) => [id, offset]), [
    ["n-3", 4],
    ["n-2", 5],
  ]);
  assert.deepEqual((await inbox.queued(SITE, "1", "lobby")).notifications, []);
  assert.equal(await inbox.unread(SITE, "1"), 1);
  const listed = await inbox.list(SITE, "1", { limit: 9, archived: true });
  assert.deepEqual(
    listed.map(({ id, readAt, archivedAt }) => [id, !!readAt, !!archivedAt]),
    [["n-1", true, false], ["n-2", false, true], ["n-3", false, false]],
  );
  assert.deepEqual(await inbox.change(SITE, "1", "read", 4), { ids: ["n-3"], unread: 0 });
});

testEngines("loses no field where many change one notification", async ({ inbox }) => {
  await inbox.append(notification("n-1"));
  await Promise.all(
    Array.from({ length: 30 }, (_, index) =>
      inbox.edit(SITE, "1", "n-1", (kept) => ({
        ...kept,
        details: { ...kept.details, [`field${index}`]: index },
      }))),
  );
  const found = await inbox.get(SITE, "1", "n-1");
  assert.equal(Object.keys(found?.publication.details ?? {}).length, 30);
  assert.equal(found?.offset, 31);
});

testEngines("changes nothing where there is nothing, or the change fails", async ({ inbox }) => {
  await inbox.append(notification("n-1"));
  const change = (kept: Kept) => ({ ...kept, message: "new" });
  assert.equal(await inbox.edit(SITE, "1", "n-2", change), undefined);
  assert.equal(await inbox.edit(SITE, "2", "n-1", change), undefined);
  await assert.rejects(
    inbox.edit(SITE, "1", "n-1", () => {
      throw new RangeError("not so");
    }),
    RangeError,
  );
  assert.partialDeepStrictEqual(await inbox.get(SITE, "1", "n-1"), {
    offset: 1,
    publication: { message: "of n-1\n" },
  });
  assert.equal(await inbox.append(notification("n-2")), true, "the store works as before");
});

testEngines("changes when a notification expires", async ({ inbox }) => {
  const soon = Date.now() + 1000;
  await inbox.append(notification("n-1", { expiresAt: soon }));
  await inbox.append(notification("n-2"));
  await inbox.edit(SITE, "1", "n-1", ({ expiresAt, ...kept }) => {
    assert.equal(expiresAt, soon);
    return kept;
  });
  await inbox.edit(SITE, "1", "n-2", (kept) => ({ ...kept, expiresAt: soon }));
  await waitFor("one expires", async () => await inbox.unread(SITE, "1") === 1);
  assert.deepEqual((await inbox.list(SITE, "1", { limit: 9 })).map(({ id }) => id), ["n-1"]);
});

testEngines("changes what is scheduled", async ({ inbox, schedule }) => {
  const later = Date.now() + 3600_000;
  await schedule.add({ ...notification("n-1"), deliverAt: later, expiresAt: later + 5000 });
  const soon = Date.now() - 1;
  const kept = await schedule.edit(SITE, "1", "n-1", ({ expiresAt: _, ...kept }) => {
    assert.equal(kept.deliverAt, later);
    assert.equal(kept.at, undefined);
    return { ...kept, message: "sooner", room: "hall", deliverAt: soon };
  });
  assert.equal(kept?.deliverAt, soon);
  assert.equal(await schedule.dueAt(SITE, "1", "n-1"), soon);
  assert.equal((await schedule.content(SITE, "1", "n-1"))?.message, "sooner");
  assert.equal(await schedule.edit(SITE, "1", "n-2", (kept) => kept), undefined);
  assert.deepEqual((await schedule.release(9)).delivered, [soon]);
  assert.partialDeepStrictEqual(await inbox.get(SITE, "1", "n-1"), {
    room: "hall",
    publication: { message: "sooner" },
  });
  assert.equal(await schedule.edit(SITE, "1", "n-1", (kept) => kept), undefined);
});

function notification(id: string, changes: Partial<Notification> = {}): Notification {
  return { site: SITE, user: "1", id, room: "lobby", message: `of ${id}\n`, ...changes };
}
