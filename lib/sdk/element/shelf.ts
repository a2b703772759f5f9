/**
 * What of a feed is out of the list: what was put off, archived or is about to be deleted, the rest of long groups, and what
 * the user wants of notifications. It is loaded with `more.ts`; `feed.ts` tells it what comes.
 */
import type { InboxChange, Notification } from "../core/types.ts";
import type { Change, PreferenceChoices, UserPreferences } from "../preferences/types.ts";
import { belowOf, type Entry, fold } from "../view/entries.ts";
import { type Feed, type Follower, MAX_PAGE_LENGTH, PAGE_LENGTH } from "./feed.ts";
import type { InboxSource } from "./inbox_client.ts";

/** Archived notifications, as far as they were read. */
interface Archived {
  readonly list: readonly Notification[];
  readonly hasOlder: boolean;
}

const shelves = new WeakMap<Feed, Shelf>();

/** The shelf of a feed, which all elements share that show the feed. */
export function shelfOf(feed: Feed): Shelf {
  const shelf = shelves.get(feed) ?? new Shelf(feed);
  shelves.set(feed, shelf);
  return shelf;
}

export class Shelf implements Follower {
  readonly #feed: Feed;
  /** `undefined` until somebody wants to see it, as the next two. */
  snoozed: readonly Notification[] | undefined;
  preferences: UserPreferences | undefined;
  /** How many of each group the list has not come to. */
  below: ReadonlyMap<string, number> = new Map();
  #archived: Archived | undefined;
  /** The ids of what is deleted unless that is undone. */
  readonly #deleting = new Set<string>();
  /** Up to this offset all is shown as read, of which the server is told when that can be undone no more. */
  #readThrough = 0;
  #hasLooked = false;
  /** For each reading of what was put off that is under way, what came back since it began. */
  readonly #readings = new Set<Set<string>>();
  #stop = () => {};

  constructor(feed: Feed) {
    this.#feed = feed;
    feed.follower = this;
    this.loaded();
  }

  get archived(): Archived | undefined {
    const list = this.#archived?.list.filter(({ id }) => !this.#deleting.has(id));
    return this.#archived && { ...this.#archived, list: list ?? [] };
  }

