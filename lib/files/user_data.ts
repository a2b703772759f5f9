/** What is kept of a user's files: the export names each one with a link to it, and the erasure removes all of them. */
import { inSeconds } from "../base/times.ts";
import type { DataRecord, DataSubject, ErasedPart, UserData } from "../core/user_data.ts";
import type { Database } from "../engines/database/database.ts";
import type { Files } from "./files.ts";
import { letGoOf } from "./store/going.ts";
import type { FilePlace } from "./store/listing.ts";
import { fileOnWire } from "./wire.ts";

/** How many files are read at once. */
const AT_ONCE = 500;

export class FileData implements UserData {
  readonly #files: Files;
  readonly #database: Database;
  readonly #now: () => number;

  constructor(files: Files, database: Database, now: () => number) {
    this.#files = files;
    this.#database = database;
    this.#now = now;
  }

  async *export(subject: DataSubject): AsyncGenerator<DataRecord> {
    let after: FilePlace | undefined;
    for (;;) {
      const found = await this.#files.list(subject, { limit: AT_ONCE, after });
      for (const file of found) {
        const shown = fileOnWire(file, this.#files.linkTo(file.id));
        // What a file is called on the wire as its type is its media type, and a record's type is its noun.
        const { type: media_type, ...rest } = shown;
        yield { ...rest, media_type, created_at: inSeconds(file.createdAt), type: "file" };
      }
      after = found.at(-1);
      if (found.length < AT_ONCE) return;
    }
  }

  /** They are gone from where they stand, too. The bytes are deleted at once, by the sweep. */
  async erase({ site, user }: DataSubject): Promise<ErasedPart> {
    const now = this.#now();
    const files = await this.#database.transaction(() => letGoOf(site, user, now));
    if (files > 0) this.#files.sweeper.soon();
    return { erased: { files }, more: files > 0 };
  }
}
