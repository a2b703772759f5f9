/** `docs/guarantees.md`: every promise names tests, and every test that it names is there. */
import assert from "node:assert/strict";
import { ROOT } from "./support/paths.ts";

const PAGE = await Deno.readTextFile(`${ROOT}docs/guarantees.md`);

const rows = [...PAGE.matchAll(/<!-- held by tests -->\n\n((?:\|.*\n)+)/g)]
  .flatMap(([, table = ""]) => table.trim().split("\n").slice(2));

Deno.test("docs/guarantees.md: every promise names a test", () => {
  assert.ok(rows.length > 20);
  for (const row of rows) assert.match(row, /`[\w/]+: [^`]+`/);
});

for (const [, file = "", title = ""] of PAGE.matchAll(/`([\w/]+): ([^`]+)`/g)) {
  Deno.test(`docs/guarantees.md: there is a test "${title}" in ${file}.ts`, async () => {
    const text = await Deno.readTextFile(`${ROOT}tests/${file}.ts`);
    // Of a test's name, or of a scenario's; not of a comment.
    const names = text.split("\n").filter((line) => !/^\s*(\/\/|\/?\*)/.test(line)).join("\n");
    assert.ok(names.includes(title), `there is none in tests/${file}.ts`);
  });
}
