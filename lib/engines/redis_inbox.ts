/** Notifications in Redis: one hash and a few sorted sets a user. */
import type { Redis } from "ioredis";
import type { Inbox, Notification, StoredNotification } from "../engine.ts";
import type { UserId } from "../fields.ts";
import type { RedisKeys } from "./redis_keys.ts";
import { run, SCRIPTS } from "./redis_scripts.ts";

/** Seconds until an inbox that nothing is added to is dropped: 30 days. */
const KEPT_SECONDS = 30 * 24 * 3600;

export class RedisInbox implements Inbox {
  readonly #redis: Redis;
  readonly #keys: RedisKeys;
  readonly #size: number;

  /** @param size notifications kept for one user */
  constructor(redis: Redis, keys: RedisKeys, size: number) {
    this.#redis = redis;
    this.#keys = keys;
    this.#size = Number.isFinite(size) ? size : 0;
  }

  async append({ site, user, id, room, text }: Notification): Promise<void> {
    const channel = this.#keys.channel({ site, kind: "user", name: user });
    await run(this.#redis, SCRIPTS.inboxAppend, [
      this.#keys.inbox(site, user),
      this.#keys.inboxOrder(site, user),
      this.#keys.inboxQueued(site, user),
      this.#keys.inboxSent(site, user),
    ], [id, room, text, this.#size, KEPT_SECONDS, channel]);
  }

  async queued(site: string, user: UserId, room: string): Promise<StoredNotification[]> {
    const all = await this.#read(site, user, this.#keys.inboxQueued(site, user), ["ZRANGE", 0]);
    return all.filter((notification) => notification.room === room);
  }

  async markSent(site: string, user: UserId, ids: readonly string[]): Promise<void> {
    if (ids.length === 0) return;
    await run(this.#redis, SCRIPTS.inboxSent, [
      this.#keys.inboxQueued(site, user),
      this.#keys.inboxSent(site, user),
    ], [Date.now(), KEPT_SECONDS, ...ids]);
  }

  list(site: string, user: UserId, { limit }: { limit: number }): Promise<StoredNotification[]> {
    return this.#read(site, user, this.#keys.inboxOrder(site, user), ["ZREVRANGE", limit]);
  }

  async #read(
    site: string,
    user: UserId,
    ids: string,
    range: [command: "ZRANGE" | "ZREVRANGE", limit: number],
  ): Promise<StoredNotification[]> {
    const found = await run(
      this.#redis,
      SCRIPTS.inboxList,
      [this.#keys.inbox(site, user), ids, this.#keys.inboxSent(site, user)],
      range,
    ) as string[];
    const notifications: StoredNotification[] = [];
    for (let index = 0; index < found.length; index += 3) {
      const [id = "", stored = "", sentAt = ""] = found.slice(index, index + 3);
      const lineEnd = stored.indexOf("\n");
      notifications.push({
        id,
        room: stored.slice(0, lineEnd),
        text: stored.slice(lineEnd + 1),
        ...(sentAt === "" ? {} : { sentAt: Number(sentAt) }),
      });
    }
    return notifications;
  }
}
