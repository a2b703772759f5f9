/** The pages of recipes: each has the whole of the files that it is about, and names what exists. */
import assert from "node:assert/strict";
import { run } from "../support/command.ts";
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

const SHELL = "set -a; . /etc/notifyli/notifyli.env; APP_DATA_DIR=/var/lib/notifyli";

Deno.test("pages that call notifyli beside the unit give it the unit's settings", async () => {
  const unit = await Deno.readTextFile(`${ROOT}systemd/notifyli.service`);
  assert.match(unit, /^EnvironmentFile=\/etc\/notifyli\/notifyli\.env$/m);
  assert.match(unit, /^Environment=APP_DATA_DIR=\/var\/lib\/notifyli$/m);
  for (const page of ["recipes/three-nodes", "migrate", "backup", "doctor"]) {
    const text = await Deno.readTextFile(`${ROOT}docs/${page}.md`);
    assert.ok(text.replaceAll("\n", " ").includes(SHELL), page);
    // The file is root's alone: docs/deploy.md.
    assert.doesNotMatch(text, /sudo -u notifyli sh|\* notifyli /, page);
  }
  const file = await Deno.makeTempFile();
  await Deno.writeTextFile(file, "APP_KEY=a\n");
  const script = `${SHELL.replace("/etc/notifyli/notifyli.env", file)}; env`;
  const { stdout } = await run(["sh", "-c", script]);
  await Deno.remove(file);
  assert.match(stdout, /^APP_KEY=a$/m);
  assert.match(stdout, /^APP_DATA_DIR=\/var\/lib\/notifyli$/m);
});

Deno.test("each file of a recipe stands on a page", async () => {
  const files: string[] = [];
  for (const folder of ["docker", "kubernetes", "haproxy", "nginx", "caddy"]) {
    for await (const { name } of Deno.readDir(`${ROOT}deploy/${folder}`)) {
      if (!name.endsWith(".dockerignore")) files.push(`deploy/${folder}/${name}`);
    }
  }
  assert.deepEqual([...files, "systemd/notifyli@.service"].filter((file) => !shown.has(file)), []);
});