  /** All that is newer is in the list. */
  get unread(): number | undefined {
    if (this.#readThrough === 0) return undefined;
    return this.#feed.list.filter(({ read }) => !read).length;
  }

  shown(list: readonly Notification[]): readonly Notification[] {
    if (this.#readThrough === 0) return list;
    const isHeld = ({ read, offset = Infinity }: Notification) =>
      !read && offset <= this.#readThrough;
    return list.map((each) => isHeld(each) ? { ...each, read: true } : each);
  }

  close(): void {
    this.#stop();
  }

  /** Somebody looks at the list: asks for what they may want to see next. */
  look(): void {
    if (this.#hasLooked) return;
    this.#hasLooked = true;
    const { preferences } = this.#client;
    const show = (value: UserPreferences | undefined) => {
      this.preferences = value;
      this.#feed.show();
    };
    if (preferences.value !== undefined) show(preferences.value);
    this.#stop = preferences.on("changed", show);
    this.loadSnoozed();
  }

  changed(event: InboxChange["event"], ids: readonly string[] = []): void {
    if (event === "read" || event === "act") return;
    // Another device has brought it back, and wants it.
    if (event === "unarchive") ids.forEach((id) => this.#deleting.delete(id));
    if (this.#hasLooked && event === "snooze") this.loadSnoozed();
    if (this.#archived !== undefined) this.loadArchived();
    if (event === "delete") this.came(...ids);
    this.loaded();
  }

  /** What comes, or is gone for good, is not put off any more. */
  came(...ids: readonly string[]): void {
    for (const back of this.#readings) for (const id of ids) back.add(id);
    this.snoozed = this.snoozed?.filter(({ id }) => !ids.includes(id));
  }

  connected(): void {
    if (this.#hasLooked) this.loadSnoozed();
    if (this.#archived !== undefined) this.loadArchived();
  }

  /** Marks all as read that there are now, which can be undone for a few seconds. */
  readAll(): void {
    const { notifications } = this.#client;
    const through = Math.max(0, ...notifications.list.map(({ offset = 0 }) => offset));
    this.#readThrough = through;
    const undo = () => {
      if (this.#readThrough === through) this.#readThrough = 0;
      this.#feed.show();
    };
    const end = () => this.#feed.tell(notifications.markRead("all", { through }).finally(undo));
    this.#feed.notice("all_read", {}, undo, end);
  }

  /** Puts notifications away, which can be undone for a few seconds. */
  archive(entry: Entry): void {
    this.#feed.tell(this.#archive(this.#allOf(entry)));
  }

  archiveAll(notifications: readonly Notification[]): void {
    this.#feed.tell(this.#archive(Promise.resolve(notifications)));
  }

  unarchive(ids: readonly string[]): void {
    this.#feed.tell(this.#client.notifications.unarchive(ids));
  }

  /** Deletes an entry. Until that can be undone no more, it is archived. */
  delete(entry: Entry): void {
    const { notifications } = this.#client;
    const doing = async () => {
      const all = await this.#allOf(entry);
      const ids = idsOf(all);
      for (const id of ids) this.#deleting.add(id);
      const keep = () => {
        for (const id of ids) this.#deleting.delete(id);
        this.#feed.show();
      };
      const isArchived = entry.head.archived;
      if (!isArchived) {
        await notifications.archive(ids).catch((error) => (keep(), Promise.reject(error)));
      }
      const undo = () => {
        keep();
        if (!isArchived) this.unarchive(ids);
      };
      const end = () => {
        const left = ids.filter((id) => this.#deleting.has(id));
        if (left.length > 0) this.#feed.tell(notifications.delete(left).finally(keep));
      };
      this.#feed.notice("deleted_what", { what: all }, undo, end);
    };
    this.#feed.tell(doing());
  }

  /** Puts notifications off, which can be undone for a few seconds. */
  snooze(entry: Entry, until: Date): void {
    const doing = async () => {
      const ids = idsOf(await this.#allOf(entry));
      await this.#client.notifications.snooze(ids, until);
      const put = { until: until.getTime() / 1000 };
      this.#feed.notice("snoozed_until", put, () => this.unsnooze(ids));
    };
    this.#feed.tell(doing());
  }

  unsnooze(ids: readonly string[]): void {
    this.#feed.tell(this.#client.notifications.unsnooze(ids));
  }

  /** Resolves with all of the group of which this is the newest; with none where it is not any more. */
  async groupOf(
    { id, offset = Number.MAX_SAFE_INTEGER - 1 }: Notification,
  ): Promise<readonly Notification[]> {
    const [head] = await this.#client.notifications.folded({ before: offset + 1, limit: 1 });
    return head?.id === id ? await head.open() : [];
  }

  /** Asks how many of the shown groups are below what was read: where all was read, there are none. */
  loaded(): void {
    const { list, isLoaded, hasOlder } = this.#feed;
    if (!isLoaded) return;
    const isWhole = !hasOlder || list.every(({ details }) => details?.group === undefined);
    if (isWhole) return void (this.below = new Map());
    // The newest of each group is among those that are shown, and so among as many entries.
    const limit = Math.min(MAX_PAGE_LENGTH, fold(list).length);
    this.#feed.tell(
      this.#client.notifications.folded({ limit }).then((heads) => {
        this.below = belowOf(this.#feed.list, heads);
      }),
      false,
    );
  }

  /** Reads what was put off. */
  loadSnoozed(): void {
    const back = new Set<string>();
    this.#readings.add(back);
    const loading = this.#client.notifications.snoozed({ limit: PAGE_LENGTH })
      .then((snoozed) => void (this.snoozed = snoozed.filter(({ id }) => !back.has(id))))
      .finally(() => this.#readings.delete(back));
    this.#feed.tell(loading, false);
  }

  /** Reads what was archived, as far as it is shown, and from then on again whenever that changes. */
  loadArchived(): void {
    const length = this.#archived?.list.length ?? 0;
    const limit = Math.min(MAX_PAGE_LENGTH, Math.max(PAGE_LENGTH, length));
    const loading = this.#client.notifications.archived({ limit });
    const show = (list: readonly Notification[]) =>
      void (this.#archived = { list, hasOlder: list.length === limit });
    this.#feed.tell(loading.then(show), false);
  }

  loadOlderArchived(): void {
    const before = this.#archived?.list.at(-1)?.offset ?? 0;
    const loading = this.#client.notifications.archived({ before, limit: PAGE_LENGTH });
    const add = (older: readonly Notification[]) => {
      const list = this.#archived?.list ?? [];
      const known = new Set(idsOf(list));
      this.#archived = {
        list: [...list, ...older.filter(({ id }) => !known.has(id))],
        hasOlder: older.length === PAGE_LENGTH,
      };
    };
    this.#feed.tell(loading.then(add), false);
  }

  /** Changes what is named. It rejects where that is refused; whoever asked says so. */
  change(change: Change<PreferenceChoices>): Promise<UserPreferences> {
    return this.#feed.count(this.#client.preferences.change(change));
  }

  get #client(): InboxSource {
    return this.#feed.client;
  }

  /** All for which an entry stands, also those that the list has not come to yet. */
  async #allOf({ head, others }: Entry): Promise<readonly Notification[]> {
    const all = others.length === 0 && !this.below.has(head.details?.group ?? "")
      ? []
      : await this.groupOf(head);
    return [...new Map([head, ...others, ...all].map((each) => [each.id, each])).values()];
  }

  async #archive(which: Promise<readonly Notification[]>): Promise<void> {
    const what = await which;
    const ids = idsOf(what);
    await this.#client.notifications.archive(ids);
    this.#feed.notice("archived_what", { what }, () => this.unarchive(ids));
  }
}

function idsOf(notifications: readonly Notification[]): string[] {
  return notifications.map(({ id }) => id);
}
