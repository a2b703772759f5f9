/** What elements show of an inbox, on the client library with sockets of the test's own. */
import assert from "node:assert/strict";
import { Feed } from "../../../lib/sdk/element/feed.ts";
import { type Shelf, shelfOf } from "../../../lib/sdk/element/shelf.ts";
import { fold } from "../../../lib/sdk/view/entries.ts";
import { direct, inboxData, start, type World } from "../../support/client_world.ts";
import type { Frame } from "../../support/fake_network.ts";

Deno.test("Feed shows the inbox from the newest on, with no hole, and older ones on demand", async () => {
  using world = await opened({ unread: 3, inbox: inboxData(90, {}, range(88, 90)) });
  const { feed, socket } = world;
  socket.reply("inbox", page(range(41, 90), 3));
  await settled();
  assert.deepEqual([feed.list.length, feed.list.at(-1)?.id], [50, "n-41"]);
  assert.deepEqual([feed.unread, feed.isLoaded, feed.hasOlder], [3, true, true]);
  assert.deepEqual(feed.toasts, []);
  feed.loadOlder();
  assert.deepEqual(socket.ofType("inbox").at(-1), { type: "inbox", before: 41, limit: 50 });
  socket.reply("inbox", page(range(1, 40), 3));
  await settled();
  assert.deepEqual([feed.list.length, feed.hasOlder], [90, false]);
});

Deno.test("Feed shows of what came with the connection no more than the inbox's first page", async () => {
  using world = await opened({ unread: 61, inbox: inboxData(60, {}, range(1, 60)) });
  const { feed, socket } = world;
  socket.receive(direct(61));
  assert.deepEqual([feed.list.map(({ id }) => id), feed.isLoaded], [["n-61"], false]);
  assert.deepEqual(feed.toasts, ["n-61"]);
  socket.reply("inbox", page(range(12, 61), 61));
  await settled();
  assert.deepEqual([feed.list.length, feed.list.at(-1)?.id], [50, "n-12"]);
  assert.deepEqual(feed.toasts, ["n-61"]);
});

Deno.test("Feed shows the next notifications when all that it shows are put away", async () => {
  using world = await opened({ inbox: inboxData(90) });
  const { socket } = world;
  const newest = range(41, 90);
  socket.reply("inbox", page(newest));
  await settled();
  const ids = newest.map(({ id }) => id);
  socket.receive({ type: "inbox", event: "archive", ids, unread: 0 });
  assert.deepEqual(socket.ofType("inbox").at(-1), { type: "inbox", before: 41, limit: 50 });
  socket.refuse("inbox", "unavailable");
  await settled();
  assert.equal(socket.ofType("inbox").length, 2, "not again and again");
});

Deno.test("Feed offers older ones although the last one of a page was put away meanwhile", async () => {
  using world = await opened({ inbox: inboxData(90) });
  const { feed } = world;
  world.socket.reply("inbox", page(range(41, 90)));
  await settled();
  world.comeBack({ inbox: inboxData(90, { recovered: true }) });
  world.socket.receive({ type: "inbox", event: "archive", ids: ["n-41"], unread: 0 });
  world.socket.reply("inbox", page(range(41, 90)));
  await settled();
  assert.deepEqual([feed.list.length, feed.hasOlder], [49, true]);
});

Deno.test("Feed reads the newest again where the connection broke while it read older ones", async () => {
  using world = await opened({ inbox: inboxData(90) });
  world.socket.reply("inbox", page(range(41, 90)));
  await settled();
  world.feed.loadOlder();
  world.comeBack({ inbox: inboxData(90, { recovered: true }) });
  world.socket.reply("inbox", page(range(1, 40)));
  await settled();
  // Nobody tells of what was done without a connection.
  const asked = { type: "inbox", before: Number.MAX_SAFE_INTEGER, limit: 90 };
  assert.deepEqual(world.socket.ofType("inbox").at(-1), asked);
});

Deno.test("Feed raises a toast for what comes live and unread, and for nothing else", async () => {
  using world = await opened({ unread: 1, inbox: inboxData(1, {}, [direct(1)]) });
  const { feed, socket } = world;
  socket.reply("inbox", page([direct(1)], 1));
  await settled();
  socket.receive(direct(2), { ...direct(3), state: "read" });
  assert.deepEqual(feed.toasts, ["n-2"]);
  socket.receive(direct(4), direct(5));
  assert.deepEqual(feed.toasts, ["n-2", "n-4", "n-5"]);
  feed.dismiss("n-5");
  socket.receive({ type: "inbox", event: "read", ids: ["n-2"], unread: 1 });
  assert.deepEqual(feed.toasts, ["n-4"], "read on another device");
  socket.receive({ type: "inbox", event: "archive", ids: ["n-4"], unread: 1 });
  assert.deepEqual(feed.toasts, [], "put away on another device");
});

