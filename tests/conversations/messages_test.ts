/** Messages in conversations, on both databases: sent, seen, changed, paged, found. */
import assert from "node:assert/strict";
import type { ReceiptEvent } from "../../lib/conversations/events.ts";
import { testDatabases } from "../support/databases.ts";
import { APPLICATION, as, World } from "./world.ts";

const [alice, bob, carol] = [as("1"), as("2"), as("3")];

testDatabases(
  "one message of two people, however often it is sent, and its ticks",
  async (database) => {
    await using world = await World.open(database);
    const { chat } = world;
    const request = { to: "2", text: "Hello Bob", id: "own-id-0001", data: { mood: "good" } };
    const sent = await Promise.all([1, 2, 3].map(() => chat.send(alice, request)));
    const [{ message }] = sent.toSorted((one, other) => +one.isDuplicate - +other.isDuplicate) as [
      typeof sent[0],
    ];
    assert.deepEqual(sent.map(({ message: { id } }) => id), [1, 1, 1].map(() => message.id));
    assert.equal(sent.filter(({ isDuplicate }) => isDuplicate).length, 2);
    const { conversation } = message;
    const toldBob = (each: World) => each.take("2").filter(({ type }) => type === "message").length;
    assert.equal(toldBob(world), 1);
    assert.ok((await chat.send(alice, request)).isDuplicate);
    assert.equal(toldBob(world), 0, "this node has told of it");
    {
      // A node that died after it had stored the message told nobody of it: the node that is tried next does.
      await using other = await World.open(database);
      assert.ok((await other.chat.send(alice, request)).isDuplicate);
      assert.equal(toldBob(other), 1);
    }
    assert.deepEqual(
      await chat.send(bob, { to: "1", text: "Hello Alice" }).then(({ message: { conversation } }) =>
        conversation
      ),
      conversation,
      "there is one conversation of the two, whoever writes",
    );
    await assert.rejects(chat.send(alice, { ...request, text: "Something else" }), {
      code: "invalid_field",
      options: { field: "id" },
    });
    await chat.edit(alice, message.id, { text: "Hello, Bob" });
    assert.ok((await chat.send(alice, request)).isDuplicate, "it is the same one after an edit");

    // Bob has written after it, so he has read it.
    assert.equal((await chat.message(alice, message.id)).status, "read");
    const second = (await chat.send(alice, { conversation, text: "Are you there?" })).message;
    assert.equal(second.status, "sent");
    await chat.seen(bob, conversation, { offset: second.offset, state: "delivered" });
    assert.equal((await chat.message(alice, second.id)).status, "delivered");
    assert.deepEqual(await chat.seen(bob, conversation, { message: second.id }), {
      ...{ conversation, read: second.offset, delivered: second.offset, unread: 0, mentions: 0 },
    });
    assert.equal((await chat.message(alice, second.id)).status, "read");
    assert.deepEqual((await chat.seen(bob, conversation, { offset: 1 })).read, second.offset);
    const receipts = world.take("1").filter((event) => event.type === "receipt");
    assert.ok(receipts.length > 0);
    const toBob = world.take("2").flatMap((event) =>
      event.type === "receipt" ? event.receipts : []
    );
    assert.deepEqual(toBob, [{ user: "1", delivered: second.offset, read: second.offset }]);
    const list = await chat.list(alice, { limit: 10 });
    assert.equal(list.conversations[0]?.lastMessage?.status, "read");
    assert.deepEqual(list.conversations[0]?.with, {
      ...{ user: "2", name: "name of 2", role: "member" },
      ...{ joinedAt: list.conversations[0]?.with?.joinedAt },
      ...{ read: second.offset, delivered: second.offset },
    });
    for (
      const [why, refused] of Object.entries({
        blank: { to: "2", text: " \n\u200b" },
        long: { to: "2", text: "👍".repeat(5001) },
        control: { to: "2", text: "a\u0000b" },
        "no file": { to: "2", kind: "image" as const },
        "to oneself": { to: "1", text: "Hi" },
        "a reply to another conversation's": { to: "2", text: "Hi", replyTo: 4711 },
      })
    ) {
      const code = why === "long"
        ? "too_long"
        : why === "no file"
        ? "missing_field"
        : "invalid_field";
      await assert.rejects(chat.send(alice, refused), { code }, why);
    }
    const long = await chat.send(alice, { to: "2", text: "👍".repeat(5000) });
    assert.equal(long.message.text?.length, 10_000);
    await world.chat.seen(bob, conversation, {});
    const told = world.heard.filter(({ user, event }) => user === "1" && event.type === "receipt");
    for (const { event } of told) assert.equal((event as ReceiptEvent).receipts[0]?.user, "2");
  },
);

