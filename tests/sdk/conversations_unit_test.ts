/** The handles on conversations, step by step, against a server that is the test. */
import assert from "node:assert/strict";
import type { ConnectOptions, NotifyliError } from "../../lib/sdk/mod.ts";
import { start, type World } from "../support/client_world.ts";
import type { Frame } from "../support/fake_network.ts";
import { HubWorld, INBOX } from "../support/hub_world.ts";

const EPOCH = "c1";

Deno.test("conversations are not asked for before they are read", () => {
  using world = start();
  world.online();
  world.socket.receive(said(1, 2));
  assert.deepEqual(typesSent(world), ["connect"]);
  assert.deepEqual([...world.client.conversations.items], []);
  assert.equal(world.client.conversations.isLoaded, false);
  void world.client.conversations;
  assert.deepEqual(world.socket.ofType("conversations"), [
    { type: "conversations", archived: false, limit: 50 },
  ]);
  let told = 0;
  world.client.conversations.on("changed", () => told++);
  const conversations = [info(1, 1), info(2, 2), info(3, 3)];
  world.socket.reply("conversations", { conversations, unread: none, synced: "1" });
  assert.deepEqual([told, world.client.conversations.items.length], [1, 3], "told of once");
});

Deno.test("conversations are sorted, paged and archived, and what is moved changes its place", async () => {
  using world = listed([info(1, 10), info(2, 9, { pinned: true }), info(3, 8)], { next: "p2" });
  const list = world.client.conversations;
  assert.deepEqual(ids(list.items), [2, 1, 3]);
  assert.deepEqual(list.unread, { conversations: 0, messages: 0, mentions: 0 });
  const more = list.loadMore();
  world.socket.reply("conversations", { conversations: [info(4, 7)], unread: none, synced: "9" });
  await more;
  assert.equal(list.hasMore, false);
  world.socket.receive(said(4, 8, { id: 90, mentions: [123] }));
  assert.deepEqual(ids(list.items), [2, 4, 1, 3]);
  assert.deepEqual(list.unread, { conversations: 1, messages: 1, mentions: 1 });
  world.socket.receive(own(4, { archived: true, unread: 1, mentions: 1 }));
  assert.deepEqual(ids(list.items), [2, 1, 3]);
  assert.deepEqual(list.unread, none, "what is archived does not count");
  const { archived } = list;
  world.socket.reply("conversations", {
    conversations: [info(4, 8, { archived: true, unread: 1 }), info(5, 3, { archived: true })],
    ...{ unread: none, synced: "9" },
  });
  await turns();
  assert.deepEqual(ids(archived.items), [4, 5]);
  world.socket.receive({ type: "conversation_changed", conversation: 1, change: "removed" });
  assert.deepEqual(ids(list.items), [2, 3]);
});

Deno.test("a conversation behind the pages is in the list when something is said in it", () => {
  using world = listed([info(1, 10), info(3, 8)], { next: "p2" });
  const list = world.client.conversations;
  world.client.conversation(9);
  world.socket.reply("conversation", { conversation: { ...info(9, 2), members: [] } });
  assert.deepEqual(ids(list.items), [1, 3], "there may be others before it");
  world.socket.receive(said(9, 3, { id: 91 }));
  assert.deepEqual(ids(list.items), [9, 1, 3]);
  world.socket.receive(said(77, 3, { id: 92 }));
  const [, asked] = world.socket.ofType("conversations");
  assert.deepEqual(asked, { type: "conversations", since: "1", limit: 200 });
});

