/** The schedule in Redis: one sorted set of the notifications that wait, which the functions of `schedule*.lua` change. */
import type {
  Due,
  KeptForLater,
  Refused,
  Released,
  Schedule,
  ScheduledNotification,
} from "./store.ts";
import { type Content, encodeContent } from "../../core/publication.ts";
import type { UserId } from "../../base/fields.ts";
import { arrival, idsIn, newArrival, scheduledId } from "./redis_arrival.ts";
import { othersTurn, throwUnavailable } from "../../engines/redis/errors.ts";
import { contentIn } from "./kept.ts";
import { MOST_REFUSED } from "./redis_keys.ts";
import { RedisEdits } from "./redis_edits.ts";
import type { InboxParts } from "./redis_parts.ts";
import { scheduledIn } from "./redis_reading.ts";
import { tooManyScheduled } from "./too_many_scheduled.ts";

/** `schedule_release.lua` answers this where the notification had expired. */
const EXPIRED = -1;

/** `schedule_add.lua` answers this where too much is scheduled for the user. */
const FULL = -2;

/** What became of a notification that was due. */
interface Outcome {
  readonly offset: number;
  readonly dueAt: number;
  readonly refused?: Refused;
}

export class RedisSchedule implements Schedule {
  readonly #parts: InboxParts;
  readonly #edits: RedisEdits;

  constructor(parts: InboxParts) {
    this.#parts = parts;
    this.#edits = new RedisEdits(parts);
  }

  async add(notification: ScheduledNotification): Promise<boolean> {
    const { site, user, id, room, at = "-", expiresAt = "", isCallersId, claim } = notification;
    const { keys, args } = newArrival(this.#parts, claim);
    const added = await this.#parts.functions.scheduleAdd(
      [...keys, ...this.#parts.keys.inbox(site, user)],
      [
        ...[...args, site, id, room, at, encodeContent(notification), expiresAt],
        ...[isCallersId ? 1 : 0, notification.deliverAt],
      ],
    ) as number;
    if (added === FULL) throw tooManyScheduled(this.#parts.retention.bytes);
    if (added < 0) throw othersTurn();
    return added > 0;
  }

  async count(): Promise<number> {
    const { redis, keys } = this.#parts;
    return await redis.hlen(keys.scheduledContents).catch(throwUnavailable);
  }

  async dueAt(site: string, user: UserId, id: string): Promise<number | undefined> {
    const field = scheduledId({ site, user, id });
    const { redis, keys } = this.#parts;
    const stored = await redis.hget(keys.scheduledContents, field).catch(throwUnavailable);
    return stored === null ? undefined : Number(stored.split(" ", 2)[1]);
  }

  async content(site: string, user: UserId, id: string): Promise<Content | undefined> {
    const kept = await this.find(site, user, id);
    return kept && contentIn(kept);
  }

  async find(site: string, user: UserId, id: string): Promise<KeptForLater | undefined> {
    const stored = await this.#stored(site, user, id);
    return stored === null ? undefined : scheduledIn(stored);
  }

  edit(
    site: string,
    user: UserId,
    id: string,
    change: (kept: KeptForLater) => KeptForLater,
  ): Promise<KeptForLater | undefined> {
    return this.#edits.editScheduled(site, user, id, change);
  }

  async cancel(site: string, user: UserId, id: string): Promise<boolean> {
    const { keys: names, functions } = this.#parts;
    const keys = [
      names.scheduled,
      names.scheduledContents,
      names.callersId(site, user, id),
      names.owner(site, id),
      names.snoozed(site, user),
      names.unread(site, user),
    ];
    const args = [scheduledId({ site, user, id }), user, id, names.channel(site, user)];
    return await functions.scheduleCancel(keys, args) === 1;
  }

  async due(limit: number): Promise<Due> {
    const { redis, keys } = this.#parts;
    const { now, due } = await this.#due(limit);
    const names = new Set(due.map(({ name }) => idIn(name)));
    if (names.size === 0) return { now, notifications: [], names };
    const stored = await redis.hmget(keys.scheduledContents, ...names).catch(throwUnavailable);
    const notifications = [...names].flatMap((name, index) => {
      const kept = scheduledIn(stored[index] ?? "");
      const [site = "", user = "", id = ""] = name.split("\n");
      return kept === undefined ? [] : [{ site, user, id, ...kept }];
    });
    return { now, notifications, names };
  }

  /** Redis' clock, and what is due by it. */
  async #due(limit: number): Promise<{ now: number; due: { name: string; dueAt: number }[] }> {
    const { keys, functions } = this.#parts;
    const [now, ...found] = await functions.scheduleDue([keys.scheduled], [limit]) as [
      number,
      ...string[],
    ];
    const due: { name: string; dueAt: number }[] = [];
    for (let index = 0; index < found.length; index += 2) {
      due.push({ name: found[index] ?? "", dueAt: Number(found[index + 1]) });
    }
    return { now, due };
  }

  /** Every node releases what is due in the same order, so that the order of times is kept whoever is first. */
  async release(limit: number, only?: ReadonlySet<string>): Promise<Released> {
    const { now, due } = await this.#due(limit);
    const releasing = due.filter(({ name }) => only?.has(idIn(name)) ?? true)
      .map(({ name, dueAt }) => this.#releaseOne(name, dueAt));
    // `all` would not wait for those under way where one fails, and the caller may ask anew at once.
    const results = await Promise.allSettled(releasing);
    const failed = results.find((result) => result.status === "rejected");
    if (failed !== undefined) throw failed.reason;
    const done = results.flatMap((result) => result.status === "fulfilled" ? [result.value] : []);
    return {
      now,
      delivered: done.filter(({ offset }) => offset > 0).map(({ dueAt }) => dueAt),
      expired: done.filter(({ offset }) => offset === EXPIRED).length,
      refused: done.flatMap(({ refused }) => refused ?? []),
      isMore: due.length === limit,
    };
  }

  /** Delivers a notification now, whenever it is due. Says whether it was still scheduled. */
  async releaseNow(site: string, user: UserId, id: string): Promise<boolean> {
    const stored = await this.#stored(site, user, id);
    if (stored === null) return false;
    const [accepted, due] = stored.split(" ", 2);
    const name = `${accepted}\n${scheduledId({ site, user, id })}`;
    const { offset } = await this.#releaseOne(name, Number(due));
    return offset > 0;
  }

  async #stored(site: string, user: UserId, id: string): Promise<string | null> {
    const { redis, keys } = this.#parts;
    const name = scheduledId({ site, user, id });
    return await redis.hget(keys.scheduledContents, name).catch(throwUnavailable);
  }

  async #releaseOne(name: string, dueAt: number): Promise<Outcome> {
    const [_accepted, site = "", user = "", id = ""] = name.split("\n");
    const { keys: names, functions, retention } = this.#parts;
    const { keys, args } = arrival(this.#parts);
    const channel = names.channel(site, user);
    const [offset, taken, queued, lines = ""] = await functions.scheduleRelease(
      [...keys, ...names.inbox(site, user), names.refused, names.snoozed(site, user)],
      [...args, site, id, name, channel, user, MOST_REFUSED],
    ) as [number, number, number | string, string?];
    if (typeof queued === "string") {
      return { offset, dueAt, refused: { site, user, id, reason: queued } };
    }
    if (taken + queued > 0) {
      retention.onDropped({ site, user, taken, queued, withFiles: idsIn(lines) });
    }
    return { offset, dueAt };
  }
}

/** What a notification is called in the schedule, without the time at which it was accepted. */
function idIn(name: string): string {
  return name.slice(name.indexOf("\n") + 1);
}
