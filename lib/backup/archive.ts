/**
 * Writes a backup: a tar archive that begins with what it is (`notifyli-backup.json`) and ends with how much it has, and its
 * checksum (`notifyli-backup.end.json`). Without that end it was cut off. Next: `unpacking.ts`, which reads it.
 */
import { createHash } from "node:crypto";
import { BLOCK, END, paddingAfter, tarHeader } from "./tar.ts";

/** The version of the archive's own form. */
export const FORMAT = 1;

export const FIRST = "notifyli-backup.json";
export const LAST = "notifyli-backup.end.json";

/** What is kept elsewhere, so that a backup does not have it. */
export type Elsewhere = "redis" | "postgres" | "s3";

/** What a backup is. */
export interface Manifest {
  readonly format: number;
  /** The version of the program that made it. */
  readonly version: string;
  /** Unix seconds. */
  readonly at: number;
  readonly elsewhere: readonly Elsewhere[];
}

/** How a backup ends. */
export interface Ending {
  /** Files in the archive, without the two that describe it. */
  readonly entries: number;
  /** The bytes before the ending. */
  readonly bytes: number;
  /** The checksum of those bytes, hexadecimal. */
  readonly sha256: string;
}

/** One file of a backup. */
export interface Source {
  readonly name: string;
  readonly bytes: number;
  /** Exactly so many bytes; throws where they cannot be had. */
  readonly body: AsyncIterable<Uint8Array<ArrayBuffer>>;
}

type Chunk = Uint8Array<ArrayBuffer>;

/** The archive's bytes. They are read as the receiver takes them. */
export async function* archiveOf(
  manifest: Manifest,
  sources: AsyncIterable<Source>,
): AsyncGenerator<Chunk, undefined> {
  const hash = createHash("sha256");
  let [bytes, entries] = [0, 0];
  const counted = (chunk: Chunk) => {
    hash.update(chunk);
    bytes += chunk.length;
    return chunk;
  };
  yield counted(whole(FIRST, manifest, manifest.at));
  for await (const source of sources) {
    entries++;
    yield counted(tarHeader(source, manifest.at));
    for await (const chunk of source.body) yield counted(chunk);
    const padding = paddingAfter(source.bytes);
    if (padding > 0) yield counted(new Uint8Array(padding));
  }
  const ending: Ending = { entries, bytes, sha256: hash.digest("hex") };
  yield whole(LAST, ending, manifest.at);
  yield END;
}

/** A small file of the archive with its header. */
function whole(name: string, json: object, at: number): Chunk {
  const text = new TextEncoder().encode(`${JSON.stringify(json)}\n`);
  const padded = new Uint8Array(BLOCK + text.length + paddingAfter(text.length));
  padded.set(tarHeader({ name, bytes: text.length }, at), 0);
  padded.set(text, BLOCK);
  return padded;
}
