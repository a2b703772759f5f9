/**
 * What elements show of one user's inbox, as the server has it, and what their user does to it. Elements of a page that are
 * for the same user share one; `feeds.ts` opens and closes them.
 */
import { NotifyliError } from "../core/errors.ts";
import type { ActionResult, InboxChange, Notification } from "../core/types.ts";
import { addToast, type Toasts, withoutSeen } from "../view/toasts.ts";
import type { InboxSource } from "./inbox_client.ts";

/** How many notifications are read at once. */
export const PAGE_LENGTH = 50;

/** The most that the server gives at once. */
export const MAX_PAGE_LENGTH = 1_000;

/** At most so many notices are seen; the oldest one goes. */
const NOTICE_LIMIT = 3;

/** What the user has just done, or what was refused: one line for a few seconds. */
export interface Notice {
  readonly id: number;
  readonly key: "snoozed_until" | "archived_what" | "deleted_what" | "all_read" | "failed";
  readonly put: NoticeWords;
  readonly undo?: () => void;
  /** Is called when it goes and was not undone. */
  readonly end?: () => void;
}

/** What is put into the words of a notice; a notification has a name in each element's own words. */
export interface NoticeWords {
  readonly what?: readonly Notification[];
  readonly until?: number;
  readonly reason?: string;
}

/** Whoever keeps what is not in the list is told of what comes. */
export interface Follower {
  /** How many are unread where it shows some as read of which the server is not told yet; else `undefined`. */
  readonly unread: number | undefined;
  /** The list as it is to be shown. */
  shown(list: readonly Notification[]): readonly Notification[];
  /** The inbox was changed, here or on another device. */
  changed(event: InboxChange["event"], ids?: readonly string[]): void;
  /** A notification came. */
  came(id: string): void;
  /** The connection is there: whatever was done without it, the server tells only those who ask. */
  connected(): void;
  /** A page was read. */
  loaded(): void;
  close(): void;
}

export class Feed {
  readonly client: InboxSource;
  /** Newest first, without archived ones and holes. */
  list: readonly Notification[] = [];
  isLoaded = false;
  hasOlder = false;
  follower: Follower | undefined;
  toasts: Toasts = [];
  notices: readonly Notice[] = [];
  /** What the user did and the server has not answered. */
  waiting = 0;
  /** When the server was last there, in Unix seconds. */
  knownAt = 0;
  /** Which elements would show something of which there is to be one: its toasts, its sound, or the title's badge. */
  readonly #claims = new Map<string, Set<object>>();
  /** Is called with each notification that asks for attention. */
  readonly raised = new Set<(notification: Notification) => void>();
  readonly #changed = new Set<() => void>();
  readonly #reading = new Set<string>();
  readonly #stops: (() => void)[];
  /** The offset down to which the inbox was read: below are single ones only, which are not shown. */
  #oldest = 0;
  #isLoading = false;
  /** The connection broke while a page was read: there are changes that nobody tells of. */
  #isBehind = false;
  #lastNotice = 0;
  #isScheduled = false;

