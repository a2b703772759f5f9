/** Takes what it needs from a stream of bytes, and passes on the rest as it comes. */

export class ByteSource {
  #buffer: Uint8Array = new Uint8Array();
  #isOver = false;
  readonly #chunks: AsyncIterator<Uint8Array>;

  constructor(bytes: AsyncIterable<Uint8Array>) {
    this.#chunks = bytes[Symbol.asyncIterator]();
  }

  /** What comes next, without taking it: at least `least` bytes, unless there are fewer. */
  async ahead(least: number): Promise<Uint8Array> {
    const chunks: Uint8Array[] = [this.#buffer];
    let length = this.#buffer.length;
    while (length < least && !this.#isOver) {
      const { value, done } = await this.#chunks.next();
      if (done === true) {
        this.#isOver = true;
      } else {
        chunks.push(value);
        length += value.length;
      }
    }
    if (chunks.length > 1) this.#buffer = joined(chunks, length);
    return this.#buffer;
  }

  /** Takes as many bytes, or fewer where there are no more. They are the caller's to change. */
  async take(length: number): Promise<Uint8Array> {
    const taken = (await this.ahead(length)).slice(0, length);
    this.#buffer = this.#buffer.subarray(taken.length);
    return taken;
  }

  /** Passes on as many bytes, or fewer where there are no more, in pieces. */
  async *pass(length: number): AsyncGenerator<Uint8Array> {
    for (let left = length; left > 0;) {
      const piece = (await this.ahead(1)).subarray(0, left);
      if (piece.length === 0) return;
      this.#buffer = this.#buffer.subarray(piece.length);
      left -= piece.length;
      yield piece;
    }
  }

  /** Passes on zeros in place of as many bytes, or of fewer where there are no more. */
  async *blank(length: number): AsyncGenerator<Uint8Array> {
    for await (const piece of this.pass(length)) yield new Uint8Array(piece.length);
  }

  /** Ends the stream that it reads. */
  async close(): Promise<void> {
    if (!this.#isOver) await this.#chunks.return?.();
  }
}

function joined(chunks: readonly Uint8Array[], length: number): Uint8Array {
  const all = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    all.set(chunk, at);
    at += chunk.length;
  }
  return all;
}
