/** Brings the bytes of an upload to the store: counted, hashed, and no more of them than there may be. */
import type { Hash } from "node:crypto";
import { CodedError } from "../base/errors.ts";
import { Hashes } from "./hashes.ts";
import type { Lease } from "./lease.ts";
import type { FileCounters } from "./metrics.ts";
import type { FilesConfig } from "./settings.ts";
import { refusalOf } from "./store_refusal.ts";
import { AppendFailure, type FileStore } from "./store/file_store.ts";
import type { FileRow } from "./store/rows.ts";

/** The bytes of a body as they come. It ends, or breaks off, soon after the signal aborts. */
export type Body = (signal: AbortSignal) => AsyncIterable<Uint8Array>;

interface Bringing {
  readonly offset: number;
  readonly body: Body;
  readonly signal: AbortSignal;
  /** By which nobody else writes the upload. */
  readonly lease: Lease;
  /** Bytes that there is room for beside those that the uploader has announced. */
  readonly room?: number;
  /** Is told now and then how many bytes are safe by now. */
  onSafe?(offset: number): void;
}

/** How far an upload is after a body, and why no further. */
interface Brought {
  readonly safe: number;
  readonly failure?: unknown;
}

export interface IncomingParts {
  readonly store: FileStore;
  readonly config: FilesConfig;
  readonly counters: FileCounters;
}

export class Incoming {
  readonly hashes: Hashes = new Hashes();
  readonly #parts: IncomingParts;

  constructor(parts: IncomingParts) {
    this.#parts = parts;
  }

  async bring(upload: FileRow, bringing: Bringing): Promise<Brought> {
    const { id } = upload;
    const { offset, onSafe, lease, signal } = bringing;
    const hash = this.hashes.take(id, offset);
    const counting = { bytes: 0 };
    const pieces = this.#pieces(upload, bringing, { hash, counting });
    const { safe, failure } = await this.#append(id, offset, pieces, {
      ...{ signal, sure: () => lease.sure() },
      ...(onSafe && { onSafe }),
    });
    this.#parts.counters.received.value += safe - offset;
    // What was hashed may be more than what is safe, where the store had no more room.
    if (hash !== undefined && counting.bytes === safe - offset) this.hashes.keep(id, hash, safe);
    return { safe, failure };
  }

  async #append(...given: Parameters<FileStore["append"]>): Promise<Brought> {
    try {
      return { safe: await this.#parts.store.append(...given) };
    } catch (error) {
      if (!(error instanceof AppendFailure)) throw error;
      return { safe: error.offset, failure: refusalOf(error) };
    }
  }

  async *#pieces(
    upload: FileRow,
    { offset, body, signal, room = Infinity }: Bringing,
    { hash, counting }: { readonly hash: Hash | undefined; readonly counting: { bytes: number } },
  ): AsyncGenerator<Uint8Array> {
    const most = mostOf(upload, offset, Math.min(this.#parts.config.maxBytes, room));
    for await (const piece of body(signal)) {
      signal.throwIfAborted();
      if (counting.bytes + piece.length > most.bytes) throw most.refusal();
      counting.bytes += piece.length;
      hash?.update(piece);
      yield piece;
    }
    signal.throwIfAborted();
  }
}

/** How many bytes may come, and what is said of more. */
function mostOf({ length }: FileRow, offset: number, room: number) {
  if (length !== undefined) {
    return {
      bytes: length - offset,
      refusal: () =>
        new CodedError("invalid_field", `The body is longer than the ${length} bytes announced`),
    };
  }
  return {
    bytes: room - offset,
    refusal: () =>
      new CodedError("too_large", `Cannot take the file: there is room for ${room} bytes`),
  };
}
