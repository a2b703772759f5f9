/** What `backup` and `restore` have in common: how they read files, and how they say how much there is. */
import type { TableCount } from "../backup/checked_tables.ts";
import { naming } from "../backup/named_errors.ts";
import { Progress } from "./progress.ts";

const CHUNK_BYTES = 262_144;

interface Reading {
  /** What the file is read for, such as "reading it again". */
  readonly doing: string;
  /** Ends the reading, which rejects with its reason. */
  readonly signal: AbortSignal;
}

/** The bytes of a file, with a line on a terminal that says how far it is. */
export async function* fileBytes(
  path: string,
  { doing, signal }: Reading,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  using file = await Deno.open(path);
  const progress = new Progress();
  const { size } = await file.stat();
  let bytes = 0;
  try {
    for (;;) {
      const buffer = new Uint8Array(CHUNK_BYTES);
      const read = await naming(path, () => file.read(buffer));
      signal.throwIfAborted();
      if (read === null) return;
      bytes += read;
      progress.show(`${doing}: ${sizeText(bytes)} of ${sizeText(size)} …`);
      yield buffer.subarray(0, read);
    }
  } finally {
    progress.clear();
  }
}

export function sizeText(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  const [unit = "", power = 0] = bytes < 1e6 ? ["kB", 3] : bytes < 1e9 ? ["MB", 6] : ["GB", 9];
  return `${(bytes / 10 ** power).toFixed(1)} ${unit}`;
}

/** Such as `notifications 12, api keys 1`. */
export function tablesText(tables: readonly TableCount[]): string {
  const words = tables.map(({ table, rows }) => `${table.replaceAll("_", " ")} ${rows}`);
  return words.length === 0 ? "which is empty" : words.join(", ");
}
