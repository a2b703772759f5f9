/**
 * A store that an older version wrote is taken over: nothing in it is lost, changed or doubled, places that clients were
 * given are good, and what senders and clients are told is to the byte what that version told them. The fixtures are what
 * it left (`tests/fixtures/make.ts`); the server is asked the same questions as it was.
 */
import assert from "node:assert/strict";
import { ask, type Expected, EXPECTED_FILE } from "../fixtures/make.ts";
import { type Kind, KINDS, Store } from "../fixtures/store.ts";
import type { Program } from "../support/program.ts";

const FIXTURES = new URL("../fixtures/", import.meta.url).pathname;

/** Milliseconds between the moment that a server opens the store and the one when it is killed. */
const KILLED_AFTER_MS = [0, 5, 20, 60];

/** Longer than anything that a killed server held is kept for it. */
const HELD_MS = 6000;

for (const version of ["0.1"]) {
  for (const kind of KINDS) {
    Deno.test(`a store of version ${version} is taken over as it was (${kind})`, async () => {
      const { notes, answers } = await expected(version, kind);
      await using store = await Store.open(kind, `${FIXTURES}${version}`, notes.madeAt);
      assert.deepEqual(await ask(store, notes), answers);
    });

    Deno.test(`a server that is killed while it takes over ${version} leaves all to the next (${kind})`, async () => {
      const { notes, answers } = await expected(version, kind);
      await using store = await Store.open(kind, `${FIXTURES}${version}`, notes.madeAt);
      for (const ms of KILLED_AFTER_MS) await killEarly(store, ms);
      store.setClock(store.now + HELD_MS);
      await stopInOrder(await store.start());
      assert.deepEqual(await ask(store, notes), answers, "a store that was taken over, too");
    });
  }
}

async function expected(version: string, kind: Kind): Promise<Expected> {
  const text = await Deno.readTextFile(`${FIXTURES}${version}/${EXPECTED_FILE}`);
  return JSON.parse(text)[kind];
}

/** Kills a server so many milliseconds after it has begun to open the store. */
async function killEarly(store: Store, ms: number): Promise<void> {
  await using program = await store.spawn();
  while (!await store.isOpenedBy(program)) await pause(1);
  await pause(ms);
  program.kill("SIGKILL");
  await program.ended();
}

/** Not to wait for anything: it is in the midst of its work that the server has to be killed. */
function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

async function stopInOrder(program: Program): Promise<void> {
  await using stopped = program;
  stopped.kill("SIGTERM");
  assert.equal((await stopped.ended()).code, 0, stopped.output);
}
