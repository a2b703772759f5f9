/**
 * Sends notifications, speaks in rooms and topics, and asks who is connected, for TypeScript programs that share the Redis
 * with notifyli.
 *
 * @example
 * ```ts ignore
 * import { Publisher } from "@notifyli/notifyli";
 *
 * await using publisher = new Publisher({ host: "127.0.0.1", port: 6379 });
 * await publisher.publish({ userId: 123, room: "/user/123", message: "Your order has shipped" });
 * await publisher.say("lobby", { message: "Sale!", name: "Shop" });
 * await publisher.publishTopic("Contact_Updated_Topic", { id: 5 });
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
import { RedisKeys, type StreamWay } from "../engines/redis/keys.ts";
import { redis as redisSlice } from "../engines/redis/settings.ts";
import {
  clientsKey,
  connectionField,
  connectionsKey,
  parsePresence,
} from "../rooms/store/connections.ts";
import { type Fields, userIdField } from "../base/fields.ts";
import { parseSending } from "../inbox/broadcasts/audience.ts";
import { inbox as inboxSlice } from "../inbox/settings.ts";
import { limits as limitsSlice } from "../limits/settings.ts";

import {
  entryOf,
  eventPayload,
  type From,
  messagePayload,
  notificationPayload,
  topicPayload,
} from "./payloads.ts";

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
  /** The pub/sub channel on which the server hears what goes to rooms and topics. */
  readonly publicationChannel?: string;
  readonly limits?: Limits;
  /** Where this is `false`, no call does anything and nothing is connected to, so that calls may stay in code. @default true */
  readonly enabled?: boolean;
}

/** How something is sent. */
export interface SendOptions {
  /** Whether it waits in Redis until a server runs. Where it does not and none runs, it is lost. @default false */
  readonly durable?: boolean;
}

/** Where something is published, and how. */
export interface PublicationOptions extends SendOptions {
  /** @default "default" */
  readonly site?: string;
}

/** Who tells of an event. */
export interface TellOptions extends From, PublicationOptions {}

export interface SayOptions extends From, PublicationOptions {
  /** A text for people; it may be absent where there is `data`. */
  readonly message?: string;
  /** Any JSON value, for programs. */
  readonly data?: unknown;
  /** An id of the caller's own: under it the room's history takes the message once. */
  readonly id?: string;
}

export interface TopicOptions extends PublicationOptions {
  /** An id of the caller's own: under it the topic's history takes the event once. */
  readonly id?: string;
}

/** Unix time in seconds (or in a smaller unit), an ISO 8601 text with a zone, or a `Date`. */
export type Time = number | string | Date;

/** To whom a notification goes: one of them. */
export interface Recipients {
  /** A whole number or a string; 123 and "123" are one user. */
  readonly userId?: number | bigint | string;
  /** Several users. */
  readonly userIds?: readonly (number | bigint | string)[];
  /** All who follow a topic. */
  readonly topic?: string;
  /** Everyone who has ever been here. */
  readonly everyone?: boolean;
}

export interface PublishOptions extends SendOptions, Recipients {
  readonly room: string;
  /** A text for people; it may be absent where there is `data`, or files. */
  readonly message?: string;
  /** Any JSON value, for programs. */
  readonly data?: unknown;
  /** The ids of files that the application has uploaded, at most 10. */
  readonly attachments?: readonly string[];
  /** The id of a picture that the application has uploaded. */
  readonly image?: string;
  readonly title?: string;
  /** A category, such as `order.shipped`, by which users choose. */
  readonly kind?: string;
  /** From 1, what can wait, to 5, or a name such as "high". @default 3 */
  readonly priority?: number | string;
  /** Where it leads: an address or a path. */
  readonly url?: string;
  readonly icon?: string;
  readonly tags?: readonly string[];
  /** What the user can do, at most 3: see docs/notifications.md. */
  readonly actions?: readonly object[];
  /** The newest of a group stands for the others. */
  readonly group?: string;
  /** Whether the message is Markdown. */
  readonly markdown?: boolean;
  /** Whether it passes preferences and quiet hours. */
  readonly critical?: boolean;
  /** How far something is, in percent. */
  readonly progress?: number;
  /** @default "system" */
  readonly from?: string;
  /** When it happened; the time of its delivery if absent. */
  readonly timestamp?: Time;
  /** When nobody gets the notification any more; a time in the future. */
  readonly expiresAt?: Time;
  /** When the notification is delivered, also as `30m` or `tomorrow 9:00`; at once if absent or past. */
  readonly deliverAt?: Time;
  /** An id of the caller's own, 8 to 64 of `A-Z a-z 0-9 _ -`, by which one may ask what became of the notification. */
  readonly id?: string;
}

