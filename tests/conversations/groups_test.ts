/** Who is in conversations and what they may do there, on both databases. */
import assert from "node:assert/strict";
import { testDatabases } from "../support/databases.ts";
import { APPLICATION, as, World } from "./world.ts";

const [alice, bob, carol, dave] = [as("1"), as("2"), as("3"), as("4")];

testDatabases("groups: roles, who comes and goes, and what each is told", async (database) => {
  await using world = await World.open(database);
  const { chat } = world;
  const request = {
    kind: "group",
    name: " Team ",
    members: ["2", "3"],
    id: "own-id-0001",
  } as const;
  const opened = await Promise.all([chat.open(alice, request), chat.open(alice, request)]);
  const ids = opened.map(({ conversation: { id } }) => id);
  assert.equal(new Set(ids).size, 1);
  assert.equal(opened.filter(({ isCreated }) => isCreated).length, 1);
  const [id = 0] = ids;
  const { name, epoch, members } = await chat.get(bob, id);
  assert.deepEqual([name, members?.map(({ user, role }) => `${user} ${role}`)], [
    "Team",
    ["1 owner", "2 member", "3 member"],
  ]);
  const roles = async () => {
    const { members } = await chat.members(APPLICATION, id, { limit: 9 });
    return members.map(({ user, role }) => `${user} ${role}`).join();
  };
  const refused = (actor: typeof alice, change: object, code: string) =>
    assert.rejects(chat.change(actor, id, change), { code });
  await refused(bob, { name: "Mine" }, "forbidden");
  await refused(bob, { add: ["4"] }, "forbidden");
  await refused(bob, { remove: ["3"] }, "forbidden");
  await refused(bob, { roles: { 2: "owner" } }, "forbidden");
  await refused(dave, { name: "Mine" }, "not_found");
  await refused(alice, { name: "a\nb" }, "invalid_field");
  await refused(alice, { picture: "javascript:alert(1)" }, "invalid_field");
  await refused(alice, { roles: { 9: "admin" } }, "not_found");
  await refused(alice, { roles: { 1: "member" } }, "invalid_field");

  await chat.change(alice, id, { roles: { 2: "admin" } });
  world.take("3");
  const changed = await chat.change(bob, id, {
    ...{ name: "Crew", picture: "https://example.com/a.png", data: { color: "red" } },
    ...{ add: ["4", "3"], pinned: true, mutedUntil: Infinity },
  });
  assert.deepEqual([changed.name, changed.picture, changed.data, changed.membersCount], [
    ...["Crew", "https://example.com/a.png", { color: "red" }, 4],
  ]);
  assert.ok(changed.own?.pinned && changed.own.mutedUntil! > Date.now());
  assert.equal((await chat.get(alice, id)).own?.pinned, undefined, "it is Bob's alone");
  const told = world.take("3").map((event) =>
    event.type === "message" ? event.message.system?.event : "change" in event && event.change
  );
  assert.deepEqual(told, [
    ...["renamed", "renamed", "pictured", "pictured", "data", "added", "members"],
  ]);
  assert.equal(world.take("4")[0]?.type, "conversation", "who is new is told of it first");
  await refused(bob, { remove: ["1"] }, "forbidden");
  await refused(bob, { remove: ["2"] }, "invalid_field");
  await chat.change(bob, id, { remove: ["3", "9"] });
  await assert.rejects(chat.get(carol, id), { code: "not_found" });
  await assert.rejects(chat.send(carol, { conversation: id, text: "Hi" }), { code: "not_found" });
  await assert.rejects(chat.typing(carol, id, true), { code: "not_found" });
  await assert.rejects(chat.seen(carol, id, {}), { code: "not_found" });
  const removed = world.take("3").at(-1);
  assert.equal(removed?.type === "conversation" && removed.change, "removed");

  await chat.change(alice, id, { roles: { 4: "owner" } });
  assert.equal(await roles(), "1 admin,2 admin,4 owner");
  await chat.change(dave, id, { leave: true });
  assert.equal(await roles(), "1 owner,2 admin", "who came first of the admins");
  await chat.change(alice, id, { add: ["3"] });
  const seen = await chat.messages(carol, id, { limit: 50 });
  assert.deepEqual(seen.messages.map(({ system }) => system?.event), ["added"]);
  assert.equal(seen.epoch, epoch);
  await chat.typing(alice, id, true);
  await chat.typing(alice, id, true);
  await chat.typing(alice, id, false);
  const typing = world.take("3").flatMap((event) => event.type === "typing" ? [event] : []);
  assert.deepEqual(typing.map(({ user, isTyping }) => [user, isTyping]), [["1", true], [
    "1",
    false,
  ]]);
  await assert.rejects(chat.end(bob, id), { code: "forbidden" });
  await chat.end(alice, id);
  await assert.rejects(chat.get(alice, id), { code: "not_found" });
  const lists = await chat.list(carol, { limit: 9, since: "0" });
  assert.deepEqual([lists.conversations, lists.removed], [[], [id]]);

  const crowd = Array.from({ length: 120 }, (_, index) => `u${index}`);
  const { conversation: large } = await chat.open(alice, { kind: "group", members: crowd });
  assert.equal(large.membersCount, 121);
  assert.equal(large.members?.length, 50);
  const last = await chat.members(as(crowd[0]!), large.id, {
    limit: 100,
    cursor: large.membersNext,
  });
  assert.equal(last.members.length, 71);
  world.take("u7");
  await chat.send(alice, { conversation: large.id, text: "Hello all" });
  assert.equal(world.take("u7").length, 1, "many are told by one publication");

  const { conversation: open } = await chat.open(APPLICATION, {
    ...{ kind: "group", members: ["2", "1"], history: "all" },
  });
  await chat.send(APPLICATION, { conversation: open.id, text: "Welcome" });
  await chat.change(APPLICATION, open.id, { add: ["3"] });
  const all = await chat.messages(carol, open.id, { limit: 9 });
  assert.deepEqual(all.messages.map(({ text, name, user }) => [text, name, user]).slice(1, 2), [
    ["Welcome", "Office", undefined],
  ]);
  assert.equal((await chat.get(carol, open.id)).own?.unread, 0);
  for (const each of [bob, alice, carol]) await chat.change(each, open.id, { leave: true });
  await assert.rejects(chat.get(APPLICATION, open.id), { code: "not_found" });
});

