/** What is kept of a user's following, and that the user was here. */
import { inSeconds } from "../base/times.ts";
import type { DataRecord, DataSubject, ErasedPart, UserData } from "../core/user_data.ts";
import { type Database, rows, type Work } from "../engines/database/database.ts";
import type { Followers } from "./followers.ts";
import type { KnownUsers } from "./known_users.ts";

const AT_ONCE = 500;

export class AudienceData implements UserData {
  readonly #database: Database;
  readonly #followers: Followers;
  readonly #known: KnownUsers;

  constructor(database: Database, followers: Followers, known: KnownUsers) {
    this.#database = database;
    this.#followers = followers;
    this.#known = known;
  }

  async *export({ site, user }: DataSubject): AsyncGenerator<DataRecord> {
    for (let after: string | undefined = ""; after !== undefined;) {
      const found = await this.#followers.followed(site, user, { after, limit: AT_ONCE });
      for (const { topic, since } of found.slice(0, AT_ONCE)) {
        yield { type: "followed_topic", topic, since: inSeconds(since) };
      }
      after = found.length > AT_ONCE ? found[AT_ONCE - 1]?.topic : undefined;
    }
    const [known] = await this.#database.query(
      "SELECT since FROM known_users WHERE site = $1 AND user_id = $2",
      ...[site, user],
    );
    if (known !== undefined) yield { type: "known_user", since: inSeconds(Number(known["since"])) };
  }

  async erase({ site, user }: DataSubject): Promise<ErasedPart> {
    this.#known.forget(site, user);
    const topics = await this.#database.transaction(() => eraseAll(site, user));
    return { erased: { followed_topics: topics } };
  }
}

function* eraseAll(site: string, user: string): Work<number> {
  const topics = yield* rows(
    "DELETE FROM topic_followers WHERE site = $1 AND user_id = $2 RETURNING topic",
    ...[site, user],
  );
  yield* rows("DELETE FROM known_users WHERE site = $1 AND user_id = $2", site, user);
  return topics.length;
}
