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
import { type Body, Incoming } from "./incoming.ts";
import { deleteLate } from "./late_writes.ts";
import type { Links } from "./links.ts";
import type { FileCounters } from "./metrics.ts";
import { cleanName } from "./names.ts";
import type { FilesConfig } from "./settings.ts";
import { AppendFailure, type FileStore, type StoreRequest } from "./store/file_store.ts";
import { letGo, letGoComing } from "./store/going.ts";
import type { Holder } from "./store/leases.ts";
import { type FileRow, findRow, storedIn, uploadIn } from "./store/rows.ts";
import { beginUpload, type BegunUpload, moveUpload, noteLink, noteSafe } from "./store/uploads.ts";
import { type Find, isOfStore, type Leased, Turns } from "./turns.ts";
import type { StoredFile, Upload } from "./types.ts";

/** How often it is noted at the most how far an upload is that still comes. */
const NOTE_MS = 1000;

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
  readonly #parts: UploadParts;
  readonly #turns: Turns;
  readonly #incoming: Incoming;
  readonly #acceptance: Acceptance;

  constructor(parts: UploadParts) {
    const { unusedSeconds } = parts.config;
    this.#parts = parts;
    this.#turns = new Turns({ ...parts, unusedSeconds, onLost: (id) => deleteLate(id, parts) });
    this.#incoming = new Incoming(parts);
    this.#acceptance = new Acceptance(parts, this.#incoming.hashes);
  }

  /** How many come right now. */
  get coming(): number {
    return this.#turns.size;
  }

  /** Begins an upload. Resolves with the file where all of it is there: its uploader has begun it before with the same id. */
  async begin(actor: FileActor, wanted: WantedFile): Promise<Upload | StoredFile> {
    const { found } = await this.#begin(actor, wanted);
    return found.state === "stored" ? storedIn(found) : uploadIn(found);
  }

  /** How far an upload is. What goes on with it, on any node, is told to stop, so that this stays true. */
  async find(actor: FileActor, id: string): Promise<Upload> {
    const find = this.#finder(actor, id);
    const found = await this.#turns.settled(id, find);
    if (!this.#mayHaveArrived(found)) return uploadIn(found);
    return await this.#turns.alone(
      id,
      find,
      async (found) => uploadIn(await this.#withArrived(found)),
    );
  }

  /** How the next piece of an upload comes to the store itself. What goes on with the upload is told to stop. */
  async link(actor: FileActor, id: string, { offset, sha256 }: WantedLink): Promise<PieceLink> {
    const { store: { direct }, database, counters, now } = this.#parts;
    if (direct === undefined) {
      throw new CodedError("not_found", "There are no links: the server takes all bytes itself");
    }
    return await this.#turns.alone(id, this.#finder(actor, id), async (before) => {
      const found = await this.#withArrived(before);
      requireOffset(found, offset);
      const { length = 0 } = found;
      if (found.state === "stored" || offset >= length || offset % direct.pieceBytes !== 0) {
        const allowed = `a multiple of ${direct.pieceBytes} below the length of the upload`;
        throw invalid("offset", offset, allowed);
      }
      const expiresAt = now() + LINK_MS;
      const noted = { offset, until: expiresAt + LATE_MS, dueAt: this.#dueAt() };
      // The row knows of the link before anybody has it.
      const { holder } = this.#turns;
      const linked = await database.transaction(() => noteLink(id, noted, holder));
      if (linked === undefined) throw interrupted();
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
    return await this.#turns.alone(id, this.#finder(actor, id), async (found, leased) => {
      requireOffset(found, offset);
      if (leased === undefined) return uploadIn(found);
      const onSafe = this.#noting(id);
      const brought = await this.#incoming.bring(found, { offset, body, onSafe, ...leased });
      const mayBeLate = brought.failure !== undefined && isOfStore(brought.failure);
      const noted = { to: brought.safe, dueAt: this.#dueAt(), mayBeLate };
      const moved = await this.#parts.database.transaction(() =>
        moveUpload(id, noted, this.#turns.holder)
      );
      if (moved !== undefined) await leased.lease.ended();
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
        this.#turns.alone(id, this.#finder(actor, id), async (found, leased) => {
          if (leased === undefined) return storedIn(found);
          // Of an empty file nothing has come that would be in the store.
          if (found.offset === 0) await this.#bringNothing(found, leased);
          return await this.#accept(found, leased);
        }),
      (error) => isRefusal(error),
    );
  }

  /** Takes a whole file. Where that fails, nothing stays of it. */
  async store(actor: FileActor, wanted: WantedFile, body: Body): Promise<StoredFile> {
    const askedAt = performance.now();
    const begun = await this.#beginAnew(actor, wanted);
    const { found } = begun;
    if (found.state === "stored") return storedIn(found);
    return await this.#orGone(
      found.id,
      () =>
        this.#turns.aloneSince(found.id, askedAt, async (leased) => {
          // Another request with the same id may have ended it already.
          if (wanted.ownId !== undefined) await this.#requireComing(found.id);
          const { room } = begun;
          const { safe, failure } = await this.#incoming.bring(found, {
            ...{ offset: 0, body, room, ...leased },
          });
          if (failure !== undefined) throw failure;
          requireWhole(found, safe);
          return await this.#accept({ ...found, offset: safe }, leased);
        }),
      () => true,
    );
  }

  /** Ends an upload. */
  async cancel(actor: FileActor, id: string): Promise<void> {
    await this.#parts.database.transaction(this.#finder(actor, id));
    await this.#turns.interrupt(id, () => this.#letGo(id));
  }

  /** Notes how far an upload is while it comes, so that a crash takes little of it. */
  #noting(id: string): (offset: number) => void {
    const { database } = this.#parts;
    let [notedAt, isNoting] = [-Infinity, false];
    return (offset) => {
      if (isNoting || performance.now() < notedAt + NOTE_MS) return;
      isNoting = true;
      database.transaction(() => noteSafe(id, offset, this.#turns.holder))
        .catch(() => {}) // the next time, or in the end
        .finally(() => [notedAt, isNoting] = [performance.now(), false]);
    };
  }

  async #bringNothing(found: FileRow, leased: Leased): Promise<void> {
    const body = () => ReadableStream.from<Uint8Array>([]);
    const { failure } = await this.#incoming.bring(found, { offset: 0, body, ...leased });
    if (failure !== undefined) throw failure;
  }

  async #accept(found: FileRow, { lease }: Leased): Promise<StoredFile> {
    const file = await this.#acceptance.accept(found, this.#turns.holder);
    await lease.ended();
    return file;
  }

  /** @param holder who goes on with it at once */
  async #begin(actor: FileActor, wanted: WantedFile, holder?: Holder): Promise<BegunUpload> {
    const { config, database, now } = this.#parts;
    const { length, ownId, metadata } = wanted;
    if (length !== undefined && length > config.maxBytes) throw tooLarge(length, config.maxBytes);
    const [name, created] = [cleanName(wanted.name), now()];
    const begun = await database.transaction(() =>
      beginUpload({
        ...{ id: newFileId(), site: actor.site, owner: actor.user },
        ...{ name, length, ownId, metadata, now: created, dueAt: this.#dueAt() },
        holder,
      }, config)
    );
    if (!begun.isNew) requireSame(begun.found, { name, length, ownId });
    return begun;
  }

  /** What was begun with the same id, and is not there yet, is begun again: nobody goes on with a body that comes whole. */
  async #beginAnew(actor: FileActor, wanted: WantedFile): Promise<BegunUpload> {
    for (;;) {
      const begun = await this.#begin(actor, wanted, this.#turns.holder);
      if (begun.isNew || begun.found.state === "stored") return begun;
      await this.#endComing(begun.found.id);
    }
  }

  /** Ends an upload, unless it has become a file meanwhile: whoever has sent it may have been told so. */
  async #endComing(id: string): Promise<void> {
    await this.#turns.interrupt(id, () => this.#letGoComing(id));
  }

  async #requireComing(id: string): Promise<void> {
    const found = await this.#parts.database.transaction(() => findRow(id));
    if (found?.state !== "coming") throw interrupted();
  }

  #mayHaveArrived({ state, offset, length, linkUntil }: FileRow): boolean {
    return this.#parts.store.direct !== undefined && state === "coming" &&
      linkUntil !== undefined && offset !== length;
  }

  /** What was brought to the store itself counts from when somebody asks for it. */
  async #withArrived(found: FileRow): Promise<FileRow> {
    const { store: { direct }, database, counters } = this.#parts;
    const { id, offset, length = 0 } = found;
    if (direct === undefined || !this.#mayHaveArrived(found)) return found;
    const there = await direct.arrived(id, length);
    if (there <= offset) return found;
    const moved = await database.transaction(() => noteSafe(id, there, this.#turns.holder));
    if (moved === undefined) throw interrupted();
    counters.received.value += there - offset;
    return moved;
  }

  #finder(actor: FileActor, id: string): Find {
    return () => this.#parts.access.findUpload(actor, id);
  }

  /**
   * Does something with an upload, and has it go where that fails for good. What has become a file before that stays: whoever
   * asked with the same id may have been told of it.
   */
  async #orGone<Result>(
    id: string,
    work: () => Promise<Result>,
    isForGood: (error: unknown) => boolean,
  ): Promise<Result> {
    try {
      return await work();
    } catch (error) {
      // Where the database cannot be used, the upload goes when it is due.
      if (isForGood(error)) await this.#letGoComing(id).catch(() => {});
      throw error;
    }
  }

  async #letGo(id: string): Promise<void> {
    const now = this.#parts.now();
    this.#incoming.hashes.delete(id);
    await this.#parts.database.transaction(() => letGo(id, now));
    this.#parts.onGoing();
  }

  async #letGoComing(id: string): Promise<void> {
    const now = this.#parts.now();
    this.#incoming.hashes.delete(id);
    await this.#parts.database.transaction(() => letGoComing(id, now));
    this.#parts.onGoing();
  }

  #dueAt(): number {
    return this.#parts.now() + this.#parts.config.unusedSeconds * 1000;
  }
}

function interrupted(): CodedError {
  return new CodedError("offset_mismatch", "Somebody else has gone on with the upload");
}

/** Never one that a command would take for an option. */
function newFileId(): string {
  for (;;) {
    const id = randomBase64Url(ID_BYTES);
    if (!id.startsWith("-")) return id;
  }
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
