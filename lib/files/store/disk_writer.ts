/**
 * Writes one file: small pieces together, and each before more is read. While the disk has one, the event loop has nothing to do with
 * this file, and looks at its connections: reading on meanwhile would keep it busy, and others would wait ten times as long. What
 * is written goes to the disk as it comes, so that a large file need not wait for all of it at its end.
 */
import { AppendFailure, type AppendOptions } from "./file_store.ts";

/** Bytes that are written at once: so many are read and hashed in a fifth of a millisecond. */
const PIECE_BYTES = 128 * 1024;

/** Bytes that are written first: most files are small, and need no more memory than that. */
const FIRST_BYTES = 16 * 1024;

/** After so many bytes the disk begins to keep what it has. More of them at once would take a processor for longer. */
const SYNC_BYTES = 8 * 1024 * 1024;

/** What was written in the end. */
export interface Written {
  /** The bytes of the file that are on the disk. */
  readonly safe: number;
  /** Why that is not all. */
  readonly failure?: unknown;
}

export class DiskWriter {
  readonly #file: Deno.FsFile;
  readonly #path: string;
  readonly #offset: number;
  /** The bytes of the file that are written. */
  #written: number;
  #piece = new Uint8Array(FIRST_BYTES);
  #filled = 0;
  #syncing: Promise<void> | undefined;
  #unsynced = 0;
  #failure: unknown;
  /** Why nothing more may be written: somebody else may do so by now. */
  #lost: unknown;
  readonly #options: AppendOptions;

  private constructor(file: Deno.FsFile, path: string, offset: number, options: AppendOptions) {
    this.#file = file;
    this.#path = path;
    this.#offset = offset;
    this.#written = offset;
    this.#options = options;
  }

  static async at(
    file: Deno.FsFile,
    path: string,
    offset: number,
    options: AppendOptions,
  ): Promise<DiskWriter> {
    await file.seek(offset, Deno.SeekMode.Start);
    return new DiskWriter(file, path, offset, options);
  }

  /** Writes all of a body, or as much of it as comes and as there is room for. */
  async write(body: AsyncIterable<Uint8Array>): Promise<void> {
    try {
      for await (const piece of body) {
        for (let at = 0; at < piece.length;) at += await this.#take(piece.subarray(at));
        if (this.#failure !== undefined || this.#lost !== undefined) return;
      }
    } catch (cause) {
      this.#failure ??= new AppendFailure("body", this.#written, cause);
    }
  }

  /** Has the disk keep what was written, and nothing beyond it. Where somebody else may write by now, leaves all as it is. */
  async end(): Promise<Written> {
    await this.#flush();
    await this.#syncing;
    if (this.#lost !== undefined) {
      return { safe: this.#offset, failure: failureAt(this.#lost, this.#offset) };
    }
    // A body of which nothing came has no say in what is there: somebody else may have gone on, whose bytes these are.
    if (this.#hasSay) await this.#file.truncate(this.#written);
    await this.#file.sync();
    const failure = failureAt(this.#failure, this.#written);
    return { safe: this.#written, ...(failure !== undefined && { failure }) };
  }

  get #hasSay(): boolean {
    const { reason } = Object(this.#failure);
    return reason !== "body" || this.#written > this.#offset;
  }

  async #take(bytes: Uint8Array): Promise<number> {
    const taken = Math.min(bytes.length, this.#piece.length - this.#filled);
    this.#piece.set(bytes.subarray(0, taken), this.#filled);
    this.#filled += taken;
    if (this.#filled < this.#piece.length) return taken;
    await this.#flush();
    if (this.#piece.length < PIECE_BYTES) this.#piece = new Uint8Array(PIECE_BYTES);
    return taken;
  }

  async #flush(): Promise<void> {
    const bytes = this.#piece.subarray(0, this.#filled);
    this.#filled = 0;
    if (this.#failure !== undefined && !(this.#failure instanceof AppendFailure)) return;
    if (!await this.#isSure()) return;
    try {
      for (let at = 0; at < bytes.length;) {
        const written = await this.#file.write(bytes.subarray(at));
        at += written;
        this.#written += written;
      }
    } catch (error) {
      this.#failure = error;
    }
    this.#unsynced += bytes.length;
    if (this.#unsynced < SYNC_BYTES || this.#syncing !== undefined) return;
    this.#unsynced = 0;
    this.#syncing = this.#sync().finally(() => this.#syncing = undefined);
  }

  async #isSure(): Promise<boolean> {
    try {
      if (this.#lost === undefined) await this.#options.sure?.();
    } catch (error) {
      this.#lost = error;
    }
    return this.#lost === undefined;
  }

  /** By another handle: the runtime lets each one do one thing at a time. What it cannot do, the end does or says. */
  async #sync(): Promise<void> {
    const written = this.#written;
    try {
      using other = await Deno.open(this.#path);
      await other.syncData();
      this.#options.onSafe?.(written);
    } catch {
      // The end tells of it.
    }
  }
}

function failureAt(failure: unknown, offset: number): unknown {
  if (!(failure instanceof AppendFailure)) return failure;
  return new AppendFailure(failure.reason, offset, failure.cause);
}

/** Whether an error says that there is no more room. */
export function isFull(error: unknown): boolean {
  const { code, message } = Object(error);
  return ["ENOSPC", "EDQUOT", "EFBIG"].includes(code) ||
    /\(os error (28|122|27)\)/.test(String(message));
}