Deno.test("send() shows a message at once, and what becomes of it", async () => {
  using world = opened([text(1, 1)]);
  const { conversation } = world;
  const quoted = conversation.messages[0];
  assert.ok(quoted);
  const sent = conversation.send({ text: "Hi", replyTo: quoted, mentions: [7], id: "own-1234" });
  assert.deepEqual(conversation.messages.map(({ status, key }) => [key, status]), [
    ["501", undefined],
    ["own-1234", "pending"],
  ]);
  assert.equal(conversation.messages[1]?.replyTo?.text, "text 1");
  assert.equal(conversation.info?.pending, 1);
  const second = conversation.send("Second");
  const command = { type: "message", conversation: 1, text: "Hi", reply_to: 501, mentions: [7] };
  assert.deepEqual(world.socket.ofType("message"), [{ ...command, id: "own-1234" }]);
  world.socket.refuse("message", "unavailable");
  world.clock.pass(1_000);
  assert.equal(world.socket.ofType("message").length, 2, "the same again, and no other before");
  world.socket.reply("message", { message: mine(2, "own-1234", "Hi") });
  assert.equal((await sent).status, "sent");
  world.socket.refuse("message", "forbidden");
  await assert.rejects(second, { code: "forbidden" });
  assert.equal(conversation.messages.at(-1)?.error?.code, "forbidden");
  assert.equal(conversation.info?.failed, 1);
  const [failed] = conversation.messages.slice(-1);
  assert.ok(failed);
  const again = conversation.retry(failed);
  world.socket.receive(said(1, 3, mine(3, failed.key, "Second"))); // before the answer
  assert.equal((await again).offset, 3);
  world.socket.reply("message", { message: mine(3, failed.key, "Second") });
  assert.deepEqual(conversation.messages.map(({ offset, status }) => [offset, status]), [
    [1, undefined],
    [2, "sent"],
    [3, "sent"],
  ]);
});

Deno.test("an own message keeps its place where another was stored before it", () => {
  using world = opened([text(1, 1)]);
  const { conversation } = world;
  const shown: string[][] = [];
  conversation.on("messages", (messages) => shown.push(messages.map((each) => each.text)));
  conversation.send({ text: "mine", id: "own-1234" });
  world.socket.reply("message", { message: mine(3, "own-1234", "mine") });
  world.socket.receive(said(1, 2, { text: "theirs" }), said(1, 3, mine(3, "own-1234", "mine")));
  assert.deepEqual(shown.at(-1), ["text 1", "theirs", "mine"]);
  for (const texts of shown) assert.equal(texts.at(-1), "mine");
});

Deno.test("what waits to be sent survives a reload, for the same user alone", async () => {
  const storage = memory();
  const options = { storage };
  {
    using world = opened([text(1, 1)], options);
    world.socket.drop(1006);
    const closed = world.conversation.send({ text: "Later", id: "own-1234" });
    const failing = world.conversation.send({ text: "Away", id: "own-5678" });
    world.conversation.discard(world.conversation.messages.at(-1) ?? assert.fail());
    await assert.rejects(failing, { code: "ended" });
    world.client.close();
    await assert.rejects(closed, { code: "closed" });
  }
  using other = start({ ...options, userId: 9 });
  other.online(identity(9));
  other.client.conversation(1);
  assert.deepEqual(other.socket.ofType("message"), []);
  using world = start(options);
  const conversation = world.client.conversation(1);
  assert.deepEqual(conversation.messages.map(({ text, status }) => [text, status]), [
    ["Later", "pending"],
  ]);
  using tab = start(options);
  tab.client.conversation(1);
  world.online(identity(123));
  assert.deepEqual(world.socket.ofType("message"), [
    { type: "message", conversation: 1, text: "Later", id: "own-1234" },
  ]);
  world.socket.reply("message", { message: mine(2, "own-1234", "Later") });
  tab.online(identity(123));
  assert.deepEqual(tab.socket.ofType("message"), [], "the other tab has sent it");
});

Deno.test("what a tab has not sent that was closed is sent by another one", () => {
  const storage = memory();
  using world = opened([text(1, 1)], { storage });
  using closed = opened([text(1, 1)], { storage });
  closed.socket.drop(1006);
  closed.conversation.send({ text: "Later", id: "own-1234" });
  closed.client.close();
  world.comeBack(identity(123));
  assert.deepEqual(world.socket.ofType("message").map(({ id }) => id), ["own-1234"]);
  assert.equal(world.conversation.messages.at(-1)?.status, "pending");
  world.socket.reply("message", { message: mine(2, "own-1234", "Later") });
  world.comeBack(identity(123));
  assert.deepEqual(world.socket.ofType("message"), []);
});

