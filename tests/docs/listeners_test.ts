/** `docs/listeners.md`: it names every case of the hostile suite in which the listeners differ by more than a close code. */
import assert from "node:assert/strict";
import { CLOSE_CASES } from "../hostile/close_cases.ts";
import { FRAGMENT_CASES } from "../hostile/fragment_cases.ts";
import { FRAME_CASES } from "../hostile/frame_cases.ts";
import { UTF8_CASES } from "../hostile/utf8_cases.ts";
import { DROPPED, type Expected } from "../hostile/wire_case.ts";
import { ROOT } from "../support/paths.ts";

const PAGE = await Deno.readTextFile(`${ROOT}docs/listeners.md`);

Deno.test("docs/listeners.md lists where the listeners leave RFC 6455", () => {
  const cases = [...FRAME_CASES, ...FRAGMENT_CASES, ...UTF8_CASES, ...CLOSE_CASES];
  const differing = cases.flatMap(({ name, expect }) =>
    "deno" in expect && !isDropInPlaceOfCode(expect.deno, expect.node)
      ? [{ name, deno: shown(expect.deno), node: shown(expect.node) }]
      : []
  );
  const [, table = ""] = PAGE.split("<!-- table: differences -->");
  const rows = [...table.matchAll(/^\| (\d[^|]+?) +\| ([^|]+?) +\| ([^|]+?) +\|$/gm)]
    .map(([, name, deno, node]) => ({ name, deno, node }));
  assert.deepEqual(rows, differing);
});

function isDropInPlaceOfCode(deno: Expected, node: Expected): boolean {
  const common = deno.slice(0, -1);
  return deno.at(-1) === DROPPED && shown(node.slice(0, common.length)) === shown(common) &&
    node.length === common.length + 2 && node.at(-1) === "ended";
}

function shown(words: Expected): string {
  return words.map((word) => word.trim()).join(", ");
}
