/** The files of a conversation, on both databases: which there are, in which order, how many, and for whom. */
import assert from "node:assert/strict";
import type { Conversations } from "../../lib/conversations/conversations.ts";
import type { FilePage, FilesRequest } from "../../lib/conversations/requests.ts";
import type { Actor } from "../../lib/conversations/types.ts";
import { type Database, rows, type SqlValue } from "../../lib/engines/database/database.ts";
import { APPLICATION, as } from "../conversations/world.ts";
import { openPostgres, testDatabases } from "../support/databases.ts";
import { PNG } from "../support/picture.ts";
import { PostgresServer } from "../support/postgres.ts";
import { recording } from "../support/recorded_database.ts";
import { usesWorld } from "./uses_world.ts";

const [alice, bob, carol] = [as("1"), as("2"), as("3")];

testDatabases("the files of a conversation: newest first, by kind, in pages", async (database) => {
  await using uses = await usesWorld(database);
  const { world: { chat }, stored, files } = uses;
  const { id } = (await chat.open(alice, { kind: "group", members: ["2"] })).conversation;
  const [picture, text] = [await stored(alice, "cat.png", PNG), await stored(alice, "a.txt")];
  const send = async (file: string, kind: "image" | "file") =>
    (await chat.send(alice, { conversation: id, kind, file, text: "Look" })).message;
  const first = await send(picture, "image");
  const second = await send(text, "file");
  await chat.send(bob, { conversation: id, text: "Nice", replyTo: first.id });
  const third = await send(picture, "file"); // the same one again, and not as an image
  const fourth = await send("https://example.org/dog.png", "image");
  await chat.send(alice, { to: "2", kind: "file", file: text }); // of another conversation

  const whole = await chat.files(bob, id, { limit: 9 });
  assert.deepEqual(idsOf(whole), [fourth, third, second, first].map((each) => each.id));
  assert.deepEqual([whole.next, whole.counts], [undefined, { image: 2, file: 2 }]);
  const [elsewhere, , , shown] = whole.messages;
  assert.deepEqual(elsewhere?.file, {
    id: "https://example.org/dog.png",
    url: "https://example.org/dog.png",
  });
  assert.deepEqual(shown?.file, (await chat.message(bob, first.id)).file);
  assert.equal(shown?.file?.url, files.linkTo(picture));
  assert.deepEqual([shown?.text, shown?.user, shown?.offset], ["Look", "1", first.offset]);

  const images = await chat.files(bob, id, { limit: 9, kind: "image" });
  assert.deepEqual(idsOf(images), [fourth.id, first.id]);
  assert.deepEqual(images.counts, { image: 2, file: 2 });
  const others = await chat.files(bob, id, { limit: 9, kind: "file" });
  assert.deepEqual(idsOf(others), [third.id, second.id]);
  for (const limit of [1, 2, 3, 4, 5]) {
    assert.deepEqual(await paged(chat, bob, id, { limit }), idsOf(whole), `pages of ${limit}`);
    assert.deepEqual(await paged(chat, bob, id, { limit, kind: "file" }), idsOf(others));
  }
  const { next, counts } = await chat.files(bob, id, {
    limit: 2,
    cursor: (await chat.files(bob, id, { limit: 1 })).next,
  });
  assert.deepEqual([next, counts], [String(second.offset), undefined]);
  for (const cursor of ["x", "-1", "1.5", "9".repeat(16), " 1"]) {
    await assert.rejects(chat.files(bob, id, { limit: 1, cursor }), {
      code: "invalid_field",
      options: { field: "cursor" },
    });
  }

  // What was taken back, or is too old, is in no list; what comes is the first of it.
  await chat.unsend(alice, third.id);
  await chat.edit(alice, first.id, { text: "My cat" });
  const fifth = await send(text, "file");
  const now = await chat.files(bob, id, { limit: 9 });
  assert.deepEqual(idsOf(now), [fifth, fourth, second, first].map((each) => each.id));
  assert.deepEqual([now.messages[3]?.text, now.counts], ["My cat", { image: 2, file: 2 }]);
});

