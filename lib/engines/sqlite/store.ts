/**
 * One SQLite file with the tables of all capabilities. `node:sqlite` is synchronous, so the changes of one turn of the
 * event loop are committed together. A change is done when it is committed.
 */
import { DatabaseSync, type StatementSync } from "node:sqlite";
import { setImmediate } from "node:timers";
import { getLogger } from "@logtape/logtape";
import { CodedError } from "../../base/errors.ts";
import { reasonOf } from "../../base/reason.ts";
import { cannotOpen, IN_MEMORY } from "./data_dir.ts";
import { DiskSync, type SyncMode } from "./disk_sync.ts";
import { FILE_VERSION, migrate, renewEpochs, type Schema } from "./migrations.ts";

const log = getLogger(["notifyli", "sqlite"]);

/** A statement that has to be written to the file although it changes nothing. */
const TRIAL = `PRAGMA user_version = ${FILE_VERSION}`;

/** How much room a store that could not write needs to be well again: less may hold one change but not the next. */
const ROOM_BYTES = 65_536;
/** How often a store that could not write looks for that room, while there are changes. */
const LOOK_EVERY_MS = 1000;

/** A change that waits for the next commit. */
interface PendingChange {
  run(): void;
  done(): void;
  failed(error: unknown): void;
}

export interface SqliteStoreOptions {
  /** When commits must be on the disk. */
  readonly sync: SyncMode;
  /** The tables that the file must have. Other tables in it stay as they are. */
  readonly schemas: readonly Schema[];
}

export class SqliteStore implements AsyncDisposable {
  readonly #database: DatabaseSync;
  /** The changes of the next commit. Bounded by what can arrive in one turn of the event loop. */
  #pending: PendingChange[] = [];
  readonly #dataDir: string;
  /** Absent if the store is in memory. */
  readonly #disk: DiskSync | undefined;
  /** Why the last commit failed; `undefined` while all is well. */
  #failure: string | undefined;
  /** When the store last looked for room, on `performance.now()`'s clock. */
  #lookedAt = 0;

  /** Whether the folder has a store's file. */
  static isIn(dataDir: string): boolean {
    return exists(fileIn(dataDir));
  }

  /** @param dataDir folder of the file, which is made if it is missing; `:memory:` keeps the file in memory */
  constructor(dataDir: string, { sync, schemas }: SqliteStoreOptions) {
    this.#dataDir = dataDir;
    const isFile = dataDir !== IN_MEMORY;
    const walFile = `${fileIn(dataDir)}-wal`;
    // A log is left if the last server did not end by itself. A power cut may then have taken what clients have seen, and
    // others will get those offsets: positions that clients know must not count any more.
    const mayHaveLost = isFile && sync === "everysec" && exists(walFile);
    this.#database = openDatabase(dataDir, schemas);
    this.#disk = isFile ? new DiskSync(walFile, sync) : undefined;
    if (mayHaveLost) renewEpochs(this.#database);
  }

  prepare(sql: string): StatementSync {
    return this.#database.prepare(sql);
  }

  /** Why nothing can be written right now; `undefined` while all is well. If the last commit failed, this tries another. */
  async unready(): Promise<string | undefined> {
    // Otherwise a node that is given no work because it is not ready would never find out that it could.
    if (this.#failure !== undefined) {
      this.#lookedAt = 0;
      await this.commit(() => this.#database.exec(TRIAL)).catch(() => {}); // the reason is in #failure
    }
    return this.#failure;
  }

  /** Runs a change in the next commit; resolves with its result after that. */
  commit<T>(change: () => T): Promise<T> {
    return new Promise((resolve, failed) => {
      let result: T;
      const run = () => void (result = change());
      const done = () => resolve(result);
      if (this.#pending.push({ run, done, failed }) === 1) setImmediate(() => this.#flush());
    });
  }

  /** Resolves when what was committed so far is on the disk. Whoever shows rows to others should wait for that. */
  async settled(): Promise<void> {
    await this.#disk?.settled();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.commit(() => {}).catch(() => {}); // whoever made the changes was told
    await this.#disk?.[Symbol.asyncDispose]();
    this.#database.close();
  }

  #flush(): void {
    const pending = this.#pending;
    this.#pending = [];
    this.#write(pending);
  }

  #write(pending: readonly PendingChange[]): void {
    try {
      this.#database.exec("BEGIN IMMEDIATE");
      for (const { run } of pending) run();
      this.#database.exec("COMMIT");
    } catch (cause) {
      this.#rollBack();
      // A change that fails by itself must not take the others with it.
      if (pending.length > 1) return pending.forEach((each) => this.#write([each]));
      return this.#failed(pending, cause);
    }
    const onDisk = this.#disk?.written();
    if (onDisk === undefined) return this.#done(pending);
    onDisk.then(() => this.#done(pending), (cause) => this.#failed(pending, cause));
  }

  #done(pending: readonly PendingChange[]): void {
    this.#noteSuccess();
    for (const { done } of pending) done();
  }

  #failed(pending: readonly PendingChange[], cause: unknown): void {
    const error = this.#noteFailure(cause);
    for (const { failed } of pending) failed(error);
  }

  #rollBack(): void {
    try {
      if (this.#database.isTransaction) this.#database.exec("ROLLBACK");
    } catch (error) {
      log.debug("no rollback: {reason}", { reason: String(error) }); // the next BEGIN says what is wrong
    }
  }

  /** Logs once that the store takes no writes; `#noteSuccess` logs once that it does again. */
  #noteFailure(cause: unknown): CodedError {
    const reason = `Cannot write to the store: ${reasonOf(cause)}`;
    if (this.#failure === undefined) log.error("{reason}", { reason });
    this.#failure = reason;
    return new CodedError("unavailable", reason, { cause, isAway: true });
  }

  #noteSuccess(): void {
    if (this.#failure === undefined) return;
    const now = performance.now();
    if (this.#lookedAt > 0 && now - this.#lookedAt < LOOK_EVERY_MS) return;
    this.#lookedAt = now;
    if (!hasRoom(this.#dataDir)) return;
    log.info("the store takes writes again");
    this.#failure = undefined;
  }
}

function fileIn(dataDir: string): string {
  return `${dataDir}/notifyli.db`;
}

function exists(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}

function openDatabase(dataDir: string, schemas: readonly Schema[]): DatabaseSync {
  if (dataDir === IN_MEMORY) return prepared(new DatabaseSync(dataDir), schemas);
  const file = fileIn(dataDir);
  try {
    Deno.mkdirSync(dataDir, { recursive: true });
    return prepared(new DatabaseSync(file), schemas);
  } catch (cause) {
    throw cannotOpen(dataDir, file, cause);
  }
}

function prepared(database: DatabaseSync, schemas: readonly Schema[]): DatabaseSync {
  try {
    // WAL with NORMAL survives a killed process; `disk_sync.ts` takes care of power cuts. EXCLUSIVE keeps other servers
    // off the file.
    database.exec(
      "PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL",
    );
    migrate(database, schemas);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

function hasRoom(dataDir: string): boolean {
  if (dataDir === IN_MEMORY) return true;
  const file = `${dataDir}/notifyli.room`;
  try {
    Deno.writeFileSync(file, new Uint8Array(ROOM_BYTES));
    return true;
  } catch {
    return false;
  } finally {
    removeIfThere(file);
  }
}

function removeIfThere(file: string): void {
  try {
    Deno.removeSync(file);
  } catch {
    // The file was never made.
  }
}
