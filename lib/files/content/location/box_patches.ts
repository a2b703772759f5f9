/** Cleans the content of a box where it stands, or makes it one that everybody skips. */
import type { Box } from "../heif.ts";
import type { Reader } from "../reader.ts";
import type { Patch } from "./patches.ts";

/** Longer metadata is blanked without being read, as far as it goes. */
const MOST_BYTES = 1024 * 1024;

const FREE = new TextEncoder().encode("free");

/** @param skipped bytes at the start of the content that stay */
export async function cleanedBox(
  reader: Reader,
  { content, end }: Box,
  skipped: number,
  clean: (bytes: Uint8Array) => Uint8Array | Promise<Uint8Array>,
): Promise<Patch[]> {
  const start = content + skipped;
  if (start >= end) return [];
  const before = (await reader.at(start, Math.min(end - start, MOST_BYTES))).slice();
  const bytes = await clean(before);
  return before.every((byte, at) => byte === bytes[at]) ? [] : [{ start, bytes }];
}

export async function freedBox(reader: Reader, { start, content, end }: Box): Promise<Patch[]> {
  const there = await reader.at(content, Math.min(end - content, MOST_BYTES));
  return [
    { start: start + 4, bytes: FREE },
    { start: content, bytes: new Uint8Array(there.length) },
  ];
}
