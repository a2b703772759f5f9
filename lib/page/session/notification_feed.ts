/**
 * Keeps the notifications in the store as the server has them, and does to them what the user wants;
 * `session.ts` makes one for each client.
 */
import { type ActionResult, type Client, type Notification, NotifyliError } from "../../sdk/mod.ts";
import { belowOf, calledOf, type Entry, fold } from "../../sdk/view/entries.ts";
import { newNotice } from "../state/notices.ts";
import type { Store } from "../state/store.ts";
import { comingTime } from "../../sdk/view/times.ts";

/** How many notifications are read at once. */
const PAGE_LENGTH = 50;

/** The most that the server gives at once. */
const MAX_PAGE_LENGTH = 1_000;

export class NotificationFeed {
  readonly #client: Client;
  readonly #store: Store;
  /** The offset down to which the inbox was read: below are single ones only, which are not shown. */
  #oldest = 0;
  #isLoaded = false;
  #hasOlder = false;
  #isLoading = false;
  #snoozed: readonly Notification[] = [];
  #archived: readonly Notification[] = [];
  #isArchiveLoaded = false;
  #hasOlderArchived = false;
  /** The archive is asked for when somebody wants to see it. */
  #showsArchive = false;
  #below: ReadonlyMap<string, number> = new Map();
  /** The ids of what is deleted unless that is undone. */
  readonly #deleting = new Set<string>();
  /** What was put off is asked for when somebody may want to see it. */
  #showsSnoozed = false;
  /** The ids of those that the server was told are read, until it has answered. */
  readonly #reading = new Set<string>();

  constructor(client: Client, store: Store) {
    this.#client = client;
    this.#store = store;
    const show = () => this.#show();
    client.on("unread", show);
    client.on("inbox", ({ event, ids }) => {
      if (this.#showsSnoozed && event === "snooze") this.loadSnoozed();
      if (event === "delete") this.#unlistSnoozed(ids ?? []);
      if (event === "archive" || event === "unarchive" || event === "delete") {
        if (this.#showsArchive) this.loadArchive();
      }
      if (event !== "read" && event !== "act") this.#countGroups();
      this.#show();
      // All that was shown is put away: the next ones take its place.
      if (this.#hasOlder && store.state.notifications.list.length === 0) this.loadOlder();
    });
    client.on("notification", ({ id, read, replayed, details }) => {
      this.#unlistSnoozed([id]);
      this.#show();
      if (!read && !replayed && details?.silent !== true) {
        store.dispatch({ type: "toast_raised", id });
      }
    });
    client.on("notificationChanged", (notification) => {
      const { id, read, details } = notification;
      const { list } = store.state.notifications;
      const before = list.find((each) => each.id === id)?.details?.alertedAt;
      this.#show();
      const isAlert = details?.alertedAt !== undefined && details.alertedAt !== before;
      if (isAlert && !read) store.dispatch({ type: "toast_raised", id });
    });
    // The server tells only those who ask what was done to notifications while there was no connection.
    client.on("state", ({ kind }) => kind === "online" && this.#load());
  }

  /** Marks notifications as read, but for those of which the server is being told already. */
  read(ids: readonly string[]): void {
    const unread = ids.filter((id) => !this.#reading.has(id));
    if (unread.length === 0) return;
    for (const id of unread) this.#reading.add(id);
    this.#tell(
      this.#client.notifications.markRead(unread).finally(() => {
        for (const id of unread) this.#reading.delete(id);
      }),
    );
  }

  readAll(): void {
    this.#tell(this.#client.notifications.markRead("all"));
  }

  /** Puts an entry away, which can be undone for a few seconds. */
  archive(entry: Entry): void {
    this.#tell(this.#archive(this.#idsOf(entry), `Archived ${namesOf(entry)}`));
  }

  archiveAll(ids: readonly string[]): void {
    const words = `Archived ${ids.length === 1 ? "1 notification" : `${ids.length} notifications`}`;
    this.#tell(this.#archive(Promise.resolve(ids), words));
  }

  unarchive(ids: readonly string[]): void {
    this.#tell(this.#client.notifications.unarchive(ids));
  }

  /** Deletes an entry. Until that can be undone no more, it is archived. */
  delete(entry: Entry): void {
    const { notifications } = this.#client;
    const doing = async () => {
      const ids = await this.#idsOf(entry);
      for (const id of ids) this.#deleting.add(id);
      const keep = () => ids.forEach((id) => this.#deleting.delete(id));
      if (entry.head.archived) this.#show();
      else await notifications.archive(ids);
      const undo = () => {
        keep();
        if (entry.head.archived) this.#show();
        else this.unarchive(ids);
      };
      const end = () => this.#tell(notifications.delete(ids).finally(keep));
      this.#notice(`Deleted ${namesOf(entry)}`, undo, end);
    };
    this.#tell(doing());
  }

  /** Does an action. It rejects where that is not done; whoever asked says so. */
  act(id: string, action: string, text?: string): Promise<ActionResult> {
    return this.#client.notifications.act(id, action, text === undefined ? {} : { text });
  }

  /** Resolves with all of the group of which this is the newest; with none where it is not any more. */
  async groupOf(
    { id, offset = Number.MAX_SAFE_INTEGER - 1 }: Notification,
  ): Promise<readonly Notification[]> {
    const [head] = await this.#client.notifications.folded({ before: offset + 1, limit: 1 });
    return head?.id === id ? await head.open() : [];
  }

  /** Puts an entry off, which can be undone for a few seconds. */
  snooze(entry: Entry, until: Date): void {
    const doing = async () => {
      const ids = await this.#idsOf(entry);
      await this.#client.notifications.snooze(ids, until);
      this.#notice(`Snoozed until ${comingTime(until)}`, () => this.unsnooze(ids));
    };
    this.#tell(doing());
  }

  unsnooze(ids: readonly string[]): void {
    this.#tell(this.#client.notifications.unsnooze(ids));
  }

  /** Reads what was put off, and from then on again whenever that changes. */
  loadSnoozed(): void {
    this.#showsSnoozed = true;
    this.#tell(
      this.#client.notifications.snoozed({ limit: PAGE_LENGTH }).then((snoozed) => {
        this.#snoozed = snoozed;
        this.#show();
      }),
    );
  }

