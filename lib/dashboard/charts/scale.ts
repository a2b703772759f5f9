/** Chooses round marks for an axis that begins at nothing. */

export interface Shown {
  readonly show?: (value: number) => string;
  /** Round are multiples of powers of 1024, as bytes are counted. */
  readonly isBinary?: boolean;
}

/** Up to so many each whole number has a mark of its own. */
const MOST_WHOLE = 6;

const STEPS = [1, 2, 2.5, 5, 10];

/**
 * Four or five marks, from nothing to the first round number at or above the largest value; fewer where that has not so many words: two
 * marks with the same one would say that nothing is between them.
 */
export function marksTo(
  largest: number,
  { show = String, isBinary = false }: Shown = {},
): number[] {
  const unit = isBinary && largest >= 1 ? 1024 ** Math.floor(Math.log2(largest) / 10) : 1;
  const marks = roundMarks(largest / unit).map((mark) => mark * unit);
  if (largest > MOST_WHOLE || new Set(marks.map(show)).size === marks.length) return marks;
  return Array.from({ length: Math.ceil(largest) + 1 }, (_, mark) => mark);
}

function roundMarks(largest: number): number[] {
  if (!(largest > 0)) return [0, 1];
  const rough = largest / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * (STEPS.find((each) => each * power >= rough) ?? 10);
  const marks: number[] = [];
  for (let mark = 0; mark < largest + step && marks.length < 7; mark += step) marks.push(mark);
  return marks;
}
