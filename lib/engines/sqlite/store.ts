/**
 * One SQLite file with the tables of all capabilities. `node:sqlite` is synchronous, so the changes of one turn of the
 * event loop are committed together. A change is done when it is committed. `health.ts` knows whether the file can be
 * relied on.
 */
import type { DatabaseSync } from "node:sqlite";
import { setImmediate } from "node:timers";
import { logFor } from "../../base/log.ts";
import { CodedError } from "../../base/errors.ts";
import { reasonOf } from "../../base/reason.ts";
import { tracer } from "../../base/tracing.ts";
import { every, type Task } from "../../core/task.ts";
import { IN_MEMORY } from "./data_dir.ts";
import type { Histogram } from "../../core/metrics.ts";
import { DiskSync, type SyncMode } from "./disk_sync.ts";
import { isDamage, isDiskFailure } from "./file_errors.ts";
import { HELD_LOG_BYTES, type HeldFile, Hold } from "./held_file.ts";
import { StoreHealth } from "./health.ts";
import { FILE_VERSION, renewEpochs, type Schema } from "./migrations.ts";
import { exists, fileIn, LOG_PAGES, noteSealed, openDatabase } from "./open_database.ts";
import { logOf, OwnFiles } from "./own_files.ts";
import { Seal } from "./seal.ts";
import { Statement } from "./statement.ts";

const log = logFor("sqlite");

/** What a span of a commit says. */
const SPAN = { "db.system.name": "sqlite" };

/** A statement that has to be written to the file although it changes nothing. */
const TRIAL = `PRAGMA user_version = ${FILE_VERSION}`;

/** Has the database take what the log holds, and begins a new log. */
const NEW_LOG = "PRAGMA journal_mode = DELETE; PRAGMA journal_mode = WAL";

/** How often the store looks whether its files are still its own, while it writes nothing. */
const LOOK_EVERY_MS = 1000;

/** How long one look at the files is for all commits that begin: what is accepted waits for a look of its own after them. */
const SHARED_LOOK_MS = 1;

