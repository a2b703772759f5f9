/** Runs a load as a process of its own, and the same load on several servers in turn. */
import { ROOT } from "../support/paths.ts";
import type { RoomFigures, RoomLoad } from "./loads/room.ts";
import { type Bench, type Detail, digits } from "./row.ts";
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
    stdin: "null",
  }).output();
  const decoder = new TextDecoder();
  if (!success) throw new Error(`The load '${script}' failed: ${decoder.decode(stderr)}`);
  return JSON.parse(decoder.decode(stdout));
}

/** Each contender's figures: the round with the median of what `by` reads, of CPU per delivery by default. */
export async function compare<Name extends string>(
  bench: Bench,
  contenders: readonly (Contender & { readonly name: Name })[],
  by = ({ cpuPerDelivery }: RoomFigures) => cpuPerDelivery,
): Promise<Record<Name, RoomFigures>> {
  const seen = new Map<Name, RoomFigures[]>(contenders.map(({ name }) => [name, []]));
  for (let round = 1; round <= bench.rounds; round++) {
    for (const { name, start, load } of contenders) {
      await using server = await start();
      const { ports, pids, key } = server;
      const figures = await runLoad<RoomLoad, RoomFigures>("room", {
        ...load,
        ports,
        pids,
        key,
        seconds: bench.seconds,
      });
      seen.get(name)?.push(figures);
      const { deliveriesPerSecond, cpuPerDelivery } = figures;
      bench.progress(
        `${name}: ${digits(deliveriesPerSecond)}/s, ${digits(cpuPerDelivery)} µs each ` +
          `(round ${round} of ${bench.rounds})`,
      );
    }
  }
  return Object.fromEntries(
    [...seen].map(([name, all]) => [name, median(all, by)]),
  ) as Record<Name, RoomFigures>;
}

export function median<T>(all: readonly T[], by: (one: T) => number): T {
  const sorted = [...all].sort((a, b) => by(a) - by(b));
  const middle = sorted[Math.floor(sorted.length / 2)];
  if (middle === undefined) throw new Error("There is no median of nothing");
  return middle;
}

export function roomDetails(figures: Readonly<Record<string, RoomFigures>>): Detail[] {
  return Object.entries(figures).map(([name, of]) => ({
    "server": name,
    "deliveries/s": digits(of.deliveriesPerSecond),
    "server CPU µs each": digits(of.cpuPerDelivery),
    "p50 ms": digits(of.p50Ms),
    "p99 ms": digits(of.p99Ms),
    "lost": String(of.lost),
    "generator CPU": `${Math.round(of.generatorCpu * 100)} %`,
  }));
}
