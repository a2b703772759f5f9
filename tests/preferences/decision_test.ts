/** What becomes of a notification: what users have chosen, quiet hours over midnight and changes of clocks, mute. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { decisionOf } from "../../lib/preferences/decision.ts";
import { quietUntil } from "../../lib/preferences/quiet_hours.ts";
import {
  BUILT_IN,
  type Choice,
  type Day,
  DAYS,
  type Kind,
  NO_PREFERENCES,
  type Preferences,
  type QuietHours,
  type QuietRange,
  type Subject,
  WAYS,
} from "../../lib/preferences/types.ts";

const KINDS = ["order", "order.shipped", "order.shipped.late", "news"];
const TOPICS = ["sport", "weather"];
const ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe"];

const choice: fc.Arbitrary<Choice> = fc.record({
  in_app: fc.boolean(),
  push: fc.boolean(),
  mail: fc.boolean(),
}, { requiredKeys: [] });
const minute = fc.integer({ min: 0, max: 1439 });
const range: fc.Arbitrary<QuietRange> = fc.record({
  start: minute,
  end: fc.integer({ min: 0, max: 1440 }),
});
const quietHours: fc.Arbitrary<QuietHours> = fc.record({
  isOn: fc.constant(true),
  timeZone: fc.constantFrom(...ZONES),
  days: fc.array(fc.tuple(fc.constantFrom(...DAYS), fc.array(range, { maxLength: 3 })))
    .map((days) => new Map(days)),
});
const moment = fc.integer({ min: 1_700_000_000_000, max: 1_900_000_000_000 });
const preferences: fc.Arbitrary<Preferences> = fc.record({
  kinds: fc.array(fc.tuple(fc.constantFrom("*", ...KINDS), choice)).map((each) => new Map(each)),
  topics: fc.array(fc.tuple(fc.constantFrom(...TOPICS), choice)).map((each) => new Map(each)),
  muteUntil: fc.integer({ min: 1_700_000_000, max: 1_900_000_000 }),
  quietHours,
}, { requiredKeys: ["kinds", "topics"] });
const kind: fc.Arbitrary<Kind> = fc.record({
  kind: fc.constantFrom(...KINDS),
  ways: fc.record({ in_app: fc.boolean(), push: fc.boolean(), mail: fc.boolean() }),
  locked: fc.constant("the law wants it"),
  digest: fc.constant({ seconds: 60 }),
  throttle: fc.constant({ count: 1, seconds: 60 }),
  repeat: fc.constant({ seconds: 60, times: 3 }),
}, { requiredKeys: ["kind", "ways"] });
const kinds = fc.array(kind).map((each) => new Map(each.map((one) => [one.kind, one])));
const subject: fc.Arbitrary<Subject> = fc.record({
  kind: fc.constantFrom(...KINDS, "order.paid"),
  topic: fc.constantFrom(...TOPICS),
}, { requiredKeys: [] });

function nearest(known: ReadonlyMap<string, Kind>, name = ""): Kind | undefined {
  const parts = name.split(".");
  return parts.map((_, index) => parts.slice(0, parts.length - index).join("."))
    .map((each) => known.get(each)).find((each) => each !== undefined);
}

Deno.test("what is critical passes all that a user can choose, and no digest or throttle keeps it", () => {
  fc.assert(fc.property(preferences, kinds, subject, moment, (own, known, asked, now) => {
    const decided = decisionOf(own, known, { ...asked, critical: true }, now);
    const set = nearest(known, asked.kind);
    const ways = set?.ways ?? BUILT_IN;
    assert.deepEqual(decided, {
      inApp: ways.in_app ? "deliver" : "withhold",
      push: ways.push,
      mail: ways.mail,
      ...(!ways.in_app && { why: "kind" }),
      ...(!ways.push && { unpushed: "kind" }),
      ...(set?.repeat && { repeat: set.repeat }),
    });
  }));
});

Deno.test("who has chosen nothing gets what the nearest kind says, else what is built in", () => {
  fc.assert(fc.property(kinds, subject, moment, (known, asked, now) => {
    const { inApp, push, mail, alertAt, digest } = decisionOf(NO_PREFERENCES, known, asked, now);
    const set = nearest(known, asked.kind);
    assert.deepEqual({ in_app: inApp === "deliver", push, mail }, { ...set?.ways ?? BUILT_IN });
    assert.equal(alertAt, undefined);
    assert.deepEqual(digest, set?.digest && { ...set.digest, kind: set.kind });
    assert.deepEqual(
      decisionOf(undefined, known, asked, now),
      decisionOf(NO_PREFERENCES, known, asked, now),
    );
  }));
});

Deno.test("a no of the user counts by kind and by topic, and a yes where there is no no, unless it is locked", () => {
  fc.assert(fc.property(preferences, kinds, subject, moment, (own, known, asked, now) => {
    const { inApp, push, mail } = decisionOf(own, known, asked, now);
    const set = nearest(known, asked.kind);
    const decided = { in_app: inApp !== "withhold", push, mail };
    for (const way of WAYS) {
      const parts = asked.kind?.split(".") ?? [];
      const byKind = parts.map((_, index) => parts.slice(0, parts.length - index).join("."))
        .map((each) => own.kinds.get(each)?.[way]).find((each) => each !== undefined);
      const said = [byKind, own.topics.get(asked.topic ?? "")?.[way]];
      const usual = (set?.ways ?? BUILT_IN)[way];
      const wanted = set?.locked !== undefined
        ? usual
        : said.includes(false)
        ? false
        : said.includes(true) || (own.kinds.get("*")?.[way] ?? usual);
      assert.equal(decided[way], wanted, way);
    }
  }));
});

Deno.test("what is silent asks for attention later, just when nothing is against it any more", () => {
  fc.assert(fc.property(preferences, subject, moment, (own, asked, now) => {
    const { inApp, alertAt } = decisionOf(own, new Map(), asked, now);
    if (alertAt === undefined) return;
    assert.notEqual(inApp, "deliver");
    assert.ok(alertAt > now);
    assert.equal(decisionOf(own, new Map(), asked, alertAt).alertAt, undefined);
    assert.ok(decisionOf(own, new Map(), asked, alertAt - 1).alertAt !== undefined);
  }));
});

Deno.test("quiet hours are those that a clock on the wall shows", () => {
  fc.assert(
    fc.property(quietHours, moment, (hours, now) => {
      const zone = hours.timeZone!;
      const { day, minutes } = onTheWall(zone, now);
      // On days on which clocks change, the wall shows some times twice and some never: they have a test of their own.
      fc.pre(offsets(zone, now).size === 1);
      const [today, before] = [day, (day + 6) % 7].map((each) => hours.days.get(DAYS[each]!) ?? []);
      const isQuiet = today!.some(({ start, end }) =>
        start !== end && minutes >= start && (end < start || minutes < end)
      ) || before!.some(({ start, end }) =>
        end < start && minutes < end
      );
      const until = quietUntil(hours, "UTC", now);
      assert.equal(until !== undefined, isQuiet);
      if (until === undefined || until === Infinity) return;
      assert.equal(quietUntil(hours, "UTC", until), undefined, "it has an end");
      assert.equal(quietUntil(hours, "UTC", until - 1), until, "and none before");
    }),
    { numRuns: 1000 },
  );
});

/** What a clock shows, by `Intl` and not by `Temporal`. The day is 0 for Monday. */
function onTheWall(zone: string, now: number): { day: number; minutes: number } {
  const parts = new Intl.DateTimeFormat("en-GB", {
    ...{ timeZone: zone, weekday: "short", hour: "2-digit", minute: "2-digit" },
    hourCycle: "h23",
  }).formatToParts(now);
  const part = (name: string) => parts.find(({ type }) => type === name)!.value;
  return {
    day: DAYS.indexOf(part("weekday").toLowerCase() as Day),
    minutes: Number(part("hour")) * 60 + Number(part("minute")),
  };
}