Deno.test("a failed message that is taken away in one tab is gone in the others, and none but that", async () => {
  const storage = memory();
  using world = opened([text(1, 1)], { storage });
  for (const id of ["own-1111", "own-2222"]) {
    const failing = world.conversation.send({ text: id, id });
    world.socket.refuse("message", "forbidden");
    await assert.rejects(failing, { code: "forbidden" });
  }
  using tab = opened([text(1, 1)], { storage });
  tab.conversation.send({ text: "waits", id: "own-3333" });
  const shown = ({ conversation }: { conversation: typeof tab.conversation }) =>
    conversation.messages.map(({ key }) => key).slice(1);
  assert.deepEqual(shown(tab), ["own-1111", "own-2222", "own-3333"]);
  tab.conversation.discard(tab.conversation.messages[1] ?? assert.fail());
  world.wake.dispatchEvent(Object.assign(new Event("storage"), { key: "another" }));
  assert.deepEqual(shown(world), ["own-1111", "own-2222"]);
  world.wake.dispatchEvent(Object.assign(new Event("storage"), { key: storage.keys().at(-1) }));
  assert.deepEqual(shown(world), ["own-2222"]);
  assert.equal(world.conversation.info?.failed, 1);
  assert.deepEqual(shown(tab), ["own-2222", "own-3333"]);
  // A tab that heard nothing, as one that was frozen, looks when it comes back.
  world.conversation.discard(world.conversation.messages[1] ?? assert.fail());
  tab.comeBack(identity(123));
  assert.deepEqual(shown(tab), ["own-3333"]);
});

Deno.test("a message that ends each connection is given up, and the next one goes", async () => {
  using world = opened([text(1, 1)]);
  const bad = world.conversation.send("bad");
  world.conversation.send({ text: "good", id: "own-good" });
  for (let tries = 0; tries < 5; tries++) {
    assert.equal(world.socket.ofType("message").length, 1);
    world.comeBack();
  }
  await assert.rejects(bad, { code: "not_confirmed" });
  assert.equal(world.socket.ofType("message")[0]?.text, "good");
});

Deno.test("typing() is told every 3 s at most, and others are gone after 6 s", () => {
  using world = opened([text(1, 1)]);
  const { conversation } = world;
  const told = () => world.socket.ofType("typing").map(({ typing = true }) => typing);
  for (let key = 0; key < 8; key++) {
    conversation.typing();
    world.clock.pass(500);
  }
  assert.deepEqual(told(), [true, true]);
  conversation.typing(false);
  conversation.typing(false);
  assert.deepEqual(told(), [true, true, false]);
  world.socket.receive(typing(7), typing(8), typing(123));
  assert.deepEqual(conversation.typingUsers.map(({ userId }) => userId), ["7", "8"]);
  world.socket.receive(said(1, 2));
  assert.deepEqual(conversation.info?.typing.map(({ userId }) => userId), ["8"]);
  world.clock.pass(6_000);
  assert.deepEqual(conversation.typingUsers, []);
});

Deno.test("markRead() moves the pointer at once, and tells the server until it has answered", () => {
  using world = opened([text(1, 1), text(2, 2)], {}, { unread: 2, mentions: 1 });
  const { conversation, client } = world;
  assert.deepEqual(client.conversations.unread, { conversations: 1, messages: 2, mentions: 1 });
  conversation.markRead(1);
  conversation.markRead();
  conversation.markRead(1);
  assert.equal(conversation.info?.unread, 0);
  assert.deepEqual(client.conversations.unread, none);
  world.clock.pass(0);
  const seen = () => world.socket.ofType("seen").filter(({ state }) => state === undefined);
  assert.deepEqual(seen(), [{ type: "seen", conversation: 1, offset: 2 }]);
  world.comeBack();
  world.clock.pass(0);
  assert.deepEqual(seen(), [{ type: "seen", conversation: 1, offset: 2 }]);
  world.socket.receive(own(1, { read: 1, unread: 1 }));
  assert.equal(conversation.info?.unread, 0, "what is older does not count");
});

