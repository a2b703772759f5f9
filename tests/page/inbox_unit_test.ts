/** What the list behind the bell makes of notifications: groups, kinds, toasts, and times to put them off. */
import assert from "node:assert/strict";
import { belowOf, countOf, fold, kindsIn, kindWords, ofKind } from "../../lib/sdk/view/entries.ts";
import { addToast, shownToasts } from "../../lib/sdk/view/toasts.ts";
import { barsOf, rangeWords } from "../../lib/sdk/view/quiet_hours.ts";
import { fieldTime, snoozeChoices } from "../../lib/sdk/view/snooze_times.ts";
import type { Notification, NotificationDetails, UserPreferences } from "../../lib/sdk/mod.ts";

Deno.test("fold() puts a group together at the place of its newest", () => {
  const list = [
    of("a"),
    of("b", { group: "g" }),
    of("c"),
    of("d", { group: "g" }),
    of("e", { group: "a" }),
  ];
  const entries = fold(list);
  assert.deepEqual(entries.map(({ head, others }) => [head.id, ...others.map(({ id }) => id)]), [
    ["a"],
    ["b", "d"],
    ["c"],
    ["e"],
  ]);
  const heads = [{ ...of("b", { group: "g" }), groupCount: 5 }, {
    ...of("e", { group: "a" }),
    groupCount: 1,
  }];
  const below = belowOf(list, [...heads, of("c")]);
  assert.deepEqual([...below], [["g", 3]]);
  assert.deepEqual(fold(list, below).map(countOf), [1, 5, 1, 1]);
});

Deno.test("kindsIn() counts by what stands before the first dot, and kindWords() says what people call it", () => {
  const list = [
    of("a", { kind: "order.paid" }),
    of("b", { kind: "order" }),
    of("c", { kind: "news" }),
    of("d"),
  ];
  assert.deepEqual(kindsIn(list, (id) => id !== "b"), [
    { kind: "news", unread: 1 },
    { kind: "order", unread: 1 },
  ]);
  assert.deepEqual(ofKind(list, "order").map(({ id }) => id), ["a", "b"]);
  assert.equal(ofKind(list, "").length, 4);
  const kinds = { order: { name: "Orders" }, "order.paid": {} };
  const preferences = { effective: { kinds } } as unknown as UserPreferences;
  assert.deepEqual(
    ["order.paid", "orders.x", "constructor", "a_b.c", "..."].map((kind) =>
      kindWords(kind, preferences)
    ),
    ["Orders", "Orders x", "Constructor", "A b c", "..."],
  );
});

Deno.test("shownToasts() keeps what is urgent in sight, and counts what has no room", () => {
  const list = [..."abcdef"].map((id) => of(id, { priority: "be".includes(id) ? 5 : 3 }));
  const toasts = [..."abcdefa"].reduce(addToast, [] as readonly string[]);
  assert.deepEqual(toasts, [..."bcdefa"], "one that asks again is the newest");
  const { urgent, others, hidden } = shownToasts(toasts, list);
  const ids = (all: readonly Notification[]) => all.map(({ id }) => id).join("");
  assert.deepEqual([urgent, others, hidden].map(ids), ["be", "a", "cdf"]);
  const all = list.map((each) => ({ ...each, details: { priority: 5 } }));
  const many = shownToasts(toasts, all);
  assert.deepEqual([many.urgent, many.others, many.hidden].map(ids), ["bcd", "", "efa"]);
});

Deno.test("snoozeChoices() are four times that are still to come, each another one, at any hour", () => {
  for (let hour = 0; hour < 24 * 8; hour++) {
    const now = new Date(2026, 2, 25, hour, 59, 30);
    const times = snoozeChoices(now).map(({ until }) => until.getTime());
    assert.equal(new Set(times).size, 4, String(now));
    assert.ok(times.every((time) => time > now.getTime()), String(now));
    const [, , tomorrow, week] = snoozeChoices(now).map(({ until }) => until);
    assert.deepEqual([tomorrow?.getHours(), week?.getHours(), week?.getDay()], [9, 9, 1]);
    assert.equal(new Date(fieldTime(now)).getTime(), new Date(now).setSeconds(0, 0));
  }
});

function of(id: string, details: NotificationDetails = {}): Notification {
  return {
    ...{ id, room: "/user/1", userId: "1", name: "Shop", message: id, timestamp: 1 },
    ...{ details, replayed: false, read: false, archived: false },
  };
}

Deno.test("barsOf() shows what is past midnight on both days, and nothing of a range that is off", () => {
  const days = {
    sun: [["22:00", "07:00"]],
    mon: [["12:00", "12:30"], ["23:00", "00:00"], ["09:00", "09:00"]],
  } as const;
  assert.deepEqual(barsOf(days, "mon"), [[0, 420], [720, 750], [1380, 1440]]);
  assert.deepEqual(barsOf(days, "tue"), [], "what ends at midnight is not on the next day");
  assert.deepEqual(barsOf({ sat: [["00:00", "24:00"]] }, "sat"), [[0, 1440]]);
  assert.deepEqual(barsOf({ sat: [["00:00", "24:00"]] }, "sun"), []);
  assert.equal(rangeWords([["00:00", "24:00"]]), "All day");
  assert.equal(rangeWords(), "None");
});
