/** The user's notifications: what arrives is handed on once and acknowledged; what the user does to them is sent. */
import { Acks } from "./acks.ts";
import { backoffMs } from "../core/backoff.ts";
import { NotifyliError } from "../core/errors.ts";
import { type Command, NO_POSITION, readResult } from "../core/frames.ts";
import { InboxList } from "./inbox_list.ts";
import type { Part } from "../core/part.ts";
import type { PositionStore } from "./position_store.ts";
import {
  type Connected,
  type InboxPage,
  readInboxPage,
  readRecovery,
  readUnread,
  type Recovery,
} from "../core/replies.ts";
import { type Link, readReply } from "../core/requests.ts";
import { Stream } from "../core/stream.ts";
import type {
  ActionResult,
  Gap,
  InboxChange,
  Notification,
  Position,
  Publication,
} from "../core/types.ts";

export interface PageOptions {
  /** Notifications before this offset; by default those before the oldest in `list`. */
  readonly before?: number;
  /** @default 50 */
  readonly limit?: number;
  /** Archived ones too. @default false */
  readonly archived?: boolean;
}

/** A page from an offset down. */
interface PageQuery {
  readonly before: number;
  readonly limit: number;
  readonly archived?: true | "only";
  readonly folded?: true;
  readonly group?: string;
}

/** Notifications by their ids, or all of a group. */
export type WhichNotifications = readonly string[] | { readonly group: string };

/** A notification that may stand for others of its group. */
export interface FoldedNotification extends Notification {
  /** Resolves with all for which it stands, newest first, and itself. */
  open(): Promise<readonly Notification[]>;
}

/** Some of what was put off. */
export interface SnoozedNotifications extends ReadonlyArray<Notification> {
  /** The `cursor` of the next page, where there is more. */
  readonly next?: string;
}

interface NotificationsEvents {
  /** Returns whether anyone listened. */
  notification(notification: Notification): boolean;
  /** One that was told of before is another one by now. */
  changed(notification: Notification): void;
  unread(unread: number): void;
  gap(gap: Gap): void;
  failed(error: NotifyliError): void;
}

const PAGE_LIMIT = 50;

/** Ids in one question. */
const IDS_LIMIT = 100;

export class Notifications implements Part {
  readonly #link: Link;
  readonly #events: NotificationsEvents;
  readonly #store: PositionStore;
  readonly #stream: Stream;
  readonly #acks: Acks;
  readonly #list = new InboxList();
  #unread = 0;
  /** Ids of those that a page had, and its count, before their own frames have come. */
  #counted = new Set<string>();
  /** The place up to which all was handed on, while the client catches up; `undefined` where nothing was. */
  #had: Position | undefined;
  /** Nobody listened to one of them, so after a reload it has to come again. */
  #untaken = false;
  /** The client catches up from nothing, page by page, and does not ask for what was read before. */
  #unreadOnly = false;
  #cancelRetry = () => {};
  /** The ids of what is back from the archive, and is not in the list yet. */
  readonly #coming = new Set<string>();

