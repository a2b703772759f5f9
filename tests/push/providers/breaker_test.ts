/** The breaker: when a push service rests, for how long, and how it comes back. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { Breakers } from "../../../lib/push/providers/breaker.ts";
import type { PushResult } from "../../../lib/push/types.ts";

const ORIGIN = "https://push.example";
const LATER: PushResult = { result: "later", why: "status 503" };
const TAKEN: PushResult = { result: "taken" };

Deno.test("five failures in a row make an origin rest, and others do not rest with it", () => {
  const { breakers } = made();
  for (let failures = 1; failures < 5; failures++) breakers.note(ORIGIN, LATER);
  breakers.note(ORIGIN, TAKEN);
  for (let failures = 1; failures < 5; failures++) breakers.note(ORIGIN, LATER);
  assert.equal(breakers.restsUntil(ORIGIN), undefined, "they were not in a row");
  breakers.note(ORIGIN, LATER);
  assert.equal(breakers.restsUntil(ORIGIN), 5000);
  assert.equal(breakers.restsUntil("https://other.example"), undefined);
  assert.equal(breakers.resting, 1);
});

Deno.test("what says nothing of a service does not count: a device that is gone, refused, or waits alone", () => {
  const { breakers } = made();
  const alone: PushResult = { ...LATER, isAlone: true };
  for (let failures = 0; failures < 20; failures++) breakers.note(ORIGIN, alone);
  assert.equal(breakers.restsUntil(ORIGIN), undefined);
  for (const result of ["gone", "refused"] as const) {
    for (let failures = 0; failures < 4; failures++) breakers.note(ORIGIN, LATER);
    breakers.note(ORIGIN, { result, why: "status 410" });
  }
  assert.equal(breakers.restsUntil(ORIGIN), undefined);
});

Deno.test("after a rest one attempt is made, and the next rest is twice as long up to 5 minutes", () => {
  const { breakers, clock } = made();
  fail(breakers);
  const rests: number[] = [];
  for (let round = 0; round < 9; round++) {
    const until = breakers.restsUntil(ORIGIN) ?? assert.fail("it rests");
    rests.push(until - clock.now);
    clock.now = until - 1;
    assert.equal(breakers.restsUntil(ORIGIN), until);
    clock.now = until;
    assert.equal(breakers.restsUntil(ORIGIN), undefined, "who asks first makes the attempt");
    assert.equal(breakers.restsUntil(ORIGIN), until + 1000, "others ask again");
    breakers.note(ORIGIN, LATER);
  }
  assert.deepEqual(rests, [5, 10, 20, 40, 80, 160, 300, 300, 300].map((each) => each * 1000));
  clock.now = breakers.restsUntil(ORIGIN) ?? 0;
  assert.equal(breakers.restsUntil(ORIGIN), undefined);
  breakers.note(ORIGIN, TAKEN);
  assert.deepEqual([breakers.restsUntil(ORIGIN), breakers.resting], [undefined, 0]);
  breakers.note(ORIGIN, LATER);
  assert.equal(breakers.restsUntil(ORIGIN), undefined, "all is forgotten");
});

Deno.test("attempts that began before a rest, and end in it, make it no longer", () => {
  const { breakers } = made();
  fail(breakers);
  const until = breakers.restsUntil(ORIGIN);
  for (let late = 0; late < 50; late++) breakers.note(ORIGIN, LATER);
  assert.equal(breakers.restsUntil(ORIGIN), until);
});

Deno.test("an attempt of which nothing is heard is made again after a minute", () => {
  const { breakers, clock } = made();
  fail(breakers);
  clock.now = breakers.restsUntil(ORIGIN) ?? 0;
  assert.equal(breakers.restsUntil(ORIGIN), undefined);
  clock.now += 59_999;
  assert.equal(breakers.restsUntil(ORIGIN), clock.now + 1000);
  clock.now += 1;
  assert.equal(breakers.restsUntil(ORIGIN), undefined);
  breakers.note(ORIGIN, { ...LATER, isAlone: true });
  assert.equal(breakers.restsUntil(ORIGIN), undefined, "the next one may try at once");
});

Deno.test("a rest is as long as the service has asked for, up to an hour", () => {
  for (const [asked, rest] of [[60_000, 60_000], [1000, 5000], [86_400_000, 3_600_000]] as const) {
    const { breakers, clock } = made();
    fail(breakers, { ...LATER, at: clock.now + asked });
    assert.equal(breakers.restsUntil(ORIGIN), clock.now + rest);
  }
});

Deno.test("rests vary by a quarter, so that nodes do not come back at once", () => {
  fc.assert(fc.property(fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }), (random) => {
    const breakers = new Breakers(() => 0, () => random);
    fail(breakers);
    const rest = breakers.restsUntil(ORIGIN) ?? 0;
    assert.ok(rest >= 3750 && rest <= 6250, `${rest} ms`);
  }));
});

Deno.test("a clock that is set back ends the rest", () => {
  const { breakers, clock } = made();
  clock.now = 10_000_000_000;
  fail(breakers);
  clock.now = 0;
  assert.equal(breakers.restsUntil(ORIGIN), undefined);
});

Deno.test("of no more than 10,000 origins anything is kept", () => {
  const { breakers } = made();
  for (let origin = 0; origin < 20_000; origin++) {
    fail(breakers, LATER, `https://${origin}.example`);
  }
  assert.equal(breakers.resting, 10_000);
  assert.equal(breakers.restsUntil("https://0.example"), undefined);
  assert.notEqual(breakers.restsUntil("https://19999.example"), undefined);
});

function made(): { breakers: Breakers; clock: { now: number } } {
  const clock = { now: 0 };
  return { breakers: new Breakers(() => clock.now, () => 0.5), clock };
}

function fail(breakers: Breakers, result: PushResult = LATER, origin = ORIGIN): void {
  for (let failures = 0; failures < 5; failures++) breakers.note(origin, result);
}
