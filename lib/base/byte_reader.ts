/** Readers of streams that bring the memory for what they read, so that one piece of it is enough for all. */

/** A reader that brings its memory; `undefined` where the stream has memory of its own, such as what is there whole. */
export function byteReader(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
): ReadableStreamBYOBReader | undefined {
  try {
    return stream.getReader({ mode: "byob" });
  } catch (error) {
    if (error instanceof TypeError && !stream.locked) return undefined;
    throw error;
  }
}