Deno.test("own messages in a group are read when all others have read them", () => {
  using world = opened([mine(1, "own-1", "one"), mine(2, "own-2", "two")], {}, {}, [
    member(123, 2),
    member(7, 0),
    member(8, 0),
  ]);
  const { conversation } = world;
  const statuses = () => conversation.messages.map(({ status }) => status);
  world.socket.receive(receipt({ user_id: 7, read: 2, delivered: 2 }));
  assert.deepEqual(statuses(), ["sent", "sent"]);
  world.socket.receive(receipt({ user_id: 8, read: 1, delivered: 2 }));
  assert.deepEqual(statuses(), ["read", "delivered"]);
  assert.deepEqual(conversation.members.map(({ read }) => read), [2, 2, 1]);
  const changed = { ...mine(1, "own-1", "edited"), changed: 3, status: undefined };
  world.socket.receive({ ...said(1, 3), type: "message_changed", message: changed });
  assert.deepEqual(conversation.messages.map(({ text }) => text), ["edited", "two"]);
  assert.deepEqual(statuses(), ["read", "delivered"]);
});

Deno.test("members are as far as was heard while they were read", async () => {
  using world = opened([mine(1, "own-1", "one"), mine(2, "own-2", "two")], {}, {}, [member(7, 0)]);
  const { conversation, socket } = world;
  const read = () => conversation.members.map(({ read }) => read);
  socket.receive({ type: "conversation_changed", conversation: 1, offset: 2, change: "added" });
  socket.receive(receipt({ user_id: 7, read: 2, delivered: 2 }, { user_id: 8, read: 1 }));
  const members = [member(7, 0), member(8, 0)];
  socket.reply("conversation", {
    conversation: { ...info(1, 2), members, members_next: "8" },
  });
  assert.deepEqual(read(), [2, 1]);
  const loading = conversation.loadMoreMembers();
  socket.receive(receipt({ user_id: 9, read: 2 }));
  socket.reply("members", { members: [member(9, 0)] });
  await loading;
  assert.deepEqual(read(), [2, 1, 2]);
});

Deno.test("a conversation is asked for again where the user's settings changed while it was read", () => {
  using world = opened([text(1, 1)]);
  const { conversation, socket } = world;
  socket.receive({ type: "conversation_changed", conversation: 1, offset: 1, change: "added" });
  socket.receive(own(1, { pinned: true }));
  socket.reply("conversation", { conversation: { ...info(1, 1), members: [] } });
  socket.reply("conversation", { conversation: { ...info(1, 1, { pinned: true }), members: [] } });
  assert.equal(conversation.info?.pinned, true);
});

Deno.test("a private conversation is read as far as was heard while the list was read", () => {
  const partner = (read: number) => ({
    ...{ kind: "private", with: { user_id: 7, name: "Bob", read, delivered: read } },
    last_message: mine(2, "own-2", "two"),
  });
  using world = listed([info(1, 2, partner(0))]);
  const status = () => {
    const [{ with: other, lastMessage } = assert.fail()] = world.client.conversations.items;
    return [other?.read, lastMessage?.status];
  };
  assert.deepEqual(status(), [0, "sent"]);
  world.comeBack();
  world.socket.receive(receipt({ user_id: 7, read: 2, delivered: 2 }));
  const answer = {
    conversations: [info(1, 2, partner(0))],
    removed: [],
    unread: none,
    synced: "2",
  };
  world.socket.reply("conversations", answer);
  assert.deepEqual(status(), [2, "read"]);
});

Deno.test("a conversation that the user is put out of is gone, and one that is not there", async () => {
  using world = opened([text(1, 1)]);
  const { conversation, client } = world;
  let gone = 0;
  conversation.on("gone", () => gone++);
  world.socket.receive({ type: "conversation_changed", conversation: 1, change: "removed" });
  assert.equal(conversation.state, "gone");
  assert.deepEqual([gone, client.conversations.items.length], [1, 0]);
  const missing = client.conversation(99);
  world.socket.refuse("messages", "not_found");
  await missing.ready;
  assert.equal(missing.state, "gone");
  const abort = new AbortController();
  const other = client.conversation(98, { signal: abort.signal });
  abort.abort();
  await other.ready;
  other.on("message", () => assert.fail("it is closed"));
  world.socket.receive(said(98, 5));
});

