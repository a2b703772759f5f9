/** Makes pieces of one length of what comes in pieces of any. One of them is in memory. */

const FIRST_BYTES = 64 * 1024;

export class Pieces {
  #buffer: Uint8Array<ArrayBuffer>;
  #bytes: number;
  #index: number;
  #hasNew = false;
  readonly #size: number;
  readonly #write: (piece: Uint8Array<ArrayBuffer>, index: number) => Promise<void>;

  /**
   * @param rest with what the first one begins
   * @param index the number of the first one, from 0
   */
  constructor(
    size: number,
    rest: Uint8Array<ArrayBuffer>,
    index: number,
    write: (piece: Uint8Array<ArrayBuffer>, index: number) => Promise<void>,
  ) {
    this.#size = size;
    this.#buffer = rest;
    this.#bytes = rest.length;
    this.#index = index;
    this.#write = write;
  }

  /** Writes all whole pieces of the body. Resolves with why it broke off, where it did; rejects where a piece cannot be written. */
  async take(body: AsyncIterable<Uint8Array>): Promise<{ readonly error: unknown } | undefined> {
    const chunks = body[Symbol.asyncIterator]();
    for (;;) {
      let next: IteratorResult<Uint8Array>;
      try {
        next = await chunks.next();
      } catch (error) {
        return { error };
      }
      if (next.done === true) return undefined;
      try {
        await this.#add(next.value);
      } catch (error) {
        await chunks.return?.();
        throw error;
      }
    }
  }

  /** Writes the last one, which may be shorter; where there was nothing at all, one that is empty. */
  async end(): Promise<void> {
    if (this.#hasNew || this.#index === 0 && this.#bytes === 0) await this.#send();
  }

  async #add(chunk: Uint8Array): Promise<void> {
    for (let at = 0; at < chunk.length;) {
      const part = chunk.subarray(at, at + this.#size - this.#bytes);
      this.#makeRoom(this.#bytes + part.length);
      this.#buffer.set(part, this.#bytes);
      this.#bytes += part.length;
      this.#hasNew = true;
      at += part.length;
      if (this.#bytes === this.#size) await this.#send();
    }
  }

  #makeRoom(bytes: number): void {
    if (bytes <= this.#buffer.length) return;
    const wanted = Math.max(bytes, FIRST_BYTES, this.#buffer.length * 2);
    const larger = new Uint8Array(Math.min(this.#size, wanted));
    larger.set(this.#buffer.subarray(0, this.#bytes));
    this.#buffer = larger;
  }

  async #send(): Promise<void> {
    await this.#write(this.#buffer.subarray(0, this.#bytes), this.#index);
    this.#index++;
    this.#bytes = 0;
    this.#hasNew = false;
  }
}
