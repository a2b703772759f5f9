/**
 * What a server counts and measures of itself since it started. Each part declares its own metrics beside its code;
 * here they come together, for `GET /api/stats` to show.
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

/** The metrics of all parts of one server. */
export class Metrics {
  readonly #metrics = new Map<string, Metric>();

  /** Adds metrics. Throws if there is one of the same name and labels. */
  add(metrics: readonly Metric[]): void {
    for (const metric of metrics) {
      const key = keyOf(metric);
      if (this.#metrics.has(key)) throw new TypeError(`Two metrics ${key}`);
      this.#metrics.set(key, metric);
    }
  }

  [Symbol.iterator](): Iterator<Metric> {
    return this.#metrics.values();
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
