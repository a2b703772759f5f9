/** What conversations keep of one user is exported and erased, on both databases. */
import assert from "node:assert/strict";
import { testDatabases } from "../support/databases.ts";
import { waitFor } from "../support/wait.ts";
import { APPLICATION, as, World } from "./world.ts";

const [alice, bob, carol] = [as("1"), as("2"), as("3")];
const ALICE = { site: "default", user: "1" };

testDatabases("data of one user: what was said and done in conversations", async (database) => {
  await using world = await World.open(database);
  const { chat, userData, contacts } = world;
  const group = (await chat.open(alice, { kind: "group", name: "Team", members: ["2", "3"] }))
    .conversation.id;
  const ended = (await chat.open(alice, { kind: "group", name: "Old", members: ["2"] }))
    .conversation.id;
  const said = async (who: typeof alice, conversation: number, text: string, more: object = {}) =>
    (await chat.send(who, { conversation, text, ...more })).message.id;
  const first = await said(alice, group, "a secret of Alice", { mentions: ["2"], data: { a: 1 } });
  const answer = await said(bob, group, "what?", { replyTo: first, mentions: ["1"] });
  await chat.react(alice, answer, "👍", true);
  await chat.react(carol, answer, "👍", true);
  await chat.react(bob, first, "👀", true);
  await Promise.all(
    Array.from({ length: 130 }, (_, index) => said(alice, group, `secret number ${index}`)),
  );
  const { conversation: pair } = (await chat.send(bob, { to: "1", text: "hi" })).message;
  await chat.send(alice, { to: "2", text: "a secret for two", id: "own-id-0001" });
  await said(alice, ended, "a secret of before");
  await chat.end(alice, ended);
  await contacts.change({ site: "default", user: "2" }, { user: "1", isBlocked: true });

  const exportOf = async (user: string) =>
    await Array.fromAsync(userData.export({ site: "default", user }));
  const records = await exportOf("1");
  assert.deepEqual(
    Object.groupBy(records, ({ type }) => type)["conversation"]?.map(({ id, role }) => [id, role]),
    [[group, "owner"], [ended, "owner"], [pair, "member"]],
  );
  const texts = records.flatMap(({ type, text }) => type === "message" && text ? [text] : []);
  assert.equal(texts.length, 133);
  assert.ok(texts.every((text) => String(text).includes("secret")), texts.join());
  assert.partialDeepStrictEqual(records.filter(({ type }) => type === "reaction"), [
    { message: answer, emoji: "👍" },
  ]);
  assert.partialDeepStrictEqual(records.filter(({ type }) => type === "display_name"), [
    { name: "name of 1" },
  ]);

  world.take("3");
  const erased = { chat_messages: 0, chat_reactions: 0 };
  for (let isDone = false; !isDone;) { // a call works for some seconds, and the next one goes on
    const part = await userData.erase(ALICE);
    erased.chat_messages += part.erased["chat_messages"] ?? 0;
    erased.chat_reactions += part.erased["chat_reactions"] ?? 0;
    isDone = part.isDone;
  }
  assert.deepEqual(erased, { chat_messages: 133, chat_reactions: 1 });
  const told = world.take("3").map((event) => "change" in event ? event.change : event.type);
  assert.equal(told.filter((each) => each === "deleted").length, 131);
  assert.ok(told.includes("members") && told.includes("roles"), told.join());
  const { messages } = await chat.messages(bob, group, { limit: 1000 });
  const own = messages.filter(({ id, kind }) => id !== answer && kind !== "system");
  assert.equal(own.length, 131);
  assert.ok(own.every(({ isDeleted, text, name, data, ownId }) => (
    isDeleted && text === undefined && name === undefined && data === undefined && !ownId
  )));
  const found = messages.find(({ id }) => id === answer);
  assert.deepEqual(found?.reactions, [{ emoji: "👍", count: 1, users: ["3"] }]);
  assert.deepEqual([found?.replyTo?.isDeleted, found?.replyTo?.text], [true, undefined]);
  const members = (await chat.members(bob, group, { limit: 9 })).members;
  assert.deepEqual(members.map(({ user, role }) => `${user} ${role}`), ["2 owner", "3 member"]);
  assert.deepEqual((await chat.search(bob, { query: "secret", limit: 9 })).messages, []);
  const kept = await chat.messages(bob, pair, { limit: 9 });
  assert.deepEqual(kept.messages.map(({ user, text, isDeleted }) => [user, text, isDeleted]), [
    ["2", "hi", undefined],
    [undefined, undefined, true],
  ]);
  await assert.rejects(chat.get(alice, group), { code: "not_found" });

  const again = await userData.erase(ALICE);
  // What others had said just before is told to who is offline a little later, as a notification.
  const nouns = Object.keys(again.erased).filter((noun) => !/noti/.test(noun));
  assert.deepEqual(nouns, [], "harmless twice");
  const left = (await exportOf("1")).filter(({ type }) => type !== "notification");
  assert.deepEqual(left.map(({ type }) => type), ["user", "end"]);
  const everything = await database.query("SELECT text, name, digest FROM chat_messages");
  assert.ok(!JSON.stringify(everything).includes("secret"));
  assert.ok(!JSON.stringify(everything).includes("name of 1"));
  const others = JSON.stringify(await exportOf("2"));
  assert.ok(others.includes("what?") && others.includes("name of 2"), others);
  assert.equal((await chat.get(APPLICATION, group)).membersCount, 2);

  // Whoever has the id next is a stranger, whom the other may write to.
  await contacts.change({ site: "default", user: "2" }, { user: "1", isBlocked: false });
  const { message } = await chat.send(bob, { to: "1", text: "for the next one" });
  assert.equal((await chat.get(as("1", "New"), message.conversation)).own?.unread, 1);
  await chat.send(alice, { to: "2", text: "of the same name" });
  await waitFor("the name is known again", async () => {
    return (await chat.names("default", ["1"])).get("1") === "name of 1";
  });
});
