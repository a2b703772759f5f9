/** Reads times as servers of all versions have stored them. */

/** The last second of the year 9999. */
const LAST_SECOND = 253_402_300_799;

/**
 * A time in Unix seconds that a `Date` can show. An old server took times in milliseconds and microseconds as well, and has
 * them still; what is no time is 0.
 */
export function timestampOf(value: unknown): number {
  if (typeof value !== "number" || !Number.isFinite(value) || value < 0) return 0;
  let seconds = value;
  while (seconds > LAST_SECOND) seconds = Math.floor(seconds / 1000);
  return seconds;
}
