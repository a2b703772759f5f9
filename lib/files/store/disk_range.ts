/** A part of a file as a stream, in pieces that are soon garbage. */
import type { ByteRange } from "./file_store.ts";

/** Bytes that are read at once. */
const PIECE_BYTES = 64 * 1024;

/** @param file is closed once all was read, or nobody reads on */
export async function readRange(
  file: Deno.FsFile,
  { start, end }: ByteRange,
): Promise<ReadableStream<Uint8Array<ArrayBuffer>>> {
  let left = end - start;
  await file.seek(start, Deno.SeekMode.Start);
  return new ReadableStream<Uint8Array<ArrayBuffer>>({
    async pull(controller) {
      try {
        const piece = new Uint8Array(Math.min(left, PIECE_BYTES));
        const read = left === 0 ? null : await file.read(piece);
        if (read === null) {
          file.close();
          return controller.close();
        }
        left -= read;
        controller.enqueue(piece.subarray(0, read));
      } catch (error) {
        file.close();
        throw error;
      }
    },
    cancel: () => file.close(),
  }, { highWaterMark: 0 });
}
