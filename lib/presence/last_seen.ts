/** Keeps in the database when users were there last. Many who leave at once are one transaction. */
import type { UserId } from "../base/fields.ts";
import { type Database, rows } from "../engines/database/database.ts";
import type { TableMigration } from "../engines/database/tables.ts";
import LAST_SEEN from "./1_last_seen.sql" with { type: "text" };
import type { OnlineUser } from "./online_store.ts";

export const PRESENCE_TABLES: readonly TableMigration[] = [{ name: "last_seen", sql: LAST_SEEN }];

/** Most users of one transaction, and of one question. */
const AT_ONCE = 500;
/** Most users who wait while the database takes none; past so many, who left first is forgotten. */
const MOST_WAITING = 10_000;

/** The key of all works: one comes after the other. */
const WORKS = "last_seen";

const UPSERT = `INSERT INTO last_seen (site, user_id, seen_at) VALUES ($1, $2, $3)
  ON CONFLICT (site, user_id) DO UPDATE SET seen_at = excluded.seen_at
  WHERE excluded.seen_at > last_seen.seen_at`;

interface Waiting extends OnlineUser {
  readonly at: number;
}

export class LastSeen {
  readonly #database: Database;
  /** What is not written yet, by site and user. */
  readonly #waiting = new Map<string, Waiting>();
  #isWriting = false;

  constructor(database: Database) {
    this.#database = database;
  }

  /** How many users wait to be written. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /** Notes that a user's last connection was gone at this time, in Unix milliseconds. It is written a little later. */
  note({ site, user }: OnlineUser, at: number): void {
    const key = keyOf(site, user);
    this.#waiting.delete(key);
    this.#waiting.set(key, { site, user, at });
    if (this.#waiting.size <= MOST_WAITING) return;
    for (const first of this.#waiting.keys()) return void this.#waiting.delete(first);
  }

  /** Writes what waits. Rejects where the database takes none: it waits on. */
  async write(): Promise<void> {
    if (this.#isWriting) return;
    this.#isWriting = true;
    try {
      while (this.#waiting.size > 0) {
        const batch = [...this.#waiting].slice(0, AT_ONCE);
        // In one order on all nodes, so that none waits for one that waits for it.
        const inOrder = batch.toSorted(([one], [other]) => one < other ? -1 : 1);
        await this.#database.transaction(function* () {
          for (const [, { site, user, at }] of inOrder) yield* rows(UPSERT, site, user, at);
        }, WORKS);
        for (const [key, each] of batch) {
          if (this.#waiting.get(key) === each) this.#waiting.delete(key);
        }
      }
    } finally {
      this.#isWriting = false;
    }
  }

  /**
   * When users were there last; those are left out of whom nothing is known. While the database is away, nothing older is
   * known: who is online can be told all the same.
   */
  async of(site: string, users: readonly UserId[]): Promise<ReadonlyMap<UserId, number>> {
    const seen = new Map<UserId, number>();
    for (let start = 0; start < users.length; start += AT_ONCE) {
      const page = users.slice(start, start + AT_ONCE);
      const places = page.map((_, at) => `$${at + 2}`).join();
      const found = await this.#database.query(
        `SELECT user_id, seen_at FROM last_seen WHERE site = $1 AND user_id IN (${places})`,
        ...[site, ...page],
      ).catch(() => []);
      for (const { user_id, seen_at } of found) seen.set(String(user_id), Number(seen_at));
    }
    for (const user of users) {
      const waiting = this.#waiting.get(keyOf(site, user));
      if (waiting !== undefined) seen.set(user, waiting.at);
    }
    return seen;
  }

  /** Forgets when a user was there last, also where that is being written right now. */
  async erase(site: string, user: UserId): Promise<void> {
    this.#waiting.delete(keyOf(site, user));
    await this.#database.transaction(function* () {
      yield* rows("DELETE FROM last_seen WHERE site = $1 AND user_id = $2", site, user);
    }, WORKS);
  }
}

function keyOf(site: string, user: UserId): string {
  return `${site}\n${user}`;
}
