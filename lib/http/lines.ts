/** Writes an answer of very many JSON objects, each in a line, or of very many bytes, as they come. */
const ENCODER = new TextEncoder();

/** About how many characters go out together. */
const TOGETHER = 32_768;

/** The type of such an answer. */
export const JSON_LINES = "application/jsonl";

/**
 * The lines as a stream, which reads on as its receiver takes them. It resolves once the first are there, so that what cannot be
 * read at all is refused as any other call; where reading fails later, the answer breaks off.
 */
export async function linesStream(
  lines: AsyncIterable<object>,
): Promise<ReadableStream<Uint8Array<ArrayBuffer>>> {
  return await bytesStream(encoded(lines));
}

/** The bytes as a stream, as {@linkcode linesStream} has lines. */
export async function bytesStream(
  bytes: AsyncIterable<Uint8Array<ArrayBuffer>>,
): Promise<ReadableStream<Uint8Array<ArrayBuffer>>> {
  const iterator = bytes[Symbol.asyncIterator]();
  let next = Promise.resolve(await iterator.next());
  return new ReadableStream<Uint8Array<ArrayBuffer>>({
    async pull(controller) {
      const { value, done } = await next;
      if (done) return controller.close();
      controller.enqueue(value);
      next = iterator.next();
      next.catch(() => {}); // the next pull rejects with it
    },
    async cancel() {
      await iterator.return?.(undefined);
    },
  });
}

async function* encoded(lines: AsyncIterable<object>): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  for await (const chunk of chunksOf(lines)) yield ENCODER.encode(chunk);
}

async function* chunksOf(lines: AsyncIterable<object>): AsyncGenerator<string, undefined> {
  let chunk = "";
  for await (const line of lines) {
    chunk += `${JSON.stringify(line)}\n`;
    if (chunk.length < TOGETHER) continue;
    yield chunk;
    chunk = "";
  }
  if (chunk !== "") yield chunk;
}
