/** What is kept of conversations, and what is not: retention, and the export and erasure of one user. */
import assert from "node:assert/strict";
import { ChatRetention } from "../../lib/conversations/retention.ts";
import { rows } from "../../lib/engines/database/database.ts";
import { testDatabases } from "../support/databases.ts";
import { as, World } from "./world.ts";

const [alice, bob] = [as("1"), as("2")];

testDatabases(
  "what is too old or too much goes; all of one user is exported and erased",
  async (database) => {
    await using world = await World.open(database, {
      ...{ APP_CHAT_KEEP_DAYS: "1", APP_CHAT_KEEP_MESSAGES: "10" },
    });
    const { chat, kernel } = world;
    const { conversation } = await chat.open(alice, {
      kind: "group",
      members: ["2"],
      name: "Team",
    });
    const { id, epoch } = conversation;
    const ids: number[] = [];
    for (let index = 0; index < 30; index++) { // offsets 2 to 31
      const text = `Message ${index}`;
      ids.push((await chat.send(alice, { conversation: id, text, mentions: ["2"] })).message.id);
    }
    await chat.react(bob, ids[0]!, "👍", true); // offset 32
    const retention = kernel.use(ChatRetention);
    const state = async () => {
      const page = await chat.messages(bob, id, { limit: 50 });
      const { own } = await chat.get(bob, id);
      return [page.messages.length, page.hasBefore, own?.unread, own?.mentions];
    };
    await retention.sweep();
    assert.deepEqual(await state(), [10, false, 10, 10]);
    const since = async (offset: number) =>
      (await chat.messages(bob, id, { limit: 50, since: { offset, epoch } })).recovered;
    assert.deepEqual([await since(5), await since(32)], [false, true]);
    await database.transaction(() =>
      rows(
        "UPDATE chat_messages SET created_at = created_at - $1 WHERE id <= $2",
        ...[25 * 3_600_000, ids[25]!],
      )
    );
    await retention.sweep();
    assert.deepEqual(await state(), [4, false, 4, 4]);
    const found = async (query: string) =>
      (await chat.search(bob, { query, limit: 50 })).messages.length;
    assert.deepEqual([await found("message"), await found("26"), await found("25")], [4, 1, 0]);
    assert.deepEqual(
      (await chat.seen(bob, id, { offset: 10 })).unread,
      4,
      "the pointer was before",
    );
    assert.deepEqual((await chat.seen(bob, id, { message: ids[27] })).unread, 2);

    await chat.send(bob, { conversation: id, text: "Mine", id: "own-id-0001" });
    await chat.send(bob, { to: "1", text: "Between us" });
    await chat.send(alice, { to: "2", text: "Yes" });
    await chat.react(bob, ids[29]!, "🎉", true);
    const subject = { site: "default", user: "2" };
    const records = await Array.fromAsync(kernel.userData.export(subject));
    const types = records.map(({ type }) => type).filter((type) =>
      /conv|mess|react|display/.test(type)
    );
    assert.deepEqual(types.toSorted(), [
      ...["conversation", "conversation", "display_name", "message", "message", "reaction"],
    ]);
    assert.deepEqual(records.find(({ type }) => type === "message")?.["text"], "Mine");
    world.take("1");
    const { erased, isDone } = await kernel.userData.erase(subject);
    assert.ok(isDone);
    assert.deepEqual(
      [erased["chat_messages"], erased["chat_reactions"], erased["conversations"]],
      [2, 1, 2],
    );
    assert.deepEqual(
      world.take("1").filter(({ type }) => type !== "receipt")
        .map((event) => "change" in event ? event.change : event.type),
      ["deleted", "message", "members", "deleted"],
    );
    // What was sent a moment ago may be notified of a moment later: that is the inbox's.
    const left = (await Array.fromAsync(kernel.userData.export(subject)))
      .filter(({ type }) => type !== "notification");
    assert.deepEqual(left.map(({ type }) => type), ["user", "end"]);
    await assert.rejects(chat.get(bob, id), { code: "not_found" });
    const { messages } = await chat.messages(alice, id, { limit: 50 });
    assert.deepEqual(messages.filter(({ name }) => name === bob.name), []);
    assert.deepEqual(messages.filter(({ text }) => text === "Mine"), []);
    const { conversations } = await chat.list(alice, { limit: 9 });
    const between = conversations.find(({ kind }) => kind === "private");
    assert.equal((await chat.messages(alice, between!.id, { limit: 9 })).messages.length, 2);

    // The id is somebody else's now, who sees nothing of what was said before.
    const again = await chat.send(as("2", "New Bob"), { to: "1", text: "Hello" });
    assert.equal(again.message.conversation, between!.id);
    const seen = await chat.messages(as("2"), between!.id, { limit: 9 });
    assert.deepEqual(seen.messages.map(({ text }) => text), ["Hello"]);
  },
);
