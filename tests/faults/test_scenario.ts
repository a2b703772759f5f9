/** Makes a test of a scenario, with a seed of its own that a failure names. */
import assert from "node:assert/strict";
import { useOwnProcesses } from "../support/program.ts";
import { Random } from "./random.ts";
import type { Scenario } from "./scenario.ts";

useOwnProcesses();

/** Notifications a second: other tests run at the same time, and `deno task stress` is for more. */
const RATE = 250;

/** @param seconds how long its load lasts */
export function testScenario({ name, run }: Scenario, seconds: number): void {
  Deno.test(`fault: ${name}`, async () => {
    const seed = Random.newSeed();
    const lines: string[] = [];
    const progress = (line: string) => void lines.push(line);
    try {
      const { accepted, doubled } = await run({
        random: new Random(seed),
        seconds,
        rate: RATE,
        progress,
      });
      assert.ok(accepted > 0, "something was accepted");
      assert.equal(doubled, 0);
    } catch (cause) {
      throw new Error(`With seed ${seed}: ${cause}\n${lines.join("\n")}`, { cause });
    }
  });
}
