/** The metrics that the documentation names are those of a running server: no other, and all of them. */
import assert from "node:assert/strict";
import { ROOT } from "../support/paths.ts";
import { startHere } from "../support/server_here.ts";

const FILES = ["README.md", "SECURITY.md", ...await pages()];

Deno.test("README and docs name no metric that a server does not have", async () => {
  const names = await metrics();
  // The first word tells a metric, such as `refused` of `refused_rate`; what ends in `.ts` is a file,
  // and what stands before a bracket a function of PHP.
  const first = new Set([...names].flatMap((name) => /^([a-z]+)_/.exec(name)?.[1] ?? []));
  const pattern = new RegExp(
    `(?<![/\\w])(?:${[...first].join("|")})_[a-z_]+(?!\\w|\\.ts|\\()`,
    "g",
  );
  const named = await Promise.all(FILES.map(async (file) => {
    const text = await Deno.readTextFile(`${ROOT}${file}`);
    return [...text.matchAll(pattern)].map(([name]) => ({ file, name }));
  }));
  assert.ok(named.flat().length > 40);
  assert.deepEqual(named.flat().filter(({ name }) => !names.has(name)), []);
});

Deno.test("every metric of a server is named on a page, as `its_name`", async () => {
  const texts = await Promise.all(FILES.map((file) => Deno.readTextFile(`${ROOT}${file}`)));
  const isNamed = (name: string) => texts.some((text) => text.includes(`\`${name}\``));
  assert.deepEqual([...await metrics()].filter((name) => !isNamed(name)), []);
});

/** The names of a running server's metrics. */
async function metrics(): Promise<Set<string>> {
  await using server = await startHere();
  return new Set([...server.metrics].map(({ name }) => name));
}

async function pages(): Promise<string[]> {
  const entries = await Array.fromAsync(Deno.readDir(`${ROOT}docs`));
  return entries.map(({ name }) => `docs/${name}`).filter((path) => path.endsWith(".md"));
}