testDatabases("who lists the files of a conversation sees its messages", async (database) => {
  await using uses = await usesWorld(database);
  const { world: { chat }, stored } = uses;
  const { id } = (await chat.open(alice, { kind: "group", members: ["2"] })).conversation;
  const send = async (name: string) => {
    const file = await stored(alice, name);
    return (await chat.send(alice, { conversation: id, kind: "file", file })).message.id;
  };
  const early = await send("early.txt");
  await chat.change(alice, id, { add: ["3"] });
  const late = await send("late.txt");
  const whole = await chat.files(APPLICATION, id, { limit: 9 });
  assert.deepEqual([idsOf(whole), whole.counts], [[late, early], { image: 0, file: 2 }]);
  assert.deepEqual(idsOf(await chat.files(bob, id, { limit: 9 })), [late, early]);
  const hers = await chat.files(carol, id, { limit: 9 });
  assert.deepEqual([idsOf(hers), hers.counts], [[late], { image: 0, file: 1 }]);
  const cursor = (await chat.files(bob, id, { limit: 1 })).next;
  assert.deepEqual(idsOf(await chat.files(carol, id, { limit: 9, cursor })), []);

  await chat.change(bob, id, { leave: true });
  const strangers: Actor[] = [
    bob,
    as("4"),
    { site: "other", user: "1" },
    { site: "other", isApplication: true },
    { site: "default", user: "4", isApplication: true },
  ];
  for (const actor of strangers) {
    for (const conversation of [id, 999_999, NaN]) {
      await assert.rejects(chat.files(actor, conversation, { limit: 9 }), { code: "not_found" });
    }
  }
  await chat.end(alice, id);
  await assert.rejects(chat.files(alice, id, { limit: 9 }), { code: "not_found" });
});

testDatabases("no more than 10,000 files of a kind are counted", async (database) => {
  await using uses = await usesWorld(database);
  const { chat } = uses.world;
  const { id } = (await chat.open(alice, { kind: "group", members: ["2"] })).conversation;
  await fill(database, id, 10_005);
  const { counts, messages } = await chat.files(bob, id, { limit: 1 });
  assert.deepEqual([counts, messages.length], [{ image: 0, file: 10_000 }, 1]);
});

Deno.test("PostgreSQL lists and counts files by their index, among many messages", async () => {
  await using server = await PostgresServer.start();
  await using database = await openPostgres(server.url);
  const asked = new Map<string, readonly SqlValue[]>();
  await using uses = await usesWorld(recording(database, asked));
  const { chat } = uses.world;
  const { id } = (await chat.open(alice, { kind: "group", members: ["2"] })).conversation;
  await fill(database, id, 20_000, 200);
  await database.transaction(() => rows("ANALYZE chat_messages"));
  asked.clear();
  assert.equal((await chat.files(bob, id, { limit: 50 })).messages.length, 50);
  const ofFiles = [...asked].filter(([sql]) => sql.includes("file IS NOT NULL"));
  assert.equal(ofFiles.length, 2);
  for (const [sql, values] of ofFiles) {
    const plan = await database.query(`EXPLAIN ${sql}`, ...values);
    const steps = plan.map((each) => String(each["QUERY PLAN"])).join("\n");
    assert.match(steps, /chat_messages_files/);
    assert.doesNotMatch(steps, /Seq Scan|Sort/);
  }
});

/** Writes messages of others, of which each so many has a file. */
async function fill(database: Database, id: number, messages: number, each = 1): Promise<void> {
  await database.transaction(() =>
    rows(
      `INSERT INTO chat_messages
         (site, conversation, "offset", changed, tally, kind, user_id, text, file, created_at)
       WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${messages})
       SELECT 'default', ${id}, i + 10, i + 10, i,
         CASE WHEN i % ${each} = 0 THEN 'file' ELSE 'text' END, '2', 'Hello',
         CASE WHEN i % ${each} = 0 THEN '/elsewhere' END, 0 FROM n`,
    )
  );
}

function idsOf({ messages }: FilePage): number[] {
  return messages.map(({ id }) => id);
}

async function paged(
  chat: Conversations,
  actor: Actor,
  id: number,
  request: FilesRequest,
): Promise<number[]> {
  const ids: number[] = [];
  let cursor: string | undefined;
  do {
    const page = await chat.files(actor, id, { ...request, cursor });
    assert.ok(page.messages.length <= request.limit);
    ids.push(...idsOf(page));
    assert.ok(ids.length < 20, "it ends");
    cursor = page.next;
  } while (cursor !== undefined);
  return ids;
}
