/** Says how long to wait before a webhook is tried again. `sender.ts` asks. */

const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 5 * 60_000;
const JITTER = 0.25;
const LONGEST_RETRY_AFTER_MS = 3_600_000;

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

/** The pause, 1 s to an hour, that a `Retry-After` header asks for by seconds or a date; `undefined` where it asks for none. */
export function retryAfterMs(header: string | null, now: number): number | undefined {
  if (header === null) return undefined;
  const asked = askedMs(header, now);
  if (Number.isNaN(asked)) return undefined;
  return Math.min(LONGEST_RETRY_AFTER_MS, Math.max(FIRST_PAUSE_MS, asked));
}

function askedMs(header: string, now: number): number {
  if (/^\d+$/.test(header)) return Number(header) * 1000;
  return / GMT$/.test(header) ? Date.parse(header) - now : NaN;
}
