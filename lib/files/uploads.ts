/**
 * Takes uploads: counts them for the limits, brings their bytes to the store, and makes them files once all is there. A row is
 * there before the bytes, and says "stored" after them, so that a crash leaves nothing that nobody knows of. Next for the
 * bytes: `incoming.ts`; for what they are: `acceptance.ts`.
 */
import { CodedError } from "../base/errors.ts";
import { invalid } from "../base/fields.ts";
import { randomBase64Url } from "../base/ids.ts";
import type { Database } from "../engines/database/database.ts";
import type { FileAccess, FileActor } from "./access.ts";
import { Acceptance, type AskAboutFile } from "./acceptance.ts";
import { ActiveUploads } from "./active_uploads.ts";
import { type Body, Incoming } from "./incoming.ts";
import type { Links } from "./links.ts";
import type { FileCounters } from "./metrics.ts";
import { cleanName } from "./names.ts";
import type { FilesConfig } from "./settings.ts";
import { AppendFailure, type FileStore, type StoreRequest } from "./store/file_store.ts";
import { letGo, letGoComing } from "./store/going.ts";
import { type FileRow, findRow, storedIn, uploadIn } from "./store/rows.ts";
import { beginUpload, type BegunUpload, moveUpload, noteLink } from "./store/uploads.ts";
import type { StoredFile, Upload } from "./types.ts";

/** 22 characters. */
const ID_BYTES = 16;

/** How long a link to the store can be used, and how long after that the last bytes of a piece may come. */
const LINK_MS = 15 * 60_000;
const LATE_MS = 15 * 60_000;

/** What somebody wants to upload. */
export interface WantedFile {
  /** As the uploader calls it; it is cleaned. */
  readonly name: string | undefined;
  /** Bytes in all, where they are known. */
  readonly length?: number | undefined;
  /** The uploader's own id for it: the same again is the same file. */
  readonly ownId?: string | undefined;
  /** What the client says of it, to be told again. */
  readonly metadata?: string | undefined;
}

/** A piece that somebody wants to bring to the store itself. */
export interface WantedLink {
  /** Bytes that were there before. */
  readonly offset: number;
  /** Of the piece, hexadecimal. */
  readonly sha256: string;
}

export interface PieceLink {
  readonly offset: number;
  /** Those of the piece. */
  readonly bytes: number;
  readonly request: StoreRequest;
  /** Unix milliseconds. */
  readonly expiresAt: number;
}

/** What goes on with an upload. */
export interface Continuation {
  /** Bytes that were safe before. */
  readonly offset: number;
  readonly body: Body;
}

export interface UploadParts {
  readonly database: Database;
  readonly store: FileStore;
  readonly access: FileAccess;
  readonly config: FilesConfig;
  readonly counters: FileCounters;
  readonly links: Links;
  /** Asks the application about a file; `undefined` where it wants no such questions. */
  ask(): AskAboutFile | undefined;
  now(): number;
  /** Something is to be deleted. */
  onGoing(): void;
}

export class Uploads {
  readonly active: ActiveUploads = new ActiveUploads();
  readonly #parts: UploadParts;
  readonly #incoming: Incoming;
  readonly #acceptance: Acceptance;

  constructor(parts: UploadParts) {
    this.#parts = parts;
    this.#incoming = new Incoming(parts);
    this.#acceptance = new Acceptance(parts, this.#incoming.hashes);
  }

  /** Begins an upload. Resolves with the file where all of it is there: its uploader has begun it before with the same id. */
  async begin(actor: FileActor, wanted: WantedFile): Promise<Upload | StoredFile> {
    const { found } = await this.#begin(actor, wanted);
    return found.state === "stored" ? storedIn(found) : uploadIn(found);
  }

  /** How far an upload is. What goes on with it is told to stop, so that this stays true. */
  async find(actor: FileActor, id: string): Promise<Upload> {
    return await this.#alone(
      actor,
      id,
      async () => uploadIn(await this.#withArrived(await this.#find(actor, id))),
    );
  }

