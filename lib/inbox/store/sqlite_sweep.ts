/** Drops from the inboxes in SQLite what has expired or is too old. */
import type { SqliteStore } from "../../engines/sqlite/store.ts";
import { type Retention, retentionMs } from "../retention.ts";
import type { SqliteArrivals } from "./sqlite_arrivals.ts";

const CALLERS_ID_MS = 24 * 3600 * 1000;

export class SqliteSweep {
  readonly #store: SqliteStore;
  readonly #arrivals: SqliteArrivals;
  readonly #retention: Retention;

  constructor(store: SqliteStore, arrivals: SqliteArrivals, retention: Retention) {
    this.#store = store;
    this.#arrivals = arrivals;
    this.#retention = retention;
  }

  async sweep(): Promise<void> {
    const { sql } = this.#arrivals;
    const oldest = Date.now() - retentionMs(this.#retention);
    const dropped = await this.#store.commit(() => {
      sql.forgetIds.run(Date.now() - CALLERS_ID_MS);
      for (const { site, user } of sql.removeExpired.all(Date.now())) {
        sql.noteDeleted.run(1, String(site), String(user));
      }
      return sql.usersWithOld.all(oldest).map((row) => {
        const [site, user] = [String(row["site"]), String(row["user"])];
        const rows = sql.olderThan.all(site, user, oldest);
        for (const { id } of rows) sql.remove.run(site, user, String(id));
        return this.#arrivals.noteDropped(site, user, rows);
      });
    });
    for (const each of dropped) this.#retention.onDropped(each);
  }
}
