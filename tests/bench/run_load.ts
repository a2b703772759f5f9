/** Runs a load as a process of its own, and the same load on several servers in turn. */
import { ROOT } from "../support/paths.ts";
import type { RoomFigures, RoomLoad } from "./loads/room.ts";
import { type Bench, type Check, type Detail, digits } from "./row.ts";
import type { Server } from "./servers.ts";

/** A server, and what is asked of it. */
export interface Contender {
  readonly name: string;
  start(): Promise<Server>;
  readonly load: Omit<RoomLoad, "ports" | "pids" | "key" | "seconds">;
}

/** @param script in `loads/`; prints its figures as JSON */
export async function runLoad<Load, Figures>(script: string, load: Load): Promise<Figures> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", `${ROOT}tests/bench/loads/${script}.ts`, JSON.stringify(load)],
    env: { NO_COLOR: "1" },
    stdin: "null",
  }).output();
  const decoder = new TextDecoder();
  if (!success) throw new Error(`The load '${script}' failed: ${decoder.decode(stderr)}`);
  return JSON.parse(decoder.decode(stdout));
}

/** What was seen of each contender. */
export class Comparison {
  readonly #figures = new Map<string, RoomFigures>();

  /** Measures each in turn; the round with the median of what `by` reads counts, of CPU per delivery by default. */
  static async make(
    bench: Bench,
    contenders: readonly Contender[],
    by = ({ cpuPerDelivery }: RoomFigures) => cpuPerDelivery,
  ): Promise<Comparison> {
    const rounds: Map<string, RoomFigures>[] = [];
    for (let round = 1; round <= bench.rounds; round++) {
      const seen = new Map<string, RoomFigures>();
      for (const contender of contenders) {
        const figures = await loadRooms(contender, bench.seconds);
        seen.set(contender.name, figures);
        bench.progress(`${told(contender, figures)} (round ${round} of ${bench.rounds})`);
      }
      rounds.push(seen);
    }
    const comparison = new Comparison();
    for (const { name } of contenders) {
      comparison.#figures.set(name, median(rounds.map((seen) => seen.get(name)!), by));
    }
    return comparison;
  }

  of({ name }: Contender): RoomFigures {
    return this.#figures.get(name)!;
  }

  /** How many deliveries one makes for each of the other's; and for the same CPU. */
  ratio(own: Contender, ground: Contender): Pick<Check, "value" | "byCpu"> {
    const [mine, theirs] = [this.of(own), this.of(ground)];
    return {
      value: mine.deliveriesPerSecond / theirs.deliveriesPerSecond,
      byCpu: theirs.cpuPerDelivery / mine.cpuPerDelivery,
    };
  }

  details(): Detail[] {
    return [...this.#figures].map(([name, of]) => ({
      "server": name,
      "deliveries/s": digits(of.deliveriesPerSecond),
      "server CPU µs each": digits(of.cpuPerDelivery),
      "p50 ms": digits(of.p50Ms),
      "p99 ms": digits(of.p99Ms),
      "lost": String(of.lost),
      "generator CPU": `${Math.round(of.generatorCpu * 100)} %`,
    }));
  }
}

async function loadRooms({ start, load }: Contender, seconds: number): Promise<RoomFigures> {
  await using server = await start();
  const { ports, pids, key } = server;
  return await runLoad<RoomLoad, RoomFigures>("room", { ...load, ports, pids, key, seconds });
}

function told({ name, load }: Contender, figures: RoomFigures): string {
  if (load.window === 0) return `${name}: ${digits(figures.kibPerClient)} KiB each`;
  const { deliveriesPerSecond, cpuPerDelivery } = figures;
  return `${name}: ${digits(deliveriesPerSecond)}/s, ${digits(cpuPerDelivery)} µs each`;
}

export function median<T>(all: readonly T[], by: (one: T) => number): T {
  const sorted = [...all].sort((a, b) => by(a) - by(b));
  const middle = sorted[Math.floor(sorted.length / 2)];
  if (middle === undefined) throw new Error("There is no median of nothing");
  return middle;
}
