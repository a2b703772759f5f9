/**
 * Reads the body of a request that `Deno.serve` brings, all of it into one buffer: new ones would be hundreds of megabytes a second
 * for the collector. Next for bodies in chunks: `deno_chunks.ts`.
 */
import { byteReader } from "../base/byte_reader.ts";
import type { BodyReader } from "../core/socket.ts";
import { Chunks } from "./deno_chunks.ts";

/** Bytes that are read at once. */
const PIECE_BYTES = 64 * 1024;

/** How long the sender of chunks that nobody reads has to take the answer. */
const LAST_WORD_MS = 2000;

/** @param answered resolves when the answer is out */
export function bodyOf({ body, headers }: Request, answered: () => Promise<void>): BodyReader {
  if (body === null) return { next: () => Promise.resolve(undefined), stop() {} };
  const bytes = byteReader(body);
  const reader = bytes ?? body.getReader();
  // It is not waited for: the runtime ends it where a piece is still awaited only with the connection.
  const stop = () => void reader.cancel().catch(() => {}); // the body broke off
  if (bytes === undefined) {
    return { next: async () => (await (reader as ReadableStreamDefaultReader).read()).value, stop };
  }
  if (headers.has("content-length")) return { next: readInto(bytes), stop };
  const chunks = new Chunks(bytes);
  return {
    next: () => chunks.next(),
    // Of a body that is given up before the answer, the runtime would read all the rest, and move all that it has kept at each chunk.
    stop: () => chunks.isDone ? stop() : void answered().then(() => later(stop)),
  };
}

function readInto(reader: ReadableStreamBYOBReader): BodyReader["next"] {
  let buffer = new ArrayBuffer(PIECE_BYTES);
  return async () => {
    const { value, done } = await reader.read(new Uint8Array(buffer));
    if (done) return undefined;
    buffer = value.buffer;
    return value;
  };
}

/** A server that stops does not wait for it. */
function later(stop: () => void): void {
  Deno.unrefTimer(setTimeout(stop, LAST_WORD_MS));
}
