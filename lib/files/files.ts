/**
 * Files, as all doors use them: they are uploaded, found, read, listed and removed, and capabilities say where they stand. What is
 * part of somebody's transaction is a work. Next for uploads: `uploads.ts`; for who sees what: `access.ts`.
 */
import { CodedError } from "../base/errors.ts";
import { CLOCKS } from "../engines/database/clock.ts";
import type { Database, Work } from "../engines/database/database.ts";
import {
  FileAccess,
  type FileActor,
  invalidFile,
  isId,
  mayRemove,
  unknownFile,
  type UseKind,
} from "./access.ts";
import type { AskAboutFile } from "./acceptance.ts";
import type { Body } from "./incoming.ts";
import { Links } from "./links.ts";
import type { FileCounters } from "./metrics.ts";
import type { FilesConfig } from "./settings.ts";
import type { ByteRange, FileStore } from "./store/file_store.ts";
import { letGo } from "./store/going.ts";
import { factsOf, findRow, storedIn } from "./store/rows.ts";
import { type FilePlace, listFiles } from "./store/listing.ts";
import { addUse, removeUses } from "./store/uses.ts";
import { Sweeper } from "./sweeper.ts";
import type { FileFacts, FileUse, StoredFile, Upload } from "./types.ts";
import {
  type Continuation,
  type PieceLink,
  Uploads,
  type WantedFile,
  type WantedLink,
} from "./uploads.ts";

/** How soon after a use was taken away its file is deleted: the transaction of it has ended by then. */
const AFTER_COMMIT_MS = 1000;

/** How long a link to the store itself lasts: who was sent there goes at once. */
const DIRECT_SECONDS = 300;

export interface FilesParts {
  readonly database: Database;
  readonly store: FileStore;
  readonly config: FilesConfig;
  readonly counters: FileCounters;
  /** What a proxy has before the server's paths. @default nothing */
  readonly basePath?: string;
  ask(): AskAboutFile | undefined;
  now(): number;
  /** Finds out what time it is, where that is not this process' own; it is asked before anything is swept. */
  measure?(): Promise<void>;
}

interface UnuseOptions {
  readonly kept?: readonly string[];
  readonly only?: readonly string[] | undefined;
  readonly isUnused?: boolean;
}

export class Files {
  readonly sweeper: Sweeper;
  readonly links: Links;
  readonly #parts: FilesParts;
  readonly #access: FileAccess;
  readonly #uploads: Uploads;

  constructor(parts: FilesParts) {
    const { database, config, now, basePath = "" } = parts;
    this.#parts = parts;
    this.#access = new FileAccess(now);
    this.links = new Links(parts, { seconds: config.linkSeconds, basePath });
    const { links } = this;
    const onGoing = () => this.sweeper.soon();
    this.#uploads = new Uploads({ ...parts, links, access: this.#access, onGoing });
    const { unusedSeconds } = config;
    this.sweeper = new Sweeper({ ...parts, clock: CLOCKS[database.dialect], unusedSeconds });
  }

  /** How many uploads come right now. */
  get coming(): number {
    return this.#uploads.coming;
  }

  /** Nothing is deleted until disposal: somebody copies the files. */
  holdDeletion(): Disposable {
    return this.sweeper.hold();
  }

  /** Has a capability say who sees what uses files. */
  addKind(name: string, kind: UseKind): void {
    this.#access.addKind(name, kind);
  }

  /** Begins an upload. Resolves with the file where all of it is there: its uploader has begun it before with the same id. */
  begin(actor: FileActor, wanted: WantedFile): Promise<Upload | StoredFile> {
    return this.#uploads.begin(actor, wanted);
  }

  /** How far an upload of the actor's is. */
  upload(actor: FileActor, id: string): Promise<Upload> {
    return this.#uploads.find(actor, id);
  }

  /** Goes on with an upload. What has come is safe when this resolves, and also where it rejects since the body broke off. */
  append(actor: FileActor, id: string, next: Continuation): Promise<Upload> {
    return this.#uploads.append(actor, id, next);
  }

  /** Bytes of a piece that may be brought to the store itself; `undefined` where it takes none. */
  get directBytes(): number | undefined {
    return this.#parts.store.direct?.pieceBytes;
  }

  /** How the next piece of an upload is brought to the store itself. Rejects with `not_found` where it takes none. */
  link(actor: FileActor, id: string, wanted: WantedLink): Promise<PieceLink> {
    return this.#uploads.link(actor, id, wanted);
  }

  /** Makes an upload a file, where all of it is there. Harmless where that was done before. */
  finish(actor: FileActor, id: string): Promise<StoredFile> {
    return this.#uploads.finish(actor, id);
  }

  /** Ends an upload. */
  cancel(actor: FileActor, id: string): Promise<void> {
    return this.#uploads.cancel(actor, id);
  }

