/** Notes in SQLite. */
import type { UserId } from "../../../lib/base/fields.ts";
import type { Migration } from "../../../lib/engines/sqlite/migrations.ts";
import type { Statement } from "../../../lib/engines/sqlite/statement.ts";
import type { SqliteStore } from "../../../lib/engines/sqlite/store.ts";
import NOTES from "./1_notes.sql" with { type: "text" };
import type { Note, NoteStore } from "./store.ts";

export const NOTES_SQL: readonly Migration[] = [{ name: "notes", sql: NOTES }];

export class SqliteNotes implements NoteStore {
  readonly #store: SqliteStore;
  readonly #limit: number;
  readonly #insert: Statement;
  readonly #list: Statement;

  constructor(store: SqliteStore, limit: number) {
    this.#store = store;
    this.#limit = limit;
    this.#insert = store.prepare(
      `INSERT INTO notes (site, user, id, message) SELECT ?1, ?2, ?3, ?4
       WHERE (SELECT count(*) FROM notes WHERE site = ?1 AND user = ?2) < ?5`,
    );
    this.#list = store.prepare(
      "SELECT id, message FROM notes WHERE site = ? AND user = ? ORDER BY seq",
    );
  }

  add({ site, user, id, message }: Note): Promise<boolean> {
    const limit = Number.isFinite(this.#limit) ? this.#limit : Number.MAX_SAFE_INTEGER;
    return this.#store.commit(() => this.#insert.run(site, user, id, message, limit).changes > 0);
  }

  list(site: string, user: UserId): Promise<{ id: string; message: string }[]> {
    const rows = this.#list.all(site, user);
    return Promise.resolve(
      rows.map(({ id, message }) => ({ id: String(id), message: String(message) })),
    );
  }
}
