/** What users have snoozed, in SQLite: rows of the schedule that say so. */
import { decodeContent } from "../../core/publication.ts";
import type { UserId } from "../../base/fields.ts";
import type { Row, Statement } from "../../engines/sqlite/statement.ts";
import type { SqliteStore } from "../../engines/sqlite/store.ts";
import { bytesOf, type SqliteArrivals } from "./sqlite_arrivals.ts";
import { SqliteFinds } from "./sqlite_finds.ts";
import type { SqliteSchedule } from "./sqlite_schedule.ts";
import type {
  Change,
  InboxChange,
  Kept,
  ListOptions,
  Snoozed,
  SnoozedPage,
  Snoozes,
  StoredNotification,
} from "./store.ts";

/** What came of a snooze within the commit. */
interface Outcome {
  readonly change?: InboxChange;
  /** Why it cannot be: within a commit, an error would be taken for one of the file. */
  readonly failure?: unknown;
}

export class SqliteSnoozes implements Snoozes {
  readonly #store: SqliteStore;
  readonly #arrivals: SqliteArrivals;
  readonly #schedule: SqliteSchedule;
  readonly #finds: SqliteFinds;
  readonly #list: Statement;

  constructor(store: SqliteStore, arrivals: SqliteArrivals, schedule: SqliteSchedule) {
    this.#store = store;
    this.#arrivals = arrivals;
    this.#schedule = schedule;
    this.#finds = new SqliteFinds(store);
    this.#list = store.prepare(
      `SELECT id, room, at, content, deliver_at, CAST(expires_at AS REAL) AS expires_at FROM scheduled
       WHERE site = ? AND user = ? AND snoozed_at IS NOT NULL AND (deliver_at, id) > (?, ?)
       ORDER BY deliver_at, id LIMIT ?`,
    );
  }

  async snooze(
    site: string,
    user: UserId,
    id: string,
    until: number,
    change: Change<StoredNotification>,
  ): Promise<InboxChange | undefined> {
    const outcome = await this.#store.commit((): Outcome => {
      const found = this.#finds.find(site, user, id);
      if (found === undefined) return {};
      let kept: Kept;
      try {
        kept = change(found.kept, found.notification);
      } catch (failure) {
        return { failure };
      }
      const failure = this.#schedule.putOff({ ...kept, site, user, id, deliverAt: until });
      if (failure !== undefined) return { failure };
      const { sql } = this.#arrivals;
      const removed = sql.change.delete.all(0, site, user, id);
      sql.noteDeleted.run(1, bytesOf(removed), site, user);
      return { change: { ids: [id], unread: this.#arrivals.unread(site, user) } };
    });
    if (outcome.failure !== undefined) throw outcome.failure;
    if (outcome.change !== undefined) {
      const snoozed_until = Math.floor(until / 1000);
      this.#arrivals.tell(site, user, "snooze", outcome.change, { snoozed_until });
    }
    return outcome.change;
  }

  list(
    site: string,
    user: UserId,
    { limit, after = { at: -1, name: "" } }: ListOptions,
  ): Promise<SnoozedPage> {
    const rows = this.#list.all(site, user, after.at, after.name, limit + 1);
    const notifications = rows.slice(0, limit).map((row) => this.#snoozed(row));
    const last = rows.length > limit ? notifications.at(-1) : undefined;
    return Promise.resolve({
      notifications,
      ...(last && { next: { at: last.deliverAt, name: last.id } }),
    });
  }

  wake(site: string, user: UserId, id: string): Promise<boolean> {
    return this.#schedule.releaseNow(site, user, id);
  }

  #snoozed(row: Row): Snoozed {
    const { at, expires_at: expiresAt } = row;
    return {
      ...this.#store.parse(() => decodeContent(String(row["content"]))),
      ...{ id: String(row["id"]), room: String(row["room"]) },
      deliverAt: Number(row["deliver_at"]),
      ...(at !== null && { at: Number(at) }),
      ...(expiresAt !== null && { expiresAt: Number(expiresAt) }),
    };
  }
}
