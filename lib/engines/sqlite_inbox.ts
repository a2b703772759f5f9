/**
 * Notifications in one SQLite file. `node:sqlite` is synchronous, so what comes in one turn of the event loop is
 * committed together; a notification is accepted, and fanned out, after its commit.
 */
import { setImmediate } from "node:timers";
import { DatabaseSync, type StatementSync } from "node:sqlite";
import type { EngineHandler, Inbox, Notification, StoredNotification } from "../engine.ts";
import { NotifyliError } from "../errors.ts";
import type { UserId } from "../fields.ts";
import SCHEMA from "./sqlite_inbox.sql" with { type: "text" };

const SCHEMA_VERSION = 1;

/** A change that waits for the next commit. */
interface Pending {
  run(): void;
  done(): void;
  failed(error: unknown): void;
}

export class SqliteInbox implements Inbox, AsyncDisposable {
  readonly #database: DatabaseSync;
  readonly #fanOut: EngineHandler["handlePublication"];
  readonly #inboxSize: number;
  /** Bounded by what can arrive in one turn of the event loop. */
  #pending: Pending[] = [];
  #failure: string | undefined;
  readonly #insert: StatementSync;
  readonly #trim: StatementSync;
  readonly #queued: StatementSync;
  readonly #sent: StatementSync;
  readonly #list: StatementSync;

  constructor(
    options: { dataDir: string; inboxSize: number },
    fanOut: EngineHandler["handlePublication"],
  ) {
    this.#fanOut = fanOut;
    this.#inboxSize = options.inboxSize;
    this.#database = openDatabase(options.dataDir);
    this.#insert = this.#database.prepare(
      "INSERT INTO notifications (site, user, id, room, text) VALUES (?, ?, ?, ?, ?)",
    );
    this.#trim = this.#database.prepare(
      `DELETE FROM notifications WHERE seq IN (
         SELECT seq FROM notifications WHERE site = ? AND user = ? ORDER BY seq DESC LIMIT -1 OFFSET ?)`,
    );
    this.#queued = this.#database.prepare(
      `SELECT id, room, text, sent_at FROM notifications
       WHERE site = ? AND user = ? AND room = ? AND sent_at IS NULL ORDER BY seq`,
    );
    this.#sent = this.#database.prepare(
      "UPDATE notifications SET sent_at = ? WHERE site = ? AND user = ? AND id = ? AND sent_at IS NULL",
    );
    this.#list = this.#database.prepare(
      `SELECT id, room, text, sent_at FROM notifications
       WHERE site = ? AND user = ? ORDER BY seq DESC LIMIT ?`,
    );
  }

  async append({ site, user, id, room, text }: Notification): Promise<void> {
    await this.#commit(() => {
      this.#insert.run(site, user, id, room, text);
      if (Number.isFinite(this.#inboxSize)) this.#trim.run(site, user, this.#inboxSize);
    });
    const channel = { site, kind: "user", name: user } as const;
    this.#fanOut(channel, { kind: "notification", id, room, text });
  }

  queued(site: string, user: UserId, room: string): Promise<StoredNotification[]> {
    return this.#read(this.#queued, site, user, room);
  }

  async markSent(site: string, user: UserId, ids: readonly string[]): Promise<void> {
    if (ids.length === 0) return;
    const now = Date.now();
    await this.#commit(() => {
      for (const id of ids) this.#sent.run(now, site, user, id);
    });
  }

  list(
    site: string,
    user: UserId,
    { limit }: { limit: number },
  ): Promise<StoredNotification[]> {
    return this.#read(this.#list, site, user, limit);
  }

  unready(): string | undefined {
    return this.#failure;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#commit(() => {});
    this.#database.close();
  }

  #commit(run: () => void): Promise<void> {
    return new Promise((done, failed) => {
      if (this.#pending.push({ run, done, failed }) === 1) setImmediate(() => this.#flush());
    });
  }

  #flush(): void {
    const pending = this.#pending;
    this.#pending = [];
    try {
      this.#database.exec("BEGIN IMMEDIATE");
      for (const { run } of pending) run();
      this.#database.exec("COMMIT");
      this.#failure = undefined;
    } catch (cause) {
      this.#failure = `Cannot write to the store: ${
        cause instanceof Error ? cause.message : cause
      }`;
      if (this.#database.isTransaction) this.#database.exec("ROLLBACK");
      const error = new NotifyliError("unavailable", this.#failure, { cause });
      for (const { failed } of pending) failed(error);
      return;
    }
    for (const { done } of pending) done();
  }

  #read(statement: StatementSync, ...values: (string | number)[]): Promise<StoredNotification[]> {
    const rows = statement.all(...values);
    return Promise.resolve(rows.map((row) => ({
      id: String(row["id"]),
      room: String(row["room"]),
      text: String(row["text"]),
      ...(row["sent_at"] === null ? {} : { sentAt: Number(row["sent_at"]) }),
    })));
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
    if (version > SCHEMA_VERSION) {
      throw new Error(`its version is ${version}, this program knows up to ${SCHEMA_VERSION}`);
    }
    if (version < SCHEMA_VERSION) database.exec(SCHEMA);
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
