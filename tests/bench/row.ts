/** What a row of the table is: one question, its target, and how it is measured. */

export interface Row {
  /** Short: the command line takes it. */
  readonly name: string;
  readonly question: string;
  measure(bench: Bench): Promise<Outcome>;
}

/** How thorough, and whom to tell. */
export interface Bench {
  /** Each is measured so often; the median counts. */
  readonly rounds: number;
  /** Of load each time, after the warm-up. What is compared has all of it a second at a time, in turn. */
  readonly seconds: number;
  progress(line: string): void;
}

export interface Outcome {
  readonly checks: readonly Check[];
  /** What was seen of each contender; all have the same columns. */
  readonly details: readonly Detail[];
  readonly notes?: readonly string[];
}

/** One figure against its target. */
export interface Check {
  readonly what: string;
  readonly value: number;
  /** The same for each second of the servers' CPU, where `value` is of deliveries; noise touches it less. */
  readonly byCpu?: number;
  readonly target: number;
  /** Whether `target` is the least that will do, or the most. */
  readonly is: "at least" | "at most";
  /** Such as `ms`; absent for a ratio. */
  readonly unit?: string;
}

export type Detail = Readonly<Record<string, string>>;

export function isMet({ value, target, is }: Check): boolean {
  return is === "at least" ? value >= target : value <= target;
}

/** As text: with as many digits as say something. */
export function digits(value: number): string {
  if (!Number.isFinite(value)) return "–";
  if (Math.abs(value) >= 1000) return Math.round(value).toLocaleString("en");
  return value.toFixed(Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2);
}
