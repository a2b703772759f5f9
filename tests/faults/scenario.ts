/** What a fault scenario is: `main.ts` runs them for as long as one likes, the tests run each once. */
import type { Random } from "./random.ts";

export interface Scenario {
  /** Short, unique, and one line: `--only` takes it. */
  readonly name: string;
  /** Rejects where something was lost, doubled or out of order; the message says what. */
  run(context: FaultContext): Promise<Report>;
}

export interface FaultContext {
  /** Seeded: everything random comes from it. */
  readonly random: Random;
  /** How long the load lasts; starting and settling come on top. */
  readonly seconds: number;
  /** Notifications a second, at most, in a scenario that has no rate of its own. */
  readonly rate: number;
  /** Tells a human, in one line, how it goes. */
  progress(line: string): void;
}

/** Counts of one run. `accepted` is `delivered` and `queued` together, or the run has failed. */
export interface Report {
  readonly accepted: number;
  /** Of the accepted, what a handler saw. */
  readonly delivered: number;
  /** Of the accepted, what no handler saw and the inbox still has. */
  readonly queued: number;
  /** What a handler saw twice. */
  readonly doubled: number;
  /** Figures that matter to this scenario alone. */
  readonly notes?: string;
}
