/** Keeps answers within what a client may have waiting, however long the entries of a list are. */
import type { OnWire } from "./wire.ts";

export interface Bounded {
  readonly data: OnWire;
  /** How long its JSON is. */
  readonly characters: number;
  readonly entries: number;
}

/**
 * Reads a page and writes it for an answer. Where that is too long, a shorter page is read: it says itself how to go on. One
 * entry always goes through.
 *
 * @param read reads a page of so many entries, and writes it
 * @param most characters of the answer
 */
export async function boundedPage(
  limit: number,
  most: number,
  read: (limit: number) => Promise<readonly [data: OnWire, entries: number]>,
): Promise<Bounded> {
  for (;;) {
    const [data, entries] = await read(limit);
    const characters = JSON.stringify(data).length;
    if (characters <= most || entries <= 1) return { data, characters, entries };
    // Entries differ in length, so a little less than the share that fits.
    limit = Math.max(1, Math.min(entries - 1, Math.floor(entries * 0.9 * most / characters)));
  }
}
