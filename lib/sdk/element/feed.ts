/**
 * What elements show of one user's inbox, as the server has it, and what their user does to it. Elements of a page that are
 * for the same user share one; `feeds.ts` opens and closes them.
 */
import { NotifyliError } from "../core/errors.ts";
import type { ActionResult, Notification } from "../core/types.ts";
import type { Change, PreferenceChoices, UserPreferences } from "../preferences/types.ts";
import type { Entry } from "../view/entries.ts";
import { addToast, type Toasts, withoutSeen } from "../view/toasts.ts";
import type { InboxSource } from "./inbox_client.ts";

/** How many notifications are read at once. */
const PAGE_LENGTH = 50;

/** The most that the server gives at once. */
const MAX_PAGE_LENGTH = 1_000;

/** What the user has just done, or what was refused: one line for a few seconds. */
export interface Notice {
  readonly id: number;
  readonly key: "snoozed_until" | "archived_what" | "failed";
  readonly put: Readonly<Record<string, string | number>>;
  readonly undo?: () => void;
}

/** Archived notifications, as far as they were read. */
interface Archived {
  readonly list: readonly Notification[];
  readonly hasOlder: boolean;
}

export class Feed {
  readonly client: InboxSource;
  /** Newest first, without archived ones and holes. */
  list: readonly Notification[] = [];
  isLoaded = false;
  hasOlder = false;
  /** `undefined` until somebody wants to see it, as the next two. */
  snoozed: readonly Notification[] | undefined;
  archived: Archived | undefined;
  preferences: UserPreferences | undefined;
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
  #wantsPreferences = false;
  #lastNotice = 0;
  #isScheduled = false;

