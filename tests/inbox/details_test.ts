/** How notifications are shown: what is read of their fields, and when `deliver_at` means. Unit tests. */
import assert from "node:assert/strict";
import { CodedError } from "../../lib/base/errors.ts";
import { actionsField, shownAction } from "../../lib/inbox/details/actions.ts";
import { detailsOf } from "../../lib/inbox/details/details.ts";
import { type LocalTime, momentOf, readWhen } from "../../lib/base/when.ts";

/** A Tuesday, 13:30 in Berlin. */
const NOW = seconds("2026-12-01T12:30:00Z");

function seconds(iso: string): number {
  return Date.parse(iso) / 1000;
}

function iso(time: number): string {
  return new Date(time * 1000).toISOString().replace(".000Z", "Z");
}

function read(text: string, zone = "Europe/Berlin", now = NOW): string | undefined {
  const when = readWhen(text, now);
  if (when === undefined) return undefined;
  return iso(typeof when === "number" ? when : momentOf(when, zone, now));
}

const TIMES: Readonly<Record<string, string | undefined>> = {
  "30m": "2026-12-01T13:00:00Z",
  "in 2 hours": "2026-12-01T14:30:00Z",
  "1h30m": "2026-12-01T14:00:00Z",
  "1 day": "2026-12-02T12:30:00Z",
  "90s": "2026-12-01T12:31:30Z",
  "2 weeks": "2026-12-15T12:30:00Z",
  "9am": "2026-12-02T08:00:00Z",
  "9pm": "2026-12-01T20:00:00Z",
  "12am": "2026-12-01T23:00:00Z",
  "12:15pm": "2026-12-02T11:15:00Z",
  "21:30": "2026-12-01T20:30:00Z",
  "noon": "2026-12-02T11:00:00Z",
  "today 18:00": "2026-12-01T17:00:00Z",
  "tomorrow": "2026-12-02T08:00:00Z",
  "tomorrow 9:00": "2026-12-02T08:00:00Z",
  "tomorrow at 9:00": "2026-12-02T08:00:00Z",
  "Tomorrow, 9am": "2026-12-02T08:00:00Z",
  "tuesday 13:31": "2026-12-01T12:31:00Z",
  "tuesday 13:30": "2026-12-08T12:30:00Z",
  "next mon 9am": "2026-12-07T08:00:00Z",
  "2026-12-24 18:00": "2026-12-24T17:00:00Z",
  "2026-12-24T18:00:30": "2026-12-24T17:00:30Z",
  "2026-12-24": "2026-12-24T08:00:00Z",
  "2026-07-01 09:00": "2026-07-01T07:00:00Z",
  "2026-12-24T18:00:00+02:00": "2026-12-24T16:00:00Z",
  "1796130000": "2026-12-01T13:00:00Z",
  "": undefined,
  "9": "1970-01-01T00:00:09Z",
  "9 o clock": undefined,
  "25:00": undefined,
  "13pm": undefined,
  "someday 9:00": undefined,
  "5 lightyears": undefined,
  "2026-02-30 09:00": undefined,
  "tomorrow yesterday": undefined,
};

for (const [text, expected] of Object.entries(TIMES)) {
  Deno.test(`deliver_at: ${JSON.stringify(text)} is ${expected ?? "no time"}`, () => {
    assert.equal(read(text), expected);
  });
}

Deno.test("deliver_at: a time means the clock of the receiver's zone", () => {
  assert.equal(read("tomorrow 9:00", "America/New_York"), "2026-12-02T14:00:00Z");
  assert.equal(read("tomorrow 9:00", "Asia/Kolkata"), "2026-12-02T03:30:00Z");
  // It is tomorrow already on Kiritimati.
  assert.equal(read("today 9:00", "Pacific/Kiritimati"), "2026-12-01T19:00:00Z");
});

Deno.test("deliver_at: when clocks change, a time that is left out is later, and one that comes twice is the first", () => {
  assert.equal(read("2027-03-28 02:30"), "2027-03-28T01:30:00Z");
  assert.equal(read("2026-10-25 02:30"), "2026-10-25T00:30:00Z");
  const evening = seconds("2027-03-27T20:00:00Z");
  assert.equal(read("tomorrow 9:00", "Europe/Berlin", evening), "2027-03-28T07:00:00Z");
});