Deno.test("files() says what it wants, and each file has its message", async () => {
  using world = opened([text(1, 1)]);
  const { conversation, client, socket } = world;
  const first = conversation.files();
  assert.deepEqual(socket.ofType("files")[0], { type: "files", conversation: 1 });
  const file = { id: "f", name: "a.png", type: "image/png", bytes: 3, url: "/files/f?signature=x" };
  const message = { ...text(1, 7), offset: 7, kind: "image" };
  socket.reply("files", {
    files: [{ ...file, message }],
    next: "7",
    counts: { image: 9, file: 0 },
  });
  const { files, next, counts } = await first;
  assert.deepEqual([next, counts], ["7", { image: 9, file: 0 }]);
  const [found = assert.fail()] = files;
  assert.deepEqual(
    [found.name, found.message.kind, found.message.offset, found.message.file],
    ["a.png", "image", 7, file],
  );
  assert.match(client.fileUrl(found), /\/files\/f\?signature=x$/);
  assert.equal(conversation.messages.length, 1, "the window is as it was");
  const more = conversation.files({ kind: "image", limit: 5, cursor: next });
  assert.deepEqual(socket.ofType("files")[1], {
    ...{ type: "files", conversation: 1, kind: "image", limit: 5, cursor: "7" },
  });
  socket.reply("files", { files: [] });
  assert.deepEqual(await more, { files: [] });
  const refused = conversation.files({ cursor: "x" });
  socket.refuse("files", "invalid_field");
  await assert.rejects(refused, { code: "invalid_field" });
});

Deno.test("search() and the changes of a conversation are answered", async () => {
  using world = opened([text(1, 1)]);
  const { conversation, client, socket } = world;
  const abort = new AbortController();
  const found = client.conversations.search("text", { conversation: 1, signal: abort.signal });
  const left = client.conversations.search("other", { signal: abort.signal });
  assert.deepEqual(socket.ofType("search")[0], { type: "search", q: "text", conversation: 1 });
  socket.reply("search", { messages: [text(1, 1)], next: "n" });
  assert.equal((await found).next, "n");
  abort.abort();
  await assert.rejects(left, { name: "AbortError" });
  const changes: [() => Promise<unknown>, Frame][] = [
    [() => conversation.rename("New"), { name: "New" }],
    [() => conversation.change({ picture: "" }), { picture: null }],
    [() => conversation.add(["4", 5]), { add: [4, 5] }],
    [() => conversation.setRole(4, "admin"), { roles: { 4: "admin" } }],
    [() => conversation.mute(), { muted: true }],
    [() => conversation.mute(1_800_000_000), { muted_until: 1_800_000_000 }],
    [() => conversation.pin(false), { pinned: false }],
    [() => conversation.archive(), { archived: true }],
  ];
  for (const [change, wanted] of changes) {
    const done = change();
    const command = socket.ofType("conversation").at(-1);
    assert.deepEqual(command, { type: "conversation", conversation: 1, ...wanted });
    socket.reply("conversation", { conversation: info(1, 1, { name: "New" }) });
    await done;
    const isOfMembers = "add" in wanted || "roles" in wanted; // then it is asked who is in it
    if (isOfMembers) socket.reply("conversation", { conversation: info(1, 1, { name: "New" }) });
  }
  assert.equal(conversation.info?.name, "New");
  const leave = conversation.leave();
  world.comeBack();
  socketOf(world).refuse("conversation", "not_found"); // it was done before the connection broke
  await leave;
  assert.equal(conversation.state, "gone");
});

Deno.test("a conversation that is not shown is not loaded, and may be changed all the same", async () => {
  using world = listed([info(1, 1)]);
  const conversation = world.client.conversation(1, { load: false });
  await conversation.ready;
  assert.deepEqual(typesSent(world), ["connect", "conversations"]);
  const pinned = conversation.pin();
  world.socket.reply("conversation", { conversation: info(1, 1, { pinned: true }) });
  assert.equal((await pinned).pinned, true);
  assert.equal(world.client.conversations.items[0]?.pinned, true);
  conversation.close();
});

