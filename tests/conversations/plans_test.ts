/** What conversations ask of the database is found by indexes, however much there is: no question goes through a table. */
import assert from "node:assert/strict";
import type { SqlValue } from "../../lib/engines/database/database.ts";
import { Undelivered } from "../../lib/conversations/undelivered.ts";
import { FEATURES } from "../../lib/features.ts";
import { openSqlite } from "../support/databases.ts";
import { recording } from "../support/recorded_database.ts";
import { APPLICATION, as, World } from "./world.ts";

/** What a plan says of a step that goes through a whole table, or sorts what it has found. */
const THROUGH_ALL =
  /^SCAN (?:m|c|s|q|o|l|n|chat_messages|chat_members|conversations)\b|TEMP B-TREE/;

/** Sorts of what is bounded: a user's conversations, the reactions on a page, 1,000 offsets of senders, a slice of messages. */
const BOUNDED = [
  /ORDER BY c\.active_at DESC LIMIT/,
  /ORDER BY m\.pinned DESC/,
  /all_reactions/,
  /SELECT DISTINCT/,
  /ORDER BY CASE role/,
  /GROUP BY conversation\s+\) AS said/,
];

Deno.test("no statement of conversations goes through all messages, members or conversations", async () => {
  await using database = await openSqlite(FEATURES);
  const asked = new Map<string, readonly SqlValue[]>();
  await using world = await World.open(recording(database, asked));
  const { chat } = world;
  const [alice, bob] = [as("1"), as("2")];
  const { conversation: { id, epoch } } = await chat.open(alice, {
    ...{ kind: "group", members: ["2"], id: "own-id-0001" },
  });
  const { message } = await chat.send(alice, {
    ...{ conversation: id, text: "Hello", mentions: ["2"], id: "own-id-0001" },
  });
  await chat.send(bob, { to: "1", text: "Hello", id: "own-id-0001" });
  await chat.send(bob, { conversation: id, text: "Hello", replyTo: message.id });
  await chat.react(bob, message.id, "👍", true);
  await chat.edit(alice, message.id, { text: "Hello Bob" });
  for (const request of [{}, { before: 3 }, { after: 1 }, { around: message.id }]) {
    await chat.messages(bob, id, { limit: 2, ...request });
  }
  await chat.messages(bob, id, { limit: 2, since: { offset: 1, epoch } });
  await chat.list(alice, { limit: 2, since: "0" });
  await chat.files(bob, id, { limit: 2 });
  await chat.seen(bob, id, { message: message.id });
  await chat.receipts(alice, message.id);
  const undelivered = world.kernel.use(Undelivered);
  const slice = await undelivered.sliceAfter(await undelivered.last() - 1, 0);
  for await (const each of undelivered.conversations(slice!)) {
    for await (const members of undelivered.members(each)) assert.ok(members.length > 0);
  }
  await chat.search(bob, { query: "hello", limit: 2 });
  await chat.typing(alice, id, true);
  await chat.unsend(alice, message.id);
  await chat.change(alice, id, { add: ["3"], roles: { 2: "admin" }, pinned: true });
  await chat.change(alice, id, { remove: ["3"], leave: true });
  await chat.fellowsAmong("default", "1", ["2"]);
  await chat.get(APPLICATION, id);
  assert.ok(asked.size > 40, `${asked.size} statements`);
  const faults: string[] = [];
  const used: string[] = [];
  for (const [sql, values] of asked) {
    if (
      BOUNDED.some((pattern) => pattern.test(sql)) || /^(?:INSERT|DELETE FROM chat_words)/.test(sql)
    ) {
      continue;
    }
    const plan = await database.query(`EXPLAIN QUERY PLAN ${sql}`, ...values);
    const steps = plan.map(({ detail }) => String(detail));
    if (sql.includes("file IS NOT NULL")) used.push(steps.join());
    faults.push(...steps.filter((step) => THROUGH_ALL.test(step)).map((step) => `${step}: ${sql}`));
  }
  assert.deepEqual(faults, []);
  assert.ok(used.length >= 2 && used.every((each) => /chat_messages_files/.test(each)), `${used}`);
});