export class Publisher implements AsyncDisposable {
  /** Absent where the publisher is not enabled. */
  readonly #redis: Redis | undefined;
  readonly #channels: Readonly<Record<StreamWay, string>>;
  readonly #limits: Limits;
  readonly #keys: RedisKeys;

  constructor({ limits = DEFAULTS.limits, enabled = true, ...options }: PublisherOptions = {}) {
    const { prefix = DEFAULTS.redis.prefix } = options;
    const { messageChannel = `${prefix}messages` } = options;
    const { publicationChannel = `${prefix}publications` } = options;
    this.#channels = { stream: messageChannel, "publications-stream": publicationChannel };
    this.#limits = limits;
    this.#keys = new RedisKeys(prefix);
    if (!enabled) return;
    this.#redis = connectRedis({ ...DEFAULTS.redis, ...options }, { name: "notifyli-publisher" });
  }

  /**
   * Publishes a notification. Resolves with the number of servers that heard it: 0 means that none runs, and the
   * notification is lost; where it is `durable`, the number is 1 as soon as Redis has it. Rejects with a `NotifyliError` for
   * a wrong field or an unreachable Redis; with the code `unconfirmed` where Redis may have got it: send it again with the
   * same `id` then.
   */
  async publish(
    { userId, userIds, expiresAt, deliverAt, durable, ...rest }: PublishOptions,
  ): Promise<number> {
    const to = { user_id: userId, user_ids: userIds };
    const fields = { ...to, expires_at: expiresAt, deliver_at: deliverAt, ...rest };
    const context = { limits: this.#limits, defaultRoom: DEFAULTS.room, recipients: Infinity };
    return await this.#send(
      "stream",
      durable,
      () => notificationPayload(parseSending(fields, context)),
    );
  }

  /** Says something to all in a room. Resolves and rejects as {@linkcode Publisher.publish} does. */
  async say(room: string, { userId, durable, ...rest }: SayOptions): Promise<number> {
    const fields = { user_id: userId, ...rest };
    return await this.#send(
      "publications-stream",
      durable,
      () => messagePayload(room, fields, this.#limits),
    );
  }

  /** Tells all in a room of an event, which is not kept. Resolves and rejects as {@linkcode Publisher.publish} does. */
  async tell(
    room: string,
    event: string,
    data?: unknown,
    { userId, durable, ...rest }: TellOptions = {},
  ): Promise<number> {
    const fields = { user_id: userId, ...rest, event, data };
    return await this.#send(
      "publications-stream",
      durable,
      () => eventPayload(room, fields, this.#limits),
    );
  }

  /** Publishes an event in a topic. Resolves and rejects as {@linkcode Publisher.publish} does. */
  async publishTopic(
    topic: string,
    data: Readonly<Record<string, unknown>>,
    { durable, ...rest }: TopicOptions = {},
  ): Promise<number> {
    return await this.#send(
      "publications-stream",
      durable,
      () => topicPayload(topic, { ...rest, data }, this.#limits),
    );
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
    if (this.#redis === undefined) return undefined;
    const user = userIdField({ user_id: userId }, this.#limits);
    const redis = await this.#ready(this.#redis);
    const place = { site: DEFAULT_SITE, room, user };
    // Both are sent at once. Nodes write the second key with the first, so without it somebody else wrote the entry.
    const [entry, isOurs] = await Promise.all([
      redis.hget(connectionsKey(this.#keys, DEFAULT_SITE, room), connectionField(user)),
      redis.exists(clientsKey(this.#keys, place)),
    ]).catch(throwUnavailable);
    return entry === null || isOurs === 0 ? undefined : parsePresence(entry);
  }

  close(): void {
    this.#redis?.disconnect();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#redis !== undefined) await endRedis(this.#redis);
  }

  /** @param make makes the payload, or throws where a field is wrong */
  async #send(way: StreamWay, durable = false, make: () => Fields): Promise<number> {
    if (this.#redis === undefined) return 0;
    const payload = make();
    const redis = await this.#ready(this.#redis);
    if (!durable) {
      return await redis.publish(this.#channels[way], JSON.stringify(payload))
        .catch(throwUnconfirmed);
    }
    await redis.xadd(this.#keys.stream(way), "*", ...entryOf(payload)).catch(throwUnconfirmed);
    return 1;
  }

  async #ready(redis: Redis): Promise<Redis> {
    await readyWithin(redis, CONNECT_WITHIN_MS);
    const flaw = whyUnfit(redis);
    if (flaw !== undefined) throw new CodedError("unavailable", `Cannot use this Redis: ${flaw}`);
    return redis;
  }
}