Deno.test("presence() asks for all that are watched at once, and anew on each connection", () => {
  using world = start();
  world.online();
  const heard: string[] = [];
  const tell = ({ userId, status }: { userId: string; status: string }) =>
    void heard.push(`${userId} ${status}`);
  const first = world.client.presence([2, 3], tell);
  const second = world.client.presence(["3", "4"], tell);
  world.clock.pass(0);
  const asked = () => world.socket.ofType("presence").map(({ user_ids }) => user_ids);
  assert.deepEqual(asked(), [[2, 3, 4]]);
  world.socket.reply("presence", { users: [{ user_id: 3, status: "online" }] });
  assert.deepEqual(heard.splice(0), ["3 online", "3 online"]);
  world.socket.receive({ type: "user_presence", user_id: 4, status: "away" });
  assert.deepEqual(heard.splice(0), ["4 away"]);
  assert.equal(second.users.get("4")?.status, "away");
  first.end();
  world.clock.pass(0);
  assert.deepEqual(asked().at(-1), [3, 4]);
  world.client.away();
  world.comeBack();
  world.clock.pass(0);
  assert.deepEqual(asked(), [[3, 4]]);
  assert.deepEqual(world.socket.ofType("away"), [{ type: "away", away: true }]);
  world.socket.reply("presence", { users: [{ user_id: 3, status: "offline", last_seen: 5 }] });
  assert.deepEqual(heard, ["3 offline", "4 offline"], "who is left out may not be seen any more");
});

Deno.test("contacts are listed with who is there, and change on all devices", async () => {
  using world = start();
  world.online();
  const { contacts } = world.client;
  world.socket.reply("contacts", {
    contacts: [{ user_id: 3, name: "Carl", status: "online" }, { user_id: 2, name: "Bob" }],
  });
  const shown = () => contacts.items.map(({ name, status, blocked }) => [name, status, blocked]);
  assert.deepEqual(shown(), [["Bob", "offline", false], ["Carl", "online", false]]);
  world.clock.pass(0);
  world.socket.receive({ type: "user_presence", user_id: 2, status: "online" });
  const blocked = contacts.block(3);
  assert.deepEqual(world.socket.ofType("contact"), [{
    type: "contact",
    user_id: 3,
    blocked: true,
  }]);
  world.socket.reply("contact", { contact: { user_id: 3, name: "Carl", blocked: true } });
  await blocked;
  assert.deepEqual(shown(), [["Bob", "online", false], ["Carl", "online", true]]);
  const removed = { user_id: 2, name: "Bob" };
  world.socket.receive({ type: "contacts_changed", contact: removed, removed: true });
  assert.deepEqual(shown(), [["Carl", "online", true]]);
  const privacy = world.client.privacy.set({ readReceipts: false });
  assert.deepEqual(world.socket.ofType("privacy"), [{ type: "privacy", read_receipts: false }]);
  world.socket.reply("privacy", { read_receipts: false, show_online: true, show_last_seen: true });
  assert.deepEqual(await privacy, { readReceipts: false, showOnline: true, showLastSeen: true });
});

Deno.test("contacts are as what came last says, also where it came together with an answer", async () => {
  using world = start();
  world.online();
  const { contacts } = world.client;
  const [bob, carl] = [{ user_id: 2, name: "Bob" }, { user_id: 3, name: "Carl" }];
  const changed = (contact: Frame, more: Frame = {}) => ({
    ...{ type: "contacts_changed", contact, ...more },
  });
  world.socket.reply("contacts", { contacts: [bob], next: "2" });
  const shown = () => contacts.items.map(({ name, blocked }) => [name, blocked]);
  const loading = contacts.loadMore();
  world.socket.reply("contacts", { contacts: [carl] }, changed({ ...carl, blocked: true }));
  await loading;
  assert.deepEqual(shown(), [["Bob", false], ["Carl", true]]);
  const blocking = contacts.block(2);
  const answer = { contact: { ...bob, blocked: true } };
  world.socket.reply("contact", answer, changed(bob, { removed: true }));
  assert.equal((await blocking).blocked, true);
  assert.deepEqual(shown(), [["Carl", true]]);
});

