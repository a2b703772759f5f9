/** A part of a file as a stream, into memory that its reader may bring. */
import type { ByteRange } from "./file_store.ts";

/** Bytes that are read at once where the reader brings none. */
const PIECE_BYTES = 64 * 1024;

/** @param file is closed once all was read, or nobody reads on */
export async function readRange(
  file: Deno.FsFile,
  { start, end }: ByteRange,
): Promise<ReadableStream<Uint8Array<ArrayBuffer>>> {
  await file.seek(start, Deno.SeekMode.Start);
  // The runtime sends the rest of a file on its own, without a turn of the event loop for each piece.
  if ((await file.stat()).size <= end) return file.readable;
  let left = end - start;
  return new ReadableStream({
    type: "bytes",
    autoAllocateChunkSize: PIECE_BYTES,
    async pull(controller) {
      const { view } = controller.byobRequest!;
      try {
        const piece = new Uint8Array(
          view!.buffer,
          view!.byteOffset,
          Math.min(left, view!.byteLength),
        );
        const read = left === 0 ? null : await file.read(piece);
        if (read === null) {
          file.close();
          controller.close();
          return controller.byobRequest!.respond(0);
        }
        left -= read;
        controller.byobRequest!.respond(read);
      } catch (error) {
        file.close();
        throw error;
      }
    },
    cancel: () => file.close(),
  });
}
