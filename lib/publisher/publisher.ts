/**
 * Sends notifications and asks who is connected, for TypeScript programs that share the Redis with notifyli. The calls are
 * those of the PHP library that this replaces.
 *
 * @example
 * ```ts ignore
 * import { Publisher } from "@notifyli/notifyli";
 *
 * await using publisher = new Publisher({ host: "127.0.0.1", port: 6379 });
 * await publisher.publish({ userId: 123, room: "/user/123", message: "Your order has shipped" });
 * ```
 */
import type { Redis } from "ioredis";
import type { Limits } from "../base/sizes.ts";
import { CodedError } from "../base/errors.ts";
import { readSlice } from "../config/read.ts";
import { DEFAULT_SITE } from "../base/site.ts";
import type { UserPresence } from "../rooms/store/store.ts";
import type { RedisAddress } from "../engines/redis/address.ts";
import { connectRedis, endRedis, readyWithin, whyUnfit } from "../engines/redis/client.ts";
import { throwUnavailable, throwUnconfirmed } from "../engines/redis/errors.ts";
import { RedisKeys } from "../engines/redis/keys.ts";
import { redis as redisSlice } from "../engines/redis/settings.ts";
import {
  clientsKey,
  connectionField,
  connectionsKey,
  parsePresence,
} from "../rooms/store/connections.ts";
import { userIdField, userIdOnWire } from "../base/fields.ts";
import { type ParsedNotification, parseNotification } from "../inbox/notification.ts";
import { inbox as inboxSlice } from "../inbox/settings.ts";
import { limits as limitsSlice } from "../limits/settings.ts";

const CONNECT_WITHIN_MS = 5000;

/** The values that the server has where nothing is set. */
const DEFAULTS = {
  redis: readSlice(redisSlice, { REDIS_ENABLED: "true" })!,
  limits: readSlice(limitsSlice),
  room: readSlice(inboxSlice).defaultRoom,
};

/** Where Redis is, and the settings of the server. Each has the server's default. */
export interface PublisherOptions extends Partial<RedisAddress> {
  /** What stands before every key. */
  readonly prefix?: string;
  /** The pub/sub channel that the server hears. */
  readonly messageChannel?: string;
  readonly limits?: Limits;
}

/** Unix time in seconds (or in a smaller unit), an ISO 8601 text with a zone, or a `Date`. */
export type Time = number | string | Date;

export interface PublishOptions {
  /** A whole number or a string; 123 and "123" are one user. */
  readonly userId: number | bigint | string;
  readonly room: string;
  /** A text for people; it may be absent where there is `data`. */
  readonly message?: string;
  /** Any JSON value, for programs. */
  readonly data?: unknown;
  /** @default "system" */
  readonly from?: string;
  /** When it happened; the time of its delivery if absent. */
  readonly timestamp?: Time;
  /** When nobody gets the notification any more; a time in the future. */
  readonly expiresAt?: Time;
  /** When the notification is delivered; at once if absent or past. */
  readonly deliverAt?: Time;
  /** An id of the caller's own, 8 to 64 of `A-Z a-z 0-9 _ -`, by which one may ask what became of the notification. */
  readonly id?: string;
}

export class Publisher implements AsyncDisposable {
  readonly #redis: Redis;
  readonly #channel: string;
  readonly #limits: Limits;
  readonly #keys: RedisKeys;

  constructor({ limits = DEFAULTS.limits, ...options }: PublisherOptions = {}) {
    const { prefix = DEFAULTS.redis.prefix, messageChannel = `${prefix}messages` } = options;
    this.#channel = messageChannel;
    this.#limits = limits;
    this.#keys = new RedisKeys(prefix);
    this.#redis = connectRedis({ ...DEFAULTS.redis, ...options }, { name: "notifyli-publisher" });
  }

  /**
   * Publishes a notification. Resolves with the number of servers that heard it: 0 means that none runs, and the
   * notification is lost. Rejects with a `NotifyliError` for a wrong field or an unreachable Redis; with the code
   * `unconfirmed` where Redis may have got it: send it again with the same `id` then.
   */
  async publish({ userId, expiresAt, deliverAt, ...rest }: PublishOptions): Promise<number> {
    const fields = { user_id: userId, expires_at: expiresAt, deliver_at: deliverAt, ...rest };
    const parsed = parseNotification(fields, { limits: this.#limits, defaultRoom: DEFAULTS.room });
    const redis = await this.#ready();
    return await redis.publish(this.#channel, JSON.stringify(payloadOf(parsed)))
      .catch(throwUnconfirmed);
  }

  /** Whether the user has a client in the room, on any node. What others left in the room's hash is no client. */
  async isUserConnected(userId: number | bigint | string, room: string): Promise<boolean> {
    return await this.getUserConnection(userId, room) !== undefined;
  }

  /** The user's newest client in the room, with all of the user's clients there where they are several. */
  async getUserConnection(
    userId: number | bigint | string,
    room: string,
  ): Promise<UserPresence | undefined> {
    const user = userIdField({ user_id: userId }, this.#limits);
    const redis = await this.#ready();
    const place = { site: DEFAULT_SITE, room, user };
    // Both are sent at once. Nodes write the second key with the first, so without it somebody else wrote the entry.
    const [entry, isOurs] = await Promise.all([
      redis.hget(connectionsKey(this.#keys, DEFAULT_SITE, room), connectionField(user)),
      redis.exists(clientsKey(this.#keys, place)),
    ]).catch(throwUnavailable);
    return entry === null || isOurs === 0 ? undefined : parsePresence(entry);
  }

  close(): void {
    this.#redis.disconnect();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await endRedis(this.#redis);
  }

  async #ready(): Promise<Redis> {
    await readyWithin(this.#redis, CONNECT_WITHIN_MS);
    const flaw = whyUnfit(this.#redis);
    if (flaw !== undefined) throw new CodedError("unavailable", `Cannot use this Redis: ${flaw}`);
    return this.#redis;
  }
}

/** The payload of the message channel, in which servers of all versions understand each field. */
function payloadOf(
  { user, room, message, data, from, timestamp, id, expiresAt, deliverAt }: ParsedNotification,
): Record<string, unknown> {
  const times = { timestamp, expires_at: expiresAt, deliver_at: deliverAt };
  return { user_id: userIdOnWire(user), room, message, data, from, id, ...times };
}
