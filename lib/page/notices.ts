/** The notifications behind the bell, newest first, as a list that is never changed in place. */
import type { DirectMessageFrame } from "./frames.ts";

export interface Notice {
  readonly id: string;
  readonly room: string;
  /** Who sent it. */
  readonly name: string;
  readonly message: string;
  /** Unix seconds. */
  readonly timestamp: number;
  readonly read: boolean;
}

export type Notices = readonly Notice[];

/** When full, the oldest goes. */
export const NOTICE_LIMIT = 200;

/** Toasts on the screen at once; when one more comes, the oldest goes (it stays behind the bell). */
export const TOAST_LIMIT = 3;

export function addNotice(notices: Notices, frame: DirectMessageFrame): Notices {
  if (notices.some(({ id }) => id === frame.id)) return notices;
  const { id, room, name, message, timestamp } = frame;
  return [{ id, room, name, message, timestamp, read: false }, ...notices].slice(0, NOTICE_LIMIT);
}

export function markAllRead(notices: Notices): Notices {
  return unreadCount(notices) === 0
    ? notices
    : notices.map((notice) => notice.read ? notice : { ...notice, read: true });
}

export function markRead(notices: Notices, id: string): Notices {
  return notices.map((notice) => notice.id === id ? { ...notice, read: true } : notice);
}

export function unreadCount(notices: Notices): number {
  return notices.reduce((count, notice) => notice.read ? count : count + 1, 0);
}
