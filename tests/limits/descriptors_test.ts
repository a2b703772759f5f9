/** `lib/limits/descriptors.ts`: how file descriptors are shared out, and how many there are. */
import assert from "node:assert/strict";
import {
  type Descriptors,
  readDescriptors,
  sharePlaces,
  SpareDescriptors,
} from "../../lib/limits/descriptors.ts";
import { run } from "../support/command.ts";
import { ROOT } from "../support/paths.ts";

const known = (limit: number, open = 30): Descriptors => ({ limit, open, isKnown: true });

Deno.test("sharePlaces() keeps a reserve, and room for HTTP beside the clients", () => {
  const rows = [1024, 4096, 65_536, 262_144].map((limit) => {
    const { clients, all, reserve, waiting } = sharePlaces(known(limit), Infinity);
    assert.ok(all + reserve + 30 <= limit, `limit ${limit}`);
    assert.ok(clients < all && waiting < reserve, `limit ${limit}`);
    return [limit, clients, all, reserve, waiting];
  });
  assert.deepEqual(rows, [
    [1024, 837, 930, 64, 32],
    [4096, 3474, 3861, 205, 102],
    [65_536, 61_229, 62_229, 3277, 511],
    [262_144, 248_006, 249_006, 13_108, 511],
  ]);
});

Deno.test("sharePlaces() takes the configured limit where the process can hold it, and else its own", () => {
  assert.deepEqual(sharePlaces(known(65_536), 100), {
    clients: 100,
    all: 1100,
    reserve: 3277,
    waiting: 511,
  });
  assert.equal(sharePlaces(known(1024), 5000).clients, 837);
});

Deno.test("sharePlaces() leaves somebody in, however few there are", () => {
  for (let limit = 0; limit < 300; limit++) {
    const { clients, all, reserve, waiting } = sharePlaces(known(limit), Infinity);
    assert.ok(clients >= 1 && all >= clients && waiting >= 1 && reserve >= 0, `limit ${limit}`);
    if (limit > 50) assert.ok(all + reserve + 30 <= limit, `limit ${limit}`);
  }
});

Deno.test("sharePlaces() believes the configuration more than an assumption", () => {
  const assumed = { limit: 1024, open: 30, isKnown: false };
  assert.equal(sharePlaces(assumed, 5000).clients, 5000);
  assert.equal(sharePlaces(assumed, Infinity).clients, 837);
});

Deno.test("readDescriptors() finds the limit and what is open", async () => {
  assert.deepEqual(await read(["prlimit", "--nofile=321"], ["--allow-run=/usr/bin/getconf"]), {
    limit: 321,
    isKnown: true,
  });
});

Deno.test("readDescriptors() assumes a modest limit where it may not ask", async () => {
  assert.deepEqual(await read([], []), { limit: 1024, isKnown: false });
});

Deno.test("readDescriptors() counts what is open", async () => {
  const { open: before } = await readDescriptors();
  using spares = new SpareDescriptors(200);
  assert.ok(spares.take());
  const { open } = await readDescriptors();
  assert.ok(open >= before + 100, `${before}, then ${open}`);
});

/** What a process of its own finds, with no permissions but these. */
async function read(wrapper: readonly string[], permissions: readonly string[]) {
  const script = `
    import { readDescriptors } from "${ROOT}lib/limits/descriptors.ts";
    const { open, ...found } = await readDescriptors();
    console.log(JSON.stringify({ ...found, isSmall: open > 2 && open < 200 }));`;
  const { stdout, stderr } = await run([
    ...wrapper,
    ...[
      Deno.execPath(),
      "run",
      "--cached-only",
      "--no-prompt",
      "--allow-read=.",
      ...permissions,
      "-",
    ],
  ], { cwd: ROOT, input: script });
  assert.ok(stdout !== "", stderr);
  const { isSmall, ...found } = JSON.parse(stdout);
  assert.ok(isSmall);
  return found;
}
