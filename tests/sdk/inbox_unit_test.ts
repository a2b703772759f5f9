/** Notifications of the library with a server of the test's own: once, acknowledged, resumed, read and put away. */
import assert from "node:assert/strict";
import type { ConnectOptions, KeyValueStore } from "../../lib/sdk/mod.ts";
import {
  connectData,
  direct,
  EPOCH,
  inboxData,
  offsets,
  start,
  watchInbox,
} from "../support/client_world.ts";
import { waitFor } from "../support/wait.ts";

Deno.test("Client hands notifications over once, and acknowledges those of a tick in one frame", () => {
  using world = start();
  const { notifications } = watchInbox(world.client);
  world.online({ unread: 2, inbox: inboxData(2, {}, [direct(1), direct(2)]) });
  world.socket.receive(direct(3), direct(3));
  assert.deepEqual(offsets(notifications), [1, 2, 3]);
  assert.deepEqual(notifications.map(({ replayed }) => replayed), [true, true, false]);
  assert.equal(world.client.notifications.unread, 3);
  assert.deepEqual(world.socket.ofType("ack"), []);
  world.clock.pass(0);
  assert.deepEqual(world.socket.ofType("ack"), [{ type: "ack", ids: ["n-1", "n-2", "n-3"] }]);
});

Deno.test("Client acknowledges again after the time that the server asks to wait", () => {
  using world = start();
  watchInbox(world.client);
  world.online();
  world.socket.receive(direct(1));
  world.clock.pass(0);
  world.socket.refuse("ack", "rate_limited", { retry_after_ms: 700 });
  world.socket.receive(direct(2));
  world.clock.pass(699);
  assert.deepEqual(world.socket.ofType("ack").map(({ ids }) => ids), [["n-1"]]);
  world.clock.pass(1);
  assert.deepEqual(world.socket.ofType("ack").map(({ ids }) => ids), [["n-1"], ["n-1"], ["n-2"]]);
});

Deno.test("Client acknowledges again what a lost connection may not have brought over", () => {
  using world = start();
  watchInbox(world.client);
  world.online();
  world.socket.receive(direct(1));
  world.clock.pass(0);
  world.socket.receive(direct(2));
  world.clock.pass(0);
  assert.deepEqual(world.socket.ofType("ack").map(({ ids }) => ids), [["n-1"], ["n-2"]]);
  world.socket.reply("ack", {});
  world.comeBack({ inbox: inboxData(2, { recovered: true }) });
  world.clock.pass(0);
  assert.deepEqual(world.socket.ofType("ack"), [{ type: "ack", ids: ["n-2"] }]);
});

Deno.test("Client does not acknowledge what nobody listens for", () => {
  using world = start({ storage: memoryStore() });
  world.online({ inbox: inboxData(1, {}, [direct(1)]) });
  world.clock.pass(1_000);
  assert.deepEqual(world.socket.ofType("ack"), []);
  assert.deepEqual(offsets(world.client.notifications.list), [1]);
});

Deno.test("Client resumes the inbox where the last connection ended", () => {
  using world = start();
  const { notifications, gaps } = watchInbox(world.client);
  world.online({ inbox: inboxData(4) });
  world.socket.receive(direct(5));
  world.socket.drop(1006);
  world.clock.pass(2_000);
  world.socket.open();
  assert.deepEqual(world.socket.sent[0]?.inbox, { offset: 5, epoch: EPOCH });
  const inbox = inboxData(9, { recovered: true }, [direct(6), direct(8)]); // 7 and 9 were deleted
  world.socket.reply("connect", connectData({ inbox }));
  world.socket.receive(direct(10));
  assert.deepEqual(offsets(notifications), [5, 6, 8, 10]);
  assert.deepEqual(gaps, []);
});

