/** Disks, clocks, slow readers and cut networks: each fault of `faults/`, once, and short. */
import assert from "node:assert/strict";
import { Random } from "./faults/random.ts";
import { startOnReadOnlyDisk } from "./faults/read_only_disk.ts";
import { resources } from "./faults/resources.ts";

const SECONDS = 2;

for (const { name, run } of resources) {
  Deno.test(`fault: ${name}`, async () => {
    const seed = Random.newSeed();
    const lines = [`seed ${seed}`];
    const progress = (line: string) => void lines.push(line);
    try {
      const { accepted, doubled } = await run({
        random: new Random(seed),
        seconds: SECONDS,
        progress,
      });
      assert.ok(accepted > 0);
      assert.equal(doubled, 0);
    } catch (error) {
      throw new Error(`${name} (${lines.join("; ")})`, { cause: error });
    }
  });
}

for (const withStore of [true, false]) {
  const what = withStore ? "a store from before" : "no store";
  Deno.test(`fault: a start on a read-only disk with ${what} names file and remedy`, async () => {
    const { code, output, path } = await startOnReadOnlyDisk({ withStore });
    assert.equal(code, 1, output);
    assert.ok(output.includes(`Cannot open ${path}/notifyli.db (APP_DATA_DIR)`), output);
    assert.match(
      output,
      /the disk is read-only: make it writable, or name a folder on another one/,
    );
  });
}