  /** How the next piece of an upload comes to the store itself. What goes on with the upload is told to stop. */
  async link(actor: FileActor, id: string, { offset, sha256 }: WantedLink): Promise<PieceLink> {
    const { store: { direct }, database, counters, now } = this.#parts;
    if (direct === undefined) {
      throw new CodedError("not_found", "There are no links: the server takes all bytes itself");
    }
    return await this.#alone(actor, id, async () => {
      const found = await this.#withArrived(await this.#find(actor, id));
      requireOffset(found, offset);
      const { length = 0 } = found;
      if (found.state === "stored" || offset >= length || offset % direct.pieceBytes !== 0) {
        const allowed = `a multiple of ${direct.pieceBytes} below the length of the upload`;
        throw invalid("offset", offset, allowed);
      }
      const expiresAt = now() + LINK_MS;
      const noted = { offset, until: expiresAt + LATE_MS, dueAt: this.#dueAt() };
      // The row knows of the link before anybody has it.
      if (await database.transaction(() => noteLink(id, noted)) === undefined) throw interrupted();
      const bytes = Math.min(direct.pieceBytes, length - offset);
      const index = offset / direct.pieceBytes;
      const seconds = LINK_MS / 1000;
      const request = await direct.link(id, { index, bytes, sha256, seconds });
      counters.links.value++;
      return { offset, bytes, request, expiresAt };
    });
  }

  /**
   * Goes on with an upload. Resolves once what has come is safe. Where the body breaks off, what came before is kept, and it
   * rejects.
   */
  async append(actor: FileActor, id: string, { offset, body }: Continuation): Promise<Upload> {
    return await this.#alone(actor, id, async (signal) => {
      const found = await this.#find(actor, id);
      requireOffset(found, offset);
      if (found.state === "stored") return uploadIn(found);
      let moving: { readonly row: FileRow | undefined } | undefined;
      const noted = async (to: number) => {
        const dueAt = this.#dueAt();
        const row = await this.#parts.database.transaction(() =>
          moveUpload(id, { from: offset, to, dueAt })
        );
        moving = { row };
      };
      const brought = await this.#incoming.bring(found, {
        ...{ offset, body, signal, noted, isResumed: true },
      });
      if (moving === undefined) await noted(brought.safe);
      const moved = moving?.row;
      if (moved === undefined) await this.#deleteIfForgotten(id);
      if (brought.failure !== undefined) throw brought.failure;
      if (moved !== undefined) return uploadIn(moved);
      throw interrupted();
    });
  }

  /** Makes an upload a file, where all of it is there. A refusal ends the upload; a failure leaves it, to be tried again. */
  async finish(actor: FileActor, id: string): Promise<StoredFile> {
    return await this.#orGone(
      id,
      () =>
        this.#alone(actor, id, async (signal) => {
          const found = await this.#find(actor, id);
          // Of an empty file nothing has come that would be in the store.
          if (found.state === "coming" && found.offset === 0) {
            await this.#bringNothing(found, signal);
          }
          return await this.#acceptance.accept(found);
        }),
      (error) => isRefusal(error),
    );
  }

  /** Takes a whole file. Where that fails, nothing stays of it. */
  async store(actor: FileActor, wanted: WantedFile, body: Body): Promise<StoredFile> {
    const begun = await this.#beginAnew(actor, wanted);
    const { found } = begun;
    if (found.state === "stored") return storedIn(found);
    return await this.#orGone(
      found.id,
      () =>
        this.active.alone(found.id, async (signal) => {
          const { safe, failure } = await this.#incoming.bring(found, {
            ...{ offset: 0, body, signal, room: begun.room },
            // Another request with the same id may have ended it already.
            isResumed: wanted.ownId !== undefined,
          });
          if (failure !== undefined) throw failure;
          requireWhole(found, safe);
          return await this.#acceptance.accept({ ...found, offset: safe });
        }),
      () => true,
    );
  }

  /** Ends an upload. */
  async cancel(actor: FileActor, id: string): Promise<void> {
    await this.#alone(actor, id, () => this.#find(actor, id));
    await this.#letGo(id);
  }

  /** Works on an upload alone. Nobody but its uploader interrupts who works on it. */
  async #alone<Result>(
    actor: FileActor,
    id: string,
    work: (signal: AbortSignal) => Promise<Result>,
  ): Promise<Result> {
    if (this.active.has(id)) await this.#find(actor, id);
    return await this.active.alone(id, work);
  }

  /** Another node may have ended the upload, and deleted what had come before this. */
  async #deleteIfForgotten(id: string): Promise<void> {
    const { database, store } = this.#parts;
    if (await database.transaction(() => findRow(id)) === undefined) await store.delete(id);
  }

  async #bringNothing(found: FileRow, signal: AbortSignal): Promise<void> {
    const body = () => ReadableStream.from<Uint8Array>([]);
    const { failure } = await this.#incoming.bring(found, {
      ...{ offset: 0, body, signal, isResumed: true },
    });
    if (failure !== undefined) throw failure;
  }

  async #begin(actor: FileActor, wanted: WantedFile): Promise<BegunUpload> {
    const { config, database, now } = this.#parts;
    const { length, ownId, metadata } = wanted;
    if (length !== undefined && length > config.maxBytes) throw tooLarge(length, config.maxBytes);
    const [name, created] = [cleanName(wanted.name), now()];
    const begun = await database.transaction(() =>
      beginUpload({
        ...{ id: randomBase64Url(ID_BYTES), site: actor.site, owner: actor.user },
        ...{ name, length, ownId, metadata, now: created, dueAt: this.#dueAt() },
      }, config)
    );
    if (!begun.isNew) requireSame(begun.found, { name, length, ownId });
    return begun;
  }

  /** What was begun with the same id, and is not there yet, is begun again: nobody goes on with a body that comes whole. */
  async #beginAnew(actor: FileActor, wanted: WantedFile): Promise<BegunUpload> {
    for (;;) {
      const begun = await this.#begin(actor, wanted);
      if (begun.isNew || begun.found.state === "stored") return begun;
      await this.#endComing(begun.found.id);
    }
  }

  /** Ends an upload, unless it has become a file meanwhile: whoever has sent it may have been told so. */
  async #endComing(id: string): Promise<void> {
    const { database, now, onGoing } = this.#parts;
    await this.active.alone(id, () => database.transaction(() => letGoComing(id, now())));
    this.#incoming.hashes.delete(id);
    onGoing();
  }

  /** What was brought to the store itself counts from when somebody asks for it. */
  async #withArrived(found: FileRow): Promise<FileRow> {
    const { store: { direct }, database, counters } = this.#parts;
    const { id, state, offset, length = 0, linkUntil } = found;
    const isLinked = state === "coming" && linkUntil !== undefined;
    if (direct === undefined || !isLinked || offset === length) return found;
    const there = await direct.arrived(id, length);
    if (there <= offset) return found;
    const move = { from: offset, to: there, dueAt: this.#dueAt() };
    const moved = await database.transaction(() => moveUpload(id, move));
    if (moved === undefined) throw interrupted();
    counters.received.value += there - offset;
    return moved;
  }

  async #find(actor: FileActor, id: string): Promise<FileRow> {
    const { access, database } = this.#parts;
    return await database.transaction(() => access.findUpload(actor, id));
  }

  /** Does something with an upload, and has it go where that fails for good. */
  async #orGone<Result>(
    id: string,
    work: () => Promise<Result>,
    isForGood: (error: unknown) => boolean,
  ): Promise<Result> {
    try {
      return await work();
    } catch (error) {
      // Where the database cannot be used, the upload goes when it is due.
      if (isForGood(error)) await this.#letGo(id).catch(() => {});
      throw error;
    }
  }

  async #letGo(id: string): Promise<void> {
    const now = this.#parts.now();
    this.#incoming.hashes.delete(id);
    await this.#parts.database.transaction(() => letGo(id, now));
    this.#parts.onGoing();
  }

  #dueAt(): number {
    return this.#parts.now() + this.#parts.config.unusedSeconds * 1000;
  }
}

