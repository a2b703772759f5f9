/** `docs/performance.md`: what it says of the benchmark's rows is what they ask. */
import assert from "node:assert/strict";
import { ROWS } from "../bench/rows.ts";
import { ROOT } from "../support/paths.ts";

Deno.test("docs/performance.md: each row that it describes asks just that", async () => {
  const text = await Deno.readTextFile(`${ROOT}docs/performance.md`);
  const described = [...text.matchAll(/^\| `([\w-]+)` +\| (.*?) +\|/gm)];
  assert.ok(described.length > 0);
  for (const [, name = "", what] of described) {
    assert.equal(what, ROWS.find((row) => row.name === name)?.question, name);
  }
});