Deno.test("Client asks for notifications that are missing between two", () => {
  using world = start();
  const { notifications } = watchInbox(world.client);
  world.online();
  world.socket.receive(direct(2));
  const since = { offset: 0, epoch: EPOCH };
  assert.deepEqual(world.socket.ofType("inbox"), [{ type: "inbox", since }]);
  world.socket.refuse("inbox", "unavailable");
  world.clock.pass(1_500);
  const data = inboxData(2, { recovered: true }, [direct(1), direct(2)]);
  world.socket.reply("inbox", { ...data, unread: 2 });
  assert.deepEqual(offsets(notifications), [1, 2]);
  assert.equal(world.client.notifications.unread, 2);
});

Deno.test("Client says aloud that the inbox was lost, and does not hand over again what it had", () => {
  using world = start();
  const { notifications, gaps } = watchInbox(world.client);
  world.online({ inbox: inboxData(2, {}, [direct(1), direct(2)]) });
  const lost = inboxData(2, { recovered: false, reason: "epoch", epoch: "e2" });
  world.comeBack({
    inbox: { ...lost, notifications: [direct(2), { ...direct(2), id: "another" }] },
  });
  assert.deepEqual(notifications.map(({ id }) => id), ["n-1", "n-2", "another"]);
  assert.deepEqual(gaps.map(({ reason }) => reason), ["epoch"]);
});

Deno.test("Client tells of what was changed while it was away: what it had as a change, the rest as new", () => {
  using world = start();
  const { notifications } = watchInbox(world.client);
  const changed: unknown[] = [];
  world.client.on("notificationChanged", ({ id }) => changed.push(id));
  world.online({ unread: 1, inbox: inboxData(3, {}, [direct(1)]) });
  const edited = (id: number, first_offset: number, offset: number, state: string) => (
    { ...direct(id), offset, edited_at: 7, first_offset, state }
  );
  // 2 was read before, and left the list of what is unread; 4 came while nobody was there.
  const inbox = inboxData(8, { recovered: true, more: true }, [edited(2, 2, 6, "read"), direct(7)]);
  world.comeBack({ unread: 3, inbox });
  const rest = inboxData(9, { recovered: true }, [edited(4, 4, 9, "delivered")]);
  world.socket.reply("inbox", { ...rest, unread: 3 });
  assert.deepEqual(notifications.map(({ id }) => id), ["n-1", "n-7", "n-4"]);
  assert.deepEqual(changed, ["n-2"]);
  world.socket.receive(edited(1, 1, 10, "delivered"), edited(1, 1, 11, "read"));
  assert.deepEqual(changed, ["n-2", "n-1", "n-1"]);
  assert.equal(world.client.notifications.unread, 3);
  const list = world.client.notifications.list.map(({ id, read }) => [id, read]);
  assert.deepEqual(list, [["n-1", true], ["n-4", false], ["n-7", false], ["n-2", true]]);
  world.clock.pass(0);
  assert.deepEqual(world.socket.ofType("ack").flatMap(({ ids }) => ids), ["n-1", "n-7", "n-4"]);
});

Deno.test("Client resumes the inbox over a reload, where it has a storage", () => {
  const storage = memoryStore();
  const before = start({ storage });
  watchInbox(before.client);
  before.online({ inbox: inboxData(4) });
  before.socket.receive(direct(5));
  before.client.close();
  using world = start({ storage });
  world.socket.open();
  assert.deepEqual(world.socket.sent[0]?.inbox, { offset: 5, epoch: EPOCH });
  using other = start({ storage, userId: "someone else" });
  other.socket.open();
  assert.equal(other.socket.sent[0]?.inbox, undefined);
});

Deno.test("Client does without a storage that answers late, and fails then", async () => {
  const fail = () => Promise.reject(new Error("later"));
  const storage = { getItem: fail, setItem: fail } as unknown as KeyValueStore;
  using world = start({ storage });
  world.online({ inbox: inboxData(0) });
  assert.equal(world.client.state.kind, "online");
  await new Promise((resolve) => setTimeout(resolve)); // an error that nobody heard would end the test
});

