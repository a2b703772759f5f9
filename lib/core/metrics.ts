/**
 * What a server counts and measures of itself since it started. Each part declares its own metrics beside its code;
 * here they come together, for `GET /api/stats` and `/metrics` (`lib/observe/`) to show.
 */

export interface Metric {
  readonly name: string;
  /** Explains the figure in one sentence. */
  readonly help: string;
  /** A counter only grows; a gauge says how many there are right now. */
  readonly type: "counter" | "gauge";
  /** Labels tell several metrics of one name apart. */
  readonly labels?: Readonly<Record<string, string>>;
  /** The current value, which is read whenever somebody looks. */
  read(): number;
}

/** A counter. Counting is an addition to its `value`, and costs no more than that on a message's way. */
export class Counter implements Metric {
  value = 0;
  readonly name: string;
  readonly help: string;
  readonly type = "counter";

  constructor(name: string, help: string) {
    this.name = name;
    this.help = help;
  }

  read(): number {
    return this.value;
  }
}

/**
 * Figures of one name that are told apart by labels, or that are more than one number. `GET /api/stats` has one number for
 * each name, so `/metrics` alone shows these.
 */
export interface Family {
  /** Without the prefix of the program and the ending of counters, which `/metrics` adds. */
  readonly name: string;
  /** Explains the figures in one sentence. */
  readonly help: string;
  readonly type: "counter" | "gauge" | "histogram";
  /** Asks for what is not known here, before `samples` is called. Where it rejects, the family is left out that time. */
  refresh?(): Promise<void>;
  samples(): Iterable<Sample>;
}

/** One number of a family. */
export interface Sample {
  /** What follows the family's name, in histograms. */
  readonly suffix?: "_bucket" | "_sum" | "_count";
  readonly labels?: Labels;
  readonly value: number;
}

export type Labels = Readonly<Record<string, string>>;

/** A number that is counted up, and in gauges down again. */
export interface Cell {
  value: number;
}

/** A family of one number for each of its labels' values. */
export class Labelled<Label extends string = string> implements Family {
  readonly #labels: readonly Label[];
  readonly #cells = new Map<string, Cell & { readonly labels: Labels }>();

  constructor(
    readonly type: "counter" | "gauge",
    readonly name: string,
    readonly help: string,
    labels: readonly Label[],
  ) {
    this.#labels = labels;
  }

  /** The number with these values, in the order of the labels. They must be of a fixed set: each is kept for good. */
  at(...values: readonly string[]): Cell {
    const key = values.join("\n");
    let cell = this.#cells.get(key);
    if (cell === undefined) {
      const labels = Object.fromEntries(
        this.#labels.map((label, index) => [label, values[index] ?? ""]),
      );
      this.#cells.set(key, cell = { labels, value: 0 });
    }
    return cell;
  }

  samples(): Iterable<Sample> {
    return this.#cells.values();
  }
}

/** Bounds for times in seconds: from a call in memory to one that somebody waits for. */
export const SECONDS_BOUNDS: readonly number[] = [
  ...[0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025],
  ...[0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
];

/** How many values there were up to each of some bounds. */
export class Histogram implements Family {
  readonly type = "histogram";
  readonly #bounds: readonly number[];
  /** How many values were up to each bound and over the one before; the last one has those over all bounds. */
  readonly #counts: Float64Array;
  readonly #labels: Labels;
  #sum = 0;

  constructor(
    readonly name: string,
    readonly help: string,
    { bounds = SECONDS_BOUNDS, labels = {} }: {
      /** Rising. @default SECONDS_BOUNDS */
      readonly bounds?: readonly number[];
      readonly labels?: Labels;
    } = {},
  ) {
    this.#bounds = bounds;
    this.#counts = new Float64Array(bounds.length + 1);
    this.#labels = labels;
  }

  observe(value: number): void {
    let index = 0;
    while (index < this.#bounds.length && value > this.#bounds[index]!) index++;
    this.#counts[index]!++;
    this.#sum += value;
  }

  *samples(): Iterable<Sample> {
    const labels = this.#labels;
    let count = 0;
    for (const [index, more] of this.#counts.entries()) {
      count += more;
      const le = String(this.#bounds[index] ?? "+Inf");
      yield { suffix: "_bucket", labels: { ...labels, le }, value: count };
    }
    yield { suffix: "_sum", labels, value: this.#sum };
    yield { suffix: "_count", labels, value: count };
  }
}

/** The metrics of all parts of one server. */
export class Metrics {
  readonly #metrics = new Map<string, Metric>();
  readonly #families: Family[] = [];

  /** Adds metrics and families. Throws if there is one of the same name and labels. */
  add(metrics: readonly (Metric | Family)[]): void {
    for (const each of metrics) {
      if ("samples" in each) {
        this.#families.push(each);
        continue;
      }
      const key = keyOf(each);
      if (this.#metrics.has(key)) throw new TypeError(`Two metrics ${key}`);
      this.#metrics.set(key, each);
    }
  }

  /** What has one number for each name. */
  [Symbol.iterator](): Iterator<Metric> {
    return this.#metrics.values();
  }

  get families(): readonly Family[] {
    return this.#families;
  }

  /** All values by name: gauges first, then counters. Those of one name are added up. */
  values(): Record<string, number> {
    const values: Record<string, number> = {};
    const { gauge = [], counter = [] } = Object.groupBy(this, ({ type }) => type);
    for (const metric of [...gauge, ...counter]) {
      values[metric.name] = (values[metric.name] ?? 0) + metric.read();
    }
    return values;
  }
}

function keyOf({ name, labels = {} }: Metric): string {
  const pairs = Object.entries(labels).sort().map(([label, value]) => `${label}="${value}"`);
  return `${name}{${pairs.join()}}`;
}
