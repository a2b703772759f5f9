/** What is kept of one user's notifications in SQLite beside the inbox itself. */
import { decodeContent } from "../../core/publication.ts";
import type { UserId } from "../../base/fields.ts";
import type { Statement } from "../../engines/sqlite/statement.ts";
import type { SqliteStore } from "../../engines/sqlite/store.ts";
import type { InboxCounts, ScheduledOfUser, UserStore } from "./store.ts";

export class SqliteUserStore implements UserStore {
  readonly #store: SqliteStore;
  readonly #scheduled: Statement;
  readonly #counts: Statement;
  readonly #forgetRefused: Statement;
  readonly #forget: readonly Statement[];

  constructor(store: SqliteStore) {
    this.#store = store;
    this.#scheduled = store.prepare(
      `SELECT id, room, content, deliver_at FROM scheduled WHERE site = ? AND user = ?
       ORDER BY deliver_at, seq`,
    );
    this.#counts = store.prepare(
      `SELECT count(*) AS total, count(archived_at) AS archived,
         count(*) FILTER (WHERE read_at IS NULL AND archived_at IS NULL) AS unread
       FROM notifications WHERE site = ? AND user = ? AND (expires_at IS NULL OR expires_at > ?)`,
    );
    this.#forgetRefused = store.prepare("DELETE FROM refused WHERE site = ? AND user = ?");
    this.#forget = ["notifications", "callers_ids", "inboxes"].map((table) =>
      store.prepare(`DELETE FROM ${table} WHERE site = ? AND user = ?`)
    );
  }

  scheduled(site: string, user: UserId): Promise<ScheduledOfUser[]> {
    const found = this.#scheduled.all(site, user).map((row) => ({
      id: String(row["id"]),
      room: String(row["room"]),
      deliverAt: Number(row["deliver_at"]),
      content: this.#store.parse(() => decodeContent(String(row["content"]))),
    }));
    return Promise.resolve(found);
  }

  counts(site: string, user: UserId): Promise<InboxCounts> {
    const row = this.#counts.get(site, user, Date.now());
    const [total, unread, archived] = ["total", "unread", "archived"].map((name) =>
      Number(row?.[name] ?? 0)
    );
    return Promise.resolve({ total: total!, unread: unread!, archived: archived! });
  }

  forget(site: string, user: UserId): Promise<number> {
    return this.#store.commit(() => {
      for (const each of this.#forget) each.run(site, user);
      return Number(this.#forgetRefused.run(site, user).changes);
    });
  }
}
