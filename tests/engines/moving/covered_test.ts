/** Every table of the embedded store has a move, or a reason why nothing of it is moved: so none is forgotten that comes later. */
import assert from "node:assert/strict";
import { movesOf, uncovered } from "../../../lib/engines/moving/covered.ts";
import { FEATURES } from "../../../lib/features.ts";
import type { Stored } from "../../../lib/engines/storage.ts";

const LATER: Stored = {
  name: "later",
  sql: [{ name: "later", sql: "CREATE TABLE later_things (id TEXT PRIMARY KEY)" }],
};

Deno.test("every table of the embedded store is moved, or it is said why not", async () => {
  assert.deepEqual(await uncovered(FEATURES), []);
});

Deno.test("a table that comes later and that nobody moves is found", async () => {
  assert.deepEqual(await uncovered([...FEATURES, LATER]), ["later_things"]);
  const moves = () =>
    Promise.resolve([{
      noun: "later things",
      tables: ["later_things"],
      count: () => 0,
      groups: () => [],
    }]);
  assert.deepEqual(await uncovered([...FEATURES, { ...LATER, moves }]), []);
  const notMoved = { later_things: "they are found out anew" };
  assert.deepEqual(await uncovered([...FEATURES, { ...LATER, notMoved }]), []);
});

Deno.test("no table is moved by two, and no two kinds have one name", async () => {
  const moves = await movesOf(FEATURES);
  for (const names of [moves.map(({ noun }) => noun), moves.flatMap(({ tables }) => tables)]) {
    assert.deepEqual(names, [...new Set(names)]);
  }
});