testDatabases(
  "groups: who reads what, unread counts, mentions, replies, reactions",
  async (database) => {
    await using world = await World.open(database, { APP_CHAT_EDIT: "1h", APP_CHAT_UNSEND: "0s" });
    const { chat } = world;
    const opened = await chat.open(alice, { kind: "group", name: "Team", members: ["2", "3"] });
    const { id: conversation, epoch } = opened.conversation;
    const say = async (actor: typeof alice, text: string, more = {}) =>
      (await chat.send(actor, { conversation, text, ...more })).message;
    const first = await say(alice, "First", { mentions: ["2", "9"] });
    assert.deepEqual(first.mentions, ["2"], "who is no member is not mentioned");
    const reply = await say(carol, "Second", { replyTo: first.id, mentions: ["1", "2"] });
    assert.deepEqual(reply.replyTo, {
      ...{ id: first.id, kind: "text", user: "1", name: "name of 1", text: "First" },
      isDeleted: undefined,
    });
    const unread = async (actor: typeof alice) => {
      const { unread, conversations: [found] } = await chat.list(actor, { limit: 1 });
      return [found?.own?.unread, found?.own?.mentions, unread.messages, unread.mentions];
    };
    assert.deepEqual(await unread(alice), [1, 1, 1, 1]);
    assert.deepEqual(await unread(bob), [2, 2, 2, 2]);
    assert.deepEqual(await unread(carol), [0, 0, 0, 0]);
    assert.equal((await chat.message(alice, first.id)).status, "sent", "Bob has it not");
    await chat.seen(bob, conversation, { message: first.id });
    assert.deepEqual(await unread(bob), [1, 1, 1, 1]);
    assert.equal((await chat.message(alice, first.id)).status, "read");
    const names = (list: readonly { user: string }[]) => list.map(({ user }) => user);
    const { read, delivered, sent } = await chat.receipts(carol, reply.id);
    assert.deepEqual([read, delivered, sent].map(names), [[], [], ["1", "2"]]);

    await Promise.all([alice, bob, carol].map((each) => chat.react(each, first.id, "👍", true)));
    await chat.react(bob, first.id, "🎉", true);
    await chat.react(bob, first.id, "🎉", true);
    const { reactions } = await chat.react(carol, first.id, "👍", false);
    const ofBob = ({ emoji, count, users }: NonNullable<typeof reactions>[0]) =>
      [emoji, count, users.toSorted()] as const;
    assert.deepEqual(reactions?.map(ofBob), [["👍", 2, ["1", "2"]], ["🎉", 1, ["2"]]]);
    await assert.rejects(chat.react(bob, first.id, "no", true), { code: "invalid_field" });

    await assert.rejects(chat.edit(bob, first.id, { text: "Mine" }), { code: "forbidden" });
    await assert.rejects(chat.unsend(bob, first.id), { code: "forbidden" });
    await assert.rejects(chat.unsend(carol, reply.id), { code: "too_late" });
    const deleted = await chat.unsend(alice, reply.id); // the owner may
    assert.deepEqual([deleted.isDeleted, deleted.text, deleted.mentions], [
      true,
      undefined,
      undefined,
    ]);
    assert.deepEqual(await unread(bob), [1, 0, 1, 0], "it is one unread message still");
    assert.equal((await chat.unsend(alice, reply.id)).changed, deleted.changed, "harmless twice");
    await assert.rejects(chat.edit(carol, reply.id, { text: "Again" }), { code: "too_late" });

    const since = { offset: first.offset, epoch };
    const missed = await chat.messages(bob, conversation, { limit: 10, since });
    assert.deepEqual(missed.messages.map(({ id }) => id), [first.id, reply.id]);
    assert.ok(missed.recovered && !missed.hasAfter);
    const now = { offset: missed.offset, epoch };
    assert.deepEqual(
      (await chat.messages(bob, conversation, { limit: 9, since: now })).messages,
      [],
    );
    for (const lost of [{ offset: 0, epoch: "other" }, { offset: now.offset + 1, epoch }]) {
      assert.equal(
        (await chat.messages(bob, conversation, { limit: 9, since: lost })).recovered,
        false,
      );
    }
    const whole = await chat.messages(APPLICATION, conversation, { limit: 10 });
    assert.deepEqual(whole.messages.map(({ kind }) => kind), ["system", "text", "text"]);
    const offsets = world.take("2").flatMap((each) => "offset" in each ? [each.offset] : []);
    assert.deepEqual(offsets, offsets.toSorted((one, other) => one! - other!), "in order");
    assert.deepEqual(new Set(offsets).size, whole.offset, "no event is missing");
  },
);

