/** Says how long to wait before a webhook is tried again. `sender.ts` asks. */

const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 5 * 60_000;
const JITTER = 0.25;

/** The pauses between tries of a batch that is refused, a minute in all. After the last one the batch is given up. */
const REFUSED_PAUSES_MS = [4_000, 8_000, 16_000, 32_000] as const;

/** The pause after the `failures`th failure in a row, counted from 1: 1 s, doubling up to 5 min, with jitter. */
export function failedPauseMs(failures: number, random: () => number = Math.random): number {
  const middle = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (failures - 1));
  return Math.round(middle * (1 - JITTER + 2 * JITTER * random()));
}

/** The pause after a batch was refused `times` times; `undefined` where the batch is given up. */
export function refusedPauseMs(times: number): number | undefined {
  return REFUSED_PAUSES_MS[times - 1];
}