  constructor(link: Link, store: PositionStore, events: NotificationsEvents) {
    this.#link = link;
    this.#store = store;
    this.#events = events;
    this.#acks = new Acks(link);
    this.#had = store.load();
    this.#stream = new Stream({
      deliver: (item, replayed) => this.#deliver(item, replayed),
      gap: (gap) => this.#events.gap(gap),
      ask: (attempt) => this.#ask(attempt),
    }, this.#had);
  }

  /** The notifications that are known here, newest first, without archived ones. `loadMore()` gets older ones. */
  get list(): readonly Notification[] {
    return this.#list.items;
  }

  /** How many notifications the user has not read, on the server's count. */
  get unread(): number {
    return this.#unread;
  }

  get position(): Position | undefined {
    return this.#stream.position;
  }

  /**
   * Resolves with how many are unread then. Rejects as `publish()` does; so do the next ones.
   *
   * @param options.through with `all`: up to the notification of this `offset`, and none that came after it
   */
  markRead(
    which: WhichNotifications | "all",
    { through }: { readonly through?: number } = {},
  ): Promise<number> {
    if (which !== "all") return this.#change("read", which);
    return this.#tell({ type: "read", all: true, ...(through !== undefined && { through }) });
  }

  archive(which: WhichNotifications): Promise<number> {
    return this.#change("archive", which);
  }

  /** Brings back what was archived, at its place and as read as it was. */
  unarchive(which: WhichNotifications): Promise<number> {
    return this.#change("unarchive", which);
  }

  /** A page of what is archived, newest first, and empty at the end. It does not come into `list`. */
  async archived(
    { before = Number.MAX_SAFE_INTEGER, limit = PAGE_LIMIT }: Omit<PageOptions, "archived"> = {},
  ): Promise<readonly Notification[]> {
    return (await this.#readPage({ before, limit, archived: "only" })).notifications;
  }

  delete(which: WhichNotifications): Promise<number> {
    return this.#change("delete", which);
  }

  /**
   * Does an action of a notification: each is done once, by whichever device asks first, and the others get what came of it.
   * Rejects as `publish()` does, and with `unavailable` where the address of `http` does not answer.
   *
   * @param action its id
   */
  async act(
    id: string,
    action: string,
    { text }: { readonly text?: string } = {},
  ): Promise<ActionResult> {
    const said = text === undefined ? {} : { text };
    return readResult(await this.#link.enqueue({ type: "act", id, action, ...said }));
  }

  /**
   * Puts notifications off: they leave `list`, on all of the user's devices, and come back as new ones.
   *
   * @param until a time, or a text such as `30m` or `tomorrow 9:00`, on the user's clock as the server knows it
   */
  snooze(ids: readonly string[], until: Date | string): Promise<number> {
    const time = typeof until === "string" ? until : Math.ceil(until.getTime() / 1000);
    return this.#tell({ type: "snooze", ids, until: time });
  }

  /** Brings back now what was put off. */
  unsnooze(ids: readonly string[]): Promise<number> {
    return this.#tell({ type: "unsnooze", ids });
  }

  /**
   * What was put off, in the order in which it comes back; `details.snoozedUntil` says when. Where there is more, the list has
   * `next`, which is the `cursor` of the next page.
   */
  async snoozed(
    { limit = PAGE_LIMIT, cursor }: { readonly limit?: number; readonly cursor?: string } = {},
  ): Promise<SnoozedNotifications> {
    const data = await this.#link.enqueue({
      ...{ type: "inbox", snoozed: true, limit },
      ...(cursor === undefined ? {} : { cursor }),
    });
    const { notifications } = readInboxPage(data);
    const { next } = data;
    return Object.assign([...notifications], typeof next === "string" ? { next } : {});
  }

  /**
   * A page of the inbox in which the newest of each group stands for the others, newest first: `groupCount` says for how many,
   * and `open()` gets them all.
   */
  async folded(
    { before = Number.MAX_SAFE_INTEGER, limit = PAGE_LIMIT, archived = false }: PageOptions = {},
  ): Promise<readonly FoldedNotification[]> {
    const which = archived ? { archived } : {};
    const page = await this.#readPage({ before, limit, folded: true, ...which });
    return page.notifications.map((each) => {
      const { group } = each.details ?? {};
      return {
        ...each,
        open: async () => {
          if (group === undefined) return [each];
          const limit = each.groupCount ?? PAGE_LIMIT;
          return (await this.#readPage({ before: Number.MAX_SAFE_INTEGER, limit, group, ...which }))
            .notifications;
        },
      };
    });
  }

  /**
   * Gets a page of older notifications into `list`, and resolves with it: newest first, and empty at the end. What
   * others read or put away meanwhile is mended in the page's part of the list.
   */
  async loadMore(options: PageOptions = {}): Promise<readonly Notification[]> {
    const { limit = PAGE_LIMIT, archived = false } = options;
    const before = options.before ?? this.#list.oldestOffset ?? Number.MAX_SAFE_INTEGER;
    const which = archived ? { archived } : {};
    const known = this.#list.items;
    const { notifications, unread } = await this.#readPage({ before, limit, ...which });
    const from = notifications.length < limit ? 0 : notifications.at(-1)?.offset ?? 0;
    // Whether the page's count is before or after what came meanwhile, nobody knows.
    if (this.#list.items === known) {
      this.#setUnread(unread);
      const { offset: had = 0 } = this.#stream.position ?? {};
      const ahead = notifications.filter(({ offset = 0 }) => offset > had);
      this.#counted = new Set(ahead.map(({ id }) => id));
    }
    this.#list.addPage(notifications, { from, before, known });
    return notifications;
  }

  /** The client calls this and the next four: the server has accepted it. */
  connected({ inbox, unread, isGuest, ...owner }: Connected): void {
    this.#setUnread(unread);
    if (isGuest) return this.#restart(undefined);
    if (!this.#store.open(owner)) {
      const own = this.#store.load();
      this.#restart(own); // the position that was asked for, if any, is another inbox's
      if (own !== undefined || inbox.recovered) return this.#askNow(0);
    }
    this.#unreadOnly = inbox.more && !inbox.recovered;
    this.#recover(inbox);
    this.#acks.schedule();
  }

  receive(publication: Publication): void {
    this.#stream.receive(publication);
    this.#taken();
  }

  /** @param then is called once the list is as the change says */
  change(change: InboxChange, then: () => void): void {
    const { event, ids = [] } = change;
    this.#list.change(change);
    this.#setUnread(change.unread);
    if (event === "unarchive") return void this.#bringBack(ids).then(then);
    if (event !== "read" && event !== "act") { for (const id of ids) this.#coming.delete(id); }
    then();
  }

  interrupt(): void {
    this.#cancelRetry();
    this.#stream.interrupt();
    this.#acks.interrupt();
  }

  close(): void {
    this.#cancelRetry();
    this.#acks.close();
  }

  /** Reads a whole page: the server cuts one that is too long for one answer. */
  async #readPage(
    { before, limit, ...which }: PageQuery,
  ): Promise<InboxPage> {
    const notifications: Notification[] = [];
    for (let rest = before;;) {
      const left = limit - notifications.length;
      const data = await this.#link.enqueue({ type: "inbox", before: rest, limit: left, ...which });
      const page = readInboxPage(data);
      notifications.push(...page.notifications);
      const last = page.notifications.at(-1)?.offset;
      if (!page.more || last === undefined) return { ...page, notifications };
      rest = last;
    }
  }

  /** Reads what was brought back from the archive into the list. */
  async #bringBack(ids: readonly string[]): Promise<void> {
    for (const id of ids) this.#coming.add(id);
    try {
      for (let rest = ids; rest.length > 0;) {
        const asked = rest.slice(0, IDS_LIMIT);
        const data = await this.#link.enqueue({ type: "inbox", ids: asked });
        const { notifications, more } = readInboxPage(data);
        for (const each of notifications) {
          if (this.#coming.delete(each.id)) this.#list.bringBack(each);
        }
        // They come in the order in which they were asked for, as many as one answer bears.
        const last = notifications.at(-1)?.id ?? "";
        rest = rest.slice(more ? asked.indexOf(last) + 1 : asked.length);
      }
    } catch (error) {
      if (!(error instanceof NotifyliError)) throw error;
      if (error.code !== "closed" && error.code !== "stopped") this.#events.failed(error);
    } finally {
      for (const id of ids) this.#coming.delete(id);
    }
  }

  #change(
    type: "read" | "archive" | "unarchive" | "delete",
    which: WhichNotifications,
  ): Promise<number> {
    return this.#tell("group" in which ? { type, group: which.group } : { type, ids: which });
  }

  #tell(command: Command): Promise<number> {
    // The list changes by the server's `inbox` frame, which this client gets too.
    return this.#link.enqueue(command, (data) => {
      const unread = readUnread(data);
      this.#setUnread(unread);
      return unread;
    });
  }

  #restart(position: Position | undefined): void {
    this.#had = position;
    this.#stream.restart(position);
  }

  #recover(inbox: Recovery): void {
    if (!inbox.recovered) this.#had = undefined;
    this.#stream.recover(inbox);
    if (!inbox.more) this.#had = this.#stream.position;
    this.#taken();
  }

  #deliver(item: Publication, replayed: boolean): void {
    const notification = { read: false, archived: false, ...item, replayed };
    const isKnown = this.#isKnown(item, replayed);
    this.#list.add(notification);
    // A live one that says whether it was read is none that has just come.
    const isCounted = this.#counted.delete(item.id);
    if (!replayed && item.read === undefined && !isCounted) this.#setUnread(this.#unread + 1);
    if (!replayed) this.#had = this.#stream.position;
    if (isKnown) this.#events.changed(notification);
    else if (this.#events.notification(notification)) this.#acks.add(item.id);
    else this.#untaken = true;
  }

  /** Whether it was handed on before, and has changed since. */
  #isKnown(
    { id, details: { editedAt, firstOffset } = {} }: Publication,
    replayed: boolean,
  ): boolean {
    if (editedAt === undefined) return false;
    if (!replayed || this.#list.has(id)) return true;
    return firstOffset !== undefined && this.#had !== undefined && firstOffset <= this.#had.offset;
  }

  /** Saves the position. It is called after the handlers, so that what they did not see comes again after a reload. */
  #taken(): void {
    const { position } = this.#stream;
    if (position !== undefined && !this.#untaken) this.#store.save(position);
  }

  #ask(attempt: number): void {
    this.#cancelRetry();
    if (attempt === 0) return this.#askNow(0);
    const pauseMs = backoffMs(attempt - 1, this.#link.random);
    this.#cancelRetry = this.#link.clock.after(pauseMs, () => this.#askNow(attempt));
  }

  #askNow(attempt: number): void {
    const since = this.#stream.position ?? NO_POSITION;
    const which = this.#unreadOnly ? { unread: true as const } : {};
    this.#link.request({ type: "inbox", since, ...which }, (reply) => {
      const answer = readReply(reply, (data) => ({
        inbox: readRecovery(data, "notifications"),
        unread: readUnread(data),
      }));
      if (answer instanceof NotifyliError) {
        this.#events.failed(answer);
        return this.#ask(attempt + 1);
      }
      this.#setUnread(answer.unread);
      this.#unreadOnly = answer.inbox.more && (this.#unreadOnly || !answer.inbox.recovered);
      this.#recover(answer.inbox);
    });
  }

  #setUnread(unread: number): void {
    if (unread === this.#unread) return;
    this.#unread = unread;
    this.#events.unread(unread);
  }
}
