/** Who follows which topic. Followers get the notifications that are sent to the topic, whether they are there or not. */
import { CodedError } from "../base/errors.ts";
import type { UserId } from "../base/fields.ts";
import type { Counter } from "../core/metrics.ts";
import { type Database, type Row, row, rows, type Work } from "../engines/database/database.ts";

/** A topic that a user follows. */
export interface Followed {
  readonly topic: string;
  /** Unix milliseconds. */
  readonly since: number;
}

interface FollowersParts {
  readonly database: Database;
  /** Topics that one user may follow. */
  readonly limit: number;
  readonly counter: Counter;
}

export class Followers {
  readonly #parts: FollowersParts;

  constructor(parts: FollowersParts) {
    this.#parts = parts;
  }

  /** Has a user follow a topic; resolves with whether that is new. Rejects with `too_many_followed`. */
  async follow(site: string, user: UserId, topic: string): Promise<boolean> {
    const { database, limit, counter } = this.#parts;
    const isNew = await database.transaction(
      () => begin({ site, user, topic }, { limit, now: Date.now() }),
      keyOf(site, user),
    );
    if (isNew) counter.value++;
    return isNew;
  }

  /** Has a user follow a topic no more; resolves with whether the user did. */
  async unfollow(site: string, user: UserId, topic: string): Promise<boolean> {
    const { database, counter } = this.#parts;
    const gone = await database.transaction(() =>
      rows(
        `DELETE FROM topic_followers WHERE site = $1 AND topic = $2 AND user_id = $3
         RETURNING topic`,
        ...[site, topic, user],
      ), keyOf(site, user));
    if (gone.length > 0) counter.value++;
    return gone.length > 0;
  }

  /** The topics that a user follows, in the order of their names, one more than `limit` where there are more. */
  async followed(
    site: string,
    user: UserId,
    { after = "", limit }: { readonly after?: string | undefined; readonly limit: number },
  ): Promise<Followed[]> {
    const found = await this.#parts.database.query(
      `SELECT topic, since FROM topic_followers
       WHERE site = $1 AND user_id = $2 AND topic > $3 ORDER BY topic LIMIT $4`,
      ...[site, user, after, limit + 1],
    );
    return found.map(({ topic, since }) => ({ topic: String(topic), since: Number(since) }));
  }

  /** Followers of a topic behind a user, in the order of their ids. */
  async after(site: string, topic: string, user: UserId, limit: number): Promise<UserId[]> {
    const found = await this.#parts.database.query(
      `SELECT user_id FROM topic_followers
       WHERE site = $1 AND topic = $2 AND user_id > $3 ORDER BY user_id LIMIT $4`,
      ...[site, topic, user, limit],
    );
    return found.map(userOf);
  }
}

function* begin(
  { site, user, topic }: { site: string; user: UserId; topic: string },
  { limit, now }: { limit: number; now: number },
): Work<boolean> {
  const added = yield* rows(
    `INSERT INTO topic_followers (site, topic, user_id, since) VALUES ($1, $2, $3, $4)
     ON CONFLICT (site, topic, user_id) DO NOTHING RETURNING topic`,
    ...[site, topic, user, now],
  );
  if (added.length === 0 || !Number.isFinite(limit)) return added.length > 0;
  const counted = yield* row(
    "SELECT count(*) AS count FROM topic_followers WHERE site = $1 AND user_id = $2",
    ...[site, user],
  );
  if (Number(counted?.["count"]) <= limit) return true;
  throw new CodedError(
    "too_many_followed",
    `Cannot follow the topic: user ${user} follows ${limit} topics, which is the limit`,
    { field: "topic" },
  );
}

export function userOf({ user_id }: Row): UserId {
  return String(user_id);
}

/** What runs one after the other for a user. */
function keyOf(site: string, user: UserId): string {
  return `followed\n${site}\n${user}`;
}