Deno.test("Feed reads, archives and deletes by the server's word, and asks once", async () => {
  using world = await opened({ unread: 3, inbox: inboxData(3, {}, range(1, 3)) });
  const { feed, shelf, socket } = world;
  socket.reply("inbox", page(range(1, 3), 3));
  await settled();
  feed.read(["n-1"]);
  feed.read(["n-1", "n-2"]);
  assert.deepEqual(socket.ofType("read").map(({ ids }) => ids), [["n-1"], ["n-2"]]);
  assert.equal(feed.unread, 3);
  socket.receive({ type: "inbox", event: "read", ids: ["n-1"], unread: 2 });
  assert.equal(feed.unread, 2);
  const [, second, first] = fold(feed.list);
  assert.ok(first && second);
  shelf.archive(first);
  shelf.delete(second);
  await settled();
  assert.deepEqual(socket.ofType("archive").map(({ ids }) => ids), [["n-1"], ["n-2"]]);
  assert.deepEqual(socket.ofType("delete"), [], "it can be undone");
  assert.equal(feed.waiting, 4);
  socket.receive({ type: "inbox", event: "archive", ids: ["n-1"], unread: 2 });
  socket.receive({ type: "inbox", event: "archive", ids: ["n-2"], unread: 1 });
  assert.deepEqual(feed.list.map(({ id }) => id), ["n-3"]);
  socket.refuse("archive", "unavailable");
  await settled();
  assert.match(feed.notices.at(-1)?.put.reason ?? "", /unavailable/);
});

Deno.test("Shelf deletes for good once nobody can undo it: when its time is over, or with the feed", async () => {
  for (const how of ["undone", "over", "crowded out", "closed"]) {
    using world = await opened({ unread: 1, inbox: inboxData(1, {}, [direct(1)]) });
    const { feed, shelf, socket } = world;
    socket.reply("inbox", page([direct(1)], 1));
    await settled();
    const [entry] = fold(feed.list);
    assert.ok(entry);
    shelf.delete(entry);
    await settled();
    socket.reply("archive", { unread: 0 });
    await settled();
    const [notice] = feed.notices;
    assert.equal(notice?.key, "deleted_what");
    if (how === "closed") feed.close();
    else if (how === "crowded out") {
      for (const reason of "abc") feed.notice("failed", { reason });
    } else feed.dismissNotice(notice.id, how === "undone");
    const [deleted, back] = ["delete", "unarchive"].map((type) => socket.ofType(type).length);
    assert.deepEqual([deleted, back], how === "undone" ? [0, 1] : [1, 0], how);
    assert.ok(feed.notices.length <= 3);
  }
});

Deno.test("Shelf marks all as read that there were, once nobody can undo it", async () => {
  for (const how of ["undone", "over"]) {
    using world = await opened({ unread: 9, inbox: inboxData(3, {}, range(1, 3)) });
    const { feed, shelf, socket } = world;
    socket.reply("inbox", page(range(1, 3), 9));
    await settled();
    shelf.readAll();
    assert.deepEqual([feed.unread, feed.list.map(({ read }) => read)], [0, [true, true, true]]);
    assert.deepEqual(socket.ofType("read"), [], "it can be undone");
    socket.receive(direct(4));
    assert.deepEqual([feed.unread, feed.list[0]?.read], [1, false], "it came after that");
    const [notice] = feed.notices;
    assert.equal(notice?.key, "all_read");
    feed.dismissNotice(notice.id, how === "undone");
    await settled();
    if (how === "over") {
      assert.deepEqual(socket.ofType("read"), [{ type: "read", all: true, through: 3 }]);
      assert.equal(feed.unread, 1, "until the server has answered, too");
      socket.receive({ type: "inbox", event: "read", ids: ["n-1", "n-2", "n-3"], unread: 1 });
      socket.reply("read", { unread: 1 });
      await settled();
      assert.deepEqual([feed.unread, feed.list.filter(({ read }) => !read).length], [1, 1]);
    } else {
      assert.deepEqual(socket.ofType("read"), []);
      assert.deepEqual([feed.unread > 1, feed.list.some(({ read }) => read)], [true, false]);
    }
  }
});

