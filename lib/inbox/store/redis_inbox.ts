/** The inboxes in Redis: each has a few keys, which the functions of `inbox*.lua` change. */
import type {
  Change,
  EditOptions,
  Inbox,
  InboxChange,
  InboxEvent,
  InboxPage,
  InboxSync,
  Kept,
  Notification,
  PageOptions,
  Queued,
  ReadOptions,
  StoredNotification,
  SyncOptions,
  Taken,
  Which,
  WithArchived,
} from "./store.ts";
import type { Position, Standing } from "../../core/publication.ts";
import type { UserId } from "../../base/fields.ts";
import { syncOf } from "../page.ts";
import { retentionMs } from "../retention.ts";
import { RedisAppends } from "./redis_appends.ts";
import { finite } from "./redis_arrival.ts";
import { throwUnavailable } from "../../engines/redis/errors.ts";
import { readPast } from "../../engines/past.ts";
import { RedisMarks } from "./redis_marks.ts";
import type { InboxParts } from "./redis_parts.ts";
import { toNotification } from "./redis_reading.ts";
import { RedisEdits } from "./redis_edits.ts";
import { syncReason } from "./sync_reason.ts";

/** Says which notifications to read; see `inbox_read.lua`. */
type Selection =
  | { mode: "unread" | "since" | "before" | "folded"; argument: number }
  | { mode: "group"; argument: number; group: string }
  | { mode: "queued" | "id"; argument: string }
  | { mode: "ids"; argument?: undefined; ids: readonly string[] };

/** How long the epoch of an inbox is kept that nothing comes into. */
const EMPTY_MS = 30 * 24 * 3600 * 1000;

interface Found extends Standing, InboxPage {
  readonly dropped: number;
  readonly unread: number;
  /** The ids of what is queued and was not read; of a folded list, the counts of groups. */
  readonly rest: readonly string[];
}

/** How many values there are before the first notification, and for each of them; see `inbox_read.lua`. */
const HEAD = 7;
const EACH = 4;

export class RedisInbox implements Inbox {
  readonly #parts: InboxParts;
  readonly #appends: RedisAppends;
  readonly #marks: RedisMarks;
  readonly #edits: RedisEdits;

  constructor(parts: InboxParts) {
    this.#parts = parts;
    this.#appends = new RedisAppends(parts);
    this.#marks = new RedisMarks(parts);
    this.#edits = new RedisEdits(parts);
  }

  append(notification: Notification): Promise<boolean> {
    return this.#appends.append(notification);
  }

  queued(
    site: string,
    user: UserId,
    room: string,
    options: Pick<ReadOptions, "characters"> = {},
  ): Promise<Queued> {
    const selection = { mode: "queued", argument: room } as const;
    return this.#read(site, user, selection, { ...options, archived: true });
  }

  read(
    site: string,
    user: UserId,
    ids: readonly string[],
    options: Pick<ReadOptions, "characters"> = {},
  ): Promise<InboxPage> {
    return this.#read(site, user, { mode: "ids", ids }, { ...options, archived: true });
  }

  async sync(
    site: string,
    user: UserId,
    since?: Position,
    { unreadOnly = false, ...reading }: SyncOptions = {},
  ): Promise<InboxSync> {
    const options = { ...reading, archived: true };
    const mode = unreadOnly ? "unread" : "since";
    const found = since && await this.#read(site, user, { mode, argument: since.offset }, options);
    const reason = found === undefined ? "new" : syncReason(since, found);
    const recovered = reason === undefined;
    const read = found !== undefined && recovered
      ? found
      : await this.#read(site, user, { mode: "unread", argument: 0 }, options);
    return syncOf(read, read, reason);
  }

  async list(
    site: string,
    user: UserId,
    options: PageOptions,
  ): Promise<readonly StoredNotification[]> {
    return (await this.page(site, user, options)).notifications;
  }

  async page(
    site: string,
    user: UserId,
    { before = Number.MAX_SAFE_INTEGER, group, folded, ...options }: PageOptions,
  ): Promise<InboxPage> {
    if (group !== undefined) {
      return await this.#read(site, user, { mode: "group", argument: before, group }, options);
    }
    const mode = folded ? "folded" : "before";
    const page = await this.#read(site, user, { mode, argument: before }, options);
    return folded ? { ...page, notifications: withCounts(page) } : page;
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
    which: Which = Number.MAX_SAFE_INTEGER,
  ): Promise<InboxChange> {
    const { keys, functions, keepsReceipts } = this.#parts;
    const inbox = keys.inbox(site, user);
    const call = event === "delete" ? functions.delete : functions.change;
    const [through, listed] = typeof which === "number"
      ? [which, []]
      : "group" in which
      ? [`group ${which.group}`, []]
      : ["", which];
    const [unread, ...ids] = await call(
      keepsReceipts ? [...inbox, keys.receipts] : inbox,
      [event, through, site, keys.channel(site, user), ...listed],
    ) as (number | string)[];
    return { ids: ids.map(String), unread: Number(unread) };
  }

  async unread(site: string, user: UserId): Promise<number> {
    return (await this.#read(site, user, { mode: "id", argument: "" })).unread;
  }

  edit(
    site: string,
    user: UserId,
    id: string,
    change: Change<StoredNotification>,
    options?: EditOptions,
  ): Promise<Kept | undefined> {
    return this.#edits.edit({ site, user, id }, change, options);
  }

  async #read(
    site: string,
    user: UserId,
    selection: Selection,
    { limit = Infinity, characters = Infinity, archived = false }: ReadOptions & {
      archived?: WithArchived | undefined;
    } = {},
  ): Promise<Found> {
    const { keys, functions, retention, incarnation } = this.#parts;
    const { mode, argument = "" } = selection;
    const answer = await functions.read(
      keys.inbox(site, user),
      [
        mode,
        argument,
        finite(limit),
        archived === "only" ? 2 : archived ? 1 : 0,
        mode === "since" || mode === "unread" ? incarnation.origin : "",
        Math.min(retentionMs(retention), EMPTY_MS),
        finite(characters),
        ...(mode === "ids" ? selection.ids : mode === "group" ? [selection.group] : []),
      ],
    ) as [number, string, number, number, string, number, number, ...(string | number)[]];
    const [offset, epoch, dropped, unread, past, count, isCut] = answer;
    const end = HEAD + count * EACH;
    const notifications: StoredNotification[] = [];
    for (let index = HEAD; index < end; index += EACH) {
      notifications.push(toNotification(answer.slice(index, index + EACH)));
    }
    return {
      ...{ offset, epoch, past: readPast(past), dropped, unread, notifications },
      rest: answer.slice(end).map(String),
      ...(isCut ? { more: true } : {}),
    };
  }
}

/** The notifications of a folded list, with what each stands for. */
function withCounts({ notifications, rest }: Found): StoredNotification[] {
  return notifications.map((each, index) => {
    const [count = 0, unread = 0] = rest.slice(2 * index, 2 * index + 2).map(Number);
    return count === 0 ? each : { ...each, group: { count, unread } };
  });
}
