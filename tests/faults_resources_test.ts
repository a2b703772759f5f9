/** Disks, clocks, slow readers and cut networks: each fault of `faults/`, once, and short. */
import { DISK_FULL } from "./faults/disk_full.ts";
import { Random } from "./faults/random.ts";
import type { Scenario } from "./faults/scenario.ts";

const SCENARIOS: readonly Scenario[] = [DISK_FULL];

const SECONDS = 2;

for (const { name, run } of SCENARIOS) {
  Deno.test(`fault: ${name}`, async () => {
    const seed = Random.newSeed();
    const lines = [`seed ${seed}`];
    const progress = (line: string) => void lines.push(line);
    try {
      const report = await run({ random: new Random(seed), seconds: SECONDS, progress });
      console.log(JSON.stringify(report));
    } catch (error) {
      throw new Error(`${name} (${lines.join("; ")})`, { cause: error });
    }
  });
}