Deno.test("Client takes no number for a user's id that is none", () => {
  for (const userId of [NaN, 1.5, 2 ** 53, Infinity]) {
    assert.throws(() => start({ userId }), /give a whole number below 2\^53, or the id as text/);
  }
  const nobody = { userId: null } as unknown as Partial<ConnectOptions>; // programs without types give this
  using world = start(nobody);
  world.socket.open();
  assert.equal(world.socket.ofType("connect")[0]?.["user_id"], undefined);
});

Deno.test("Client does without a storage that fails", () => {
  const fail = () => {
    throw new Error("not allowed");
  };
  using world = start({ storage: { getItem: fail, setItem: fail } });
  const { notifications } = watchInbox(world.client);
  world.online();
  world.socket.receive(direct(1));
  assert.deepEqual(offsets(notifications), [1]);
});

Deno.test("what comes together with the answer to markRead() counts as unread", async () => {
  using world = start();
  world.online({ unread: 1, inbox: inboxData(1, {}, [direct(1)]) });
  const { notifications } = world.client;
  const reading = notifications.markRead(["n-1"]);
  world.socket.reply("read", { unread: 0 }, direct(2));
  assert.equal(await reading, 0);
  assert.equal(notifications.unread, 1);
});

Deno.test("notifications are read, archived and deleted by the server's word", async () => {
  using world = start();
  const counts: number[] = [];
  world.client.on("unread", (unread) => counts.push(unread));
  const inbox = inboxData(3, {}, [direct(1), direct(2), direct(3)]);
  world.online({ unread: 3, inbox });
  const { notifications } = world.client;
  const reading = notifications.markRead(["n-2"]);
  assert.deepEqual(world.socket.ofType("read"), [{ type: "read", ids: ["n-2"] }]);
  world.socket.receive({ type: "inbox", event: "read", ids: ["n-2"], unread: 2 });
  world.socket.reply("read", { unread: 2 });
  assert.equal(await reading, 2);
  assert.deepEqual(notifications.list.map(({ read }) => read), [false, true, false]);
  world.socket.receive({ type: "inbox", event: "archive", ids: ["n-1"], unread: 1 });
  world.socket.receive({ type: "inbox", event: "delete", ids: ["n-3"], unread: 0 });
  assert.deepEqual(offsets(notifications.list), [2]);
  assert.deepEqual(counts, [3, 2, 1, 0]);
  const all = notifications.markRead("all");
  world.comeBack();
  assert.deepEqual(world.socket.ofType("read"), [{ type: "read", all: true }]);
  world.socket.reply("read", { unread: 0 });
  assert.equal(await all, 0);
});

Deno.test("notifications that were brought back are in the list again, and leave no hole behind", async () => {
  using world = start();
  const told: unknown[] = [];
  world.client.on("inbox", () => told.push(offsets(world.client.notifications.list)));
  world.online({ unread: 2, inbox: inboxData(9, {}, [direct(8), direct(9)]) });
  const { notifications } = world.client;
  world.socket.receive({
    type: "inbox",
    event: "unarchive",
    ids: ["n-3", "n-2", "n-4"],
    unread: 5,
  });
  assert.equal(notifications.unread, 5);
  assert.deepEqual(world.socket.ofType("inbox"), [{ type: "inbox", ids: ["n-3", "n-2", "n-4"] }]);
  world.socket.receive({ type: "inbox", event: "archive", ids: ["n-4"], unread: 4 });
  world.socket.reply("inbox", { notifications: [direct(3)], unread: 5, more: true });
  await waitFor("it asks for the rest", () => world.socket.ofType("inbox").length === 2);
  assert.deepEqual(world.socket.ofType("inbox").at(-1), { type: "inbox", ids: ["n-2", "n-4"] });
  world.socket.reply("inbox", { notifications: [direct(2), direct(4)], unread: 5 });
  await waitFor("it is told", () => told.length === 2);
  assert.deepEqual(told, [[9, 8], [9, 8, 3, 2]], "n-4 is archived again by then");
  void notifications.loadMore({ limit: 6 });
  assert.deepEqual(world.socket.ofType("inbox").at(-1), { type: "inbox", before: 8, limit: 6 });
  const page = [7, 6, 5, 3, 2, 1].map(direct);
  world.socket.reply("inbox", { notifications: page, unread: 5 });
  await waitFor("the page is there", () => notifications.list.length === 8);
  const last = notifications.loadMore({ limit: 6 });
  assert.deepEqual(world.socket.ofType("inbox").at(-1), { type: "inbox", before: 1, limit: 6 });
  world.socket.reply("inbox", { notifications: [], unread: 5 });
  assert.deepEqual(await last, []);
});

