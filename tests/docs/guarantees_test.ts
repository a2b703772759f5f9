/** `docs/guarantees.md` and `SECURITY.md`: every promise names tests, and every test that they name is there. */
import assert from "node:assert/strict";
import { ROOT } from "../support/paths.ts";

for (const page of ["docs/guarantees.md", "SECURITY.md"]) {
  const text = await Deno.readTextFile(`${ROOT}${page}`);

  Deno.test(`${page}: every promise names a test`, () => {
    const rows = [...text.matchAll(/<!-- held by tests -->\n\n((?:\|.*\n)+)/g)]
      .flatMap(([, table = ""]) => table.trim().split("\n").slice(2));
    assert.ok(rows.length > 7);
    for (const row of rows) assert.match(row, /`[\w/]+: [^`]+`/);
  });

  const named = new Set([...text.matchAll(/`([\w/]+): ([^`]+)`/g)].map(([name]) => name));
  for (const name of named) {
    const [, file = "", title = ""] = /`([\w/]+): ([^`]+)`/.exec(name) ?? [];
    Deno.test(`${page}: there is a test "${title}" in ${file}.ts`, async () => {
      const code = await Deno.readTextFile(`${ROOT}tests/${file}.ts`);
      // Of a test's name, or of a scenario's; not of a comment.
      const names = code.split("\n").filter((line) => !/^\s*(\/\/|\/?\*)/.test(line)).join("\n");
      assert.ok(names.includes(title), `there is none in tests/${file}.ts`);
    });
  }
}
