/** Disks, clocks, slow readers and cut networks: each fault of `faults/`, once, and short. */
import assert from "node:assert/strict";
import { startOnReadOnlyDisk } from "./read_only_disk.ts";
import { resources } from "./resources.ts";
import { testScenario } from "./test_scenario.ts";

const LOAD_SECONDS = 1;

for (const scenario of resources) testScenario(scenario, LOAD_SECONDS);

for (const withStore of [true, false]) {
  const what = withStore ? "a store from before" : "no store";
  Deno.test(`fault: a start on a read-only disk with ${what} names file and remedy`, async () => {
    const { code, output, path } = await startOnReadOnlyDisk({ withStore });
    assert.equal(code, 1, output);
    assert.ok(
      output.includes(`${path}/notifyli.db cannot be opened: the disk is read-only`),
      output,
    );
    assert.match(
      output,
      /the disk is read-only: make it writable, or name a folder on another one/,
    );
  });
}