Deno.test("notifications.loadMore() gets older ones, page by page", async () => {
  using world = start();
  world.online({ inbox: inboxData(9, {}, [direct(8), direct(9)]) });
  const { notifications } = world.client;
  const loading = notifications.loadMore({ limit: 2 });
  assert.deepEqual(world.socket.ofType("inbox"), [{ type: "inbox", before: 8, limit: 2 }]);
  const stored = [{ ...direct(7), state: "read", read_at: 5 }, { ...direct(6), state: "sent" }];
  world.socket.reply("inbox", { notifications: stored, unread: 3 });
  assert.deepEqual((await loading).map(({ read }) => read), [true, false]);
  assert.deepEqual(offsets(notifications.list), [9, 8, 7, 6]);
});

Deno.test("notifications.unread counts once what a page brings before its own frame", async () => {
  using world = start();
  const { notifications } = world.client;
  world.online({ unread: 0, inbox: inboxData(1) });
  const loading = notifications.loadMore({ limit: 5 });
  // 2 was stored before the server read the page, and is published after that.
  world.socket.reply("inbox", { notifications: [direct(2)], unread: 1 });
  await loading;
  assert.equal(notifications.unread, 1);
  world.socket.receive(direct(2));
  assert.equal(notifications.unread, 1);
  world.socket.receive(direct(3));
  assert.equal(notifications.unread, 2);
});

Deno.test("notifications.loadMore() mends what others did while there was no connection", async () => {
  using world = start();
  const items = [1, 2, 3, 4].map(direct);
  world.online({ unread: 4, inbox: inboxData(4, {}, items) });
  world.comeBack({ unread: 1, inbox: inboxData(4, { recovered: true }) });
  const { notifications } = world.client;
  const loading = notifications.loadMore({ before: 100, limit: 3 });
  world.socket.receive(direct(5));
  const page = [direct(4), { ...direct(2), state: "read" }];
  world.socket.receive({ type: "inbox", event: "archive", ids: ["n-4"], unread: 1 });
  world.socket.reply("inbox", { notifications: page, unread: 2 });
  await loading;
  assert.deepEqual(notifications.list.map(({ offset, read }) => [offset, read]), [
    [5, false],
    [2, true],
  ]);
  assert.equal(notifications.unread, 1, "on the newer count");
});

Deno.test("notifications.loadMore() leaves alone what its page does not reach", async () => {
  using world = start();
  world.online({ unread: 3, inbox: inboxData(4, {}, [1, 3, 4].map(direct)) });
  const { notifications } = world.client;
  const loading = notifications.loadMore({ before: 100, limit: 2 });
  world.socket.reply("inbox", { notifications: [direct(4), direct(2)], unread: 3 });
  await loading;
  assert.deepEqual(offsets(notifications.list), [4, 2, 1]);
});

function memoryStore(): KeyValueStore {
  const values = new Map<string, string>();
  return {
    getItem: (key) => values.get(key) ?? null,
    setItem: (key, value) => void values.set(key, value),
  };
}
