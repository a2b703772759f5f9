/** The schedule in SQLite: notifications that wait for their time. */
import type { Notification, Released, Schedule, ScheduledNotification } from "./store.ts";
import type { UserId } from "../../base/fields.ts";
import { decodeContent, encodeContent } from "../../core/publication.ts";
import type { Arrived, SqliteArrivals } from "./sqlite_arrivals.ts";
import type { Row, Statement } from "../../engines/sqlite/statement.ts";
import type { SqliteStore } from "../../engines/sqlite/store.ts";

export class SqliteSchedule implements Schedule {
  readonly #store: SqliteStore;
  readonly #arrivals: SqliteArrivals;
  readonly #insert: Statement;
  readonly #dueAt: Statement;
  readonly #remove: Statement;
  readonly #dateId: Statement;
  readonly #first: Statement;
  readonly #due: Statement;

  constructor(store: SqliteStore, arrivals: SqliteArrivals) {
    this.#store = store;
    this.#arrivals = arrivals;
    const sql = (text: string) => store.prepare(text);
    this.#insert = sql(
      `INSERT INTO scheduled (site, user, id, room, at, content, deliver_at, expires_at)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
    );
    this.#dueAt = sql("SELECT deliver_at FROM scheduled WHERE site = ? AND user = ? AND id = ?");
    this.#remove = sql("DELETE FROM scheduled WHERE site = ? AND user = ? AND id = ?");
    this.#dateId = sql("UPDATE callers_ids SET at = ? WHERE site = ? AND user = ? AND id = ?");
    this.#first = sql("SELECT min(deliver_at) AS first FROM scheduled");
    this.#due = sql(
      "SELECT * FROM scheduled WHERE deliver_at <= ? ORDER BY deliver_at, seq LIMIT ?",
    );
  }

  add(notification: ScheduledNotification): Promise<boolean> {
    const { site, user, id, room, at = null, deliverAt, expiresAt = null } = notification;
    return this.#store.commit(() => {
      if (notification.isCallersId && !this.#arrivals.takeId(notification, deliverAt)) return false;
      const content = encodeContent(notification);
      this.#insert.run(site, user, id, room, at, content, deliverAt, expiresAt);
      return true;
    });
  }

  dueAt(site: string, user: UserId, id: string): Promise<number | undefined> {
    const row = this.#dueAt.get(site, user, id);
    return Promise.resolve(row === undefined ? undefined : Number(row["deliver_at"]));
  }

  cancel(site: string, user: UserId, id: string): Promise<boolean> {
    return this.#store.commit(() => {
      if (this.#remove.run(site, user, id).changes === 0) return false;
      this.#dateId.run(Date.now(), site, user, id); // the id is known for a day from now, no longer
      return true;
    });
  }

  async release(limit: number): Promise<Released> {
    const now = Date.now();
    const first = this.#first.get()?.["first"] ?? null;
    if (first === null || Number(first) > now) {
      return { now, delivered: [], expired: 0, isMore: false }; // most calls find nothing due, and write nothing
    }
    const { rows, expired, arrived } = await this.#store.commit(() => this.#takeOut(now, limit));
    for (const each of arrived) this.#arrivals.fanOut(each);
    return {
      now,
      delivered: arrived.map(({ dueAt }) => dueAt),
      expired,
      isMore: rows.length === limit,
    };
  }

  /** Moves what is due into its inboxes. Runs in a commit. */
  #takeOut(
    now: number,
    limit: number,
  ): { rows: Row[]; expired: number; arrived: (Arrived & { dueAt: number })[] } {
    const rows = this.#due.all(now, limit);
    const arrived = [];
    let expired = 0;
    for (const row of rows) {
      const notification = toNotification(row, this.#store);
      const { site, user, id, expiresAt = Infinity } = notification;
      this.#remove.run(site, user, id);
      if (expiresAt <= now) expired++;
      else arrived.push({ ...this.#arrivals.put(notification), dueAt: Number(row["deliver_at"]) });
    }
    return { rows, expired, arrived };
  }
}

function toNotification(row: Row, store: SqliteStore): Notification {
  const { at, expires_at: expiresAt } = row;
  return {
    site: String(row["site"]),
    user: String(row["user"]),
    id: String(row["id"]),
    room: String(row["room"]),
    ...store.parse(() => decodeContent(String(row["content"]))),
    ...(at === null ? {} : { at: Number(at) }),
    ...(expiresAt === null ? {} : { expiresAt: Number(expiresAt) }),
  };
}
