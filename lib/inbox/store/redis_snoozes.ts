/** What users have snoozed, in Redis: it is in the schedule, and a sorted set of each user has the ids. */
import type { UserId } from "../../base/fields.ts";
import { throwUnavailable } from "../../engines/redis/errors.ts";
import { isSnoozed } from "./kept.ts";
import { scheduledId } from "./redis_arrival.ts";
import { RedisEdits } from "./redis_edits.ts";
import type { InboxParts } from "./redis_parts.ts";
import { scheduledIn } from "./redis_reading.ts";
import type { RedisSchedule } from "./redis_schedule.ts";
import type {
  Change,
  InboxChange,
  ListOptions,
  Snoozed,
  SnoozedPage,
  SnoozedPlace,
  Snoozes,
  StoredNotification,
} from "./store.ts";

/** How many places are read at once. */
const AT_ONCE = 200;

export class RedisSnoozes implements Snoozes {
  readonly #parts: InboxParts;
  readonly #schedule: RedisSchedule;
  readonly #edits: RedisEdits;

  constructor(parts: InboxParts, schedule: RedisSchedule) {
    this.#parts = parts;
    this.#schedule = schedule;
    this.#edits = new RedisEdits(parts);
  }

  snooze(
    site: string,
    user: UserId,
    id: string,
    until: number,
    change: Change<StoredNotification>,
  ): Promise<InboxChange | undefined> {
    return this.#edits.snooze({ site, user, id }, until, change);
  }

  async list(site: string, user: UserId, { limit, after }: ListOptions): Promise<SnoozedPage> {
    const { redis, keys } = this.#parts;
    const places = await this.#places(keys.snoozed(site, user), limit + 1, after);
    const ids = places.map(({ name }) => name);
    if (ids.length === 0) return { notifications: [] };
    const names = ids.map((id) => scheduledId({ site, user, id }));
    const stored = await redis.hmget(keys.scheduledContents, ...names).catch(throwUnavailable);
    const notifications: Snoozed[] = ids.slice(0, limit).flatMap((id, index) => {
      const kept = scheduledIn(stored[index] ?? "");
      return kept === undefined ? [] : [{ ...kept, id }]; // it has come back in between
    });
    const next = places.length > limit ? places[limit - 1] : undefined;
    return { notifications, ...(next && { next }) };
  }

  /** The first places behind one: Redis finds those of a time or later, in the order of their ids where that is the same. */
  async #places(
    key: string,
    count: number,
    after: SnoozedPlace = { at: -1, name: "" },
  ): Promise<SnoozedPlace[]> {
    const { redis } = this.#parts;
    const places: SnoozedPlace[] = [];
    for (let offset = 0; places.length < count; offset += AT_ONCE) {
      const found = await redis.zrangebyscore(
        ...[key, after.at, "+inf", "WITHSCORES", "LIMIT", offset, AT_ONCE] as const,
      ).catch(throwUnavailable);
      for (let index = 0; index < found.length; index += 2) {
        const [name = "", score] = found.slice(index, index + 2);
        const at = Number(score);
        if (at > after.at || name > after.name) places.push({ at, name });
      }
      if (found.length < 2 * AT_ONCE) break;
    }
    return places.slice(0, count);
  }

  async wake(site: string, user: UserId, id: string): Promise<boolean> {
    const kept = await this.#schedule.find(site, user, id);
    if (kept === undefined || !isSnoozed(kept)) return false;
    return await this.#schedule.releaseNow(site, user, id);
  }
}
