/**
 * Keeps which users are online where there is one node. Who they are is written to SQLite, so that those who do not come
 * back after a crash are offline; what is known of their connections is in memory, as the connections are.
 */
import type { UserId } from "../base/fields.ts";
import type { Migration } from "../engines/sqlite/migrations.ts";
import type { Statement } from "../engines/sqlite/statement.ts";
import type { SqliteStore } from "../engines/sqlite/store.ts";
import type { SqliteStorage } from "../engines/storage.ts";
import ONLINE from "./1_online.sql" with { type: "text" };
import type { Asked } from "./asked.ts";
import type { Due, Note, OnlineStore, OnlineUser, Part, Parts } from "./online_store.ts";

export const PRESENCE_SQL: readonly Migration[] = [{ name: "online", sql: ONLINE }];

/** A user who is online, or was so little ago that the user may come back. */
interface Kept {
  part: Part | undefined;
  /** When the user will be offline on `performance.now()`'s clock: `Infinity` for not yet. */
  dueAt: number;
  /** When the user's last connection was gone, in Unix milliseconds. */
  goneAt: number;
  /** Whether it is to be forgotten when that was. */
  isErased?: boolean;
}

/** How often it is noted that the server is there: so far off may be when users were there last whose server has crashed. */
const ALIVE_EVERY_MS = 60_000;

const OFFLINE: Parts = { isOnline: false, parts: [] };

export class SqliteOnline implements OnlineStore {
  readonly era = "";
  readonly #store: SqliteStore;
  readonly #insert: Statement;
  readonly #delete: Statement;
  readonly #noteAlive: Statement;
  /** When it was noted last that the server is there, on `performance.now()`'s clock. */
  #aliveAt = -Infinity;
  readonly #users = new Map<string, Kept>();

  /** @param graceMs how long users may take to come back who were online when the last server ended */
  constructor({ store }: SqliteStorage, graceMs: number) {
    this.#store = store;
    this.#insert = store.prepare(
      "INSERT INTO online_users (site, user) VALUES (?, ?) ON CONFLICT DO NOTHING",
    );
    this.#delete = store.prepare("DELETE FROM online_users WHERE site = ? AND user = ?");
    const before = store.prepare("SELECT site, user FROM online_users").all();
    this.#noteAlive = store.prepare(
      "INSERT OR REPLACE INTO presence_alive (one, at) VALUES (1, ?)",
    );
    const alive = store.prepare("SELECT at FROM presence_alive").get()?.["at"];
    const dueAt = performance.now() + graceMs;
    const goneAt = Number(alive ?? Date.now()); // when the last server ended, or was about to
    for (const { site, user } of before) {
      const key = written({ site: String(site), user: String(user) });
      this.#users.set(key, { part: undefined, dueAt, goneAt });
    }
  }

  async set(user: OnlineUser, part: Part, note: Note | undefined): Promise<boolean> {
    const key = written(user);
    const known = this.#users.get(key);
    this.#users.set(key, { part, dueAt: Infinity, goneAt: 0 });
    if (known !== undefined) return false;
    try {
      await this.#store.commit(() => {
        this.#insert.run(user.site, user.user);
        note?.write?.();
      });
    } catch (error) {
      this.#users.delete(key); // it is told once the disk takes it
      throw error;
    }
    return true;
  }

  remove(user: OnlineUser, graceMs: number): Promise<void> {
    const known = this.#users.get(written(user));
    if (known !== undefined) {
      known.dueAt = performance.now() + graceMs;
      known.goneAt = Date.now();
    }
    return Promise.resolve();
  }

  async due(limit: number): Promise<Due> {
    const now = performance.now();
    if (this.#users.size > 0 && now - this.#aliveAt >= ALIVE_EVERY_MS) await this.stop();
    const users: OnlineUser[] = [];
    for (const [key, { dueAt }] of this.#users) {
      if (dueAt > now) continue;
      users.push(read(key));
      if (users.length === limit) break;
    }
    return { users, fewer: [] };
  }

  async end(user: OnlineUser, note: Note | undefined): Promise<number | undefined> {
    const key = written(user);
    const known = this.#users.get(key);
    if (known === undefined || known.dueAt > performance.now()) return undefined;
    this.#users.delete(key);
    try {
      await this.#store.commit(() => {
        this.#delete.run(user.site, user.user);
        note?.write?.();
      });
    } catch (error) {
      if (!this.#users.has(key)) this.#users.set(key, known);
      throw error;
    }
    return known.isErased ? 0 : known.goneAt;
  }

  /** Here, only who is there is known. */
  erase(user: OnlineUser): Promise<boolean> {
    const known = this.#users.get(written(user));
    if (known !== undefined) known.isErased = true;
    return Promise.resolve(false);
  }

  async stop(): Promise<void> {
    this.#aliveAt = performance.now();
    await this.#store.commit(() => void this.#noteAlive.run(Date.now()));
  }

  /** There is no other node. */
  forget(): Promise<void> {
    return Promise.resolve();
  }

  read(site: string, users: readonly UserId[]): Promise<Parts[]> {
    return Promise.resolve(users.map((user) => {
      const known = this.#users.get(written({ site, user }));
      if (known === undefined) return OFFLINE;
      return { isOnline: true, parts: known.part === undefined ? [] : [known.part] };
    }));
  }
}

/** Where there is one node, it alone has to know that somebody has asked. */
export class SqliteAsked implements Asked {
  readonly #store: SqliteStore;

  constructor({ store }: SqliteStorage) {
    this.#store = store;
  }

  wasAsked(): Promise<boolean> {
    const rows = this.#store.prepare("SELECT at FROM presence_asked LIMIT 1").all();
    return Promise.resolve(rows.length > 0);
  }

  async ask(): Promise<void> {
    const insert = this.#store.prepare("INSERT INTO presence_asked (at) VALUES (?)");
    await this.#store.commit(() => void insert.run(Date.now()));
  }

  follows(): Promise<void> {
    return Promise.resolve();
  }

  allFollow(): Promise<boolean> {
    return Promise.resolve(true);
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
