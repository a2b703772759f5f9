/** Keeps in SQLite which users are online, so that those who do not come back after a crash are told of as offline. */
import type { Statement } from "../../engines/sqlite/statement.ts";
import type { SqliteStore } from "../../engines/sqlite/store.ts";
import type { SqliteStorage } from "../../engines/storage.ts";
import type { OnlineStore, OnlineUser, UserEvent } from "./online_store.ts";
import { EventRows } from "./sqlite_rows.ts";

export class SqliteOnline implements OnlineStore {
  readonly era = "";
  readonly #store: SqliteStore;
  readonly #rows: EventRows;
  readonly #insert: Statement;
  readonly #delete: Statement;
  readonly #graceMs: number;
  /** Who is online, by site and user, with when they will be offline on `performance.now()`'s clock: `Infinity` for not yet. */
  readonly #users = new Map<string, number>();

  /** @param graceMs how long after the last connection a user is offline */
  constructor({ store }: SqliteStorage, graceMs: number) {
    this.#store = store;
    this.#rows = new EventRows(store);
    this.#graceMs = graceMs;
    this.#insert = store.prepare(
      "INSERT INTO online_users (site, user) VALUES (?, ?) ON CONFLICT DO NOTHING",
    );
    this.#delete = store.prepare("DELETE FROM online_users WHERE site = ? AND user = ?");
    const before = store.prepare("SELECT site, user FROM online_users").all();
    for (const { site, user } of before) {
      this.#users.set(written({ site: String(site), user: String(user) }), this.#dueAt);
    }
  }

  async add(user: OnlineUser, told: UserEvent): Promise<boolean> {
    const key = written(user);
    const wasOnline = this.#users.has(key);
    this.#users.set(key, Infinity);
    if (wasOnline) return false;
    try {
      await this.#store.commit(() => {
        this.#insert.run(user.site, user.user);
        this.#rows.insert(told);
      });
    } catch (error) {
      this.#users.delete(key); // it is told once the disk takes it
      throw error;
    }
    return true;
  }

  remove(user: OnlineUser): Promise<void> {
    if (this.#users.has(written(user))) this.#users.set(written(user), this.#dueAt);
    return Promise.resolve();
  }

  due(limit: number): Promise<OnlineUser[]> {
    const now = performance.now();
    const due: OnlineUser[] = [];
    for (const [key, at] of this.#users) {
      if (at > now) continue;
      due.push(read(key));
      if (due.length === limit) break;
    }
    return Promise.resolve(due);
  }

  async end(user: OnlineUser, told: UserEvent): Promise<boolean> {
    const key = written(user);
    const dueAt = this.#users.get(key) ?? Infinity;
    if (dueAt > performance.now()) return false;
    this.#users.delete(key);
    try {
      await this.#store.commit(() => {
        this.#delete.run(user.site, user.user);
        this.#rows.insert(told);
      });
    } catch (error) {
      if (!this.#users.has(key)) this.#users.set(key, dueAt);
      throw error;
    }
    return true;
  }

  get #dueAt(): number {
    return performance.now() + this.#graceMs;
  }
}

/** Neither part holds a line break. */
function written({ site, user }: OnlineUser): string {
  return `${site}\n${user}`;
}

function read(text: string): OnlineUser {
  const [site = "", user = ""] = text.split("\n");
  return { site, user };
}