testDatabases(
  "private conversations: one of each pair, blocks, read receipts, the list",
  async (database) => {
    await using world = await World.open(database);
    const { chat, contacts } = world;
    const both = await Promise.all([
      ...[alice, alice].map((each) => chat.open(each, { kind: "private", members: ["2"] })),
      chat.open(bob, { kind: "private", members: ["1"] }),
    ]);
    assert.equal(new Set(both.map(({ conversation: { id } }) => id)).size, 1);
    const { id } = both[0]!.conversation;
    assert.deepEqual(
      (await chat.list(bob, { limit: 9 })).conversations.length,
      both[2]!.isCreated ? 1 : 0,
    );
    for (const change of [{ name: "Us" }, { add: ["3"] }, { leave: true }, { remove: ["2"] }]) {
      await assert.rejects(chat.change(alice, id, change), { code: "forbidden" });
    }
    await assert.rejects(chat.get(carol, id), { code: "not_found" });
    await assert.rejects(chat.get({ ...alice, site: "other" }, id), { code: "not_found" });
    await assert.rejects(chat.messages({ ...APPLICATION, site: "other" }, id, { limit: 1 }), {
      code: "not_found",
    });
    const { message } = await chat.send(alice, { to: "2", text: "Hi" });
    const { synced } = await chat.list(bob, { limit: 9 });
    await chat.change(bob, id, { archived: true });
    const { conversations, unread } = await chat.list(bob, { limit: 9, since: synced });
    assert.deepEqual(
      [conversations.length, unread.messages],
      [1, 0],
      "archived ones are not counted",
    );
    assert.deepEqual((await chat.list(bob, { limit: 9, archived: false })).conversations, []);
    await chat.change(bob, id, { archived: false });

    await contacts.changePrivacy({ site: "default", user: "2" }, { readReceipts: false });
    await chat.seen(bob, id, {});
    assert.equal((await chat.message(alice, message.id)).status, "delivered");
    await chat.send(bob, { to: "1", text: "Hi" });
    assert.equal((await chat.message(alice, message.id)).status, "delivered");
    const reply = await chat.send(bob, { to: "1", text: "Hi" });
    await chat.seen(alice, id, {});
    assert.equal(
      (await chat.message(bob, reply.message.id)).status,
      "delivered",
      "sees none himself",
    );
    assert.equal((await chat.get(bob, id)).with?.read, undefined);
    const told = world.heard.flatMap(({ event }) => event.type === "receipt" ? event.receipts : []);
    assert.deepEqual(told.filter(({ read }) => read !== undefined), []);

    await contacts.change({ site: "default", user: "2" }, { user: "1", isBlocked: true });
    for (const [one, other] of [[alice, "2"], [bob, "1"]] as const) {
      await assert.rejects(chat.send(one, { to: other, text: "Hi" }), { code: "forbidden" });
      await assert.rejects(chat.react(one, message.id, "👍", true), { code: "forbidden" });
      await assert.rejects(chat.typing(one, id, true), { code: "forbidden" });
    }
    await contacts.change({ site: "default", user: "4" }, { user: "1", isBlocked: true });
    const group = { kind: "group", members: ["4"] } as const;
    await assert.rejects(chat.open(alice, group), { code: "forbidden" });
    await assert.rejects(chat.open(alice, { kind: "private", members: ["4"] }), {
      code: "forbidden",
    });
    assert.equal((await chat.messages(alice, id, { limit: 9 })).messages.length, 3);

    for (let index = 0; index < 7; index++) await chat.send(carol, { to: `u${index}`, text: "Hi" });
    const found: (string | undefined)[] = [];
    let cursor: string | undefined;
    do {
      const page = await chat.list(carol, { limit: 3, cursor });
      found.push(...page.conversations.map((each) => each.with?.user));
      cursor = page.next;
    } while (cursor !== undefined);
    assert.deepEqual(found, ["u6", "u5", "u4", "u3", "u2", "u1", "u0"]);
    assert.deepEqual(await chat.fellowsAmong("default", "3", ["u1", "1", "u9"]), ["u1"]);
  },
);
