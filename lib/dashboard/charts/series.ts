/** Makes lines of the nodes' histories: one step of time after the other, with a gap where nothing is known. */
import type { HistoryPoint, Node } from "../api/shapes.ts";
import { pointOf, STEP_SECONDS } from "../state/history.ts";

/** A value for each step; `null` where there is none. */
export type Values = readonly (number | null)[];

export interface Span {
  /** Unix seconds at which the first step begins. */
  readonly from: number;
  readonly steps: number;
  /** How long a step is. */
  readonly seconds: number;
}

/** The last minutes until now, in steps as long as a node reports, or a multiple of that, so that few hundred are drawn. */
export function spanOf(minutes: number, now: number): Span {
  const seconds = minutes > 30 ? STEP_SECONDS * 2 : STEP_SECONDS;
  const steps = (minutes * 60) / seconds;
  const end = Math.floor(now / seconds) + 1;
  return { from: (end - steps) * seconds, steps, seconds };
}

/** One node's values over the span, and what it says right now: the mean where a step has several. */
export function valuesOf(
  node: Node,
  span: Span,
  pick: (point: HistoryPoint) => number | null,
): Values {
  const sums = new Array<number>(span.steps).fill(0);
  const counts = new Array<number>(span.steps).fill(0);
  for (const point of [...node.history ?? [], pointOf(node)]) {
    const step = Math.floor((point.at - span.from) / span.seconds);
    const value = pick(point);
    if (step < 0 || step >= span.steps || value === null) continue;
    sums[step] = (sums[step] ?? 0) + value;
    counts[step] = (counts[step] ?? 0) + 1;
  }
  return bridged(sums.map((sum, step) => counts[step] ? sum / (counts[step] ?? 1) : null));
}

/** A single step without a value is the clocks' doing, and no gap: a report came a moment late. */
function bridged(values: Values): Values {
  return values.map((value, step) => {
    const [before, after] = [values[step - 1], values[step + 1]];
    const isLone = value === null && typeof before === "number" && typeof after === "number";
    return isLone ? (before + after) / 2 : value;
  });
}

/** All lines together; a step in which no line has a value has none. */
export function summed(lines: readonly Values[]): Values {
  return together(lines, (values) => values.reduce((sum, value) => sum + value, 0));
}

/** The highest of all lines at each step. */
export function highest(lines: readonly Values[]): Values {
  return together(lines, (values) => Math.max(...values));
}

function together(lines: readonly Values[], of: (values: number[]) => number): Values {
  return Array.from({ length: lines[0]?.length ?? 0 }, (_, step) => {
    const values = lines.map((line) => line[step] ?? null).filter((value) => value !== null);
    return values.length === 0 ? null : of(values);
  });
}

/** The last value that is known, and the largest with its step. */
export function last(values: Values): number | null {
  return values.findLast((value) => value !== null) ?? null;
}

export function peak(values: Values): { value: number; step: number } | undefined {
  let found: { value: number; step: number } | undefined;
  values.forEach((value, step) => {
    if (value !== null && value > (found?.value ?? -Infinity)) found = { value, step };
  });
  return found;
}
