/** The one pause of all loops: when it ends, and that it leaves nothing behind. */
import assert from "node:assert/strict";
import { pause, SYSTEM_CLOCK } from "../../lib/base/clock.ts";
import { countPauses } from "../support/counted_pauses.ts";
import { ROOT } from "../support/paths.ts";

const LONG_MS = 1_000_000_000;

Deno.test("pause() of one signal leaves no listener on it, however many there are", async () => {
  const { signal } = new AbortController();
  using pauses = countPauses();
  for (let round = 0; round < 100; round++) {
    const pausing = Array.from({ length: 100 }, () => pause(50, signal));
    assert.equal(pauses.listeners, 100);
    await Promise.all(pausing);
    assert.equal(pauses.listeners, 0);
  }
  assert.equal(pauses.count, 10_000);
});

Deno.test("pause() ends when its signal aborts, with no timer and no listener left", async () => {
  using counted = countPauses(Infinity);
  const stopping = new AbortController();
  const pausing = Array.from({ length: 100 }, () => pause(LONG_MS, stopping.signal));
  stopping.abort();
  await Promise.all(pausing); // a timer that is left fails this test
  assert.equal(counted.listeners, 0);
});

Deno.test("pause() on a signal that has aborted is over at once", async () => {
  using counted = countPauses();
  await pause(LONG_MS, AbortSignal.abort());
  assert.deepEqual([counted.count, counted.listeners], [0, 0]);
});

Deno.test("pause() without a signal waits for its time", async () => {
  using counted = countPauses();
  await pause(50);
  assert.deepEqual([counted.count, counted.listeners], [1, 0]);
});

Deno.test("the system's clock pauses by the one pause", () => {
  assert.equal(SYSTEM_CLOCK.pause, pause);
});

Deno.test("no other file of the server makes a pause of its own", () => {
  const own = [`${ROOT}bridge.ts`, ...sourcesIn(`${ROOT}lib`)].filter((path) =>
    /new Promise[^]{0,250}setTimeout\((\(\) => )?(resolve|done)/.test(Deno.readTextFileSync(path))
  );
  assert.deepEqual(own, [`${ROOT}lib/base/pause.ts`]);
});

/** All but what runs in a browser. */
function sourcesIn(folder: string): string[] {
  return [...Deno.readDirSync(folder)].flatMap(({ name, isDirectory }) => {
    const path = `${folder}/${name}`;
    if (isDirectory) return ["sdk", "page", "dashboard"].includes(name) ? [] : sourcesIn(path);
    return name.endsWith(".ts") ? [path] : [];
  });
}