  constructor(client: InboxSource) {
    this.client = client;
    const show = () => this.#show();
    this.#stops = [
      client.on("unread", show),
      client.on("inbox", ({ event, ids }) => {
        if (this.snoozed !== undefined && event === "snooze") this.loadSnoozed();
        if (this.archived !== undefined && event !== "read" && event !== "act") this.loadArchived();
        if (event === "delete") this.#unlistSnoozed(ids ?? []);
        show();
        // All that was shown is put away: the next ones take its place.
        if (this.hasOlder && this.list.length === 0) this.loadOlder();
      }),
      client.on("notification", (notification) => {
        this.#unlistSnoozed([notification.id]);
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
    return this.client.notifications.unread;
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
    for (const stop of this.#stops) stop();
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
    if (dropped.length > 0) this.#show(); // another one shows it now
  }

  /** Marks notifications as read, but for those of which the server is being told already. */
  read(ids: readonly string[]): void {
    const unread = ids.filter((id) => !this.#reading.has(id));
    if (unread.length === 0) return;
    for (const id of unread) this.#reading.add(id);
    const done = () => {
      for (const id of unread) this.#reading.delete(id);
    };
    this.#tell(this.client.notifications.markRead(unread).finally(done));
  }

  readAll(): void {
    this.#tell(this.client.notifications.markRead("all"));
  }

  /** Puts notifications away, which can be undone for a few seconds. @param what they are called */
  archive(ids: Promise<readonly string[]>, what: string): void {
    const doing = async () => {
      const all = await ids;
      await this.client.notifications.archive(all);
      this.#notice("archived_what", { what }, () => this.unarchive(all));
    };
    this.#tell(doing());
  }

  unarchive(ids: readonly string[]): void {
    this.#tell(this.client.notifications.unarchive(ids));
  }

  delete(ids: Promise<readonly string[]>): void {
    this.#tell(ids.then((all) => this.client.notifications.delete(all)));
  }

  /** Puts notifications off, which can be undone for a few seconds. */
  snooze(ids: Promise<readonly string[]>, until: Date): void {
    const doing = async () => {
      const all = await ids;
      await this.client.notifications.snooze(all, until);
      this.#notice("snoozed_until", { until: until.getTime() / 1000 }, () => this.unsnooze(all));
    };
    this.#tell(doing());
  }

  unsnooze(ids: readonly string[]): void {
    this.#tell(this.client.notifications.unsnooze(ids));
  }

  /** Does an action. It rejects where that is not done; whoever asked says so. */
  act(id: string, action: string, text?: string): Promise<ActionResult> {
    const options = text === undefined ? {} : { text };
    return this.#count(this.client.notifications.act(id, action, options));
  }

  /** The ids of all for which an entry stands, also of those that the list has not come to yet. */
  async idsOf({ head, others }: Entry): Promise<readonly string[]> {
    const all = others.length === 0 ? [] : await this.groupOf(head);
    return [...new Set([head, ...others, ...all].map(({ id }) => id))];
  }

  /** Resolves with all of the group of which this is the newest; with none where it is not any more. */
  async groupOf(
    { id, offset = Number.MAX_SAFE_INTEGER - 1 }: Notification,
  ): Promise<readonly Notification[]> {
    const [head] = await this.client.notifications.folded({ before: offset + 1, limit: 1 });
    return head?.id === id ? await head.open() : [];
  }

  loadOlder(): void {
    this.#load({ before: this.#oldest, limit: PAGE_LENGTH });
  }

  /** Reads what was put off, and from then on again whenever that changes. */
  loadSnoozed(): void {
    const loading = this.client.notifications.snoozed({ limit: PAGE_LENGTH });
    this.#tell(loading.then((snoozed) => void (this.snoozed = snoozed)));
  }

  /** Reads what was archived, and from then on again whenever that changes. */
  loadArchived(): void {
    this.#tell(this.#readArchived(Number.MAX_SAFE_INTEGER));
  }

  loadOlderArchived(): void {
    const { list } = this.archived ?? { list: [] };
    this.#tell(this.#readArchived(list.at(-1)?.offset ?? 0, list));
  }

  /** Reads them, and from then on knows what is changed elsewhere. */
  loadPreferences(): void {
    if (this.#wantsPreferences) return;
    this.#wantsPreferences = true;
    const { preferences } = this.client;
    const show = (value: UserPreferences | undefined) => {
      this.preferences = value;
      this.#show();
    };
    if (preferences.value !== undefined) show(preferences.value);
    this.#stops.push(preferences.on("changed", show));
  }

  /** Changes what is named. It rejects where that is refused; whoever asked says so. */
  change(change: Change<PreferenceChoices>): Promise<UserPreferences> {
    return this.#count(this.client.preferences.change(change));
  }

  dismiss(id: string): void {
    this.toasts = this.toasts.filter((each) => each !== id);
    this.#show();
  }

  dismissNotice(id: number): void {
    this.notices = this.notices.filter((each) => each.id !== id);
    this.#show();
  }

  async #readArchived(before: number, known: readonly Notification[] = []): Promise<void> {
    const page = await this.client.notifications.archived({ before, limit: PAGE_LENGTH });
    this.archived = { list: [...known, ...page], hasOlder: page.length === PAGE_LENGTH };
  }

  #connected(): void {
    // The server tells only those who ask what was done to notifications while there was no connection.
    this.#load();
    if (this.snoozed !== undefined) this.loadSnoozed();
    if (this.archived !== undefined) this.loadArchived();
  }

  /** Reads a page of the inbox: by default what is shown, from the newest on. */
  #load(page = { before: Number.MAX_SAFE_INTEGER, limit: this.#shownLength }): void {
    if (this.#isLoading) return; // the client asks again where a connection broke
    this.#isLoading = true;
    const loading = this.client.notifications.loadMore(page).then((notifications) => {
      const last = notifications.at(-1);
      const isWhole = notifications.length < page.limit;
      this.#oldest = isWhole ? 0 : last?.offset ?? 0;
      this.hasOlder = !isWhole &&
        this.client.notifications.list.some(({ id }) => id === last?.id);
      this.isLoaded = true;
    });
    this.#tell(loading.finally(() => this.#isLoading = false), false);
  }

  get #shownLength(): number {
    return Math.min(MAX_PAGE_LENGTH, Math.max(PAGE_LENGTH, this.list.length));
  }

  #raise(notification: Notification): void {
    this.toasts = addToast(this.toasts, notification.id);
    for (const raised of this.raised) raised(notification);
  }

  #unlistSnoozed(ids: readonly string[]): void {
    this.snoozed = this.snoozed?.filter(({ id }) => !ids.includes(id));
  }

  #notice(key: Notice["key"], put: Notice["put"], undo?: () => void): void {
    const notice = { id: ++this.#lastNotice, key, put, ...(undo === undefined ? {} : { undo }) };
    this.notices = [...this.notices, notice].slice(-1);
  }

  /** Takes what is known now, and tells of it once, at the end of this task. */
  #show(): void {
    // What came with the connection is shown once the inbox was read: there are holes in between.
    this.list = this.client.notifications.list.filter(({ offset = Infinity, replayed }) =>
      this.isLoaded ? offset >= this.#oldest : !replayed
    );
    this.toasts = withoutSeen(this.toasts, this.list);
    if (this.isOnline) this.knownAt = Date.now() / 1000;
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    queueMicrotask(() => {
      this.#isScheduled = false;
      for (const changed of this.#changed) changed();
    });
  }

  #count<T>(doing: Promise<T>): Promise<T> {
    this.waiting++;
    this.#show();
    return doing.finally(() => {
      this.waiting--;
      this.#show();
    });
  }

  /** Tells the user what cannot be done, unless the connection's state says it. */
  #tell(doing: Promise<unknown>, isCounted = true): void {
    const counted = isCounted ? this.#count(doing) : doing.finally(() => this.#show());
    counted.catch((error: unknown) => {
      const isKnown = error instanceof NotifyliError &&
        (error.code === "stopped" || error.code === "closed");
      if (!isKnown) this.#notice("failed", { reason: reasonOf(error) });
      this.#show();
    });
  }
}

export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