function interrupted(): CodedError {
  return new CodedError("offset_mismatch", "Somebody else has gone on with the upload");
}

function requireOffset({ state, offset, length }: FileRow, given: number): void {
  const there = state === "stored" ? length : offset;
  if (given === there) return;
  throw new CodedError(
    "offset_mismatch",
    `Cannot go on from ${given}: the upload is at ${there} bytes`,
  );
}

/** Refuses another file under an id that its uploader has used: it would be lost, and taken for the first one. */
function requireSame(found: FileRow, { name, length, ownId }: WantedFile): void {
  const isAsLong = length === undefined || found.length === undefined || length === found.length;
  if (name === found.name && isAsLong) return;
  throw new CodedError(
    "id_taken",
    `Cannot take the file: another one, of another name or length, has the id ${
      JSON.stringify(ownId)
    }`,
    { field: "id" },
  );
}

function requireWhole({ length }: FileRow, safe: number): void {
  if (length === undefined || length === safe) return;
  throw new CodedError(
    "invalid_field",
    `The body did not come whole: it has ${safe} of ${length} bytes`,
  );
}

function tooLarge(length: number, most: number): CodedError {
  return new CodedError(
    "too_large",
    `Cannot take ${length} bytes: the limit of a file is ${most} bytes`,
  );
}

/** Whether an upload is refused for what it is: then it would be refused again. */
function isRefusal(error: unknown): boolean {
  return error instanceof CodedError && !(error.cause instanceof AppendFailure) &&
    ["too_large", "type_denied", "storage_full", "file_refused", "invalid_field"].includes(
      error.code,
    );
}
