/** Filters: what they may be, and which events they are for. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { CodedError } from "../../lib/base/errors.ts";
import { type Filter, filterField, isWithin, valuesIn } from "../../lib/topics/filter.ts";

type Pairs = Readonly<Record<string, unknown>>;

/** Names that objects are born with, and plain ones. */
const key = fc.constantFrom("id", "by", "__proto__", "constructor", "toString", "", "a\nb", "é");
const value = fc.oneof(
  fc.constantFrom(
    "5",
    5,
    -0,
    0,
    2 ** 53 - 1,
    0.1,
    true,
    false,
    null,
    "",
    "null",
    "true",
    '"',
    "\n",
    ",",
  ),
  fc.string({ maxLength: 3 }),
  fc.integer(),
);
const pairs = fc.array(fc.tuple(key, value), { maxLength: 4 }).map(objectOf);
const odd = fc.oneof(value, fc.constantFrom([5], { a: 1 }, Infinity, NaN, 2 ** 53, undefined));
const data = fc.oneof(
  fc.array(fc.tuple(key, odd), { maxLength: 5 }).map(objectOf),
  fc.constantFrom(null, undefined, [], "id", 5),
);

Deno.test("a filter is for just the events whose fields are equal", () => {
  let [yes, no] = [0, 0];
  fc.assert(
    fc.property(pairs, data, fc.boolean(), (pairs, other, isMerged) => {
      const event = isMerged ? objectOf([...entriesOf(other), ...entriesOf(pairs)]) : other;
      const filter = filterField({ filter: JSON.parse(JSON.stringify(pairs)) });
      const expected = entriesOf(pairs).every(([key, value]) =>
        typeof event === "object" && event !== null && Object.hasOwn(event, key) &&
        JSON.stringify((event as Pairs)[key]) === JSON.stringify(value)
      );
      assert.equal(valuesIn(event, filter.keys) === filter.wanted, expected);
      expected ? yes++ : no++;
    }),
    { numRuns: 3000 },
  );
  assert.ok(yes > 100 && no > 100, `${yes} matched, ${no} did not`);
});

Deno.test("a filter is within another one if it has all of its pairs", () => {
  fc.assert(fc.property(pairs, pairs, fc.boolean(), (one, other, isMerged) => {
    const inner = isMerged ? objectOf([...entriesOf(one), ...entriesOf(other)]) : one;
    const expected = entriesOf(other).every(([key, value]) =>
      Object.hasOwn(inner, key) && inner[key] === value
    );
    assert.equal(isWithin(read(inner), read(other)), expected);
  }));
  assert.equal(isWithin(read({ id: 5 }), read({})), true);
  assert.equal(isWithin(read({}), read({ id: 5 })), false);
  assert.equal(isWithin(read({ id: "5" }), read({ id: 5 })), false);
});

Deno.test("filters with the same keys are looked up together, whatever their order", () => {
  const [one, other] = [read({ a: 1, b: 2 }), read({ b: 3, a: 1 })];
  assert.equal(one.keySet, other.keySet);
  assert.deepEqual(one.keys, ["a", "b"]);
  assert.notEqual(read({ "a,b": 1 }).keySet, one.keySet);
});

const REFUSED: readonly [filter: unknown, code: string, field: string, message: RegExp][] = [
  ["id", "invalid_field", "filter", /current value is "id", allowed is an object such as/],
  [[], "invalid_field", "filter", /current value is \[\], allowed is an object such as/],
  [{ id: [5] }, "invalid_field", "filter.id", /'filter.id': current value is \[5\], allowed is a/],
  [{ id: {} }, "invalid_field", "filter.id", /a number below 2\^53, true, false or null$/],
  [{ id: 1e400 }, "invalid_field", "filter.id", /value is Infinity, .* a number below 2\^53/],
  [{ id: 2 ** 53 }, "invalid_field", "filter.id", /value is 9007199254740992, /],
  [
    Object.fromEntries(Array.from({ length: 11 }, (_, n) => [`k${n}`, n])),
    ...["invalid_field", "filter"] as const,
    /allowed is an object of at most 10 keys/,
  ],
  [
    { id: "é".repeat(600) },
    ...["too_long", "filter"] as const,
    /current length is 1209 bytes of JSON, the limit is 1024/,
  ],
  [{ id: "x".repeat(2000) }, "invalid_field", "filter.id", /allowed is a text of up to 1024/],
];
for (const [filter, code, field, message] of REFUSED) {
  Deno.test(`the filter ${JSON.stringify(filter).slice(0, 40)} is refused`, () => {
    assert.throws(() => filterField({ filter }), (error) => {
      assert.ok(error instanceof CodedError);
      assert.deepEqual([error.code, error.options.field], [code, field]);
      assert.match(error.message, message);
      return true;
    });
  });
}

function read(pairs: Pairs): Filter {
  return filterField({ filter: pairs });
}

/** An object with these own fields, `__proto__` among them. */
function objectOf(entries: readonly (readonly [string, unknown])[]): Pairs {
  const object: Record<string, unknown> = {};
  for (const [key, value] of entries) {
    Object.defineProperty(object, key, {
      ...{ value, enumerable: true, configurable: true, writable: true },
    });
  }
  return object;
}

function entriesOf(value: unknown): [string, unknown][] {
  return typeof value === "object" && value !== null ? Object.entries(value) : [];
}
