/** What is kept of one user's notifications in SQLite beside the inbox itself. */
import { decodeContent } from "../../core/publication.ts";
import type { UserId } from "../../base/fields.ts";
import type { Statement } from "../../engines/sqlite/statement.ts";
import type { SqliteStore } from "../../engines/sqlite/store.ts";
import type { ScheduledOfUser, UserStore } from "./store.ts";

export class SqliteUserStore implements UserStore {
  readonly #store: SqliteStore;
  readonly #scheduled: Statement;
  readonly #forgetRefused: Statement;
  readonly #forget: readonly Statement[];

  constructor(store: SqliteStore) {
    this.#store = store;
    this.#scheduled = store.prepare(
      `SELECT id, room, content, deliver_at FROM scheduled WHERE site = ? AND user = ?
       ORDER BY deliver_at, seq`,
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

  forget(site: string, user: UserId): Promise<number> {
    return this.#store.commit(() => {
      for (const each of this.#forget) each.run(site, user);
      return Number(this.#forgetRefused.run(site, user).changes);
    });
  }
}
