/** Reads a stream from its end, without the entries that are not meant: several kinds of them may share one. */
import type { Redis } from "ioredis";
import { throwUnavailable } from "./errors.ts";

export type StreamEntry = readonly [id: string, values: readonly string[]];

/** An id of an entry. */
export const ENTRY_ID = /^\d{1,16}-\d{1,10}$/;

/** Least entries that one call reads. */
const AT_ONCE = 100;

export interface Meant {
  readonly limit: number;
  /** The id of an entry: those before it are read. @default all */
  readonly before?: string | undefined;
  isMeant(entry: StreamEntry): boolean;
}

/** The last entries that are meant, the newest first. */
export async function lastEntries(
  redis: Pick<Redis, "xrevrange">,
  key: string,
  { limit, before, isMeant }: Meant,
): Promise<StreamEntry[]> {
  const found: StreamEntry[] = [];
  const count = Math.max(limit, AT_ONCE);
  for (let end = before === undefined ? "+" : `(${before}`;;) {
    const entries = await redis.xrevrange(key, end, "-", "COUNT", count).catch(throwUnavailable);
    found.push(...entries.filter(isMeant));
    const last = entries.at(-1)?.[0];
    if (found.length >= limit || last === undefined || entries.length < count) {
      return found.slice(0, limit);
    }
    end = `(${last}`;
  }
}
