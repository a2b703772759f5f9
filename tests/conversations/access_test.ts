/** Who is told what: nobody hears, by whichever way, of what was said before one came, after one has gone, or beyond a block. */
import assert from "node:assert/strict";
import { pause } from "../../lib/base/clock.ts";
import { openPostgres, testDatabases } from "../support/databases.ts";
import { PostgresServer } from "../support/postgres.ts";
import { as, World } from "./world.ts";

const [alice, bob, carol, dave] = [as("1"), as("2"), as("3"), as("4")];

testDatabases("who comes later hears nothing of what was said before", async (database) => {
  await using world = await World.open(database);
  const { chat } = world;
  const { conversation: { id } } = await chat.open(alice, { kind: "group", members: ["2"] });
  const before = { conversation: id, text: "before Carol", id: "own-id-0001" };
  const { message } = await chat.send(alice, before);
  await chat.change(alice, id, { add: ["3"] });
  world.take("3");
  world.take("2");
  await chat.edit(alice, message.id, { text: "still before Carol" });
  await chat.react(bob, message.id, "👍", true);
  await using other = await World.open(database);
  assert.ok((await other.chat.send(alice, before)).isDuplicate);
  await chat.unsend(alice, message.id);
  const types = (heard: ReturnType<World["take"]>) =>
    heard.map((each) => each.type === "message_changed" ? each.change : each.type);
  assert.deepEqual(types(world.take("2")), ["edited", "reacted", "deleted"]);
  assert.deepEqual(types(other.take("2")), ["message"], "it is told again by another node");
  assert.deepEqual([...world.take("3"), ...other.take("3")], []);
  const { offset } = await chat.get(carol, id);
  const { messages } = await chat.messages(carol, id, { limit: 9 });
  assert.deepEqual(messages.map(({ system }) => system?.event), ["added"]);
  const { offset: now } = await chat.messages(carol, id, { limit: 9 });
  assert.equal(now, offset);
});

testDatabases("who has gone, or is blocked, hears of no receipts", async (database) => {
  await using world = await World.open(database);
  const { chat, contacts } = world;
  const { conversation: { id } } = await chat.open(alice, { kind: "group", members: ["2", "3"] });
  await chat.send(bob, { conversation: id, text: "I was here" });
  await chat.change(bob, id, { leave: true });
  world.take("2");
  await chat.seen(carol, id, {});
  await chat.send(alice, { conversation: id, text: "he is gone" });
  assert.deepEqual(world.take("2"), []);

  const { message } = await chat.send(bob, { to: "4", text: "Hi" });
  await contacts.change(dave, { user: "2", isBlocked: true });
  world.take("2");
  await chat.seen(dave, message.conversation, {});
  assert.deepEqual(world.take("2"), []);
  const { with: other, lastMessage } = await chat.get(bob, message.conversation);
  assert.deepEqual([other?.read, lastMessage?.status], [0, "sent"]);
  assert.equal((await chat.get(dave, message.conversation)).own?.unread, 0);
});

testDatabases("who mentions oneself has nothing to read", async (database) => {
  await using world = await World.open(database);
  const { chat } = world;
  const { conversation: { id } } = await chat.open(alice, { kind: "group", members: ["2"] });
  await chat.send(alice, { conversation: id, text: "me", mentions: ["1", "2"] });
  await chat.send(alice, { conversation: id, text: "me", mentions: ["1", "2"] });
  assert.equal((await chat.get(alice, id)).own?.mentions, 0);
  assert.equal((await chat.get(bob, id)).own?.mentions, 2);
});

testDatabases("whom nobody has written to yet is seen by no stranger", async (database) => {
  await using world = await World.open(database);
  const { chat } = world;
  await chat.open(alice, { kind: "private", members: ["2"] });
  assert.deepEqual(await chat.fellowsAmong("default", "1", ["2"]), []);
  await chat.send(alice, { to: "2", text: "Hi" });
  assert.deepEqual(await chat.fellowsAmong("default", "1", ["2"]), ["2"]);
});

testDatabases("cursors and ids that are none", async (database) => {
  await using world = await World.open(database);
  const { chat } = world;
  const { conversation: { id } } = await chat.open(alice, { kind: "group", members: ["2"] });
  for (const cursor of ["%00", "%", "\0", "\ud800"]) {
    await chat.members(alice, id, { limit: 5, cursor }).catch((error) =>
      assert.equal(error.code, "invalid_field", JSON.stringify(cursor))
    );
  }
  for (const cursor of ["0", "\0", "-", "1-1-1-1", "zzzzzzzzzzz-zzz-zzzzzz-zzz", "-1--1-1"]) {
    await chat.list(alice, { limit: 5, cursor }).catch((error) =>
      assert.equal(error.code, "invalid_field", JSON.stringify(cursor))
    );
    await chat.search(alice, { limit: 5, cursor, query: "a" }).catch((error) =>
      assert.equal(error.code, "invalid_field", JSON.stringify(cursor))
    );
    await chat.list(alice, { limit: 5, since: cursor }).catch((error) =>
      assert.equal(error.code, "invalid_field", JSON.stringify(cursor))
    );
  }
  for (
    const query of [
      "' | 'a",
      "a & b:*",
      "a\\",
      "'",
      '"a" OR b',
      "NEAR(a b)",
      "\0a",
      "a*",
      "\ud800a",
      "ﷺ",
      "ﷺ ﷺ ﷺ ﷺ",
    ]
  ) {
    await chat.search(alice, { limit: 5, query }).catch((error) =>
      assert.equal(error.code, "invalid_field", JSON.stringify(query))
    );
  }
  for (const no of [0, -1, 1.5, 2 ** 53, NaN, Infinity, 2 ** 53 - 1]) {
    await assert.rejects(chat.get(alice, no), { code: "not_found" });
    await assert.rejects(chat.message(alice, no), { code: "not_found" });
    await assert.rejects(chat.send(alice, { conversation: no, text: "a" }), { code: "not_found" });
    await assert.rejects(chat.receipts(alice, no), { code: "not_found" });
  }
  const big = Number.MAX_SAFE_INTEGER;
  for (const request of [{ before: big }, { after: big }, { since: { offset: big, epoch: "a" } }]) {
    await chat.messages(alice, id, { limit: 5, ...request });
  }
  await assert.rejects(chat.messages(alice, id, { limit: 5, around: big }), { code: "not_found" });
  await assert.rejects(chat.send(alice, { conversation: id, text: "a", replyTo: big }), {
    code: "invalid_field",
  });
  await chat.seen(alice, id, { offset: big });
  assert.equal((await chat.get(alice, id)).own?.read, 1);
});

Deno.test("what is taken back at one node gets no words and no reactions at another", async () => {
  await using server = await PostgresServer.start();
  await using one = await openPostgres(server.url);
  await using other = await openPostgres(server.url);
  await using here = await World.open(one);
  await using there = await World.open(other);
  const { chat } = here;
  for (let round = 0; round < 30; round++) {
    const { message: { id } } = await chat.send(alice, { to: "2", text: "a secret" });
    await Promise.allSettled([
      chat.edit(alice, id, { text: "another secret" }),
      chat.react(bob, id, "👍", true),
      pause(Math.random() * 12).then(() => there.chat.unsend(alice, id)),
    ]);
    const { isDeleted, text, reactions } = await chat.message(bob, id);
    assert.deepEqual([isDeleted, text, reactions], [true, undefined, undefined]);
  }
});
