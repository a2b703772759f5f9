/** Brings the bytes of an upload to the store: counted, hashed, and no more of them than there may be. */
import type { Hash } from "node:crypto";
import { getLogger } from "@logtape/logtape";
import { CodedError } from "../base/errors.ts";
import { reasonOf } from "../base/reason.ts";
import type { Database } from "../engines/database/database.ts";
import { Hashes } from "./hashes.ts";
import type { FileCounters } from "./metrics.ts";
import type { FilesConfig } from "./settings.ts";
import { AppendFailure, type FileStore } from "./store/file_store.ts";
import { type FileRow, findRow } from "./store/rows.ts";
import { keepUpload } from "./store/uploads.ts";

const log = getLogger(["notifyli", "files"]);

/** The bytes of a body as they come. It ends, or breaks off, soon after the signal aborts. */
export type Body = (signal: AbortSignal) => AsyncIterable<Uint8Array>;

interface Bringing {
  readonly offset: number;
  readonly body: Body;
  readonly signal: AbortSignal;
  /** Whether it was begun by another request, maybe on another node. */
  readonly isResumed: boolean;
  /** Bytes that there is room for beside those that the uploader has announced. */
  readonly room?: number;
  /** Notes how much is safe, where the store can have that done before anybody else goes on with the upload. */
  readonly noted?: (safe: number) => Promise<void>;
}

/** How far an upload is after a body, and why no further. */
interface Brought {
  readonly safe: number;
  readonly failure?: unknown;
}

export interface IncomingParts {
  readonly database: Database;
  readonly store: FileStore;
  readonly config: FilesConfig;
  readonly counters: FileCounters;
  now(): number;
}

export class Incoming {
  readonly hashes: Hashes = new Hashes();
  readonly #parts: IncomingParts;

  constructor(parts: IncomingParts) {
    this.#parts = parts;
  }

  async bring(upload: FileRow, bringing: Bringing): Promise<Brought> {
    const { id } = upload;
    const { offset } = bringing;
    const hash = this.hashes.take(id, offset);
    const counting = { bytes: 0 };
    const pieces = this.#pieces(upload, bringing, { hash, counting });
    const { safe, failure } = await this.#append(id, { offset, noted: bringing.noted }, pieces);
    this.#parts.counters.received.value += safe - offset;
    // What was hashed may be more than what is safe, where the store had no more room.
    if (hash !== undefined && counting.bytes === safe - offset) this.hashes.keep(id, hash, safe);
    return { safe, failure };
  }

  async #append(
    id: string,
    { offset, noted }: Pick<Bringing, "offset"> & { noted: Bringing["noted"] | undefined },
    pieces: AsyncIterable<Uint8Array>,
  ): Promise<Brought> {
    try {
      return { safe: await this.#parts.store.append(id, offset, pieces, noted) };
    } catch (error) {
      if (!(error instanceof AppendFailure)) throw error;
      return { safe: error.offset, failure: refusalOf(error) };
    }
  }

  async *#pieces(
    upload: FileRow,
    { offset, body, signal, isResumed, room = Infinity }: Bringing,
    { hash, counting }: { readonly hash: Hash | undefined; readonly counting: { bytes: number } },
  ): AsyncGenerator<Uint8Array> {
    if (isResumed) await this.#requireUnmoved(upload.id, offset);
    const most = mostOf(upload, offset, Math.min(this.#parts.config.maxBytes, room));
    const keeping = new Keeping(this.#parts, upload.id);
    for await (const piece of body(signal)) {
      signal.throwIfAborted();
      if (counting.bytes + piece.length > most.bytes) throw most.refusal();
      counting.bytes += piece.length;
      hash?.update(piece);
      keeping.goOn();
      yield piece;
    }
    signal.throwIfAborted();
  }

  /** The store lets nobody else go on with the upload from now on; whoever did so before has moved its row. */
  async #requireUnmoved(id: string, offset: number): Promise<void> {
    const found = await this.#parts.database.transaction(() => findRow(id));
    if (found?.state === "coming" && found.offset === offset) return;
    throw new CodedError("offset_mismatch", "Somebody else has gone on with the upload");
  }
}

/** Keeps an upload that takes long from being thrown away as one that nobody goes on with. */
class Keeping {
  readonly #parts: IncomingParts;
  readonly #id: string;
  readonly #ms: number;
  #notedAt = performance.now();

  constructor(parts: IncomingParts, id: string) {
    this.#parts = parts;
    this.#id = id;
    this.#ms = parts.config.unusedSeconds * 1000;
  }

  goOn(): void {
    const now = performance.now();
    if (now - this.#notedAt < this.#ms / 4) return;
    this.#notedAt = now;
    const dueAt = this.#parts.now() + this.#ms;
    this.#parts.database.transaction(() => keepUpload(this.#id, dueAt))
      .catch(() => {}); // the next piece tries again
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

function refusalOf(failure: AppendFailure): unknown {
  const { reason, cause } = failure;
  switch (reason) {
    case "body":
      if (cause instanceof CodedError) return cause;
      return new CodedError("invalid_field", "The body did not come whole", { cause });
    case "busy":
      return new CodedError(
        "offset_mismatch",
        "Somebody else goes on with the upload right now: try again",
        { cause: failure },
      );
    case "full":
      log.error("there is no room for files: {reason}", { reason: reasonOf(cause) });
      return new CodedError("storage_full", "The server has no room for files right now", {
        cause: failure,
      });
    case "store":
      log.error("files cannot be kept: {reason}", { reason: reasonOf(cause) });
      return new CodedError("unavailable", "The files of the server cannot be used right now", {
        ...{ cause: failure, isAlone: true },
      });
  }
}