  /** Reads what is archived, and from then on again whenever that changes. */
  loadArchive(): void {
    this.#showsArchive = true;
    const limit = Math.min(MAX_PAGE_LENGTH, Math.max(PAGE_LENGTH, this.#archived.length));
    this.#tell(
      this.#client.notifications.archived({ limit }).then((archived) => {
        this.#archived = archived;
        this.#hasOlderArchived = archived.length === limit;
        this.#isArchiveLoaded = true;
        this.#show();
      }),
    );
  }

  loadOlderArchived(): void {
    const before = this.#archived.at(-1)?.offset ?? 0;
    this.#tell(
      this.#client.notifications.archived({ before, limit: PAGE_LENGTH }).then((archived) => {
        const known = new Set(this.#archived.map(({ id }) => id));
        this.#archived = [...this.#archived, ...archived.filter(({ id }) => !known.has(id))];
        this.#hasOlderArchived = archived.length === PAGE_LENGTH;
        this.#show();
      }),
    );
  }

  loadOlder(): void {
    this.#load({ before: this.#oldest, limit: PAGE_LENGTH });
  }

  /** Reads a page of the inbox: by default what is shown, from the newest on. */
  #load(page = { before: Number.MAX_SAFE_INTEGER, limit: this.#shownLength }): void {
    if (this.#isLoading) return; // the client asks again where a connection broke
    this.#isLoading = true;
    const loading = this.#client.notifications.loadMore(page).then((notifications) => {
      const last = notifications.at(-1);
      const isWhole = notifications.length < page.limit;
      this.#oldest = isWhole ? 0 : last?.offset ?? 0;
      this.#hasOlder = !isWhole &&
        this.#client.notifications.list.some(({ id }) => id === last?.id);
      this.#isLoaded = true;
      this.#countGroups();
    });
    this.#tell(loading.finally(() => {
      this.#isLoading = false;
      this.#show();
    }));
  }

  /** Asks how many of the shown groups are below what was read: where all was read, there are none. */
  #countGroups(): void {
    const list = this.#shown;
    const isWhole = !this.#hasOlder || list.every(({ details }) => details?.group === undefined);
    if (isWhole) return void (this.#below = new Map());
    // The newest of each group is among those that are shown, and so among as many entries.
    const limit = Math.min(MAX_PAGE_LENGTH, fold(list).length);
    this.#tell(
      this.#client.notifications.folded({ limit }).then((heads) => {
        this.#below = belowOf(this.#shown, heads);
        this.#show();
      }),
    );
  }

  async #idsOf(entry: Entry): Promise<readonly string[]> {
    const all = entry.more > 0 ? await this.groupOf(entry.head) : [];
    return [...new Set([entry.head, ...entry.others, ...all].map(({ id }) => id))];
  }

  async #archive(which: Promise<readonly string[]>, words: string): Promise<void> {
    const ids = await which;
    await this.#client.notifications.archive(ids);
    this.#notice(words, () => this.unarchive(ids));
  }

  #notice(words: string, undo: () => void, end?: () => void): void {
    this.#store.dispatch({ type: "notice_raised", notice: newNotice(words, undo, end) });
  }

  get #shown(): readonly Notification[] {
    return this.#client.notifications.list.filter((each) => this.#isShown(each));
  }

  get #shownLength(): number {
    const { length } = this.#store.state.notifications.list;
    return Math.min(MAX_PAGE_LENGTH, Math.max(PAGE_LENGTH, length));
  }

  #unlistSnoozed(ids: readonly string[]): void {
    this.#snoozed = this.#snoozed.filter(({ id }) => !ids.includes(id));
  }

  #show(): void {
    if (this.#client.state.kind === "closed") return; // another user may be shown by now
    const { unread } = this.#client.notifications;
    this.#store.dispatch({
      type: "notifications_changed",
      notifications: {
        list: this.#shown,
        below: this.#below,
        archived: this.#archived.filter(({ id }) => !this.#deleting.has(id)),
        isArchiveLoaded: this.#isArchiveLoaded,
        hasOlderArchived: this.#hasOlderArchived,
        unread,
        snoozed: this.#snoozed,
        isLoaded: this.#isLoaded,
        hasOlder: this.#hasOlder,
      },
    });
  }

  /**
   * What came with the connection is shown once the inbox was read: it is what was not delivered before, with holes in
   * between, and more of it than a page.
   */
  #isShown({ offset = Infinity, replayed }: Notification): boolean {
    return this.#isLoaded ? offset >= this.#oldest : !replayed;
  }

  /** Tells the user what cannot be done, unless the connection's state says it. */
  #tell(doing: Promise<unknown>): void {
    doing.catch((error: unknown) => {
      const isKnown = error instanceof NotifyliError &&
        (error.code === "stopped" || error.code === "closed");
      if (!isKnown) this.#store.dispatch({ type: "alert_raised", message: String(error) });
    });
  }
}

function namesOf({ head, others, more }: Entry): string {
  const count = others.length + more + 1;
  return count === 1 ? calledOf(head) : `${count} notifications`;
}
