/** The small parts of conversations on the page: places, the list, long logs, drafts and words. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { NO_CHATS } from "../../lib/page/state/chats.ts";
import { draftWords, NO_DRAFTS, withDraft } from "../../lib/page/state/drafts.ts";
import { rankOf } from "../../lib/page/state/finding.ts";
import { neighbour, sectionsOf } from "../../lib/page/state/listing.ts";
import { Offsets } from "../../lib/page/state/offsets.ts";
import {
  formatPlace,
  parsePlace,
  type Place,
  withDetails,
  withFiles,
} from "../../lib/page/state/place.ts";
import { addMessage, emptyRoom, markRoomRead } from "../../lib/page/state/rooms.ts";
import { RowPlaces } from "../../lib/page/state/row_places.ts";
import { type Row, threadRows } from "../../lib/page/state/timeline.ts";
import type { Thread } from "../../lib/page/state/thread.ts";
import { loadDrafts, saveDrafts } from "../../lib/page/storage/storage.ts";
import { shownName } from "../../lib/sdk/view/text.ts";
import { splitText } from "../../lib/page/text.ts";
import type { ChatMessage, ConversationInfo } from "../../lib/sdk/mod.ts";

Deno.test("every place has an address, and what is none is the home", () => {
  const places: Place[] = [
    { kind: "home" },
    { kind: "people" },
    { kind: "room", room: "a/b ü#" },
    { kind: "conversation", id: 7 },
    { kind: "conversation", id: 7, message: 812 },
    { kind: "conversation", id: 7, details: true },
  ];
  for (const place of places) assert.deepEqual(parsePlace(formatPlace(place)), place);
  for (const hash of ["", "#", "#x", "#/chats/-1", "#/chats/1e99", "#/rooms/%E0%A4%A"]) {
    assert.deepEqual(parsePlace(hash), { kind: "home" }, hash);
  }
  const files = withFiles({ kind: "conversation", id: 3, message: 9 }, true);
  assert.equal(formatPlace(files), "#/chats/3/at/9/details/files");
  assert.deepEqual(parsePlace(formatPlace(files)), files);
  const details = withFiles(files, false);
  assert.deepEqual(details, { kind: "conversation", id: 3, message: 9, details: true });
  assert.equal(formatPlace(withDetails(files, false)), "#/chats/3/at/9");
  assert.equal(formatPlace(withDetails(files, true)), "#/chats/3/at/9/details");
  assert.deepEqual(parsePlace("#/chats/3/files"), { kind: "conversation", id: 3 });
  const open = withDetails({ kind: "room", room: "a" }, true);
  assert.equal(formatPlace(open), "#/rooms/a/details");
  assert.deepEqual(withDetails(open, false), { kind: "room", room: "a" });
});

Deno.test("Offsets finds the rows of a view in a list of ten thousand", () => {
  const heights = Array.from({ length: 10_000 }, (_, index) => 30 + (index % 3) * 10);
  const offsets = new Offsets(heights, heights.length);
  assert.equal(offsets.height, heights.reduce((sum, height) => sum + height));
  assert.deepEqual([offsets.at(-5), offsets.at(29), offsets.at(30), offsets.at(1e9)], [
    0,
    0,
    1,
    9_999,
  ]);
  const [first, end] = offsets.covering(200_000, 200_700);
  assert.ok(offsets.topOf(first) <= 200_000 && offsets.topOf(end) >= 200_700 && end - first < 25);
  assert.deepEqual(new Offsets([], 0).covering(0, 500), [0, 0]);
});

Deno.test("Offsets are those of the heights, whichever of them changes, at every place", () => {
  fc.assert(fc.property(
    fc.array(fc.integer({ min: 1, max: 99 }), { minLength: 1, maxLength: 70 }),
    fc.array(fc.tuple(fc.nat(69), fc.integer({ min: 1, max: 99 })), { maxLength: 20 }),
    fc.integer({ min: -50, max: 7_000 }),
    (heights, changes, place) => {
      const offsets = new Offsets(heights, heights.length);
      for (const [index, height] of changes) {
        if (index >= heights.length) continue;
        heights[index] = height;
        offsets.setHeight(index, height);
      }
      const tops = heights.map((_, index) => sum(heights.slice(0, index)));
      assert.deepEqual(heights.map((_, index) => offsets.topOf(index)), tops);
      assert.equal(offsets.topOf(heights.length), sum(heights));
      assert.equal(offsets.height, sum(heights));
      assert.equal(offsets.at(place), Math.max(0, tops.findLastIndex((top) => top <= place)));
    },
  ));
});

Deno.test("a drawing of ten thousand rows looks at few of them", () => {
  let looks = 0;
  const counted = (rows: readonly Row[]) =>
    new Proxy(rows, {
      get(rows, name) {
        if (typeof name === "string" && /^\d+$/.test(name)) looks++;
        return Reflect.get(rows, name);
      },
    });
  const rows = Array.from({ length: 10_000 }, (_, index): Row => ({
    ...{ kind: "gap", key: `row ${index}` },
  }));
  const places = new RowPlaces();
  const draw = (rows: readonly Row[], key: string, last: number) => {
    places.take(rows);
    const index = places.indexOf(key, last) ?? -1;
    assert.equal(rows[index]?.key, key);
    const top = places.offsets.topOf(index);
    const [first, end] = places.offsets.covering(top - 700, top + 1500);
    for (let each = first; each < end; each++) places.measured(each, 30 + each % 3);
    return index;
  };
  const few = counted(rows);
  places.take(few);
  looks = 0;
  const at = draw(few, "row 5000", 5000);
  assert.ok(looks < 200, `${looks} rows were looked at`);
  // What is loaded before and after leaves an anchor as far from the other end: no row is looked for.
  const older = Array.from(
    { length: 60 },
    (_, index): Row => ({ kind: "gap", key: `old ${index}` }),
  );
  const more = counted([...older, ...rows]);
  places.take(more);
  looks = 0;
  draw(more, "row 5000", at);
  assert.ok(looks < 200, `${looks} rows were looked at`);
});

Deno.test("the list has sections, and one goes through it in its order", () => {
  const room = addMessage(emptyRoom("lobby"), {
    ...{ id: "m1", userId: "2", name: "Bob", message: "Hi", timestamp: 50 },
  }, true);
  const list = [
    conversation(1, { pinned: true }),
    conversation(2, { createdAt: 90 }),
    conversation(3, { createdAt: 10, unread: 2 }),
    conversation(4, { mutedUntil: 4e9, unread: 5 }),
  ];
  const sections = sectionsOf({ ...NO_CHATS, list }, [room], "all");
  assert.deepEqual(sections.map(({ entries }) => entries.map(({ key }) => key)), [
    ["c1"],
    ["c2", "rlobby", "c3"],
    ["c4"],
    [],
  ]);
  const next = (from: string, step: 1 | -1, isUnread: boolean) =>
    neighbour(sections, from, { step, isUnread })?.key;
  assert.deepEqual([next("c2", 1, false), next("c1", -1, false), next("c2", 1, true)], [
    "rlobby",
    "c4",
    "rlobby",
  ]);
  assert.equal(markRoomRead(room).news?.count, 1);
});

Deno.test("threadRows() puts the line of new messages below the day, and it stays there", () => {
  const messages = [message(1, "1", 0), message(2, "2", 86_400), message(3, "2", 86_500)];
  const thread: Thread = {
    ...{ id: 7, state: "ready", info: undefined, messages, hasBefore: false, hasAfter: false },
    ...{ members: [], hasMoreMembers: false, typing: [], news: { after: 1, count: 2 } },
  };
  const rows = threadRows(thread, "1");
  assert.deepEqual(rows.map(({ kind }) => kind), [
    ...["day", "message", "day", "new", "message", "message"],
  ]);
  const [, , , , first, last] = rows;
  assert.ok(first?.kind === "message" && first.isFirst && !first.isLast);
  assert.ok(last?.kind === "message" && !last.isFirst && last.isLast);
});

Deno.test("drafts are kept by account, and another tab's stay", () => {
  const kept = new Map<string, string>();
  const store = {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
  };
  const account = { userId: "1", site: "default" };
  const one = withDraft(NO_DRAFTS, "chat 1", {
    ...{ text: "Hi @Bob", mentions: { "2": "Bob" } },
    replyTo: { id: 5, name: "Bob", text: "Well?" },
  });
  saveDrafts(store, account, one, NO_DRAFTS);
  saveDrafts(store, account, withDraft(NO_DRAFTS, "chat 2", { text: "Yo" }), NO_DRAFTS);
  assert.deepEqual([...loadDrafts(store, account)], [...one, ["chat 2", { text: "Yo" }]]);
  saveDrafts(store, account, NO_DRAFTS, one);
  assert.deepEqual([...loadDrafts(store, account).keys()], ["chat 2"]);
  assert.equal(loadDrafts(store, { ...account, site: "shop" }).size, 0);
  assert.equal(draftWords({ text: "changed", editing: { id: 1, text: "said" } }), "");
});

Deno.test("names show what nobody sees, and texts part into links, code and mentions", () => {
  assert.equal(shownName("Ev\u202eil"), "Ev[U+202E]il");
  assert.equal(shownName("\u200b"), "[U+200B]");
  assert.equal(shownName("👩\u200d💻 Kim"), "👩\u200d💻 Kim");
  assert.deepEqual(splitText("@Bob Lee see https://a.b/c and `x @Bob`", ["Bob", "Bob Lee"]), [
    { text: "@Bob Lee", kind: "mention" },
    { text: " see ", kind: "text" },
    { text: "https://a.b/c", kind: "link" },
    { text: " and ", kind: "text" },
    { text: "x @Bob", kind: "code" },
  ]);
  assert.deepEqual(["Mira Kovač", "kovacs", "x-kov", "okov"].map((name) => rankOf(name, "kov")), [
    ...[2, 3, 2, 1],
  ]);
});

function conversation(id: number, fields: Partial<ConversationInfo>): ConversationInfo {
  return {
    ...{ id, kind: "group", name: `Group ${id}`, history: "joined", membersCount: 2 },
    ...{ role: "member", createdAt: 0, offset: 0, epoch: "e", unread: 0, mentions: 0, read: 0 },
    ...{ delivered: 0, mutedUntil: 0, pinned: false, archived: false, typing: [] },
    ...{ pending: 0, failed: 0 },
    ...fields,
  };
}

function message(offset: number, userId: string, createdAt: number): ChatMessage {
  return {
    ...{ key: String(offset), id: offset, conversation: 7, offset, changed: offset },
    ...{ kind: "text", userId, name: userId, text: "Hi", mentions: [], createdAt },
    ...{ deleted: false, reactions: [] },
  };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0);
}
