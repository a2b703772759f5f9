/**
 * A store of an older version that is moved to Redis: nothing in it is lost, changed or doubled, and places that clients were given are
 * good. The server is asked the same questions as the one that wrote the fixture, and answers the same to the byte.
 */
import assert from "node:assert/strict";
import { ask, type Expected, EXPECTED_FILE } from "../../fixtures/make.ts";
import { Store } from "../../fixtures/store.ts";
import { ROOT } from "../../support/paths.ts";

const FOLDER = `${ROOT}tests/fixtures/0.1`;

Deno.test("a store of version 0.1 that is moved to Redis answers as it did", async () => {
  const expected: Record<"sqlite", Expected> = JSON.parse(
    forgettingTooLate(await Deno.readTextFile(`${FOLDER}/${EXPECTED_FILE}`)),
  );
  const { notes, answers } = expected.sqlite;
  await using store = await Store.moved(FOLDER, notes.madeAt);
  assert.match(store.moving, /^what +before +after\n/);
  assert.deepEqual(await ask(store, notes), answers);
});

/** What has expired is known in the file until it is swept, and in Redis until somebody looks into the inbox. */
function forgettingTooLate(text: string): string {
  const gone = JSON.stringify(
    '404 {"code":"not_found","message":"There is no notification \\"too-late-1\\""}',
  );
  return text.replace(/"200 \{\\"id\\":\\"too-late-1\\",\\"state\\":\\"queued[^,]*,[^,]*\}"/, gone)
    .replace(/^.*\\"ids\\":\[\\"too-late-1\\"\].*\n/m, "");
}