Deno.test("contacts are there as the server said last, also where it said so before", async () => {
  using world = start();
  world.online();
  const { contacts } = world.client;
  const statuses = () => contacts.items.map(({ status }) => status);
  const bob = (status: string) => ({ user_id: 2, name: "Bob", status });
  world.socket.reply("contacts", { contacts: [bob("offline")] });
  world.clock.pass(0);
  world.socket.reply("presence", { users: [bob("online")] });
  assert.deepEqual(statuses(), ["online"]);
  world.comeBack();
  world.socket.reply("contacts", { contacts: [bob("offline")], next: "2" });
  assert.deepEqual(statuses(), ["offline"]);
  world.clock.pass(0);
  world.socket.reply("presence", { users: [bob("online")] });
  assert.deepEqual(statuses(), ["online"], "as before");
  const loading = contacts.loadMore();
  world.socket.reply("contacts", { contacts: [bob("offline")] });
  await loading;
  assert.deepEqual(statuses(), ["online"], "that was read before");
});

Deno.test("a contact who may not be seen any more since the last connection is offline", () => {
  using world = start();
  world.online();
  const [{ contacts }, bob] = [world.client, { user_id: 2, name: "Bob" }];
  const statuses = () => contacts.items.map(({ status }) => status);
  world.socket.reply("contacts", { contacts: [bob] });
  world.clock.pass(0);
  world.socket.reply("presence", { users: [{ user_id: 2, status: "online" }] });
  assert.deepEqual(statuses(), ["online"]);
  world.comeBack();
  world.socket.reply("contacts", { contacts: [bob] });
  world.clock.pass(0);
  world.socket.reply("presence", { users: [] });
  assert.deepEqual(statuses(), ["offline"]);
});

Deno.test("connect() tells what the client runs on", () => {
  using world = start({ device: { id: "d1", platform: "web", appVersion: "1.2" } });
  world.online();
  const [connect] = world.socket.ofType("connect");
  assert.deepEqual(connect?.device, { id: "d1", platform: "web", app_version: "1.2" });
});

Deno.test("SharedHub watches for each tab what it asks for, and tells all tabs of contacts and preferences", () => {
  using world = new HubWorld();
  const first = world.tab("a");
  const [link = assert.fail()] = world.links;
  link.accept("1");
  const second = world.tab("a");
  link.answer("identity", { fingerprint: "1", user_id: 1 });
  link.answer("inbox", INBOX);
  first.send({ type: "presence", user_ids: [2], ref: 1 });
  second.send({ type: "presence", user_ids: [2, 3], ref: 1 });
  const asked = () =>
    link.sent.filter(({ type }) => type === "presence").map((each) => each.user_ids);
  assert.deepEqual(asked(), [[2], [2, 3]]);
  const [bob, carl] = [{ user_id: 2, status: "online" }, { user_id: 3, status: "away" }];
  link.answer("presence", { users: [bob] });
  link.answer("presence", { users: [bob, carl] });
  assert.deepEqual(first.replies.at(-1)?.data, { users: [bob] });
  assert.deepEqual(second.replies.at(-1)?.data, { users: [bob, carl] });
  first.send({ type: "away", away: true, ref: 2 });
  assert.equal(link.sent.some(({ type }) => type === "away"), false, "the other tab is in use");
  second.send({ type: "contact", user_id: 4, ref: 3 });
  link.answer("contact", { contact: { user_id: 4 } });
  assert.deepEqual(first.frames.at(-1), { type: "contacts_changed", contact: { user_id: 4 } });
  second.send({ type: "change_preferences", time_zone: "UTC", ref: 4 });
  link.answer("change_preferences", { time_zone: "UTC" });
  assert.deepEqual(first.frames.at(-1), { type: "preferences_changed", time_zone: "UTC" });
  second.tell({ close: true });
  assert.deepEqual(asked().at(-1), [2]);
  assert.equal(link.sent.at(-2)?.away ?? link.sent.at(-1)?.away, true, "no tab is in use");
});

