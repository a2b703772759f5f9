/** Files in messages, on both databases: who may send one, who sees it by that, how it is shown, and when it goes. */
import assert from "node:assert/strict";
import { chatEventOf } from "../../lib/conversations/events.ts";
import { chatFrame } from "../../lib/conversations/frames.ts";
import { ChatRetention } from "../../lib/conversations/retention.ts";
import { messageOnWire } from "../../lib/conversations/wire.ts";
import { rows } from "../../lib/engines/database/database.ts";
import { APPLICATION, as } from "../conversations/world.ts";
import { testDatabases } from "../support/databases.ts";
import { PNG } from "../support/picture.ts";
import { usesWorld } from "./uses_world.ts";

const [alice, bob, carol, dave] = [as("1"), as("2"), as("3"), as("4")];

const image = "image" as const;
const file = "file" as const;

testDatabases("who may send a file, and in what", async (database) => {
  await using uses = await usesWorld(database);
  const { world: { chat }, stored } = uses;
  const [picture, text] = [await stored(alice, "cat.png", PNG), await stored(alice, "a.txt")];
  const ofBob = await stored(bob, "b.txt");
  const ofOffice = await stored(APPLICATION, "office.txt");
  const elsewhere = await stored({ site: "other", user: "1" }, "other.txt");
  const refused = async (id: string, actor: typeof alice, kind: "image" | "file" = file) => {
    await assert.rejects(chat.send(actor, { to: actor.user === "9" ? "8" : "9", kind, file: id }), {
      code: "invalid_field",
      options: { field: "file" },
    });
  };
  await refused(ofBob, alice);
  await refused(ofOffice, alice);
  await refused(elsewhere, alice);
  await refused("nothing-has-this-id-01", alice);
  await refused("ftp://example.org/cat.png", alice);
  await refused(text, alice, image);
  assert.equal((await database.query("SELECT id FROM chat_messages")).length, 0);
  // An application that acts as a user has the user's rights, and as itself those of its site.
  await refused(ofOffice, { ...alice, isApplication: true });
  for (const id of [ofBob, ofOffice, picture]) {
    const { conversation } = await chat.open(APPLICATION, {
      kind: "private",
      members: ["7", "8"],
    });
    await chat.send(APPLICATION, { conversation: conversation.id, kind: file, file: id });
  }
  await chat.send({ ...alice, isApplication: true }, { to: "2", kind: image, file: picture });
});

testDatabases("what an application keeps elsewhere is named by its address", async (database) => {
  await using uses = await usesWorld(database);
  const { world: { chat } } = uses;
  for (const address of ["https://example.org/cat.png", "/uploads/cat.png"]) {
    const { message } = await chat.send(alice, { to: "2", kind: image, file: address });
    assert.deepEqual(message.file, { id: address, url: address });
    await chat.unsend(alice, message.id);
  }
  assert.equal((await database.query("SELECT file FROM file_uses")).length, 0);
});

