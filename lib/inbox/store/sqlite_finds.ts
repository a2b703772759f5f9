/** Finds notifications of inboxes in SQLite, for a change of them within the same commit. */
import type { UserId } from "../../base/fields.ts";
import type { Statement } from "../../engines/sqlite/statement.ts";
import type { SqliteStore } from "../../engines/sqlite/store.ts";
import { keptOf } from "./kept.ts";
import { COLUMNS, EACH_BYTES } from "./sqlite_inbox_statements.ts";
import { SqliteReading } from "./sqlite_reading.ts";
import type { Kept, StoredNotification } from "./store.ts";

/** A notification that is to change. */
export interface FoundToChange {
  readonly notification: StoredNotification;
  readonly kept: Kept;
  /** What it takes in the inbox. */
  readonly bytes: number;
}

export class SqliteFinds {
  readonly #reading: SqliteReading;
  readonly #find: Statement;

  constructor(store: SqliteStore) {
    this.#reading = new SqliteReading(store);
    this.#find = store.prepare(
      `SELECT ${COLUMNS}, CAST(expires_at AS REAL) AS expires_at,
         octet_length(content) + ${EACH_BYTES} AS bytes
       FROM notifications
       WHERE site = ? AND user = ? AND id = ? AND (expires_at IS NULL OR expires_at > ?)`,
    );
  }

  /** Runs in the commit that changes it. */
  find(site: string, user: UserId, id: string): FoundToChange | undefined {
    const row = this.#find.get(site, user, id, Date.now());
    if (row === undefined) return undefined;
    const notification = this.#reading.notification(row);
    const expiresAt = row["expires_at"] === null ? undefined : Number(row["expires_at"]);
    return { notification, kept: keptOf(notification, expiresAt), bytes: Number(row["bytes"]) };
  }
}
