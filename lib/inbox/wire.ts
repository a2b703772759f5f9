/** Notifications as answers show them, with how far they came. */
import type { Fields } from "../base/fields.ts";
import type { InboxSync, StoredNotification } from "./store/store.ts";

/** A notification with how far it came, times in seconds. */
export function described(notification: StoredNotification): Record<string, unknown> {
  const { text, readAt, deliveredAt, sentAt, archivedAt } = notification;
  return {
    offset: notification.offset,
    ...parsed(text),
    state: readAt ? "read" : deliveredAt ? "delivered" : sentAt ? "sent" : "queued",
    read_at: inSeconds(readAt),
    archived_at: inSeconds(archivedAt),
  };
}

/** A part of an inbox. */
export function syncData(sync: Omit<InboxSync, "unread"> & Partial<InboxSync>) {
  const { offset, epoch, unread, recovered, reason, more, notifications } = sync;
  return {
    ...{ offset, epoch, unread, recovered, reason, more },
    notifications: notifications.map(described),
  };
}

function inSeconds(milliseconds: number | undefined): number | undefined {
  return milliseconds === undefined ? undefined : Math.floor(milliseconds / 1000);
}

/** Our own frames, which are JSON objects. */
function parsed(text: string): Fields {
  return JSON.parse(text);
}