testDatabases(
  "a file is shown as an object with a link, wherever its message is",
  async (database) => {
    await using uses = await usesWorld(database);
    const { world, stored, files } = uses;
    const { chat, userData } = world;
    const id = await stored(alice, "cat.png", PNG);
    const { width, height } = await files.find(alice, id);
    const size = width === undefined ? {} : { width, height };
    const request = { to: "2", kind: image, file: id, text: "My cat", id: "own-id-0001" };
    const sent = (await chat.send(alice, request)).message;
    const { conversation } = sent;
    const shown = {
      ...{ id, name: "cat.png", type: "image/png", bytes: PNG.length, ...size },
      url: files.linkTo(id),
    };
    assert.match(String(shown.url), /^\/files\//);
    const same = (given: unknown, where: string) =>
      assert.deepEqual(JSON.parse(JSON.stringify(given ?? null)), shown, where);
    same(sent.file, "the answer");
    same((await chat.send(alice, request)).message.file, "the answer to the same again");
    const [told] = world.take("2");
    assert.equal(told?.type, "message");
    same(told?.type === "message" && told.message.file, "what is told");
    const happened = world.happenings.find(({ what }) => what === "message");
    same(happened?.what === "message" && happened.message.file, "what other capabilities hear");
    same((await chat.message(bob, sent.id)).file, "a message alone");
    same((await chat.messages(bob, conversation, { limit: 9 })).messages[0]?.file, "a page");
    same((await chat.search(bob, { query: "cat", limit: 9 })).messages[0]?.file, "what is found");
    same((await chat.list(bob, { limit: 9 })).conversations[0]?.lastMessage?.file, "a list");
    same((await chat.get(bob, conversation)).lastMessage?.file, "a conversation");
    const records = await Array.fromAsync(userData.export({ site: "default", user: "1" }));
    const record = records.find(({ type }) => type === "message");
    same(record?.["file"], "the export");
    const edited = await chat.edit(alice, sent.id, { text: "Our cat" });
    same(edited.file, "an edit keeps it");
    const reacted = await chat.react(bob, sent.id, "👍", true);
    same(reacted.file, "a reaction");
    const changes = world.take("2").flatMap((event) =>
      event.type === "message_changed" ? [event.message.file] : []
    );
    assert.deepEqual(changes, [shown, shown]);

    const answer = await chat.send(bob, { conversation, text: "Nice", replyTo: sent.id });
    same(answer.message.replyTo?.file, "a quote in the answer");
    same((await chat.message(alice, answer.message.id)).replyTo?.file, "a quote that is read");
    assert.equal(JSON.stringify(messageOnWire(sent)["file"]), JSON.stringify(shown));
    const kept = await database.query("SELECT file FROM chat_messages WHERE id = $1", sent.id);
    assert.ok(!String(kept[0]?.["file"]).includes("signature"), "no link is kept");

    await chat.unsend(alice, sent.id);
    const quote = (await chat.message(alice, answer.message.id)).replyTo;
    assert.deepEqual([quote?.isDeleted, quote?.file], [true, undefined]);
  },
);

testDatabases("members see a file, as far as they see its message", async (database) => {
  await using uses = await usesWorld(database);
  const { world: { chat, contacts }, stored, sees } = uses;
  const [early, late] = [await stored(alice, "early.txt"), await stored(alice, "late.txt")];
  const { id } = (await chat.open(alice, { kind: "group", name: "Team", members: ["2"] }))
    .conversation;
  assert.equal(await sees(bob, early), false);
  await chat.send(alice, { conversation: id, kind: file, file: early });
  await chat.change(alice, id, { add: ["3"] });
  await chat.send(alice, { conversation: id, kind: file, file: late });
  const who = async (file: string) => {
    const all = await Promise.all([alice, bob, carol, dave].map((each) => sees(each, file)));
    return all.map(Number).join("");
  };
  assert.deepEqual([await who(early), await who(late)], ["1100", "1110"]);
  assert.equal(await sees({ site: "other", user: "2" }, late), false);
  assert.equal(await sees({ site: "other", isApplication: true }, late), false);
  assert.equal(await sees(APPLICATION, late), true);

  // Whoever sees it may send it on, and it is there as long as one message has it.
  const forwarded = await chat.send(carol, { to: "4", kind: file, file: late });
  assert.equal(await who(late), "1111");
  await chat.change(bob, id, { leave: true });
  assert.deepEqual([await who(early), await who(late)], ["1000", "1011"]);
  await chat.change(alice, id, { remove: ["3"] });
  assert.equal(await who(late), "1011", "she has sent it on, and sees her own message");
  await chat.unsend(carol, forwarded.message.id);
  assert.equal(await who(late), "1000");
  await assert.rejects(chat.send(carol, { to: "4", kind: file, file: late }), {
    code: "invalid_field",
  });

  // Who is blocked reads what was said before, and sends nothing more.
  const mine = await stored(alice, "mine.txt");
  await chat.send(alice, { to: "2", kind: file, file: mine });
  await contacts.change({ site: "default", user: "2" }, { user: "1", isBlocked: true });
  assert.equal(await sees(bob, mine), true);
  const more = await stored(alice, "more.txt");
  await assert.rejects(chat.send(alice, { to: "2", kind: file, file: more }), {
    code: "forbidden",
  });
  const noted = await database.query("SELECT ref FROM file_uses WHERE file = $1", more);
  assert.equal(noted.length, 0);
});

testDatabases(
  "a file goes with the last message that has it, however that goes",
  async (database) => {
    await using uses = await usesWorld(database, { APP_CHAT_KEEP_DAYS: "1" });
    const { world, stored, sees, gone } = uses;
    const { chat, kernel, userData } = world;
    const names = ["unsent", "erased", "kept", "too old", "ended", "left"] as const;
    const ids = new Map<string, string>();
    for (const name of names) ids.set(name, await stored(name === "erased" ? dave : alice, name));
    const idOf = (name: typeof names[number]) => ids.get(name)!;
    const group = async (name: string) =>
      (await chat.open(alice, { kind: "group", name, members: ["2", "4"] })).conversation.id;
    const [team, ended, left] = [await group("Team"), await group("Ended"), await group("Left")];
    const send = async (name: typeof names[number], conversation: number, actor = alice) =>
      (await chat.send(actor, { conversation, kind: file, file: idOf(name) })).message.id;

    const old = await send("too old", team);
    const [one, two] = [await send("unsent", team), await send("unsent", ended)];
    await send("kept", team);
    await send("kept", ended);
    await send("erased", team, dave);
    await send("ended", ended);
    await send("left", left);

    await chat.unsend(alice, one);
    assert.ok(await sees(bob, idOf("unsent")), "another message has it");
    await chat.unsend(alice, two);
    await gone(idOf("unsent"));

    await database.transaction(() =>
      rows("UPDATE chat_messages SET created_at = 1 WHERE id = $1", old)
    );
    await kernel.use(ChatRetention).sweep();
    await gone(idOf("too old"));

    await chat.end(alice, ended);
    await gone(idOf("ended"));
    for (const each of [alice, bob, dave]) await chat.change(each, left, { leave: true });
    await gone(idOf("left"));

    while (!(await userData.erase({ site: "default", user: "4" })).isDone);
    await gone(idOf("erased"));
    assert.ok(await sees(bob, idOf("kept")));
    const { length } = await database.query("SELECT ref FROM file_uses");
    assert.equal(length, 1);
  },
);

testDatabases("what an older version has stored as a file is an id alone", async (database) => {
  await using uses = await usesWorld(database);
  const { world: { chat } } = uses;
  const { message } = await chat.send(alice, { to: "2", text: "x" });
  for (const old of ["an-id-of-another-store", "{not JSON", '{"a":1}']) {
    await database.transaction(() =>
      rows("UPDATE chat_messages SET kind = 'file', file = $2 WHERE id = $1", message.id, old)
    );
    const read = await chat.message(bob, message.id);
    assert.deepEqual(read.file, { id: old });
    assert.deepEqual(
      messageOnWire(read)["file"],
      messageOnWire({ ...read, file: { id: old } })["file"],
    );
  }
  const unsent = await chat.unsend(alice, message.id);
  assert.equal(unsent.file, undefined);
});

Deno.test("what a node of an older version publishes of a file is an id alone", () => {
  const message = {
    ...{ id: 1, conversation: 1, offset: 1, changed: 1, createdAt: 0 },
    ...{ kind: file, file: "abc" },
  };
  const data = { type: "message", conversation: 1, offset: 1, message };
  const frame = chatFrame(chatEventOf({ kind: "chat", id: "x", at: 0, data }));
  assert.deepEqual(JSON.parse(JSON.stringify(frame["message"])), {
    ...{ id: 1, conversation: 1, offset: 1, changed: 1, kind: file },
    ...{ file: { id: "abc" }, created_at: 0 },
  });
});
