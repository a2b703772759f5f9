/** The pages of recipes: each has the whole of the files that it is about, and names what exists. */
import assert from "node:assert/strict";
import { ROOT } from "../support/paths.ts";

const FOLDER = `${ROOT}docs/recipes`;
const SHOWN = /^`((?:deploy|systemd)\/\S+)`:\n\n```\w*\n([\s\S]*?)\n```$/gm;

const pages = await Array.fromAsync(Deno.readDir(FOLDER), ({ name }) => name);
const shown = new Set<string>();

for (const page of pages) {
  const text = await Deno.readTextFile(`${FOLDER}/${page}`);

  Deno.test(`docs/recipes/${page} has its files as they are`, async () => {
    for (const [, path = "", lines] of text.matchAll(SHOWN)) {
      shown.add(path);
      assert.equal(lines, (await Deno.readTextFile(`${ROOT}${path}`)).trimEnd(), path);
    }
  });

  Deno.test(`docs/recipes/${page} says when to take it, and how to see that it works`, () => {
    assert.match(text, /^\*\*Take it\*\*/m);
    assert.match(text, /^## Does it work\?$/m);
  });

  Deno.test(`docs/recipes/${page} leads to pages and headings that exist`, async () => {
    for (const [, path = "", heading] of text.matchAll(/\]\(([\w./-]+\.md)(?:#([\w-]+))?\)/g)) {
      const other = await Deno.readTextFile(new URL(path, `file://${FOLDER}/`));
      if (heading === undefined) continue;
      const headings = [...other.matchAll(/^#+ (.*)$/gm)].map(([, words = ""]) =>
        words.toLowerCase().replaceAll(/[^\w\s-]/g, "").replaceAll(" ", "-")
      );
      assert.ok(headings.includes(heading), `${path} has no heading #${heading}`);
    }
  });
}

Deno.test("each file of a recipe stands on a page", async () => {
  const files: string[] = [];
  for (const folder of ["docker", "kubernetes", "haproxy", "nginx", "caddy"]) {
    for await (const { name } of Deno.readDir(`${ROOT}deploy/${folder}`)) {
      if (!name.endsWith(".dockerignore")) files.push(`deploy/${folder}/${name}`);
    }
  }
  assert.deepEqual([...files, "systemd/notifyli@.service"].filter((file) => !shown.has(file)), []);
});