testDatabases(
  "pages on both sides, around one, of what was missed; what was said before one came",
  async (database) => {
    await using world = await World.open(database);
    const { chat } = world;
    const { conversation: { id: conversation, epoch } } = await chat.open(alice, {
      ...{ kind: "group", members: ["2"] },
    });
    const send = (index: number) => chat.send(alice, { conversation, text: `Message ${index}` });
    for (let index = 0; index < 20; index++) await send(index); // offsets 2 to 21
    await chat.change(alice, conversation, { add: ["3"] }); // offset 22
    await send(20);
    const page = async (actor: typeof alice, request: object, limit = 5) => {
      const found = await chat.messages(actor, conversation, { limit, ...request });
      return [found.messages.map(({ offset }) => offset), found.hasBefore, found.hasAfter];
    };
    assert.deepEqual(await page(alice, {}), [[19, 20, 21, 22, 23], true, false]);
    assert.deepEqual(await page(alice, { before: 4 }), [[1, 2, 3], false, true]);
    assert.deepEqual(await page(alice, { after: 3 }), [[4, 5, 6, 7, 8], true, true]);
    assert.deepEqual(await page(alice, { after: 21 }), [[22, 23], true, false]);
    const { messages: [middle] } = await chat.messages(alice, conversation, {
      limit: 1,
      before: 11,
    });
    assert.deepEqual(await page(alice, { around: middle?.id }), [[8, 9, 10, 11, 12], true, true]);
    assert.deepEqual(await page(carol, {}), [[22, 23], false, false]);
    await assert.rejects(page(carol, { around: middle?.id }), { code: "not_found" });
    await assert.rejects(chat.message(carol, middle!.id), { code: "not_found" });
    await assert.rejects(chat.react(carol, middle!.id, "👍", true), { code: "not_found" });
    await assert.rejects(page(as("4"), {}), { code: "not_found" });
    const unread = async (actor: typeof alice) => (await chat.get(actor, conversation)).own?.unread;
    assert.deepEqual([await unread(bob), await unread(carol)], [21, 1]);
    let since = { offset: 3, epoch };
    const missed: number[] = [];
    for (let isMore = true; isMore;) {
      const found = await chat.messages(bob, conversation, { limit: 6, since });
      missed.push(...found.messages.map(({ offset }) => offset));
      since = { offset: found.offset, epoch };
      isMore = found.hasAfter;
    }
    assert.deepEqual(missed, Array.from({ length: 20 }, (_, index) => index + 4));
    assert.equal(since.offset, 23);
  },
);

testDatabases(
  "search finds the same on each database, in one's own conversations alone",
  async (database) => {
    await using world = await World.open(database);
    const { chat } = world;
    const { conversation: { id: conversation } } = await chat.open(alice, {
      ...{ kind: "group", members: ["2"] },
    });
    const texts = [
      "Ärger über Straßen",
      "日本語のテキスト",
      "Ölpreis 2026",
      "it's <b>bold</b> & 'quoted'",
    ];
    const ids = new Map<string, number>();
    for (const text of texts) {
      ids.set(text, (await chat.send(alice, { conversation, text })).message.id);
    }
    await chat.send(alice, { to: "3", text: "Ärger mit Carol" });
    const find = async (actor: typeof alice, query: string, more = {}) =>
      (await chat.search(actor, { query, limit: 10, ...more })).messages.map(({ text }) => text);
    assert.deepEqual(await find(alice, "ARGER strasse"), [texts[0]]);
    assert.deepEqual(await find(alice, "arg"), ["Ärger mit Carol", texts[0]]);
    assert.deepEqual(await find(bob, "arg"), [texts[0]]);
    assert.deepEqual(await find(carol, "arg"), ["Ärger mit Carol"]);
    assert.deepEqual(await find(as("4"), "arg"), []);
    for (const query of ["日本", "本語の", "語", "テキ"]) {
      assert.deepEqual(
        await find(bob, query),
        [texts[1]],
      );
    }
    assert.deepEqual(await find(bob, "日語"), []);
    assert.deepEqual(await find(bob, "202 ol"), [texts[2]]);
    assert.deepEqual(await find(bob, `"bold' OR (quot*`), []);
    assert.deepEqual(await find(bob, `"bold' (quot*`), [texts[3]]);
    await assert.rejects(find(bob, " -- "), { code: "invalid_field" });
    await assert.rejects(find(carol, "arg", { conversation }), { code: "not_found" });
    await chat.edit(alice, ids.get("Ölpreis 2026")!, { text: "Gaspreis 2026" });
    assert.deepEqual([await find(bob, "olpreis"), await find(bob, "gas")], [[], ["Gaspreis 2026"]]);
    await chat.unsend(alice, ids.get("Ölpreis 2026")!);
    assert.deepEqual(await find(bob, "gas"), []);
    const all = [];
    let cursor: string | undefined;
    do {
      const found = await chat.search(alice, { query: "ärger", limit: 1, cursor });
      all.push(...found.messages.map(({ text }) => text));
      cursor = found.next;
    } while (cursor !== undefined);
    assert.deepEqual(all, ["Ärger mit Carol", texts[0]]);
    assert.deepEqual(await find(APPLICATION as typeof alice, "arg", { conversation }), [texts[0]]);
  },
);