  /** Takes a whole file. Where that fails, nothing stays of it. */
  store(actor: FileActor, wanted: WantedFile, body: Body): Promise<StoredFile> {
    return this.#uploads.store(actor, wanted, body);
  }

  /** A file. Rejects with `not_found` where the actor does not see it, as if there was none. */
  async find(actor: FileActor, id: string): Promise<StoredFile> {
    return storedIn(await this.#parts.database.transaction(() => this.#access.find(actor, id)));
  }

  /** A file, by a link to it. Rejects with `not_found` where nobody here has signed it. */
  async findByLink(id: string, signature: string): Promise<StoredFile & { readonly end: number }> {
    const end = isId(id) ? await this.links.endOf(id, signature) : undefined;
    if (end === undefined) throw unknownFile(id);
    const found = await this.#parts.database.transaction(() => findRow(id));
    // The application which is asked about an upload reads it by a link before others do.
    const isThere = found?.state === "stored" || found?.state === "coming" && found.sha256 !== "";
    if (found !== undefined && isThere) return { ...storedIn(found), end };
    throw unknownFile(id);
  }

  /** The path of a link to a file, as seen from outside. `undefined` as long as the database was never reached. */
  linkTo(id: string): string | undefined {
    return this.links.to(id);
  }

  /** The bytes of a file, or a part of them. Rejects with `not_found` where it has gone meanwhile. */
  async read({ id, bytes }: FileFacts, range?: ByteRange) {
    const { store, counters } = this.#parts;
    const stream = await store.read(id, "file", range);
    if (stream === undefined) throw unknownFile(id);
    counters.sent.value += range === undefined ? bytes : range.end - range.start;
    return stream;
  }

  /** A link of some minutes by which the store gives a file out itself, where the settings ask for that. */
  async directLink({ id, type }: FileFacts, disposition: string): Promise<string | undefined> {
    const { store, config } = this.#parts;
    if (config.s3?.isDirect !== true) return undefined;
    return await store.downloadLink?.(id, { seconds: DIRECT_SECONDS, type, disposition });
  }

  /** The actor's files, the latest first: those of the user, or all of the site for an application. */
  async list(
    { site, user }: FileActor,
    page: { readonly limit: number; readonly after?: FilePlace | undefined },
  ): Promise<StoredFile[]> {
    const found = await this.#parts.database.transaction(() => listFiles({ site, user }, page));
    return found.map(storedIn);
  }

  /**
   * Removes a file, wherever it stands. Harmless where the actor sees none of this id: whether it was there once, is another's or never was,
   * nobody learns. Rejects with `forbidden` where the actor sees it, and has no right to that.
   */
  async remove(actor: FileActor, id: string): Promise<void> {
    const [access, at] = [this.#access, this.#parts.now()];
    await this.#parts.database.transaction(function* () {
      const found = yield* access.look(actor, id);
      if (found === undefined) return;
      if (!mayRemove(actor, found)) {
        throw new CodedError("forbidden", "Cannot remove the file: it is another user's");
      }
      yield* letGo(id, at);
    });
    this.sweeper.soon();
  }

  /**
   * Says where a file stands, within the transaction of what uses it. Throws `invalid_field` where the actor does not see the file.
   * From then on it stays until its last use is taken away.
   */
  *use(actor: FileActor, id: string, use: FileUse): Work<FileFacts> {
    const facts = yield* this.check(actor, id);
    const used = yield* addUse(id, use);
    if (used === undefined) throw invalidFile(id);
    return facts;
  }

  /** What is known of a file that the actor wants to use. Throws as {@linkcode Files.use} does. */
  *check(actor: FileActor, id: unknown): Work<FileFacts> {
    if (typeof id !== "string") throw invalidFile(id);
    try {
      return factsOf(yield* this.#access.find(actor, id));
    } catch (error) {
      if (error instanceof CodedError && error.code === "not_found") throw invalidFile(id);
      throw error;
    }
  }

  /**
   * Takes uses away, within the transaction that removes what used files. A file goes with its last use.
   *
   * @param refs which ones of the kind
   * @param options.kept files whose uses stay
   * @param options.only files whose uses go; absent where all do
   * @param options.isUnused whether nothing came of the uses: their files wait for another one, as those that were just uploaded
   */
  *unuse(
    kind: string,
    refs: readonly string[],
    { kept = [], only, isUnused = false }: UnuseOptions = {},
  ): Work<void> {
    const { now, config } = this.#parts;
    const dueAt = isUnused ? now() + config.unusedSeconds * 1000 : undefined;
    const going = yield* removeUses({ kind, refs, kept, only, dueAt }, now());
    if (going > 0) this.sweeper.soon(AFTER_COMMIT_MS);
  }
}
