/** The same load on several servers, and what was seen of each. */
import type { RoomFigures, RoomLoad, Slice } from "./loads/room.ts";
import { type Bench, type Check, type Detail, digits } from "./row.ts";
import { median, runLoad, SlicedLoad } from "./run_load.ts";
import type { Server } from "./servers.ts";

/** A server, and what is asked of it. */
export interface Contender {
  readonly name: string;
  start(): Promise<Server>;
  readonly load: Omit<RoomLoad, "ports" | "pids" | "key" | "seconds">;
}

interface Seen {
  readonly figures: RoomFigures;
  readonly slices: readonly Slice[];
}

export class Comparison {
  readonly #seen = new Map<string, Seen>();

  /**
   * All are there at once, each with its clients, and are measured for a second in turn, as often as rounds of seconds
   * were asked for. The speed of a shared machine changes by the minute, by half: so it is the same for all.
   */
  static async make(bench: Bench, contenders: readonly Contender[]): Promise<Comparison> {
    await using open = new AsyncDisposableStack();
    const loads: { name: string; load: SlicedLoad; slices: Slice[] }[] = [];
    for (const { name, start, load } of contenders) {
      const { ports, pids, key } = open.use(await start());
      const sliced = { ...load, ports, pids, key, seconds: 1, isSliced: true };
      loads.push({ name, load: open.use(await SlicedLoad.start("room", sliced)), slices: [] });
    }
    const count = Math.ceil(bench.rounds * bench.seconds);
    for (let index = 1; index <= count; index++) {
      for (const { load, slices } of loads) slices.push(await load.slice());
      const rates = loads.map(({ slices }) => `${digits(slices.at(-1)!.deliveriesPerSecond)}/s`);
      bench.progress(`second ${index} of ${count}: ${rates.join(", ")}`);
    }
    const comparison = new Comparison();
    for (const { name, load, slices } of loads) {
      const figures = await load.end<RoomFigures>();
      comparison.#seen.set(name, { figures, slices });
      const { deliveriesPerSecond, cpuPerDelivery } = figures;
      bench.progress(
        `${name}: ${digits(deliveriesPerSecond)}/s, ${digits(cpuPerDelivery)} µs each`,
      );
    }
    return comparison;
  }

  /** Each alone, as often as rounds were asked for; the round with the median of what `by` reads counts. */
  static async oneByOne(
    bench: Bench,
    contenders: readonly Contender[],
    by: (figures: RoomFigures) => number,
  ): Promise<Comparison> {
    const rounds: Map<string, RoomFigures>[] = [];
    for (let round = 1; round <= bench.rounds; round++) {
      const seen = new Map<string, RoomFigures>();
      for (const { name, start, load } of contenders) {
        await using server = await start();
        const { ports, pids, key } = server;
        const whole = { ...load, ports, pids, key, seconds: bench.seconds };
        const figures = await runLoad<RoomLoad, RoomFigures>("room", whole);
        seen.set(name, figures);
        bench.progress(`${name}: ${digits(by(figures))} (round ${round} of ${bench.rounds})`);
      }
      rounds.push(seen);
    }
    const comparison = new Comparison();
    for (const { name } of contenders) {
      const figures = median(rounds.map((seen) => seen.get(name)!), by);
      comparison.#seen.set(name, { figures, slices: [figures] });
    }
    return comparison;
  }

  of({ name }: Contender): RoomFigures {
    return this.#seen.get(name)!.figures;
  }

  /** How many deliveries one makes for each of the other's, in the median of the seconds; and for the same CPU. */
  ratio(own: Contender, ground: Contender): Pick<Check, "value" | "byCpu"> {
    return {
      value: this.#median(
        own,
        ground,
        (mine, theirs) => mine.deliveriesPerSecond / theirs.deliveriesPerSecond,
      ),
      byCpu: this.cpuRatio(ground, own),
    };
  }

  /** How much CPU one takes for a delivery, for each of the other's; the median of the seconds. */
  cpuRatio(own: Contender, ground: Contender): number {
    return this.#median(own, ground, (mine, theirs) => mine.cpuPerDelivery / theirs.cpuPerDelivery);
  }

  details(): Detail[] {
    return [...this.#seen].map(([name, { figures: of }]) => ({
      "server": name,
      "deliveries/s": digits(of.deliveriesPerSecond),
      "server CPU µs each": digits(of.cpuPerDelivery),
      "p50 ms": digits(of.p50Ms),
      "p99 ms": digits(of.p99Ms),
      "lost": String(of.lost),
      "generator CPU": `${Math.round(of.generatorCpu * 100)} %`,
    }));
  }

  #median(own: Contender, ground: Contender, by: (mine: Slice, theirs: Slice) => number): number {
    const theirs = this.#seen.get(ground.name)!.slices;
    const { slices } = this.#seen.get(own.name)!;
    return median(slices.map((mine, index) => by(mine, theirs[index]!)), (one) => one);
  }
}