Deno.test("Shelf does not delete what another device has brought back meanwhile", async () => {
  using world = await opened({ unread: 1, inbox: inboxData(1, {}, [direct(1)]) });
  const { feed, shelf, socket } = world;
  socket.reply("inbox", page([direct(1)], 1));
  await settled();
  const [entry] = fold(feed.list);
  assert.ok(entry);
  shelf.delete(entry);
  await settled();
  socket.receive({ type: "inbox", event: "archive", ids: ["n-1"], unread: 0 });
  socket.reply("archive", { unread: 0 });
  await settled();
  socket.receive({ type: "inbox", event: "unarchive", ids: ["n-1"], unread: 1 });
  socket.reply("inbox", page([direct(1)], 1));
  await settled();
  feed.endNotices();
  await settled();
  assert.deepEqual(socket.ofType("delete"), []);
});

Deno.test("Feed learns after a reconnection what others did to the notifications", async () => {
  using world = await opened({ unread: 2, inbox: inboxData(2, {}, range(1, 2)) });
  const { feed } = world;
  world.socket.reply("inbox", page(range(1, 2), 2));
  await settled();
  world.comeBack({ unread: 0, inbox: inboxData(2, { recovered: true }) });
  world.socket.reply("inbox", page([{ ...direct(2), state: "read" }]));
  await settled();
  assert.deepEqual([feed.list.map(({ id, read }) => [id, read]), feed.unread], [
    [["n-2", true]],
    0,
  ]);
});

Deno.test("Shelf counts a group right while older ones are shown, whatever comes meanwhile", async () => {
  const grouped = (offset: number) => ({ ...direct(offset), group: "g" });
  const pageOf = (first: number, last: number) =>
    page(range(first, last).map((_, i) => grouped(last - i)));
  using world = await opened({ inbox: inboxData(150) });
  const { feed, shelf, socket } = world;
  const heads = (head: number, count: number) =>
    socket.reply("inbox", page([{ ...grouped(head), group_count: count }]));
  const count = () => {
    const [entry] = fold(feed.list, shelf.below);
    return 1 + (entry?.others.length ?? 0) + (entry?.more ?? 0);
  };
  socket.reply("inbox", pageOf(101, 150));
  await settled();
  heads(150, 150);
  await settled();
  assert.equal(count(), 150);
  feed.loadOlder();
  socket.reply("inbox", pageOf(51, 100));
  await settled();
  // The answer is from before this one came, or from after it.
  socket.receive(grouped(151));
  heads(150, 150);
  await settled();
  assert.deepEqual([feed.list.length, count()], [101, 151]);
  shelf.loaded();
  heads(152, 152);
  await settled();
  assert.equal(count(), 151, "its head is about to come");
  socket.receive(grouped(152));
  assert.equal(count(), 152);
  assert.equal(feed.hasOlder, true);
});

Deno.test("Shelf has nothing put off that came back while it was being read", async () => {
  using world = await opened({ inbox: inboxData(2) });
  const { shelf, socket } = world;
  socket.reply("inbox", page([]));
  await settled();
  shelf.look();
  assert.deepEqual(socket.ofType("inbox").at(-1), { type: "inbox", snoozed: true, limit: 50 });
  socket.receive(direct(3)); // the answer was read before, and is on its way
  socket.reply("inbox", page(range(3, 4)), direct(4));
  await settled();
  assert.deepEqual(shelf.snoozed, []);
  socket.receive({ type: "inbox", event: "snooze", ids: ["n-4"], unread: 0 });
  socket.reply("inbox", page(range(4, 4)));
  await settled();
  assert.deepEqual(shelf.snoozed?.map(({ id }) => id), ["n-4"], "it was put off again");
});

interface Opened extends World {
  readonly feed: Feed;
  readonly shelf: Shelf;
}

/** A feed whose connection is there, with what is loaded late. @param data of the answer to `connect` */
async function opened(data: Frame): Promise<Opened> {
  const world = start();
  const feed = new Feed(world.client);
  const shelf = shelfOf(feed);
  world.online(data);
  await settled();
  return Object.assign(Object.create(world), { feed, shelf });
}

function range(first: number, last: number): Frame[] {
  return Array.from({ length: last - first + 1 }, (_, i) => direct(last - i));
}

function page(notifications: Frame[], unread = 0): Frame {
  return { notifications, unread };
}

/** What was promised is done. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
}
