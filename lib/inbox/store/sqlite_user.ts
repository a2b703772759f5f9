/** What is kept of one user's notifications in SQLite beside the inbox itself. */
import { decodeContent } from "../../core/publication.ts";
import type { UserId } from "../../base/fields.ts";
import type { Statement } from "../../engines/sqlite/statement.ts";
import type { SqliteStore } from "../../engines/sqlite/store.ts";
import type {
  InboxCounts,
  ListOptions,
  ScheduledOfUser,
  UpcomingPage,
  UserStore,
} from "./store.ts";

export class SqliteUserStore implements UserStore {
  readonly #store: SqliteStore;
  readonly #scheduled: Statement;
  readonly #counts: Statement;
  readonly #upcoming: Statement;
  readonly #forgetRefused: Statement;
  readonly #forget: readonly Statement[];

  constructor(store: SqliteStore) {
    this.#store = store;
    this.#scheduled = store.prepare(
      `SELECT id, room, content, deliver_at FROM scheduled WHERE site = ? AND user = ?
       ORDER BY deliver_at, seq`,
    );
    this.#upcoming = store.prepare(
      `SELECT user, id, room, content, deliver_at FROM scheduled
       WHERE site = ?1 AND (deliver_at > ?2 OR deliver_at = ?2 AND user || char(10) || id > ?3)
       ORDER BY deliver_at, user || char(10) || id LIMIT ?4`,
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

  upcoming(site: string, { limit, after }: ListOptions): Promise<UpcomingPage> {
    const { at, name } = after ?? { at: 0, name: "" };
    const found = this.#upcoming.all(site, at, name, limit + 1).map((row) => ({
      user: String(row["user"]),
      id: String(row["id"]),
      room: String(row["room"]),
      deliverAt: Number(row["deliver_at"]),
      content: this.#store.parse(() => decodeContent(String(row["content"]))),
    }));
    const notifications = found.slice(0, limit);
    const last = notifications.at(-1);
    if (found.length <= limit || last === undefined) return Promise.resolve({ notifications });
    const next = { at: last.deliverAt, name: `${last.user}\n${last.id}` };
    return Promise.resolve({ notifications, next });
  }

  forget(site: string, user: UserId): Promise<number> {
    return this.#store.commit(() => {
      for (const each of this.#forget) each.run(site, user);
      return Number(this.#forgetRefused.run(site, user).changes);
    });
  }
}
