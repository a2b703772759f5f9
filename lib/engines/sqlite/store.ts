/**
 * One SQLite file with the tables of all capabilities. `node:sqlite` is synchronous, so what comes in one turn of the
 * event loop is committed together; a change is done when it is committed.
 */
import { DatabaseSync, type StatementSync } from "node:sqlite";
import { setImmediate } from "node:timers";
import { getLogger } from "@logtape/logtape";
import { CodedError } from "../../base/errors.ts";
import { cannotOpen, IN_MEMORY } from "./data_dir.ts";
import { DiskSync, type SyncMode } from "./disk_sync.ts";
import { FILE_VERSION, migrate, renewEpochs, type Schema } from "./migrations.ts";

const log = getLogger(["notifyli", "sqlite"]);

/** Changes nothing, and still has to be written. */
const TRIAL = `PRAGMA user_version = ${FILE_VERSION}`;

/** A store that could not write is well again only with so much room: a small change may fit where the next does not. */
const ROOM_BYTES = 65_536;
/** How often that is looked at while there are changes. */
const LOOK_EVERY_MS = 1000;

/** A change that waits for the next commit. */
interface Pending {
  run(): void;
  done(): void;
  failed(error: unknown): void;
}

export interface SqliteStoreOptions {
  /** When what is committed must be on the disk. */
  readonly sync: SyncMode;
  /** Of the tables that are to be there; a file keeps others as they are. */
  readonly schemas: readonly Schema[];
}

export class SqliteStore implements AsyncDisposable {
  readonly #database: DatabaseSync;
  /** Bounded by what can arrive in one turn of the event loop. */
  #pending: Pending[] = [];
  readonly #dataDir: string;
  /** Absent in memory. */
  readonly #disk: DiskSync | undefined;
  #failure: string | undefined;
  /** On `performance.now()`'s clock. */
  #lookedAt = 0;

  /** Whether there is a file in the folder. */
  static isIn(dataDir: string): boolean {
    return exists(fileIn(dataDir));
  }

  /** @param dataDir folder of the file, made where it is missing; `:memory:` for none */
  constructor(dataDir: string, { sync, schemas }: SqliteStoreOptions) {
    this.#dataDir = dataDir;
    const isFile = dataDir !== IN_MEMORY;
    const walFile = `${fileIn(dataDir)}-wal`;
    // It is left where the last server did not end by itself. A power cut may have taken what clients have seen, and
    // its offsets will be given to others: such a position must not count any more.
    const mayHaveLost = isFile && sync === "everysec" && exists(walFile);
    this.#database = openDatabase(dataDir, schemas);
    this.#disk = isFile ? new DiskSync(walFile, sync) : undefined;
    if (mayHaveLost) renewEpochs(this.#database);
  }

  prepare(sql: string): StatementSync {
    return this.#database.prepare(sql);
  }

  /** Why nothing can be written right now; `undefined` if it can. Where the last commit failed, this tries another. */
  async unready(): Promise<string | undefined> {
    // Else a node that is given nothing to do because it is not ready would never find out.
    if (this.#failure !== undefined) {
      this.#lookedAt = 0;
      await this.commit(() => this.#database.exec(TRIAL)).catch(() => {}); // the reason is noted
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

  /** Resolves when what was committed so far can no longer be lost: what is read before could be. */
  async settled(): Promise<void> {
    await this.#disk?.settled();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.commit(() => {}).catch(() => {}); // what failed was told to who asked for it
    await this.#disk?.[Symbol.asyncDispose]();
    this.#database.close();
  }

  #flush(): void {
    const pending = this.#pending;
    this.#pending = [];
    this.#write(pending);
  }

  #write(pending: readonly Pending[]): void {
    try {
      this.#database.exec("BEGIN IMMEDIATE");
      for (const { run } of pending) run();
      this.#database.exec("COMMIT");
    } catch (cause) {
      this.#rollBack();
      // One that fails by itself must not take the others with it.
      if (pending.length > 1) return pending.forEach((each) => this.#write([each]));
      return this.#failed(pending, cause);
    }
    const onDisk = this.#disk?.written();
    if (onDisk === undefined) return this.#done(pending);
    onDisk.then(() => this.#done(pending), (cause) => this.#failed(pending, cause));
  }

  #done(pending: readonly Pending[]): void {
    this.#noteSuccess();
    for (const { done } of pending) done();
  }

  #failed(pending: readonly Pending[], cause: unknown): void {
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

  /** Logs once that the store takes nothing, and once that it does again. */
  #noteFailure(cause: unknown): CodedError {
    const reason = `Cannot write to the store: ${
      cause instanceof Error ? cause.message : String(cause)
    }`;
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
    // WAL with NORMAL survives a killed process; `disk_sync.ts` takes care of power cuts. EXCLUSIVE: one server a file.
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
    // It could not even be made.
  }
}
