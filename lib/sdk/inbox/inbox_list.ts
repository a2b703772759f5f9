/** The notifications that are known here, newest first. */
import type { InboxChange, Notification } from "../core/types.ts";

/** When it is full, the oldest leaves the list; the server still has it. */
const LIST_LIMIT = 1_000;

/** Which part of the inbox a page of the server's is all of. */
interface PageRange {
  /** The first offset. */
  readonly from: number;
  /** The offset behind the last. */
  readonly before: number;
  /** The list when the page was asked for. */
  readonly known: readonly Notification[];
}

export class InboxList {
  #items: readonly Notification[] = [];
  /** The ids of those that were brought back from below all others: what is between was not read. */
  readonly #apart = new Set<string>();

  /** It is another array after each change, so that it can be kept and compared. */
  get items(): readonly Notification[] {
    return this.#items;
  }

  get oldestOffset(): number | undefined {
    return this.#items.findLast(({ id }) => !this.#apart.has(id))?.offset;
  }

  has(id: string): boolean {
    return this.#items.some((item) => item.id === id);
  }

  /** Puts a notification in its place. One that has its id already is replaced. */
  add(notification: Notification): void {
    const rest = this.#items.filter(({ id }) => id !== notification.id);
    if (notification.archived) return void (this.#items = rest);
    const offset = notification.offset ?? Infinity;
    const index = rest.findIndex((item) => (item.offset ?? Infinity) <= offset);
    const place = index < 0 ? rest.length : index;
    this.#items = [...rest.slice(0, place), notification, ...rest.slice(place)].slice(
      0,
      LIST_LIMIT,
    );
  }

  /** Puts back what the user has brought back from the archive. */
  bringBack(notification: Notification): void {
    const { id, offset = Infinity } = notification;
    if (offset < (this.oldestOffset ?? 0)) this.#apart.add(id);
    this.add(notification);
  }

  /** Adds a page. What was known in its range and is not in it leaves the list: it was put away while nobody told us. */
  addPage(page: readonly Notification[], { from, before, known }: PageRange): void {
    const knownIds = new Set(known.map(({ id }) => id));
    const pageIds = new Set(page.map(({ id }) => id));
    const isGone = ({ id, offset = Infinity }: Notification) =>
      knownIds.has(id) && !pageIds.has(id) && offset >= from && offset < before;
    this.#items = this.#items.filter((item) => !isGone(item));
    const listed = new Map(this.#items.map((item) => [item.id, item]));
    for (const item of page) {
      this.#apart.delete(item.id);
      const there = listed.get(item.id);
      if (there === undefined && knownIds.has(item.id)) continue; // put away while the page was on its way
      this.add({ ...item, read: item.read || there?.read === true });
    }
  }

  change({ event, ids, action }: InboxChange): void {
    if (event === "unarchive") return; // what is back is read first
    if (event === "act") return this.#act(ids ?? [], action);
    const isMeant = ({ id }: Notification) => ids === undefined || ids.includes(id);
    this.#items = event === "read"
      ? this.#items.map((item) => isMeant(item) ? { ...item, read: true } : item)
      : this.#items.filter((item) => !isMeant(item));
  }

  #act(ids: readonly string[], done: InboxChange["action"]): void {
    if (done === undefined) return;
    this.#items = this.#items.map((item) => {
      if (!ids.includes(item.id) || item.details?.actions === undefined) return item;
      const actions = item.details.actions.map((each) =>
        each.id === done.id ? { ...each, ...done } : each
      );
      return { ...item, details: { ...item.details, actions } };
    });
  }
}