/** The zone's offsets in the days around a moment. */
function offsets(zone: string, now: number): Set<string> {
  const format = new Intl.DateTimeFormat("en", { timeZone: zone, timeZoneName: "longOffset" });
  const days = Array.from({ length: 13 }, (_, index) => now + (index - 3) * 86_400_000);
  return new Set(
    days.map((at) => format.formatToParts(at).find(({ type }) => type === "timeZoneName")!.value),
  );
}

const at = (text: string) => Date.parse(text);
const berlin = (day: Day, start: string, end: string): QuietHours => ({
  ...{ isOn: true, timeZone: "Europe/Berlin" },
  days: new Map([[day, [{ start: minutesOf(start), end: minutesOf(end) }]]]),
});

function minutesOf(text: string): number {
  const [hours, minutes] = text.split(":").map(Number);
  return hours! * 60 + minutes!;
}

/** Clocks in Berlin go from 2:00 to 3:00 on 29 March 2026, and from 3:00 back to 2:00 on 25 October 2026; both are Sundays. */
const CASES: readonly [string, QuietHours, now: string, until: string | number | undefined][] = [
  [
    "over midnight",
    berlin("mon", "22:00", "07:00"),
    "2026-01-06T05:59:59Z",
    "2026-01-06T06:00:00Z",
  ],
  ["the end is not in it", berlin("mon", "22:00", "07:00"), "2026-01-06T06:00:00Z", undefined],
  ["no other night", berlin("mon", "22:00", "07:00"), "2026-01-07T05:00:00Z", undefined],
  [
    "start and end the same: off",
    berlin("mon", "07:00", "07:00"),
    "2026-01-05T06:00:00Z",
    undefined,
  ],
  ["to midnight", berlin("mon", "20:00", "24:00"), "2026-01-05T22:00:00Z", "2026-01-05T23:00:00Z"],
  [
    "a night with an hour less",
    berlin("sat", "22:00", "07:00"),
    "2026-03-28T21:00:00Z",
    "2026-03-29T05:00:00Z",
  ],
  [
    "a night with an hour more",
    berlin("sat", "22:00", "07:00"),
    "2026-10-24T20:00:00Z",
    "2026-10-25T06:00:00Z",
  ],
  [
    "an end that there is not is as much later",
    berlin("sun", "01:00", "02:30"),
    "2026-03-29T00:59:00Z",
    "2026-03-29T01:30:00Z",
  ],
  [
    "a beginning that there is not",
    berlin("sun", "02:15", "05:00"),
    "2026-03-29T01:14:00Z",
    undefined,
  ],
  [
    "is as much later",
    berlin("sun", "02:15", "05:00"),
    "2026-03-29T01:15:00Z",
    "2026-03-29T03:00:00Z",
  ],
  [
    "of an end that comes twice it is the first",
    berlin("sun", "01:00", "02:30"),
    "2026-10-25T00:29:00Z",
    "2026-10-25T00:30:00Z",
  ],
  ["and not the second", berlin("sun", "01:00", "02:30"), "2026-10-25T01:29:00Z", undefined],
  ["off", { ...berlin("mon", "22:00", "07:00"), isOn: false }, "2026-01-06T05:00:00Z", undefined],
  [
    "ranges that meet are one",
    {
      ...berlin("mon", "22:00", "24:00"),
      days: new Map([["mon", [{ start: 1320, end: 1440 }]], ["tue", [{ start: 0, end: 420 }]]]),
    },
    "2026-01-05T21:30:00Z",
    "2026-01-06T06:00:00Z",
  ],
  [
    "all days of the week: without an end",
    { isOn: true, days: new Map(DAYS.map((day) => [day, [{ start: 0, end: 1440 }]])) },
    "2026-01-05T21:30:00Z",
    Infinity,
  ],
];

