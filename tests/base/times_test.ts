/** `readTime()`, by which every time that the server is given is read, and its siblings. */
import assert from "node:assert/strict";
import { LAST_SECOND, readLocalTime, readTime, storedTime } from "../../lib/base/times.ts";

const NEW_YEAR = 1_767_225_600; // 2026-01-01T00:00:00Z

const TAKEN: [given: unknown, seconds: number][] = [
  [0, 0],
  [0.9, 0],
  [NEW_YEAR, NEW_YEAR],
  [NEW_YEAR + 0.999, NEW_YEAR],
  [NEW_YEAR * 1e3 + 999, NEW_YEAR],
  [NEW_YEAR * 1e6 + 999_999, NEW_YEAR],
  [NEW_YEAR * 1e9, NEW_YEAR],
  [String(NEW_YEAR), NEW_YEAR],
  [` ${NEW_YEAR}\n`, NEW_YEAR],
  [`${NEW_YEAR}.5`, NEW_YEAR],
  [`${NEW_YEAR}.`, NEW_YEAR],
  [`${NEW_YEAR}000`, NEW_YEAR],
  [`${NEW_YEAR}000000000`, NEW_YEAR],
  [new Date(NEW_YEAR * 1e3), NEW_YEAR],
  ["2026-01-01T00:00:00Z", NEW_YEAR],
  ["2026-01-01t00:00:00z", NEW_YEAR],
  ["2026-01-01T00:00Z", NEW_YEAR],
  ["2026-01-01 00:00:00.123456+00:00", NEW_YEAR],
  ["2026-01-01T00:00:00,5Z", NEW_YEAR],
  ["2026-01-01T05:30+0530", NEW_YEAR],
  ["2025-12-31T16:00-08:00", NEW_YEAR],
  ["2026-01-01T01:00:00 01:00", NEW_YEAR],
  ["2026-01-01 01:00:00 +0100", NEW_YEAR],
  ["2024-02-29T00:00:00Z", 1_709_164_800],
  ["1970-01-01T00:00:00Z", 0],
  ["9999-12-31T23:59:59Z", LAST_SECOND],
  [LAST_SECOND, LAST_SECOND],
  [LAST_SECOND * 1e3 + 999, LAST_SECOND],
];
for (const [given, seconds] of TAKEN) {
  Deno.test(`readTime() takes ${JSON.stringify(given)}`, () => {
    assert.equal(readTime(given), seconds);
  });
}

const REFUSED: unknown[] = [
  ...[-1, -0.5, NaN, Infinity, -Infinity, 1e300, true, null, undefined, {}, [], [NEW_YEAR]],
  ...["", " ", "now", "tomorrow", "-1", "+1", "1e9", "0x10", "1 2", "१७६७२२५६००", "9".repeat(21)],
  ...["2026-01-01", "2026-01-01T00:00:00", "2026-01-01T00:00:00 Z", "2026-1-1T00:00:00Z"],
  ...["2026-02-30T00:00:00Z", "2025-02-29T00:00:00Z", "2026-04-31T00:00Z", "2026-13-01T00:00Z"],
  ...["2026-00-01T00:00Z", "2026-01-00T00:00Z", "2026-01-01T24:00:00Z", "2026-01-01T25:00Z"],
  ...["2026-01-01T00:60Z", "2026-01-01T00:00:60Z", "2026-01-01T00:00+24:00"],
  ...["2026-01-01T00:00+00:60", "1969-12-31T23:59:59Z", "0001-01-01T00:00:00Z"],
  ...[
    "9999-12-31T23:59:59-01:00",
    "+010000-01-01T00:00:00Z",
    new Date(NaN),
    new Date(-1),
    new Date(8.64e15),
  ],
];
for (const given of REFUSED) {
  Deno.test(`readTime() refuses ${String(given) || '""'} (${typeof given})`, () => {
    assert.equal(readTime(given), undefined);
  });
}

Deno.test("readLocalTime() reads what has no zone as local, and refuses days and hours that there are not", () => {
  const local = new Date(2026, 4, 1, 9, 30).getTime() / 1000;
  assert.equal(readLocalTime("2026-05-01T09:30"), local);
  assert.equal(readLocalTime("2026-05-01 09:30:00"), local);
  assert.equal(readLocalTime("2026-01-01T00:00:00Z"), NEW_YEAR);
  assert.equal(readLocalTime(String(NEW_YEAR)), NEW_YEAR);
  for (const text of ["2027-02-30T09:00", "2027-02-29T09:00", "2026-05-01T24:00", "9:00", ""]) {
    assert.equal(readLocalTime(text), undefined, text);
  }
});

Deno.test("storedTime() makes of any stored number a time that can be shown", () => {
  assert.equal(storedTime(NEW_YEAR), NEW_YEAR);
  assert.equal(storedTime(NEW_YEAR * 1e3), NEW_YEAR);
  assert.equal(storedTime(NEW_YEAR * 1e6), NEW_YEAR);
  for (const wild of [NaN, -5, Infinity, 1e300]) assert.equal(storedTime(wild, 7), 7);
});
