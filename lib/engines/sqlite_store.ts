/**
 * One SQLite file with its schema. `node:sqlite` is synchronous, so what comes in one turn of the event loop is
 * committed together; a change is done when it is committed.
 */
import { DatabaseSync, type StatementSync } from "node:sqlite";
import { setImmediate } from "node:timers";
import { NotifyliError } from "../errors.ts";
import SCHEMA_1 from "./sql/1_notifications.sql" with { type: "text" };
import SCHEMA_2 from "./sql/2_inboxes.sql" with { type: "text" };
import SCHEMA_3 from "./sql/3_scheduled.sql" with { type: "text" };

/** Each takes the schema one version further; none is ever changed once released. */
const MIGRATIONS: readonly string[] = [SCHEMA_1, SCHEMA_2, SCHEMA_3];

/** A change that waits for the next commit. */
interface Pending {
  run(): void;
  done(): void;
  failed(error: unknown): void;
}

export class SqliteStore implements AsyncDisposable {
  readonly #database: DatabaseSync;
  /** Bounded by what can arrive in one turn of the event loop. */
  #pending: Pending[] = [];
  #failure: string | undefined;

  /** @param dataDir folder of the file, made where it is missing; `:memory:` for none */
  constructor(dataDir: string) {
    this.#database = openDatabase(dataDir);
  }

  prepare(sql: string): StatementSync {
    return this.#database.prepare(sql);
  }

  /** Why the last commit failed; `undefined` if it did not. */
  get failure(): string | undefined {
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

  async [Symbol.asyncDispose](): Promise<void> {
    await this.commit(() => {}).catch(() => {}); // what failed was told to who asked for it
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
      this.#failure = undefined;
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      this.#failure = `Cannot write to the store: ${reason}`;
      if (this.#database.isTransaction) this.#database.exec("ROLLBACK");
      // One that fails by itself must not take the others with it.
      if (pending.length > 1) return pending.forEach((each) => this.#write([each]));
      const error = new NotifyliError("unavailable", this.#failure, { cause });
      for (const { failed } of pending) failed(error);
      return;
    }
    for (const { done } of pending) done();
  }
}

function openDatabase(dataDir: string): DatabaseSync {
  if (dataDir === ":memory:") return prepared(new DatabaseSync(dataDir));
  const file = `${dataDir}/notifyli.db`;
  try {
    Deno.mkdirSync(dataDir, { recursive: true });
    return prepared(new DatabaseSync(file));
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`Cannot open ${file} (APP_DATA_DIR): ${advice(reason)}`, { cause });
  }
}

function prepared(database: DatabaseSync): DatabaseSync {
  try {
    // WAL with NORMAL survives a killed process; a power cut may take the last commits. EXCLUSIVE: one server a file.
    database.exec(
      "PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL",
    );
    const version = Number(database.prepare("PRAGMA user_version").get()?.["user_version"]);
    if (version > MIGRATIONS.length) {
      throw new Error(`its version is ${version}, this program knows up to ${MIGRATIONS.length}`);
    }
    for (const migration of MIGRATIONS.slice(version)) database.exec(migration);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

function advice(reason: string): string {
  if (/locked/.test(reason)) return "another server is using it";
  if (/Requires (read|write) access/.test(reason)) {
    return 'the program was started without the right to write there; see the README, "Configuration"';
  }
  return reason;
}
