/** Makes pieces of one length of what comes in pieces of any. One of them is in memory, and that not always. */
import type { Share } from "./piece_memory.ts";

const FIRST_BYTES = 64 * 1024;

type Bytes = Uint8Array<ArrayBuffer>;

export interface PiecesOptions {
  /** Bytes of each piece but the last. */
  readonly size: number;
  /** Writes a piece; also one that is not whole yet, and is written anew later. @param index from 0 */
  write(piece: Bytes, index: number): Promise<void>;
  /** Where the memory is shared: a piece that is not whole is written, and read again, when there is none left. */
  readonly shared?: SharedMemory;
  /** Bytes that are written already: the last piece is read again where it is not whole. */
  readonly offset?: number;
}

export interface SharedMemory {
  share(giveBack: () => void): Share;
  /** Reads the beginning of a piece that was written before. */
  read(index: number, bytes: number): Promise<Bytes>;
  /** Aborts where nobody waits for memory any more. */
  readonly signal?: AbortSignal | undefined;
}

export class Pieces implements Disposable {
  readonly #options: PiecesOptions;
  readonly #share: Share | undefined;
  #index: number;
  /** Bytes of the piece that is coming. */
  #bytes: number;
  /** The piece that is coming, where it is in memory. */
  #buffer: Bytes = new Uint8Array();
  #isHere: boolean;
  #hasNew = false;
  /** Settles when a piece is out of memory that is being written. */
  #leaving: Promise<void> | undefined;

  constructor(options: PiecesOptions) {
    const { size, offset = 0, shared } = options;
    this.#options = options;
    this.#index = Math.floor(offset / size);
    this.#bytes = offset % size;
    this.#isHere = this.#bytes === 0;
    this.#share = shared?.share(() => {
      this.#leaving ??= this.#leave();
      this.#leaving.catch(() => {}); // whoever adds the next bytes is told
    });
  }

  /** Writes all whole pieces of the body. Resolves with why it broke off, where it did; rejects where a piece cannot be written. */
  async take(body: AsyncIterable<Uint8Array>): Promise<{ readonly error: unknown } | undefined> {
    const chunks = body[Symbol.asyncIterator]();
    for (;;) {
      let next: IteratorResult<Uint8Array>;
      try {
        next = await this.#idle(() => chunks.next());
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
    await this.#leaving;
    if (this.#hasNew || this.#index === 0 && this.#bytes === 0) await this.#write();
  }

  [Symbol.dispose](): void {
    this.#share?.[Symbol.dispose]();
  }

  async #idle<T>(wait: () => Promise<T>): Promise<T> {
    const share = this.#share;
    if (share === undefined) return await wait();
    share.isIdle = share.bytes > 0;
    try {
      return await wait();
    } finally {
      share.isIdle = false;
    }
  }

  async #add(chunk: Uint8Array): Promise<void> {
    await this.#leaving;
    const { size } = this.#options;
    for (let at = 0; at < chunk.length;) {
      const part = chunk.subarray(at, at + size - this.#bytes);
      await this.#makeRoom(this.#bytes + part.length);
      this.#buffer.set(part, this.#bytes);
      this.#bytes += part.length;
      this.#hasNew = true;
      at += part.length;
      if (this.#bytes === size) await this.#next();
    }
  }

  async #makeRoom(bytes: number): Promise<void> {
    if (this.#isHere && bytes <= this.#buffer.length) return;
    const { size, shared } = this.#options;
    const wanted = Math.min(size, Math.max(bytes, FIRST_BYTES, this.#buffer.length * 2));
    if (this.#share === undefined || this.#share.tryGrow(wanted)) {
      return await this.#enlarge(wanted);
    }
    await this.#leave();
    await this.#share.take(wanted, shared?.signal);
    await this.#enlarge(wanted);
  }

  async #enlarge(bytes: number): Promise<void> {
    const larger = new Uint8Array(bytes);
    if (this.#isHere) larger.set(this.#buffer.subarray(0, this.#bytes));
    else larger.set(await this.#options.shared?.read(this.#index, this.#bytes) ?? []);
    this.#buffer = larger;
    this.#isHere = true;
  }

  async #next(): Promise<void> {
    await this.#write();
    this.#index++;
    this.#bytes = 0;
    if (this.#share?.isWanted) await this.#leave();
  }

  async #write(): Promise<void> {
    await this.#options.write(this.#buffer.subarray(0, this.#bytes), this.#index);
    this.#hasNew = false;
  }

  /** Has the piece that is coming leave the memory, for as long as others need it. */
  async #leave(): Promise<void> {
    if (this.#share !== undefined) this.#share.isIdle = false;
    try {
      if (this.#hasNew) await this.#write();
    } finally {
      this.#buffer = new Uint8Array();
      this.#isHere = this.#bytes === 0;
      this.#share?.clear();
    }
    this.#leaving = undefined;
  }
}
