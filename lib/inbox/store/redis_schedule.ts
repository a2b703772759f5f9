/** Notifications that wait for their time, in Redis: one sorted set, changed by the scripts in `lua/schedule*.lua`. */
import type { Redis } from "ioredis";
import type { Released, Schedule, ScheduledNotification } from "./store.ts";
import type { UserId } from "../../base/fields.ts";
import type { Retention } from "../retention.ts";
import { arrival, newArrival, othersClaim, scheduledId } from "./redis_arrival.ts";
import { refused } from "../../engines/redis/errors.ts";
import type { RedisKeys } from "../../engines/redis/keys.ts";
import { run, SCRIPTS } from "../../engines/redis/functions.ts";

export class RedisSchedule implements Schedule {
  readonly #redis: Redis;
  readonly #keys: RedisKeys;
  readonly #retention: Retention;

  constructor(redis: Redis, keys: RedisKeys, retention: Retention) {
    this.#redis = redis;
    this.#keys = keys;
    this.#retention = retention;
  }

  async add(notification: ScheduledNotification): Promise<boolean> {
    const { site, user, id, room, text, expiresAt, isCallersId, claim } = notification;
    const { keys, args } = newArrival(this.#keys, this.#retention, claim);
    const added = await run(
      this.#redis,
      SCRIPTS.scheduleAdd,
      [...keys, ...this.#keys.inbox(site, user)],
      [
        ...[...args, site, id, room, text, expiresAt ?? "", isCallersId ? 1 : 0],
        ...[notification.deliverAt, notification.isUndated ? 1 : 0],
      ],
    ) as number;
    if (added < 0) throw othersClaim();
    return added > 0;
  }

  async dueAt(site: string, user: UserId, id: string): Promise<number | undefined> {
    const field = scheduledId({ site, user, id });
    const stored = await this.#redis.hget(this.#keys.scheduledFrames, field).catch(refused);
    return stored === null ? undefined : Number(stored.split(" ", 2)[1]);
  }

  async cancel(site: string, user: UserId, id: string): Promise<boolean> {
    const keys = [
      this.#keys.scheduled,
      this.#keys.scheduledFrames,
      this.#keys.callersId(site, user, id),
      this.#keys.owner(site, id),
    ];
    const args = [scheduledId({ site, user, id }), user];
    return await run(this.#redis, SCRIPTS.scheduleCancel, keys, args) === 1;
  }

  /** Every node tries each in the same order, so the order of their times is kept whoever is first. */
  async release(limit: number): Promise<Released> {
    const [now, ...due] = await run(
      this.#redis,
      SCRIPTS.scheduleDue,
      [this.#keys.scheduled],
      [limit],
    ) as [number, ...string[]];
    const releasing: Promise<{ offset: number; dueAt: number }>[] = [];
    for (let index = 0; index < due.length; index += 2) {
      const [name = "", dueAt] = due.slice(index, index + 2);
      releasing.push(this.#releaseOne(name, Number(dueAt)));
    }
    // Not `all`: the others are under way, and the caller may ask anew at once.
    const results = await Promise.allSettled(releasing);
    const failed = results.find((result) => result.status === "rejected");
    if (failed !== undefined) throw failed.reason;
    const done = results.flatMap((result) => result.status === "fulfilled" ? [result.value] : []);
    return {
      now,
      delivered: done.filter(({ offset }) => offset > 0).map(({ dueAt }) => dueAt),
      expired: done.filter(({ offset }) => offset < 0).length,
      isMore: releasing.length === limit,
    };
  }

  async #releaseOne(name: string, dueAt: number): Promise<{ offset: number; dueAt: number }> {
    const [_accepted, site = "", user = "", id = ""] = name.split("\n");
    const { keys, args } = arrival(this.#keys, this.#retention);
    const channel = this.#keys.channel({ site, kind: "user", name: user });
    const [offset, taken, queued] = await run(
      this.#redis,
      SCRIPTS.scheduleRelease,
      [...keys, ...this.#keys.inbox(site, user)],
      [...args, site, id, name, channel],
    ) as [number, number, number];
    if (taken + queued > 0) this.#retention.onDropped({ user, taken, queued });
    return { offset, dueAt };
  }
}
