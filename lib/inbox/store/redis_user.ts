/** What is kept of one user's notifications in Redis beside the inbox itself. */
import type { UserId } from "../../base/fields.ts";
import { throwUnavailable } from "../../engines/redis/errors.ts";
import { contentIn } from "./kept.ts";
import { scheduledId } from "./redis_arrival.ts";
import type { InboxParts } from "./redis_parts.ts";
import { scheduledIn } from "./redis_reading.ts";
import type { InboxCounts, ScheduledOfUser, UserStore } from "./store.ts";

/** How many entries one call looks at: Redis does nothing else meanwhile. */
const AT_ONCE = 500;

type UserParts = Pick<InboxParts, "redis" | "keys" | "functions">;

export class RedisUserStore implements UserStore {
  readonly #parts: UserParts;

  constructor(parts: UserParts) {
    this.#parts = parts;
  }

  /** All that is scheduled stands in one hash, which is looked through. */
  async scheduled(site: string, user: UserId): Promise<ScheduledOfUser[]> {
    const { redis, keys } = this.#parts;
    const start = scheduledId({ site, user, id: "" });
    const pattern = `${start.replaceAll(/[\\*?[\]]/g, "\\$&")}*`;
    const found: ScheduledOfUser[] = [];
    let cursor = "0";
    do {
      const [next, entries] = await redis
        .hscan(keys.scheduledContents, cursor, "MATCH", pattern, "COUNT", AT_ONCE)
        .catch(throwUnavailable);
      for (let index = 0; index < entries.length; index += 2) {
        const [name = "", stored = ""] = entries.slice(index, index + 2);
        const scheduled = scheduledIn(stored);
        if (scheduled === undefined) continue;
        const { room, deliverAt } = scheduled;
        const id = name.slice(start.length);
        found.push({ id, room, deliverAt, content: contentIn(scheduled) });
      }
      cursor = next;
    } while (cursor !== "0");
    const byId = new Map(found.map((each) => [each.id, each])); // a hash that grows may show an entry twice
    return [...byId.values()].sort((one, other) => one.deliverAt - other.deliverAt);
  }

  async counts(site: string, user: UserId): Promise<InboxCounts> {
    const { keys, functions } = this.#parts;
    const answer = await functions.counts(keys.inbox(site, user), []) as [number, number, number];
    const [total, unread, archived] = answer;
    return { total, unread, archived };
  }

  /** The ids that callers made end by themselves within a day. */
  async forget(site: string, user: UserId): Promise<number> {
    const { redis, keys } = this.#parts;
    await redis.unlink(...keys.inbox(site, user), keys.snoozed(site, user), keys.groups(site, user))
      .catch(throwUnavailable);
    let count = 0;
    for (let after = "-";;) {
      const entries = await redis.xrange(keys.refused, after, "+", "COUNT", AT_ONCE)
        .catch(throwUnavailable);
      const own = entries.filter(([, fields]) => isOf(fields, site, user)).map(([id]) => id);
      if (own.length > 0) count += await redis.xdel(keys.refused, ...own).catch(throwUnavailable);
      const last = entries.at(-1)?.[0];
      if (last === undefined || entries.length < AT_ONCE) return count;
      after = `(${last}`;
    }
  }
}

function isOf(fields: readonly string[], site: string, user: UserId): boolean {
  const valueOf = (name: string) => fields[fields.indexOf(name) + 1];
  return fields.includes("scheduled") && valueOf("site") === site && valueOf("user_id") === user;
}
