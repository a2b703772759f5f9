/** The bytes of an upload, whatever they were given as: read in pieces, and again from where a piece was lost. */
import { NotifyliError } from "../core/errors.ts";
import type { UploadSource } from "./types.ts";

export type Bytes = Uint8Array<ArrayBuffer>;

export interface Source {
  /** How many there are in all. */
  readonly bytes: number;
  /** The bytes from a place on: `most` of them, or what is left. What is before that place is not asked for any more. */
  piece(from: number, most: number): Promise<Bytes>;
}

export function blobSource(blob: Blob): Source {
  return {
    bytes: blob.size,
    async piece(from, most) {
      try {
        return new Uint8Array(await blob.slice(from, from + most).arrayBuffer());
      } catch (cause) {
        throw new NotifyliError("file_lost", `Cannot read the file any more: ${cause}`, { cause });
      }
    },
  };
}

/** @param bytes how many the stream says it has */
export function streamSource(stream: ReadAhead, bytes: number): Source {
  /** The last piece, which may have to be sent again. */
  let kept: Bytes = new Uint8Array();
  let start = 0;
  return {
    bytes,
    async piece(from, most) {
      if (from < start || from > start + kept.length) {
        const message = `Cannot go on from byte ${from}: the stream was read to ${start}`;
        throw new NotifyliError("file_lost", message);
      }
      const left = kept.subarray(from - start);
      kept = joined([left, await stream.read(Math.min(most, bytes - from) - left.length)]);
      start = from;
      const end = start + kept.length;
      // Another byte is asked for at the end alone: that of a stream that is longer than it says.
      const isEnd = end === bytes && (await stream.read(1)).length === 0;
      if (isEnd || (end < bytes && kept.length >= most)) return kept.subarray(0, most);
      const has = end < bytes ? `ended after ${end}` : "is longer than the";
      throw new NotifyliError("invalid_field", `The stream ${has} of ${bytes} bytes`);
    },
  };
}

/** A stream of which a number of bytes is read at a time. */
export class ReadAhead {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  #rest: Bytes = new Uint8Array();

  constructor(stream: ReadableStream<Uint8Array>) {
    this.#reader = stream.getReader();
  }

  /** The next bytes: as many as are wanted, or all that are left. */
  async read(wanted: number): Promise<Bytes> {
    if (wanted <= 0) return new Uint8Array();
    const pieces = [this.#rest];
    for (let length = this.#rest.length; length < wanted;) {
      const piece = await this.#next();
      if (piece === undefined) break;
      pieces.push(piece);
      length += piece.length;
    }
    const all = joined(pieces);
    this.#rest = all.subarray(wanted);
    return all.subarray(0, wanted);
  }

  async #next(): Promise<Bytes | undefined> {
    try {
      const { done, value } = await this.#reader.read();
      return done ? undefined : new Uint8Array(value);
    } catch (cause) {
      throw new NotifyliError("file_lost", `Cannot read the stream: ${cause}`, { cause });
    }
  }

  /** Nobody reads any more. */
  cancel(): void {
    this.#reader.cancel().catch(() => {}); // it has failed
  }
}

export function isBlob(source: UploadSource): source is Blob {
  return "slice" in source && "size" in source;
}

function joined(pieces: readonly Bytes[]): Bytes {
  const some = pieces.filter(({ length }) => length > 0);
  if (some.length < 2) return some[0] ?? new Uint8Array();
  const all = new Uint8Array(some.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of some) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}
