/** Each scenario of crashes once, with little load and a seed of its own; `deno task stress` runs them for long. */
import { nodeAlone } from "./faults/node_alone.ts";
import { nodesKilled } from "./faults/nodes_killed.ts";
import { plateau } from "./faults/plateau.ts";
import { Random } from "./faults/random.ts";
import { redisBroken } from "./faults/redis_broken.ts";
import { serverKilled } from "./faults/server_killed.ts";
import { serverStopped } from "./faults/server_stopped.ts";

const LOAD_SECONDS = 2;
/** Long enough to be past the first garbage collections. */
const PLATEAU_SECONDS = 9;

for (
  const { name, run } of [
    ...serverKilled,
    ...serverStopped,
    ...nodesKilled,
    ...redisBroken,
    ...nodeAlone,
    plateau,
  ]
) {
  Deno.test(`faults: ${name}`, async () => {
    const seed = Random.newSeed();
    const lines: string[] = [];
    const seconds = name === plateau.name ? PLATEAU_SECONDS : LOAD_SECONDS;
    const progress = (line: string) => void lines.push(line);
    try {
      await run({ random: new Random(seed), seconds, progress });
    } catch (cause) {
      throw new Error(`With seed ${seed}: ${cause}\n${lines.join("\n")}`, { cause });
    }
  });
}
