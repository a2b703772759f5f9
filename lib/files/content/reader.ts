/**
 * Reads small pieces anywhere in a file, by few and large reads of its store, and no more of it than it may: a hostile file
 * can send its reader through all of it, piece by piece.
 */
import type { ByteRange } from "../store/file_store.ts";

/** Resolves with the bytes of the range; with fewer where the file ends. */
export type Read = (range: ByteRange) => Promise<Uint8Array>;

/** The first read: what is looked for is nearly always there. */
const FIRST_BYTES = 64 * 1024;
const NEXT_BYTES = 256 * 1024;

export class Reader {
  #window = new Uint8Array();
  #start = 0;
  #left: number;
  readonly #read: Read;

  /** @param most bytes that are read of the file in all */
  constructor(read: Read, most: number) {
    this.#read = read;
    this.#left = most;
  }

  /** The bytes from `start` on: `length` of them, or fewer where the file ends or no more may be read. */
  async at(start: number, length: number): Promise<Uint8Array> {
    const isThere = start >= this.#start && start + length <= this.#start + this.#window.length;
    if (!isThere) await this.#move(start, length);
    const from = start - this.#start;
    return this.#window.subarray(from, from + length);
  }

  async #move(start: number, length: number): Promise<void> {
    const usual = start === 0 ? FIRST_BYTES : NEXT_BYTES;
    const wanted = Math.min(Math.max(length, usual), this.#left);
    this.#start = start;
    this.#window = new Uint8Array();
    if (wanted <= 0 || !Number.isSafeInteger(start + wanted)) return;
    this.#left -= wanted;
    this.#window = (await this.#read({ start, end: start + wanted })).slice();
  }
}

/** Reads what is in memory. */
export function readerOf(bytes: Uint8Array): Reader {
  return new Reader(
    ({ start, end }) => Promise.resolve(bytes.subarray(start, end)),
    Number.MAX_SAFE_INTEGER,
  );
}

export function text(bytes: Uint8Array, start = 0, end = bytes.length): string {
  return String.fromCharCode(...bytes.subarray(start, Math.min(end, start + 64)));
}

export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
