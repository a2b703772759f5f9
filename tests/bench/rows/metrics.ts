/** What it costs that Prometheus looks at a node. */
import { Program } from "../../support/program.ts";
import type { Row } from "../row.ts";

/** How often Prometheus looks, at the most. */
const EVERY_SECONDS = 5;

/** Before what is measured, so that the code is warm. */
const WARM_UP = 300;
const LOOKS = 500;

export const metrics: Row = {
  name: "metrics",
  question: `The processor that a look at /metrics takes, each ${EVERY_SECONDS} s`,
  async measure(bench) {
    const seen: { listener: string; seconds: number }[] = [];
    for (const listener of ["deno", "node"]) {
      const rounds: number[] = [];
      for (let round = 1; round <= bench.rounds; round++) {
        rounds.push(await secondsOfALook(listener));
      }
      rounds.sort((one, other) => one - other);
      const seconds = rounds[Math.floor(rounds.length / 2)]!;
      bench.progress(`${listener}: ${(seconds * 1000).toFixed(2)} ms`);
      seen.push({ listener, seconds });
    }
    return {
      checks: seen.map(({ listener, seconds }) => ({
        what: `${listener} listener: of one core`,
        value: 100 * seconds / EVERY_SECONDS,
        target: 1,
        is: "at most" as const,
        unit: "%",
      })),
      details: seen.map(({ listener, seconds }) => ({
        "listener": listener,
        "server CPU ms a look": (seconds * 1000).toFixed(2),
      })),
    };
  },
};

/** The server's processor time. */
async function secondsOfALook(listener: string): Promise<number> {
  await using program = await Program.start({ env: { APP_LISTENER: listener } });
  const look = async () => {
    const text = await (await fetch(`${program.url}/metrics`)).text();
    return Number(/^process_cpu_seconds_total (\S+)$/m.exec(text)?.[1]);
  };
  for (let count = 0; count < WARM_UP; count++) await look();
  const before = await look();
  for (let count = 1; count < LOOKS; count++) await look();
  return (await look() - before) / LOOKS;
}
