/** Notifications in Redis: a few keys a user, changed by the scripts in `lua/inbox*.lua`. */
import type { Redis } from "ioredis";
import type {
  Inbox,
  InboxSync,
  Notification,
  NotificationState,
  Position,
  Queued,
  StoredNotification,
} from "../engine.ts";
import { NotifyliError } from "../errors.ts";
import type { UserId } from "../fields.ts";
import { type Retention, retentionMs } from "../retention.ts";
import { unavailable } from "./redis_client.ts";
import type { RedisKeys } from "./redis_keys.ts";
import { run, SCRIPTS } from "./redis_scripts.ts";

const CALLERS_ID_SECONDS = 24 * 3600;

/** Which notifications to read; see `lua/inbox_read.lua`. */
type Selection =
  | { mode: "unread"; argument?: undefined }
  | { mode: "since" | "before"; argument: number }
  | { mode: "queued" | "id"; argument: string };

interface Found extends Position {
  readonly dropped: number;
  readonly unread: number;
  readonly notifications: StoredNotification[];
}

export class RedisInbox implements Inbox {
  readonly #redis: Redis;
  readonly #keys: RedisKeys;
  readonly #retention: Retention;

  constructor(redis: Redis, keys: RedisKeys, retention: Retention) {
    this.#redis = redis;
    this.#keys = keys;
    this.#retention = retention;
  }

  async append(notification: Notification): Promise<boolean> {
    const { site, user, id, room, text, isCallersId, expiresAt, claim } = notification;
    const [offset, taken, queued] = await run(this.#redis, SCRIPTS.inboxAppend, [
      ...this.#keys.inbox(site, user),
      this.#keys.callersId(site, user, id),
      this.#keys.owner(site, id),
      ...this.#keys.turn(claim?.way ?? "bridge"),
    ], [
      id,
      room,
      text,
      isCallersId ? 1 : 0,
      CALLERS_ID_SECONDS,
      finite(this.#retention.size),
      finite(retentionMs(this.#retention)),
      expiresAt ?? "",
      user,
      crypto.randomUUID().slice(0, 8),
      this.#keys.channel({ site, kind: "user", name: user }),
      claim?.holder ?? "",
      claim?.progress ?? "",
    ]) as [number, number, number];
    if (offset < 0) {
      throw new NotifyliError("unavailable", "Another node has the turn by now", {
        isOthers: true,
      });
    }
    if (taken + queued > 0) this.#retention.onDropped({ user, taken, queued });
    return offset > 0;
  }

  queued(site: string, user: UserId, room: string): Promise<Queued> {
    return this.#read(site, user, { mode: "queued", argument: room }, { archived: true });
  }

  async sync(site: string, user: UserId, since?: Position): Promise<InboxSync> {
    const found = since && await this.#read(site, user, { mode: "since", argument: since.offset }, {
      archived: true,
    });
    const reason = found === undefined || since === undefined
      ? "new"
      : since.epoch !== found.epoch || since.offset > found.offset
      ? "epoch"
      : since.offset < found.dropped
      ? "expired"
      : undefined;
    const { dropped: _, ...sync } = found !== undefined && reason === undefined
      ? found
      : await this.#read(site, user, { mode: "unread" });
    return {
      ...sync,
      recovered: reason === undefined,
      ...(reason === undefined ? {} : { reason }),
    };
  }

  async list(
    site: string,
    user: UserId,
    { before, limit, archived = false }: { before?: number; limit: number; archived?: boolean },
  ): Promise<StoredNotification[]> {
    const selection = { mode: "before", argument: before ?? Number.MAX_SAFE_INTEGER } as const;
    return (await this.#read(site, user, selection, { limit, archived })).notifications;
  }

  async get(site: string, user: UserId, id: string): Promise<StoredNotification | undefined> {
    const found = await this.#read(site, user, { mode: "id", argument: id }, { archived: true });
    return found.notifications[0];
  }

  async owner(site: string, id: string): Promise<UserId | undefined> {
    const user = await this.#redis.get(this.#keys.owner(site, id)).catch((error) => {
      throw unavailable(error);
    });
    return user ?? undefined;
  }

  async mark(
    site: string,
    user: UserId,
    state: Exclude<NotificationState, "queued">,
    ids?: readonly string[],
  ): Promise<string[]> {
    return await this.#change(site, user, state, ids);
  }

  async archive(site: string, user: UserId, ids: readonly string[]): Promise<void> {
    await this.#change(site, user, "archived", ids);
  }

  async remove(site: string, user: UserId, ids: readonly string[]): Promise<void> {
    await this.#change(site, user, "removed", ids);
  }

  async unread(site: string, user: UserId): Promise<number> {
    return (await this.#read(site, user, { mode: "id", argument: "" })).unread;
  }

  async #change(
    site: string,
    user: UserId,
    change: string,
    ids: readonly string[] | undefined,
  ): Promise<string[]> {
    if (ids?.length === 0) return [];
    const args = [change, ids === undefined ? 1 : 0, ...ids ?? []];
    return await run(
      this.#redis,
      SCRIPTS.inboxMark,
      this.#keys.inbox(site, user),
      args,
    ) as string[];
  }

  async #read(
    site: string,
    user: UserId,
    { mode, argument = "" }: Selection,
    { limit = 0, archived = false }: { limit?: number; archived?: boolean } = {},
  ): Promise<Found> {
    const [offset, epoch, dropped, unread, ...rest] = await run(
      this.#redis,
      SCRIPTS.inboxRead,
      this.#keys.inbox(site, user),
      [
        mode,
        argument,
        limit,
        archived ? 1 : 0,
        mode === "since" || mode === "unread" ? crypto.randomUUID().slice(0, 8) : "",
        finite(retentionMs(this.#retention)),
      ],
    ) as [number, string, number, number, ...(string | number)[]];
    const notifications: StoredNotification[] = [];
    for (let index = 0; index < rest.length; index += 4) {
      notifications.push(toNotification(rest.slice(index, index + 4)));
    }
    return { offset, epoch, dropped, unread, notifications };
  }
}

function toNotification(
  [id, offset, stored, times]: readonly (string | number)[],
): StoredNotification {
  const [room = "", ...frame] = String(stored).split("\n");
  const [queuedAt, sentAt, deliveredAt, readAt, archivedAt] = String(times).split(",");
  return {
    id: String(id),
    room,
    offset: Number(offset),
    text: frame.join("\n"),
    queuedAt: Number(queuedAt),
    ...time("sentAt", sentAt),
    ...time("deliveredAt", deliveredAt),
    ...time("readAt", readAt),
    ...time("archivedAt", archivedAt),
  };
}

function time(name: string, value: string | undefined): Record<string, number> {
  return value ? { [name]: Number(value) } : {};
}

/** What Redis takes for no limit is 0. */
function finite(value: number): number {
  return Number.isFinite(value) ? value : 0;
}
