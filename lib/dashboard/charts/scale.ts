/** Chooses round marks for an axis that begins at nothing. */

const STEPS = [1, 2, 2.5, 5, 10];

/** Four or five marks, from nothing to the first round number at or above the largest value. */
export function marksTo(largest: number): number[] {
  if (!(largest > 0)) return [0, 1];
  const rough = largest / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * (STEPS.find((each) => each * power >= rough) ?? 10);
  const marks: number[] = [];
  for (let mark = 0; mark < largest + step && marks.length < 7; mark += step) marks.push(mark);
  return marks;
}
