/** Random and mutated inputs, the same for the same seed. */
import fc from "fast-check";
import { FIELDS, NASTY_JSON } from "./nasty.ts";

/** Inputs made of good ones by up to three changes, and some that are nothing but noise. */
export function spoiled(good: readonly string[], seed: number, count: number): string[] {
  const changes = fc.array(change, { minLength: 1, maxLength: 3 });
  const mutated = fc.tuple(fc.constantFrom(...good), changes)
    .map(([text, all]) => all.reduce((before, apply) => apply(before), text));
  const input = fc.oneof(
    { arbitrary: mutated, weight: 8 },
    { arbitrary: fc.constantFrom(...NASTY_JSON), weight: 1 },
    { arbitrary: fc.json({ maxDepth: 3 }), weight: 1 },
    { arbitrary: fc.string({ unit: "binary", maxLength: 60 }), weight: 1 },
  );
  return fc.sample(input, { seed, numRuns: count });
}

/** Texts for names and values of a query. */
export function queries(names: readonly string[], seed: number, count: number): string[] {
  const value = fc.oneof(
    fc.string({ unit: "binary", maxLength: 80 }).map((text) =>
      encodeURIComponent(text.toWellFormed())
    ),
    fc.constantFrom(...NASTY_JSON).map(encodeURIComponent),
    fc.constantFrom(
      "",
      "%",
      "%zz",
      "%00",
      "%ff%fe",
      "%ed%a0%80",
      "+",
      "1",
      "lobby",
      "x".repeat(300),
    ),
  );
  const pair = fc.tuple(fc.constantFrom(...names), value).map((each) => each.join("="));
  return fc.sample(fc.array(pair, { maxLength: 5 }).map((pairs) => pairs.join("&")), {
    seed,
    numRuns: count,
  });
}

type Change = (text: string) => string;

const place = fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true });

const change: fc.Arbitrary<Change> = fc.oneof(
  // A field gets another value, or is there a second time.
  {
    weight: 6,
    arbitrary: fc.tuple(fc.constantFrom(...FIELDS), fc.constantFrom(...NASTY_JSON)).map((
      [field, value],
    ): Change =>
    (text) => `${text.replace(/\}\s*$/, "")},"${field}":${value}}`),
  },
  {
    weight: 3,
    arbitrary: fc.tuple(fc.nat(10), fc.constantFrom(...NASTY_JSON)).map((
      [which, value],
    ): Change =>
    (text) => {
      let seen = 0;
      return text.replace(/(?<=:)("[^"]*"|\d+|true)/g, (old) => seen++ === which ? value : old);
    }),
  },
  // Characters are lost, doubled or become others.
  {
    weight: 2,
    arbitrary: fc.tuple(place, fc.string({ unit: "binary", maxLength: 3 })).map((
      [at, more],
    ): Change =>
    (text) => text.slice(0, at * text.length) + more + text.slice(at * text.length + 1)),
  },
  {
    weight: 1,
    arbitrary: place.map((at): Change => (text) => text.slice(0, at * text.length)),
  },
  { weight: 1, arbitrary: fc.constant<Change>((text) => `${text}${text}`) },
  { weight: 1, arbitrary: fc.constant<Change>((text) => text.replaceAll('"', "'")) },
);
