/** Lines of the log that come by the thousand: the first ones of a minute are written, and how many more there were. */
import assert from "node:assert/strict";
import { Floods, MOST_A_MINUTE } from "../../lib/base/floods.ts";
import { inRequest, outsideRequests, requestId, requestIdOf } from "../../lib/base/request_id.ts";
import { ROOT } from "../support/paths.ts";

class World {
  now = 0;
  readonly sums: string[] = [];
  #look: (() => void) | undefined;
  readonly floods = new Floods(() => this.now, (act) => {
    this.#look = act;
    return { [Symbol.dispose]: () => void (this.#look = undefined) };
  });

  /** How many of so many lines are written. */
  lines(count: number, kind: string, most = MOST_A_MINUTE): number {
    const sum = (more: number) => void this.sums.push(`${kind} ${more}`);
    return Array.from({ length: count }, () => this.floods.mayWrite("push", kind, { most, sum }))
      .filter(Boolean).length;
  }

  /** Says whether anything waited for that. */
  look(): boolean {
    const look = this.#look;
    this.#look = undefined;
    look?.();
    return look !== undefined;
  }
}

Deno.test("the first lines of a minute are written, and one says at its end how many more there were", () => {
  const world = new World();
  assert.equal(world.lines(1000, "a"), MOST_A_MINUTE);
  assert.equal(world.lines(1, "b"), 1, "what happens once is seen");
  world.now = 59_000;
  assert.equal(world.lines(1, "a"), 0);
  assert.ok(world.look());
  assert.deepEqual(world.sums, []);
  world.now = 60_000;
  assert.ok(world.look());
  assert.deepEqual(world.sums, ["a 991"]);
  assert.equal(world.look(), false, "nothing is looked at where nothing is left to say");
  assert.equal(world.lines(20, "a"), MOST_A_MINUTE, "a new minute");
});

Deno.test("a minute that is over is summed up by the next line, too, and by the end", () => {
  const world = new World();
  world.lines(12, "a");
  world.now = 61_000;
  world.lines(13, "a");
  assert.deepEqual(world.sums, ["a 2"]);
  world.floods.sumUp();
  assert.deepEqual(world.sums, ["a 2", "a 3"]);
  world.floods.sumUp();
  assert.equal(world.sums.length, 2);
  assert.equal(world.look(), false);
});

Deno.test("any number of kinds has a bound together, and a category without a limit has none", () => {
  const world = new World();
  let written = 0;
  for (let kind = 0; kind < 10_000; kind++) written += world.lines(1, `kind ${kind}`);
  assert.ok(written <= 100 + MOST_A_MINUTE, `${written} lines`);
  assert.equal(world.lines(5000, "kind 0", Infinity), 5000);
  world.now = 60_000;
  world.lines(1, "later");
  world.floods.sumUp();
  assert.equal(world.sums.length, 1);
});

Deno.test("an id of a request is of 8 to 64 characters of A-Z a-z 0-9 _ -", () => {
  for (const good of ["12345678", "a".repeat(64), "A_b-C_d-9"]) {
    assert.equal(requestIdOf(good), good);
  }
  for (
    const bad of [undefined, null, "", "1234567", "a".repeat(65), "12345678 ", "é2345678", [
      "12345678",
    ]]
  ) {
    assert.match(requestIdOf(bad), /^[\w-]{8,64}$/);
    assert.notEqual(requestIdOf(bad), bad);
  }
  assert.notEqual(requestIdOf(null), requestIdOf(null));
});

Deno.test("what is done for a request knows its id, also later, and what is shared does not", async () => {
  assert.equal(requestId(), undefined);
  await inRequest("one-request", async () => {
    assert.equal(requestId(), "one-request");
    await Promise.resolve();
    assert.equal(requestId(), "one-request");
    assert.equal(outsideRequests(requestId), undefined);
  });
  assert.equal(requestId(), undefined);
});

Deno.test("all of the server logs by what bounds lines, and nothing by LogTape itself", async () => {
  const found: string[] = [];
  for await (const file of filesOf(`${ROOT}lib`)) {
    const text = await Deno.readTextFile(file);
    if (/\bgetLogger\b/.test(text)) found.push(file.slice(ROOT.length));
  }
  assert.deepEqual(found, ["lib/base/log.ts"]);
});

async function* filesOf(folder: string): AsyncGenerator<string> {
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    const path = `${folder}/${name}`;
    if (isDirectory) yield* filesOf(path);
    else if (/\.tsx?$/.test(name)) yield path;
  }
}
