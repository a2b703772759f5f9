/** The dashboard's sessions in SQLite. */
import type { Migration } from "../../engines/sqlite/migrations.ts";
import type { Statement } from "../../engines/sqlite/statement.ts";
import type { SqliteStore } from "../../engines/sqlite/store.ts";
import ADMIN_SESSIONS from "./1_admin_sessions.sql" with { type: "text" };
import type { SessionStore, StoredSession } from "./store.ts";

export const SESSION_SQL: readonly Migration[] = [{ name: "admin_sessions", sql: ADMIN_SESSIONS }];

/** Most sessions that are kept: past so many, the one that would end first is forgotten. */
const MOST = 1000;

export class SqliteSessions implements SessionStore {
  readonly #store: SqliteStore;
  readonly #insert: Statement;
  readonly #find: Statement;
  readonly #remove: Statement;
  readonly #removeOld: Statement;

  constructor(store: SqliteStore) {
    this.#store = store;
    this.#insert = store.prepare(
      "INSERT INTO admin_sessions (hash, key_id, ends_at) VALUES (?, ?, ?)",
    );
    this.#find = store.prepare("SELECT * FROM admin_sessions WHERE hash = ? AND ends_at > ?");
    this.#remove = store.prepare("DELETE FROM admin_sessions WHERE hash = ?");
    this.#removeOld = store.prepare(
      `DELETE FROM admin_sessions WHERE ends_at <= ?1 OR hash IN (
         SELECT hash FROM admin_sessions ORDER BY ends_at DESC LIMIT -1 OFFSET ${MOST}
       )`,
    );
  }

  add(hash: string, { keyId, endsAt }: StoredSession): Promise<void> {
    return this.#store.commit(() => {
      this.#insert.run(hash, keyId, endsAt);
      this.#removeOld.run(Date.now());
    });
  }

  find(hash: string): Promise<StoredSession | undefined> {
    const row = this.#find.get(hash, Date.now());
    return Promise.resolve(
      row && { keyId: String(row["key_id"]), endsAt: Number(row["ends_at"]) },
    );
  }

  remove(hash: string): Promise<void> {
    return this.#store.commit(() => void this.#remove.run(hash));
  }
}
