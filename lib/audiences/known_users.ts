/**
 * Whoever has been here as a user, so that something can be sent to everyone. They are noted together, now and then: who came
 * right before a crash is noted at the next visit.
 */
import type { UserId } from "../base/fields.ts";
import type { Connection } from "../core/connection.ts";
import type { ConnectionHooks } from "../core/connection_hooks.ts";
import { every, type Task } from "../core/task.ts";
import { type Database, rows, type Work } from "../engines/database/database.ts";
import { userOf } from "./followers.ts";

const EVERY_MS = 500;

/** How many users are known to be noted already; past so many, all are forgotten, and noted again. */
const MOST_NOTED = 100_000;

/** How many users wait to be noted at the most; others are noted at their next visit. */
const MOST_WAITING = 50_000;

/** How many rows one statement writes. */
const TOGETHER = 100;

interface Visitor {
  readonly site: string;
  readonly user: UserId;
}

export class KnownUsers implements ConnectionHooks {
  readonly #database: Database;
  readonly #noted = new Set<string>();
  /** Those who wait to be noted, by their connections. */
  readonly #waiting = new Map<Connection, Visitor>();

  constructor(database: Database) {
    this.#database = database;
  }

  /** A guest is nobody who could be found again. */
  identified(connection: Connection, user: UserId): void {
    const { site, isGuest, identity } = connection;
    if (isGuest || identity?.isGuest) return;
    const key = `${site}\n${user}`;
    if (this.#noted.has(key) || this.#waiting.size >= MOST_WAITING) return;
    if (this.#noted.size >= MOST_NOTED) this.#noted.clear();
    this.#noted.add(key);
    this.#waiting.set(connection, { site, user });
  }

  /** Whom the server sends away is not noted any more: it may be that the user is erased right now, which ends connections. */
  closing(connection: Connection): void {
    const visitor = this.#waiting.get(connection);
    if (visitor === undefined) return;
    this.#waiting.delete(connection);
    this.forget(visitor.site, visitor.user);
  }

  get tasks(): readonly Task[] {
    return [every("noting who was here", EVERY_MS, () => this.flush())];
  }

  /** Notes those who wait. */
  async flush(): Promise<void> {
    if (this.#waiting.size === 0 || this.#database.whyNotReady() !== undefined) return;
    const visitors = [...this.#waiting.values()];
    this.#waiting.clear();
    try {
      for (let at = 0; at < visitors.length; at += TOGETHER) {
        const some = visitors.slice(at, at + TOGETHER);
        await this.#database.transaction(() => note(some, Date.now()));
      }
    } catch (error) {
      for (const { site, user } of visitors) this.forget(site, user);
      throw error;
    }
  }

  /** Has a user noted again at the next visit. */
  forget(site: string, user: UserId): void {
    this.#noted.delete(`${site}\n${user}`);
  }

  /** Users of a site behind a user, in the order of their ids. */
  async after(site: string, user: UserId, limit: number): Promise<UserId[]> {
    const found = await this.#database.query(
      "SELECT user_id FROM known_users WHERE site = $1 AND user_id > $2 ORDER BY user_id LIMIT $3",
      ...[site, user, limit],
    );
    return found.map(userOf);
  }
}

/**
 * All in one statement: with one for each, a thousand who come at once would hold the transaction for as long as the server takes for
 * a database that is silent. In one order, since two nodes that note the same users in different ones would wait for each other.
 */
function* note(visitors: readonly Visitor[], now: number): Work<void> {
  const ordered = visitors.toSorted((one, other) => keyOf(one) < keyOf(other) ? -1 : 1);
  // Filled up to a power of two, so that there are few different statements to prepare.
  const size = 2 ** Math.ceil(Math.log2(ordered.length));
  const filled = [...ordered, ...Array<Visitor>(size - ordered.length).fill(ordered.at(-1)!)];
  const tuples = filled.map((_, index) => `($${2 * index + 2}, $${2 * index + 3}, $1)`);
  yield* rows(
    `INSERT INTO known_users (site, user_id, since) VALUES ${tuples.join(", ")}
     ON CONFLICT (site, user_id) DO NOTHING`,
    ...[now, ...filled.flatMap(({ site, user }) => [site, user])],
  );
}

function keyOf({ site, user }: Visitor): string {
  return `${site}\n${user}`;
}