const PUT_BACK =
  "the store's file is not as the last server left it: it was put back from a copy, or something has changed it; " +
  "clients that have seen more than it holds are told so, and get again all that is unread";

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
  readonly #health: StoreHealth;
  /**
   * The changes of the next commit. Bounded by what can arrive in one turn of the event loop. While there are none there is no list: an
   * empty one would grow old until the next change, and what an old list held outlives the small garbage collections.
   */
  #pending: PendingChange[] | undefined;
  /** What runs at the end of the commit that is being made. */
  #last: (() => void)[] = [];
  /** Whether a commit is being made. */
  #isWriting = false;
  readonly #size: Statement;
  /** Absent if the store is in memory. */
  readonly #disk: DiskSync | undefined;
  /** Absent if the store is in memory. */
  readonly #files: OwnFiles | undefined;
  /** Absent if the store is in memory. */
  readonly #seal: Seal | undefined;
  /** When the files were last seen to be the store's own, on `performance.now()`'s clock. */
  #ownAt = -Infinity;
  /** The sync after which the files were last looked at: one look is for all that it brought onto the disk. */
  #lookedAfter: Promise<void> | undefined;
  /** When the store last tried to begin a new log after a sync that failed, on `performance.now()`'s clock. */
  #triedAt = -Infinity;

  /** Whether the folder has a store's file. */
  static isIn(dataDir: string): boolean {
    return exists(fileIn(dataDir));
  }

  /** The hold on the file, while a copy of it is made. */
  #held: Hold | undefined;
  /** By which the file is copied; it is closed only after the database, as {@linkcode HeldFile} says. */
  #copied: Deno.FsFile | undefined;
  readonly #path: string;

  /** @param dataDir folder of the file, which is made if it is missing; `:memory:` keeps the file in memory */
  constructor(dataDir: string, { sync, schemas }: SqliteStoreOptions) {
    this.#health = new StoreHealth(dataDir);
    this.#path = fileIn(dataDir);
    const { database, isLeft, isPutBack } = openDatabase(dataDir, schemas);
    this.#database = database;
    this.#size = this.prepare(
      "SELECT page_count * page_size AS bytes FROM pragma_page_count, pragma_page_size",
    );
    if (isPutBack) log.warn("{warning}", { warning: PUT_BACK });
    // A log is left if the last server did not end by itself. A power cut may then have taken what clients have seen, and
    // others will get those offsets: positions that clients know must not count any more.
    if (isPutBack || isLeft && sync === "everysec") renewEpochs(database);
    if (dataDir === IN_MEMORY) return;
    const file = fileIn(dataDir);
    this.#files = new OwnFiles(file);
    this.#disk = new DiskSync(logOf(file), sync);
    this.#seal = new Seal(file);
    this.#seal.noteOpen();
    noteSealed(database);
  }

  /** What the store does while the server runs. */
  get tasks(): readonly Task[] {
    return [
      every("look at the store's files", LOOK_EVERY_MS, () => {
        this.#refusal();
        this.#boundHold();
      }),
    ];
  }

  /**
   * Keeps the file as it is now until disposal, for a copy of it; changes go on. Throws `unavailable` where another copy is being
   * made, the store is in memory, or not well.
   */
  hold(): HeldFile {
    if (this.#files === undefined) {
      throw new CodedError("unavailable", "the store is in memory (APP_DATA_DIR=:memory:)");
    }
    if (this.#held !== undefined) {
      throw new CodedError("unavailable", "another copy of the store is being made");
    }
    const refusal = this.#refusal();
    if (refusal !== undefined) throw refusal;
    this.#takeLog();
    this.#copied ??= Deno.openSync(this.#path);
    return this.#held = new Hold(this.#path, this.#copied, () => {
      this.#held = undefined;
      this.#database.exec(`PRAGMA wal_autocheckpoint = ${LOG_PAGES}`);
    });
  }

  /** Has the database take all that the log holds, and nothing more from then on. */
  #takeLog(): void {
    this.#database.exec("PRAGMA wal_autocheckpoint = 0");
    try {
      // A log that was long once would be taken for one that grows by this copy.
      const taken = this.#database.prepare("PRAGMA wal_checkpoint(TRUNCATE)").get();
      this.#files?.renewLog();
      if (Number(taken?.["busy"]) === 0) return;
      throw new CodedError("unavailable", "the store is busy: try again");
    } catch (error) {
      this.#database.exec(`PRAGMA wal_autocheckpoint = ${LOG_PAGES}`);
      throw error;
    }
  }

  #boundHold(): void {
    if (this.#held === undefined) return;
    const bytes = sizeOf(logOf(this.#path));
    if (bytes <= HELD_LOG_BYTES) return;
    this.#held.break(`so much was written meanwhile that the log has ${bytes} bytes`);
  }

  prepare(sql: string): Statement {
    return new Statement(this.#database.prepare(sql), (error, again) => {
      const isOfFile = isDamage(error) || isDiskFailure(error);
      // A commit tells by itself what it fails of.
      return this.#isWriting || !isOfFile ? error : this.#health.noteUnreadable(error, again);
    });
  }

  /**
   * Reads a value out of what the file holds.
   *
   * @param parse throws a `SyntaxError` if that is none of what the server wrote: then the file is damaged
   */
  parse<T>(parse: () => T): T {
    try {
      return parse();
    } catch (error) {
      throw error instanceof SyntaxError ? this.#health.noteDamage(error) : error;
    }
  }

  /** How long syncs took; `undefined` if the store is in memory. */
  get syncTimes(): Histogram | undefined {
    return this.#disk?.times;
  }

  /** Why the store cannot be relied on right now; `undefined` while it can. What failed last is tried again first. */
  async unready(): Promise<string | undefined> {
    if (this.#refusal() !== undefined) return this.#health.reason;
    this.#health.readAgain();
    // Otherwise a node that is given no work because it is not ready would never find out that it could.
    if (this.#health.isFailing) {
      this.#health.lookSoon();
      await this.commit(() => this.#database.exec(TRIAL)).catch(() => {}); // the health knows the reason
    }
    return this.#health.reason;
  }

  /** Runs a change in the next commit; resolves with its result after that. */
  commit<T>(change: () => T): Promise<T> {
    return tracer === undefined
      ? this.#commit(change)
      : tracer.run("store", { kind: "client", attributes: SPAN }, () => this.#commit(change));
  }

  #commit<T>(change: () => T): Promise<T> {
    return new Promise((resolve, failed) => {
      let result: T;
      const run = () => void (result = change());
      const done = () => resolve(result);
      this.#add({ run, done, failed });
    });
  }

  #add(change: PendingChange): void {
    if (this.#pending !== undefined) return void this.#pending.push(change);
    this.#pending = [change];
    setImmediate(() => this.#flush());
  }

  /** Resolves when what was committed so far is on the disk. Whoever shows rows to others should wait for that. */
  async settled(): Promise<void> {
    await this.#disk?.settled();
  }

  /** Pages were given back, so the file will be shorter. Runs in the commit. */
  shrunk(): void {
    const size = this.#size.get()?.["bytes"];
    this.#files?.shrinksTo(Number(size));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.commit(() => {}).catch(() => {}); // whoever made the changes was told
    await this.#disk?.[Symbol.asyncDispose]();
    const isOwn = this.#files?.look() === undefined;
    this.#held?.break("the server stops");
    this.#database.close();
    this.#copied?.close();
    if (isOwn) this.#seal?.noteClosed();
  }

  #flush(): void {
    const pending = this.#pending ?? [];
    this.#pending = undefined;
    this.#write(pending);
  }

  #write(pending: readonly PendingChange[]): void {
    const refusal = this.#refusalBefore();
    if (refusal !== undefined) return refuse(pending, refusal);
    try {
      this.#transact(pending);
    } catch (cause) {
      this.#rollBack();
      // A change that fails by itself must not take the others with it.
      if (pending.length > 1) return pending.forEach((each) => this.#write([each]));
      return refuse(pending, isOfChange(cause) ? refusalOf(cause) : this.#health.noteFailed(cause));
    }
    const onDisk = this.#disk?.written();
    if (onDisk === undefined) return this.#done(pending);
    onDisk.then(
      () => this.#done(pending, onDisk),
      (cause) => refuse(pending, unconfirmed(this.#health.noteFailed(cause))),
    );
  }

  #transact(pending: readonly PendingChange[]): void {
    this.#isWriting = true;
    this.#last = [];
    try {
      this.#database.exec("BEGIN IMMEDIATE");
      for (const { run } of pending) run();
      for (const run of this.#last) run();
      this.#database.exec("COMMIT");
    } finally {
      this.#isWriting = false;
    }
  }

  /** Runs something at the end of the commit that is being made, after all changes. Called by a change. */
  beforeCommit(run: () => void): void {
    this.#last.push(run);
  }

  /** Runs a part of a change, within a commit. If the part fails, nothing of it stays, and the rest of the change does. */
  alone<T>(part: () => T): T {
    this.#database.exec("SAVEPOINT part");
    try {
      const result = part();
      this.#database.exec("RELEASE part");
      return result;
    } catch (error) {
      this.#database.exec("ROLLBACK TO part; RELEASE part");
      throw error;
    }
  }

  /** @param sync the one that brought the changes onto the disk, if that is waited for */
  #done(pending: readonly PendingChange[], sync?: Promise<void>): void {
    // Somebody may have taken the file away while it was written to.
    const isSeen = sync !== undefined && sync === this.#lookedAfter;
    const refusal = isSeen ? this.#health.refusal : this.#refusal();
    if (refusal !== undefined) {
      this.#lookedAfter = undefined;
      return refuse(pending, unconfirmed(refusal));
    }
    this.#lookedAfter = sync;
    this.#health.noteWritten();
    for (const { done } of pending) done();
  }

  /** As {@linkcode SqliteStore.#refusal}, before a commit: those that follow each other closely share a look. */
  #refusalBefore(): CodedError | undefined {
    const isSeen = performance.now() - this.#ownAt < SHARED_LOOK_MS;
    if (isSeen && this.#disk?.failure === undefined) return this.#health.refusal;
    return this.#refusal();
  }

  /** Why nothing is accepted: the file is damaged, or what is written into it would be gone. */
  #refusal(): CodedError | undefined {
    if (this.#health.refusal !== undefined) return this.#health.refusal;
    const strange = this.#files?.look();
    this.#ownAt = strange === undefined ? performance.now() : -Infinity;
    if (strange === undefined) return this.#syncRefusal();
    const { file, reason, isOpen } = strange;
    if (file === "log" && isOpen && this.#beginNewLog(`${reason} while the server runs`)) {
      return undefined;
    }
    const lost = `${reason} while the server runs, and what it wrote would be lost: ` +
      "put the file back, or start the server anew";
    return this.#health.noteFailed(new Error(lost));
  }

  /** Why nothing is accepted after a sync that failed. A disk that is well again takes a new log. */
  #syncRefusal(): CodedError | undefined {
    const failure = this.#disk?.failure;
    if (failure === undefined) return undefined;
    const now = performance.now();
    if (now - this.#triedAt >= LOOK_EVERY_MS) {
      this.#triedAt = now;
      if (this.#beginNewLog(`the disk did not take the log (${failure.message})`)) return undefined;
    }
    return this.#health.noteFailed(failure);
  }

  /** Where only the log is bad, SQLite still has all of it, which goes into the database. Says whether it did. */
  #beginNewLog(reason: string): boolean {
    this.#held?.break(reason);
    try {
      this.#database.exec(NEW_LOG);
      this.#database.exec(TRIAL); // the new log is made by the first write
    } catch (error) {
      log.debug("no new log: {reason}", { reason: reasonOf(error) });
      return false;
    }
    this.#files?.renewLog();
    this.#disk?.moved();
    this.#seal?.noteOpen();
    if (this.#files?.look() !== undefined) return false;
    log.error("{what}; nothing is lost, there is a new one", { what: reason });
    return true;
  }

  #rollBack(): void {
    try {
      if (this.#database.isTransaction) this.#database.exec("ROLLBACK");
    } catch (error) {
      log.debug("no rollback: {reason}", { reason: String(error) }); // the next BEGIN says what is wrong
    }
  }
}

function sizeOf(path: string): number {
  try {
    return Deno.statSync(path).size;
  } catch {
    return 0; // nothing was written yet
  }
}

function refuse(pending: readonly PendingChange[], error: unknown): void {
  for (const { failed } of pending) failed(error);
}

/** SQLite's codes for rows that a table does not take: a constraint, and a value of the wrong type. */
const OF_ROWS = [19, 20];

/**
 * Whether a change failed by what it is, such as rows that contradict each other, and not by the file or the disk: others
 * are written all the same.
 */
export function isOfChange(cause: unknown): boolean {
  if (cause instanceof CodedError) return false;
  const code: unknown = Object(cause).errcode;
  return typeof code === "number" && OF_ROWS.includes(code & 0xff);
}

function refusalOf(cause: unknown): CodedError {
  const message = `The store refuses this: ${reasonOf(cause)}`;
  return new CodedError("unavailable", message, { cause, isAlone: true });
}

/** The changes were committed, and may be lost only with the machine's power. */
function unconfirmed({ message, options }: CodedError): CodedError {
  return new CodedError(
    "unconfirmed",
    `${message}; it is not known whether this was accepted, so send it again with the same id`,
    options,
  );
}
