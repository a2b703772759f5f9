/** The inboxes in Redis: each has a few keys, which the functions of `inbox*.lua` change. */
import type {
  Inbox,
  InboxChange,
  InboxEvent,
  InboxSync,
  Notification,
  Queued,
  StoredNotification,
  SyncOptions,
  Taken,
} from "./store.ts";
import type { Position, Publication, Standing } from "../../core/publication.ts";
import { contentOf } from "../../engines/redis/old_frames.ts";
import type { UserId } from "../../base/fields.ts";
import { cutTo } from "../page.ts";
import { retentionMs } from "../retention.ts";
import { RedisAppends } from "./redis_appends.ts";
import { finite } from "./redis_arrival.ts";
import { throwUnavailable } from "../../engines/redis/errors.ts";
import { readPast } from "../../engines/redis/past.ts";
import { RedisMarks } from "./redis_marks.ts";
import type { InboxParts } from "./redis_parts.ts";
import { syncReason } from "./sync_reason.ts";

/** Says which notifications to read; see `inbox_read.lua`. */
type Selection =
  | { mode: "unread" | "since" | "before"; argument: number }
  | { mode: "queued" | "id"; argument: string };

/** How long the epoch of an inbox is kept that nothing comes into. */
const EMPTY_MS = 30 * 24 * 3600 * 1000;

interface Found extends Standing {
  readonly dropped: number;
  readonly unread: number;
  readonly notifications: StoredNotification[];
}

export class RedisInbox implements Inbox {
  readonly #parts: InboxParts;
  readonly #appends: RedisAppends;
  readonly #marks: RedisMarks;

  constructor(parts: InboxParts) {
    this.#parts = parts;
    this.#appends = new RedisAppends(parts);
    this.#marks = new RedisMarks(parts);
  }

  append(notification: Notification): Promise<boolean> {
    return this.#appends.append(notification);
  }

  queued(site: string, user: UserId, room: string): Promise<Queued> {
    return this.#read(site, user, { mode: "queued", argument: room }, { archived: true });
  }

  async sync(
    site: string,
    user: UserId,
    since?: Position,
    { limit = Infinity, unreadOnly = false }: SyncOptions = {},
  ): Promise<InboxSync> {
    const options = { limit: finite(limit + 1), archived: true };
    const mode = unreadOnly ? "unread" : "since";
    const found = since && await this.#read(site, user, { mode, argument: since.offset }, options);
    const reason = found === undefined ? "new" : syncReason(since, found);
    const recovered = reason === undefined;
    const { epoch, unread, offset, notifications } = found !== undefined && recovered
      ? found
      : await this.#read(site, user, { mode: "unread", argument: 0 }, options);
    return {
      epoch,
      unread,
      recovered,
      ...(recovered ? {} : { reason }),
      ...cutTo(notifications, limit, offset),
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
    const { redis, keys } = this.#parts;
    const user = await redis.get(keys.owner(site, id)).catch(throwUnavailable);
    return user ?? undefined;
  }

  mark(site: string, user: UserId, state: Taken, ids: readonly string[]): Promise<string[]> {
    return this.#marks.mark({ site, user, state, ids });
  }

  async change(
    site: string,
    user: UserId,
    event: InboxEvent,
    which: readonly string[] | number = Number.MAX_SAFE_INTEGER,
  ): Promise<InboxChange> {
    const { keys, functions, keepsReceipts } = this.#parts;
    const inbox = keys.inbox(site, user);
    const call = event === "delete" ? functions.delete : functions.change;
    const [through, listed] = typeof which === "number" ? [which, []] : ["", which];
    const [unread, ...ids] = await call(
      keepsReceipts ? [...inbox, keys.receipts] : inbox,
      [event, through, site, keys.channel(site, user), ...listed],
    ) as (number | string)[];
    return { ids: ids.map(String), unread: Number(unread) };
  }

  async unread(site: string, user: UserId): Promise<number> {
    return (await this.#read(site, user, { mode: "id", argument: "" })).unread;
  }

  async #read(
    site: string,
    user: UserId,
    { mode, argument = "" }: Selection,
    { limit = 0, archived = false }: { limit?: number; archived?: boolean } = {},
  ): Promise<Found> {
    const { keys, functions, retention, incarnation } = this.#parts;
    const [offset, epoch, dropped, unread, past, ...rest] = await functions.read(
      keys.inbox(site, user),
      [
        mode,
        argument,
        limit,
        archived ? 1 : 0,
        mode === "since" || mode === "unread" ? incarnation.origin : "",
        Math.min(retentionMs(retention), EMPTY_MS),
      ],
    ) as [number, string, number, number, string, ...(string | number)[]];
    const notifications: StoredNotification[] = [];
    for (let index = 0; index < rest.length; index += 4) {
      notifications.push(toNotification(rest.slice(index, index + 4)));
    }
    return { offset, epoch, past: readPast(past), dropped, unread, notifications };
  }
}

function toNotification(
  [id, offset, stored, times]: readonly (string | number)[],
): StoredNotification {
  const [queuedAt, sentAt, deliveredAt, readAt, archivedAt] = String(times).split(",");
  const publication = toPublication(String(id), String(stored));
  return {
    id: publication.id,
    room: publication.room ?? "",
    offset: Number(offset),
    publication,
    queuedAt: Number(queuedAt),
    ...time("sentAt", sentAt),
    ...time("deliveredAt", deliveredAt),
    ...time("readAt", readAt),
    ...time("archivedAt", archivedAt),
  };
}

/** Reads `\n`, time, blank, room, `\n`, content. Before version 0.2, what is stored was the room, `\n`, and a frame. */
function toPublication(id: string, stored: string): Publication {
  const kind = "notification";
  const isNew = stored.startsWith("\n");
  const roomStart = isNew ? stored.indexOf(" ") + 1 : 0;
  const roomEnd = stored.indexOf("\n", roomStart);
  const at = Number(stored.slice(1, Math.max(1, roomStart - 1)));
  const room = stored.slice(roomStart, roomEnd);
  return { kind, id, room, ...contentOf(stored.slice(roomEnd + 1), at, kind) };
}

function time(name: string, value: string | undefined): Record<string, number> {
  return value ? { [name]: Number(value) } : {};
}