Deno.test("deliver_at: keeps what was said, for those who pass it on", () => {
  assert.equal((readWhen(" Tomorrow  9:00 ", NOW) as LocalTime).text, "Tomorrow  9:00");
});

Deno.test("actions: JSON, its text and ntfy's short text are the same", () => {
  const expected = [
    { type: "view", id: "1", label: "Open portal", url: "https://home.example/?a=1" },
    {
      ...{ type: "http", id: "2", label: "Turn down", clear: true },
      ...{ url: "https://api.example/", method: "PUT" },
      headers: { Authorization: "Bearer x" },
      body: '{"temperature": 65}',
    },
  ] as const;
  const list = [
    { action: "view", label: "Open portal", url: "https://home.example/?a=1" },
    { ...expected[1], type: undefined, action: "http", id: undefined, method: "put" },
  ];
  assert.deepEqual(actionsField(list), expected);
  assert.deepEqual(actionsField(JSON.stringify(list)), expected);
  assert.deepEqual(
    actionsField(
      "view, Open portal, https://home.example/?a=1; " +
        `http, Turn down, https://api.example/, method=PUT, headers.Authorization="Bearer x", clear=true, ` +
        `body='{"temperature": 65}'`,
    ),
    expected,
  );
});

Deno.test("actions: short text keeps apostrophes, quoted separators and escaped quotes", () => {
  assert.deepEqual(actionsField(`view, Don't, /a; view, "A, \\"B\\"; C", url=/b`), [
    { type: "view", id: "1", label: "Don't", url: "/a" },
    { type: "view", id: "2", label: 'A, "B"; C', url: "/b" },
  ]);
  assert.deepEqual(actionsField("reply, Answer, Say something"), [
    { type: "reply", id: "1", label: "Answer", placeholder: "Say something" },
  ]);
});

const REFUSED: readonly (readonly [why: string, actions: unknown])[] = [
  ["four", [1, 2, 3, 4].map(() => ({ type: "reply", label: "a" }))],
  ["no label", [{ type: "reply" }]],
  ["a script", [{ type: "view", label: "a", url: "javascript:alert(1)" }]],
  ["a path that leads elsewhere", [{ type: "view", label: "a", url: "/\\evil.example" }]],
  ["no address", [{ type: "http", label: "a" }]],
  ["a path for the server", [{ type: "http", label: "a", url: "/a" }]],
  ["a method", [{ type: "http", label: "a", url: "https://a.example", method: "TRACE" }]],
  ["a body of GET", [{
    type: "http",
    label: "a",
    url: "https://a.example",
    method: "GET",
    body: "a",
  }]],
  ["a header of the server's own", [
    { type: "http", label: "a", url: "https://a.example", headers: { Host: "b.example" } },
  ]],
  ["a header of two lines", [
    { type: "http", label: "a", url: "https://a.example", headers: { A: "b\r\nC: d" } },
  ]],
  ["the same id twice", [1, 2].map(() => ({ type: "reply", label: "a", id: "a" }))],
  ["no list", { type: "reply" }],
];

for (const [why, actions] of REFUSED) {
  Deno.test(`actions: refuses ${why}`, () => {
    assert.throws(
      () => detailsOf({ actions }),
      (error) => error instanceof CodedError && /'actions/.test(error.message),
    );
  });
}

Deno.test("actions: what the server calls is shown to nobody", () => {
  const [action] = actionsField("http, Close, https://a.example/secret, body=b, clear=1") ?? [];
  assert.deepEqual(shownAction(action!), { type: "http", id: "1", label: "Close", clear: true });
});

Deno.test("details: what nobody says takes no room", () => {
  assert.deepEqual(detailsOf({ message: "a", title: " ", tags: [], markdown: "no" }), {});
  assert.deepEqual(detailsOf({ tags: "a,, b ,a" }), { tags: ["a", "b"] });
});
