/**
 * Makes an upload a file once all of its bytes are there: finds out what it is, takes out where a picture was taken, asks the
 * application, and says last of all that the file is there. Each step may be done again after a crash.
 */
import { createHash } from "node:crypto";
import { CodedError } from "../base/errors.ts";
import type { Database } from "../engines/database/database.ts";
import { inspect, type Inspected } from "./content/inspect.ts";
import { withoutLocation } from "./content/location.ts";
import type { Hashes } from "./hashes.ts";
import type { Links } from "./links.ts";
import type { FileCounters } from "./metrics.ts";
import type { FilesConfig } from "./settings.ts";
import { AppendFailure, type ByteRange, type FileStore } from "./store/file_store.ts";
import type { Holder } from "./store/leases.ts";
import { type FileRow, storedIn } from "./store/rows.ts";
import { acceptUpload, describeUpload } from "./store/uploads.ts";
import { refusalOf } from "./store_refusal.ts";
import type { FileFacts, StoredFile } from "./types.ts";

/** Asks whether a file is taken. Rejects with `file_refused`, or with `unavailable` where nobody answers. */
export type AskAboutFile = (file: StoredFile, url: string) => Promise<void>;

export interface AcceptanceParts {
  readonly database: Database;
  readonly store: FileStore;
  readonly config: FilesConfig;
  readonly counters: FileCounters;
  /** Links to files, by which the application that is asked reads one before others do. */
  readonly links: Links;
  ask(): AskAboutFile | undefined;
  now(): number;
}

export class Acceptance {
  readonly #parts: AcceptanceParts;
  readonly #hashes: Hashes;

  constructor(parts: AcceptanceParts, hashes: Hashes) {
    this.#parts = parts;
    this.#hashes = hashes;
  }

  /** @param holder who has leased the upload */
  async accept(upload: FileRow, holder: Holder): Promise<StoredFile> {
    requireAll(upload);
    const facts = await this.#complete(upload);
    await this.#ask(upload, facts);
    const { database, config, counters, now } = this.#parts;
    const dueAt = now() + config.unusedSeconds * 1000;
    const noted = { uploaded: upload.offset, dueAt, holder };
    const stored = await database.transaction(() => acceptUpload(facts, noted, config));
    if (stored === undefined) {
      throw new CodedError(
        "offset_mismatch",
        "Somebody else has ended the upload, or goes on with it",
      );
    }
    counters.stored.value++;
    return storedIn(stored);
  }

  /** Has the store make the upload the file, with the bytes that it is given out with. */
  async #complete(upload: FileRow): Promise<FileFacts> {
    const { store, config } = this.#parts;
    const { id, name, offset: bytes, linkUntil } = upload;
    const isLinked = linkUntil !== undefined;
    if (isLinked) await this.#fix(id, bytes);
    const read = (range: ByteRange) => this.#read(upload, range);
    const what = await inspect(read, bytes, { name, pixels: config.pixels });
    this.#requireType(what);
    const rewritten = await withoutLocation(what.type, this.#all(upload), read);
    if (rewritten !== undefined) {
      const counted = new Counted(rewritten, (there) => requireBytes(id, there, bytes));
      await written(store.put(id, "file", counted));
      this.#hashes.delete(id);
      return { id, name, ...what, bytes: counted.bytes, sha256: counted.sha256 };
    }
    const sha256 = await this.#sha256(upload);
    if (!isLinked) await written(store.complete(id, bytes));
    return { id, name, ...what, bytes, sha256 };
  }

  /**
   * Makes the upload the file before it is looked at: whoever has links to its pieces can bring others in their place, but changes
   * nothing of the file. Where that was done before, what is there of the upload is of later than that.
   */
  async #fix(id: string, bytes: number): Promise<void> {
    const { store } = this.#parts;
    this.#hashes.delete(id);
    const found = await store.read(id, "file", { start: 0, end: 0 });
    await found?.cancel();
    if (found === undefined) await written(store.complete(id, bytes));
  }

  async #ask(upload: FileRow, facts: FileFacts): Promise<void> {
    const { database, links } = this.#parts;
    const ask = this.#parts.ask();
    if (ask === undefined) return;
    await database.transaction(() => describeUpload(facts));
    await ask(storedIn({ ...upload, ...facts }), await links.loaded(facts.id));
  }

  #requireType({ type }: Inspected): void {
    const { types } = this.#parts.config;
    const group = `${type.split("/")[0]}/*`;
    if (types.length === 0 || types.includes(type) || types.includes(group)) return;
    throw new CodedError(
      "type_denied",
      `Cannot take a file of the type ${type}: allowed is ${types.join(", ")}`,
    );
  }

  async #sha256(upload: FileRow): Promise<string> {
    const { id, offset: bytes } = upload;
    const known = this.#hashes.take(id, bytes);
    if (known !== undefined) return known.digest("hex");
    const counted = new Counted(this.#all(upload), (there) => requireBytes(id, there, bytes));
    for await (const _piece of counted);
    return counted.sha256;
  }

  async #read(upload: FileRow, range: ByteRange): Promise<Uint8Array> {
    return new Uint8Array(await new Response(await this.#open(upload, range)).arrayBuffer());
  }

  async *#all(upload: FileRow): AsyncGenerator<Uint8Array> {
    yield* await this.#open(upload, { start: 0, end: upload.offset });
  }

  /** What is the file already, where links were given, or a crash came after that. */
  async #open(
    { id, linkUntil }: FileRow,
    range: ByteRange,
  ): Promise<ReadableStream<Uint8Array<ArrayBuffer>>> {
    const { store } = this.#parts;
    const upload = linkUntil === undefined ? await store.read(id, "upload", range) : undefined;
    const found = upload ?? await store.read(id, "file", range);
    if (found !== undefined) return found;
    throw new CodedError("unavailable", `The bytes of the upload ${id} are not in the store`, {
      isAlone: true,
    });
  }
}

/** Says in a code why a store could not write. */
async function written(writing: Promise<void>): Promise<void> {
  try {
    await writing;
  } catch (error) {
    if (!(error instanceof AppendFailure)) throw error;
    throw error.reason === "body" ? error.cause : refusalOf(error);
  }
}

/** Bytes on their way, counted and hashed. */
class Counted implements AsyncIterable<Uint8Array> {
  bytes = 0;
  sha256 = "";
  readonly #bytes: AsyncIterable<Uint8Array>;
  readonly #check: (bytes: number) => void;

  /** @param check is given how many there were, and throws where that is wrong */
  constructor(bytes: AsyncIterable<Uint8Array>, check: (bytes: number) => void) {
    this.#bytes = bytes;
    this.#check = check;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    const hash = createHash("sha256");
    for await (const piece of this.#bytes) {
      this.bytes += piece.length;
      hash.update(piece);
      yield piece;
    }
    this.#check(this.bytes);
    this.sha256 = hash.digest("hex");
  }
}

/** Whatever became of the store: no file is accepted of which a part is missing. */
function requireBytes(id: string, there: number, bytes: number): void {
  if (there === bytes) return;
  throw new CodedError(
    "unavailable",
    `Of the upload ${id} the store has ${there} bytes, and not ${bytes}`,
    { isAlone: true },
  );
}

function requireAll({ length, offset }: FileRow): void {
  if (length === undefined || length === offset) return;
  throw new CodedError(
    "offset_mismatch",
    `The upload is not all there: it has ${offset} of ${length} bytes`,
  );
}
