/** The notifications behind the bell, as far as they were read from the server; none of it is changed in place. */
import type { Notification } from "../../sdk/mod.ts";

export interface Notifications {
  /** The notifications, newest first, with no hole in between. */
  readonly list: readonly Notification[];
  /** How many are unread on the server's count, which counts those that are not in `list`, too. */
  readonly unread: number;
  /** The server has told what there is. */
  readonly isLoaded: boolean;
  /** There are older ones than those in `list`. */
  readonly hasOlder: boolean;
}

export const NO_NOTIFICATIONS: Notifications = {
  list: [],
  unread: 0,
  isLoaded: false,
  hasOlder: false,
};

/** The highest priority, of what cannot wait. */
const URGENT = 5;

export function isUrgent({ details }: Notification): boolean {
  return (details?.priority ?? 0) >= URGENT;
}

/** Toasts on the screen at once; when one more comes, the oldest goes (it stays behind the bell). */
const TOAST_LIMIT = 3;

/** Ids of notifications on the screen, oldest first. */
export type Toasts = readonly string[];

export function addToast(toasts: Toasts, id: string): Toasts {
  return [...toasts, id].slice(-TOAST_LIMIT);
}

/** Takes down what was read or put away, here or elsewhere. */
export function withoutSeen(toasts: Toasts, { list }: Notifications): Toasts {
  const seen = (id: string) => list.find((notification) => notification.id === id)?.read ?? true;
  return toasts.some(seen) ? toasts.filter((id) => !seen(id)) : toasts;
}

export function unreadIds({ list }: Notifications): string[] {
  return list.filter(({ read }) => !read).map(({ id }) => id);
}
