/** What was used last is kept, and no more than there may be. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { Recent } from "../../lib/preferences/recent.ts";

Deno.test("what was used last is there, and what was not used for long is gone", () => {
  const recent = new Recent<number>(10);
  for (let number = 0; number < 15; number++) recent.set(String(number), number, 1);
  assert.equal(recent.get("1"), 1, "of the generation before");
  for (let number = 15; number < 60; number++) {
    recent.set(String(number), number, 1);
    assert.equal(recent.get("1"), 1, "it is in use");
  }
  for (let number = 60; number < 85; number++) recent.set(String(number), number, 1);
  assert.equal(recent.get("1"), undefined);
  assert.equal(recent.get("84"), 84);
});

Deno.test("what is replaced again and again takes no other's place", () => {
  const recent = new Recent<number>(10);
  recent.set("other", 7, 1);
  for (let number = 0; number < 100; number++) recent.set("same", number, 1);
  assert.deepEqual([recent.get("other"), recent.get("same")], [7, 99]);
});

Deno.test("there is never more than twice the weight, and never what was deleted or replaced", () => {
  const step = fc.record({
    // Seldom all is gone: else no generation is ever full.
    what: fc.oneof(
      { arbitrary: fc.constantFrom("set", "get", "delete"), weight: 30 },
      { arbitrary: fc.constant("clear"), weight: 1 },
    ),
    key: fc.integer({ min: 0, max: 20 }).map(String),
    weight: fc.integer({ min: 1, max: 6 }),
  });
  fc.assert(fc.property(fc.array(step, { minLength: 50, maxLength: 200 }), (steps) => {
    const recent = new Recent<{ weight: number; at: number }>(20);
    const model = new Map<string, { weight: number; at: number }>();
    for (const [at, { what, key, weight }] of steps.entries()) {
      const value = { weight, at };
      if (what === "set") recent.set(key, value, weight);
      if (what === "set") model.set(key, value);
      if (what === "delete") recent.delete(key);
      if (what === "delete") model.delete(key);
      if (what === "clear") recent.clear();
      if (what === "clear") model.clear();
      const found = recent.get(key);
      if (found !== undefined) assert.equal(found, model.get(key));
    }
    const kept = Array.from({ length: 21 }, (_, key) => recent.get(String(key)));
    const weight = kept.reduce((sum, each) => sum + (each?.weight ?? 0), 0);
    assert.ok(weight <= 2 * (20 + 6), `${weight}`);
  }));
});
