/**
 * Sends a file as an answer's body by way of `node:http`, all of it in one buffer. A stream would bring a new one with each piece, and the
 * collector would come for hundreds of them at once: that takes memory, and keeps all others waiting.
 */
import type { ServerResponse } from "node:http";

/** Bytes that are sent at once. */
const PIECE_BYTES = 64 * 1024;

interface Head {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
}

/** Sends the head and what the reader brings, and ends the answer. Resolves once all is sent, or the connection has ended. */
export async function sendBody(
  reader: ReadableStreamBYOBReader,
  outgoing: ServerResponse,
  { status, headers }: Head,
): Promise<void> {
  let fail: (error: Error) => void = () => {};
  const onClose = () => {
    fail(new Error("the connection has ended"));
    void reader.cancel().catch(() => {}); // it has failed
  };
  const written = (piece: Uint8Array) =>
    new Promise<void>((resolve, reject) => {
      fail = reject;
      outgoing.write(piece, (error) => error ? reject(error) : resolve());
    });
  outgoing.once("close", onClose);
  try {
    outgoing.writeHead(status, { ...headers });
    let buffer = new ArrayBuffer(PIECE_BYTES);
    for (;;) {
      const { value, done } = await reader.read(new Uint8Array(buffer));
      if (done) return void outgoing.end();
      await written(value);
      buffer = value.buffer;
    }
  } catch {
    outgoing.destroy(); // who reads it sees that it is not whole
    onClose();
  }
}