const none = { conversations: 0, messages: 0, mentions: 0 };

function listed(conversations: Frame[], more: Frame = {}, options: Partial<ConnectOptions> = {}) {
  const world = start(options);
  void world.client.conversations;
  world.online(identity(123));
  const unread = {
    conversations: conversations.filter(({ unread }) => Number(unread) > 0).length,
    messages: sum(conversations, "unread"),
    mentions: sum(conversations, "mentions"),
  };
  world.socket.reply("conversations", { conversations, unread, synced: "1", ...more });
  return world;
}

/** A world whose client has opened conversation 1, with these messages. */
function opened(
  messages: Frame[],
  options: Partial<ConnectOptions> = {},
  more: Frame = {},
  members: Frame[] = [],
) {
  const offset = Number(messages.at(-1)?.offset ?? 0);
  const whole = info(1, offset, more);
  const world = listed([whole], {}, options);
  const conversation = world.client.conversation(1);
  world.client.on("error", (error: NotifyliError) => assert.fail(error));
  world.socket.reply("conversation", { conversation: { ...whole, members } });
  const page = { messages, has_before: false, has_after: false, offset, epoch: EPOCH };
  world.socket.reply("messages", page);
  assert.equal(conversation.state, "ready");
  return Object.assign(world, { conversation });
}

function identity(userId: number): Frame {
  return { user_id: userId, site_id: "default" };
}

function info(id: number, offset: number, more: Frame = {}): Frame {
  return {
    ...{ id, kind: "group", name: `Group ${id}`, history: "all", members_count: 3, offset },
    ...{
      epoch: EPOCH,
      created_at: 0,
      role: "owner",
      unread: 0,
      mentions: 0,
      read: 0,
      delivered: 0,
    },
    last_message: { ...text(offset, offset), conversation: id },
    ...more,
  };
}

function text(offset: number, id: number, more: Frame = {}): Frame {
  return {
    ...{ id: 500 + id, conversation: 1, offset, changed: offset, kind: "text", user_id: 7 },
    ...{ name: "Bob", text: `text ${id}`, created_at: id, ...more },
  };
}

function mine(offset: number, ownId: string, words: string): Frame {
  return text(offset, offset, { user_id: 123, own_id: ownId, text: words, status: "sent" });
}

function said(conversation: number, offset: number, more: Frame = {}): Frame {
  const { id = offset, ...fields } = more;
  const message = { ...text(offset, Number(id), fields), conversation };
  return { type: "new_message", conversation, offset, message };
}

function own(conversation: number, data: Frame): Frame {
  const usual = { read: 0, delivered: 0, unread: 0, mentions: 0, muted_until: 0, pinned: false };
  const change = { change: "own", data: { ...usual, archived: false, ...data } };
  return { type: "conversation_changed", conversation, ...change };
}

function typing(userId: number): Frame {
  return { type: "typing", conversation: 1, user_id: userId, name: `U${userId}`, typing: true };
}

function receipt(...receipts: Frame[]): Frame {
  return { type: "receipt", conversation: 1, receipts };
}

function member(userId: number, read: number): Frame {
  return {
    user_id: userId,
    name: `U${userId}`,
    role: "member",
    joined_at: 0,
    read,
    delivered: read,
  };
}

function typesSent({ socket }: World): unknown[] {
  return socket.sent.map(({ type }) => type);
}

function socketOf({ socket }: World) {
  return socket;
}

function ids(items: readonly { readonly id: number }[]): number[] {
  return items.map(({ id }) => id);
}

function sum(items: Frame[], field: string): number {
  return items.reduce((total, item) => total + Number(item[field] ?? 0), 0);
}

function memory() {
  const items = new Map<string, string>();
  return {
    getItem: (key: string) => items.get(key) ?? null,
    setItem: (key: string, value: string) => void items.set(key, value),
    keys: () => [...items.keys()],
  };
}

async function turns(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await Promise.resolve();
}
