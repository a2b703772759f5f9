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
  Snoozes,
  StoredNotification,
} from "./store.ts";

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

  async list(site: string, user: UserId, { limit }: ListOptions): Promise<SnoozedPage> {
    const { redis, keys } = this.#parts;
    const ids = await redis.zrange(keys.snoozed(site, user), "0", String(limit)).catch(
      throwUnavailable,
    );
    if (ids.length === 0) return { notifications: [] };
    const names = ids.map((id) => scheduledId({ site, user, id }));
    const stored = await redis.hmget(keys.scheduledContents, ...names).catch(throwUnavailable);
    const notifications: Snoozed[] = ids.slice(0, limit).flatMap((id, index) => {
      const kept = scheduledIn(stored[index] ?? "");
      return kept === undefined ? [] : [{ ...kept, id }]; // it has come back in between
    });
    return { notifications, ...(ids.length > limit && { more: true }) };
  }

  async wake(site: string, user: UserId, id: string): Promise<boolean> {
    const kept = await this.#schedule.find(site, user, id);
    if (kept === undefined || !isSnoozed(kept)) return false;
    return await this.#schedule.releaseNow(site, user, id);
  }
}