  constructor(client: InboxSource) {
    this.client = client;
    const show = () => this.show();
    this.#stops = [
      client.on("unread", show),
      client.on("inbox", ({ event, ids }) => {
        show();
        this.follower?.changed(event, ids);
        // All that was shown is put away: the next ones take its place.
        if (this.hasOlder && this.list.length === 0) this.loadOlder();
      }),
      client.on("notification", (notification) => {
        this.follower?.came(notification.id);
        show();
        const { read, replayed, details } = notification;
        if (!read && !replayed && details?.silent !== true) this.#raise(notification);
      }),
      client.on("notificationChanged", (notification) => {
        const { id, read, details } = notification;
        const before = this.list.find((each) => each.id === id)?.details?.alertedAt;
        show();
        const isAlert = details?.alertedAt !== undefined && details.alertedAt !== before;
        if (isAlert && !read) this.#raise(notification);
      }),
      client.on("state", ({ kind }) => {
        if (kind === "online") this.#connected();
        show();
      }),
    ];
    if (client.state.kind === "online") this.#connected();
    else show();
  }

  get unread(): number {
    return this.follower?.unread ?? this.client.notifications.unread;
  }

  get isOnline(): boolean {
    return this.client.state.kind === "online";
  }

  /** Calls `handler` once after each change, until the function it returns is called. */
  on(handler: () => void): () => void {
    this.#changed.add(handler);
    return () => void this.#changed.delete(handler);
  }

  close(): void {
    this.endNotices();
    for (const stop of this.#stops) stop();
    this.follower?.close();
    this.#changed.clear();
    this.raised.clear();
  }

  /** Whether it is `who` that shows this. The first one to ask does, until it drops its claims. */
  claim(what: string, who: object): boolean {
    const all = this.#claims.get(what) ?? new Set();
    this.#claims.set(what, all.add(who));
    return all.values().next().value === who;
  }

  /** @param what all, where it is not said */
  drop(who: object, what?: string): void {
    const dropped = [...this.#claims].filter(([each, all]) =>
      (what === undefined || what === each) && all.delete(who)
    );
    if (dropped.length > 0) this.show(); // another one shows it now
  }

  /** Marks notifications as read, but for those of which the server is being told already. */
  read(ids: readonly string[]): void {
    const unread = ids.filter((id) => !this.#reading.has(id));
    if (unread.length === 0) return;
    for (const id of unread) this.#reading.add(id);
    const done = () => {
      for (const id of unread) this.#reading.delete(id);
    };
    this.tell(this.client.notifications.markRead(unread).finally(done));
  }

  /** Does an action. It rejects where that is not done; whoever asked says so. */
  act(id: string, action: string, text?: string): Promise<ActionResult> {
    const options = text === undefined ? {} : { text };
    return this.count(this.client.notifications.act(id, action, options));
  }

  loadOlder(): void {
    this.#load({ before: this.#oldest, limit: PAGE_LENGTH });
  }

  dismiss(id: string): void {
    this.toasts = this.toasts.filter((each) => each !== id);
    this.show();
  }

  /** Shows a notice. @param end is called when it goes and was not undone */
  notice(key: Notice["key"], put: NoticeWords, undo?: () => void, end?: () => void): void {
    const notice = { id: ++this.#lastNotice, key, put };
    this.notices = [...this.notices, { ...notice, ...(undo && { undo }), ...(end && { end }) }];
    const [oldest] = this.notices;
    if (this.notices.length > NOTICE_LIMIT && oldest) this.dismissNotice(oldest.id);
    this.show();
  }

  dismissNotice(id: number, isUndone = false): void {
    const notice = this.notices.find((each) => each.id === id);
    this.notices = this.notices.filter((each) => each !== notice);
    if (isUndone) notice?.undo?.();
    else notice?.end?.();
    this.show();
  }

  /** Nobody can undo anything any more. */
  endNotices(): void {
    const { notices } = this;
    this.notices = [];
    for (const { end } of notices) end?.();
    this.show();
  }

  #connected(): void {
    // The server tells only those who ask what was done to notifications while there was no connection.
    this.#load();
    this.follower?.connected();
  }

  /** Reads a page of the inbox: by default what is shown, from the newest on. */
  #load(page = { before: Number.MAX_SAFE_INTEGER, limit: this.#shownLength }): void {
    if (this.#isLoading) return void (this.#isBehind = true);
    this.#isLoading = true;
    const loading = this.client.notifications.loadMore(page).then((notifications) => {
      const last = notifications.at(-1);
      const isWhole = notifications.length < page.limit;
      this.#oldest = isWhole ? 0 : last?.offset ?? 0;
      this.hasOlder = !isWhole &&
        // Where as many are listed as there may be, the page was not taken.
        notifications.some(({ id }) =>
          this.client.notifications.list.some((each) => each.id === id)
        );
      this.isLoaded = true;
      this.show();
      this.follower?.loaded();
    });
    const done = () => {
      this.#isLoading = false;
      if (this.#isBehind && this.isOnline) {
        this.#isBehind = false;
        this.#load();
      }
    };
    this.tell(loading.finally(done), false);
  }

  get #shownLength(): number {
    return Math.min(MAX_PAGE_LENGTH, Math.max(PAGE_LENGTH, this.list.length));
  }

  #raise(notification: Notification): void {
    this.toasts = addToast(this.toasts, notification.id);
    for (const raised of this.raised) raised(notification);
  }

  /** Takes what is known now, and tells of it once, at the end of this task. */
  show(): void {
    // What came with the connection is shown once the inbox was read: there are holes in between.
    const list = this.client.notifications.list.filter(({ offset = Infinity, replayed }) =>
      this.isLoaded ? offset >= this.#oldest : !replayed
    );
    this.list = this.follower?.shown(list) ?? list;
    this.toasts = withoutSeen(this.toasts, this.list);
    if (this.isOnline) this.knownAt = Date.now() / 1000;
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    queueMicrotask(() => {
      this.#isScheduled = false;
      for (const changed of this.#changed) changed();
    });
  }

  /** Counts what waits for the server. */
  count<T>(doing: Promise<T>): Promise<T> {
    this.waiting++;
    this.show();
    return doing.finally(() => {
      this.waiting--;
      this.show();
    });
  }

  /** Tells the user what cannot be done, unless the connection's state says it. */
  tell(doing: Promise<unknown>, isCounted = true): void {
    const counted = isCounted ? this.count(doing) : doing.finally(() => this.show());
    counted.catch((error: unknown) => {
      const isKnown = error instanceof NotifyliError &&
        (error.code === "stopped" || error.code === "closed");
      if (!isKnown) this.notice("failed", { reason: reasonOf(error) });
      this.show();
    });
  }
}

export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
