/** Which notifications ask for attention at once, and how many of them are seen. */
import type { Notification } from "../core/types.ts";

/** The highest priority, of what cannot wait. */
const URGENT = 5;

export function isUrgent({ details }: Notification): boolean {
  return (details?.priority ?? 0) >= URGENT;
}

/** The lowest priority that may be in the way of anybody. */
const USUAL = 3;

export function isLow({ details }: Notification): boolean {
  return (details?.priority ?? USUAL) < USUAL;
}

/** Toasts that are seen at once; of more there is a count. */
const TOAST_LIMIT = 3;

/** So many are counted; when one more comes, the oldest goes (it stays behind the bell). */
const COUNTED = 100;

/** Ids of notifications that ask for attention, oldest first. */
export type Toasts = readonly string[];

/** Adds one, or has one ask again. */
export function addToast(toasts: Toasts, id: string): Toasts {
  return [...toasts.filter((each) => each !== id), id].slice(-COUNTED);
}

export interface ShownToasts {
  /** They stay until somebody does something about them. */
  readonly urgent: readonly Notification[];
  readonly others: readonly Notification[];
  /** Those for which there is no room. */
  readonly hidden: readonly Notification[];
}

/** Which toasts are seen: those that are urgent, then the newest. */
export function shownToasts(toasts: Toasts, list: readonly Notification[]): ShownToasts {
  const all = toasts.flatMap((id) => list.find((each) => each.id === id) ?? []);
  const urgent = all.filter(isUrgent).slice(0, TOAST_LIMIT);
  const room = TOAST_LIMIT - urgent.length;
  const calm = all.filter((each) => !isUrgent(each));
  const others = room === 0 ? [] : calm.slice(-room);
  const hidden = all.filter((each) => !urgent.includes(each) && !others.includes(each));
  return { urgent, others, hidden };
}

/** Takes down what was read or put away, here or elsewhere. */
export function withoutSeen(toasts: Toasts, list: readonly Notification[]): Toasts {
  const seen = (id: string) => list.find((notification) => notification.id === id)?.read ?? true;
  return toasts.some(seen) ? toasts.filter((id) => !seen(id)) : toasts;
}
