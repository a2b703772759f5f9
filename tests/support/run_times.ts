/** How long a run of all tests takes, how much of that the cores were idle, and which batches of files took longest. */
import { Cores } from "./cores.ts";

/** How many batches are named. Those that begin late and take long belong among the files that a run begins first. */
const NAMED = 10;

export class RunTimes {
  readonly #began = performance.now();
  readonly #cores = new Cores();
  readonly #batches: { readonly seconds: number; readonly files: string }[] = [];

  async of<T>(batch: readonly string[], run: () => Promise<T>): Promise<T> {
    const began = performance.now();
    const result = await run();
    this.#batches.push({ seconds: secondsSince(began), files: batch.join(" ") });
    return result;
  }

  toString(): string {
    const idle = Math.round(this.#cores.idleShare() * 100);
    const longest = this.#batches.sort((one, other) => other.seconds - one.seconds).slice(0, NAMED);
    return [
      `All took ${secondsSince(this.#began)} s; the cores had nothing to do for ${idle} % of it.`,
      ...longest.map(({ seconds, files }) => `${seconds} s: ${files}`),
    ].join("\n");
  }
}

function secondsSince(began: number): number {
  return Math.round((performance.now() - began) / 1000);
}
