/** What is kept of one user's notifications in Redis beside the inbox itself. */
import type { UserId } from "../../base/fields.ts";
import { throwUnavailable } from "../../engines/redis/errors.ts";
import { contentIn } from "./kept.ts";
import { scheduledId } from "./redis_arrival.ts";
import { isScheduled } from "./redis_keys.ts";
import type { InboxParts } from "./redis_parts.ts";
import { scheduledIn } from "./redis_reading.ts";
import type {
  InboxCounts,
  ListOptions,
  ScheduledOfUser,
  UpcomingPage,
  UserStore,
} from "./store.ts";

/** Most entries that are looked at for one page. */
const MOST_LOOKED = 10_000;

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

  /** All sites share one list, of which so much is looked at. */
  async upcoming(site: string, { limit, after }: ListOptions): Promise<UpcomingPage> {
    const { redis, keys } = this.#parts;
    const found: { name: string; at: number }[] = [];
    const from = after?.at ?? 0;
    let last: { at: number; name: string } | undefined;
    for (let looked = 0; looked < MOST_LOOKED; looked += AT_ONCE) {
      const entries = await redis
        .zrangebyscore(keys.scheduled, from, "+inf", "WITHSCORES", "LIMIT", looked, AT_ONCE)
        .catch(throwUnavailable);
      for (let index = 0; index < entries.length; index += 2) {
        const [name, at] = [entries[index] ?? "", Number(entries[index + 1])];
        if (after !== undefined && at === from && name <= after.name) continue;
        if (name.split("\n")[1] === site) {
          if (found.length === limit) {
            return { notifications: await this.#read(found), next: last! };
          }
          found.push({ name, at });
        }
        last = { at, name };
      }
      if (entries.length < 2 * AT_ONCE) return { notifications: await this.#read(found) };
    }
    return { notifications: await this.#read(found), ...(last && { next: last }) };
  }

  async #read(
    found: readonly { name: string; at: number }[],
  ): Promise<UpcomingPage["notifications"]> {
    if (found.length === 0) return [];
    const { redis, keys } = this.#parts;
    const names = found.map(({ name }) => name.slice(name.indexOf("\n") + 1));
    const stored = await redis.hmget(keys.scheduledContents, ...names).catch(throwUnavailable);
    return names.flatMap((name, index) => {
      const scheduled = scheduledIn(stored[index] ?? "");
      const [, user = "", id = ""] = name.split("\n");
      if (scheduled === undefined) return [];
      const { room, deliverAt } = scheduled;
      return [{ user, id, room, deliverAt, content: contentIn(scheduled) }];
    });
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
  return isScheduled(fields) && valueOf("site") === site && valueOf("user_id") === user;
}
