/** The notifications that are known here, newest first. */
import type { InboxChange, Notification } from "./types.ts";

/** When it is full, the oldest leaves the list; the server still has it. */
const LIST_LIMIT = 1_000;

export class InboxList {
  #items: readonly Notification[] = [];

  /** Another list after each change: it may be kept and compared. */
  get items(): readonly Notification[] {
    return this.#items;
  }

  get oldestOffset(): number | undefined {
    return this.#items.at(-1)?.offset;
  }

  /** Puts it in its place; one that is there already is replaced. */
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

  change({ event, ids }: InboxChange): void {
    const isMeant = ({ id }: Notification) => ids === undefined || ids.includes(id);
    this.#items = event === "read"
      ? this.#items.map((item) => isMeant(item) ? { ...item, read: true } : item)
      : this.#items.filter((item) => !isMeant(item));
  }
}