for (const [name, hours, now, until] of CASES) {
  Deno.test(`quiet hours: ${name}`, () => {
    const expected = typeof until === "string" ? at(until) : until;
    assert.equal(quietUntil(hours, "Europe/Berlin", at(now)), expected);
    assert.equal(quietUntil(hours, "Europe/Berlin", at(now)), expected, "asked again");
  });
}

Deno.test("what is urgent passes quiet hours where the user lets it, and no mute", () => {
  const hours = berlin("mon", "22:00", "07:00");
  const night = at("2026-01-05T22:00:00Z");
  const shown = (preferences: object, priority?: number) =>
    decisionOf({ ...NO_PREFERENCES, ...preferences }, new Map(), { priority }, night).inApp;
  const lets = { quietHours: { ...hours, letsUrgent: true as const } };
  assert.deepEqual([shown(lets, 5), shown(lets, 4), shown(lets)], ["deliver", "silent", "silent"]);
  assert.equal(shown({ quietHours: hours }, 5), "silent");
  assert.equal(shown({ ...lets, muteUntil: night / 1000 + 60 }, 5), "silent");
});

Deno.test("a mute that ends within quiet hours goes on as these", () => {
  const own = {
    ...NO_PREFERENCES,
    muteUntil: at("2026-01-05T23:00:00Z") / 1000,
    quietHours: berlin("mon", "22:00", "07:00"),
  };
  assert.deepEqual(decisionOf(own, new Map(), {}, at("2026-01-05T12:00:00Z")), {
    ...{ inApp: "silent", push: true, mail: false, why: "muted", quiet: "muted" },
    ...{ alertAt: at("2026-01-06T06:00:00Z"), by: own },
  });
});
