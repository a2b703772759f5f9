/** The metrics that the documentation names are those of a running server. */
import assert from "node:assert/strict";
import { ROOT } from "../support/paths.ts";
import { startHere } from "../support/server_here.ts";

Deno.test("README and docs name no metric that a server does not have", async () => {
  await using server = await startHere();
  const names = new Set([...server.metrics].map(({ name }) => name));
  // The first word tells a metric, such as `refused` of `refused_rate`; what ends in `.ts` is a file.
  const first = new Set([...names].flatMap((name) => /^([a-z]+)_/.exec(name)?.[1] ?? []));
  const pattern = new RegExp(`(?<![/\\w])(?:${[...first].join("|")})_[a-z_]+(?!\\w|\\.ts)`, "g");
  const files = ["README.md", "SECURITY.md", ...await pages()];
  const named = await Promise.all(files.map(async (file) => {
    const text = await Deno.readTextFile(`${ROOT}${file}`);
    return [...text.matchAll(pattern)].map(([name]) => ({ file, name }));
  }));
  assert.ok(named.flat().length > 40);
  assert.deepEqual(named.flat().filter(({ name }) => !names.has(name)), []);
});

async function pages(): Promise<string[]> {
  const entries = await Array.fromAsync(Deno.readDir(`${ROOT}docs`));
  return entries.map(({ name }) => `docs/${name}`).filter((path) => path.endsWith(".md"));
}
