/** Reads the header `Retry-After`: how long a server wants to be left alone. */

const SHORTEST_MS = 1000;
const LONGEST_MS = 3_600_000;

/**
 * The pause, 1 s to `longestMs`, that a header asks for by seconds or a date; `undefined` where it asks for none.
 *
 * @param now Unix milliseconds
 */
export function retryAfterMs(
  header: string | null,
  now: number,
  longestMs = LONGEST_MS,
): number | undefined {
  if (header === null) return undefined;
  const asked = askedMs(header, now);
  if (Number.isNaN(asked)) return undefined;
  return Math.min(longestMs, Math.max(SHORTEST_MS, asked));
}

function askedMs(header: string, now: number): number {
  if (/^\d+$/.test(header)) return Number(header) * 1000;
  return / GMT$/.test(header) ? Date.parse(header) - now : NaN;
}
