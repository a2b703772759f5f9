/** Notifications as answers show them, with how far they came. */
import { userChannel } from "../core/channel.ts";
import type { Connection } from "../core/connection.ts";
import type { InboxSync, StoredNotification } from "./store/store.ts";

/** A notification with how far it came, times in seconds. */
export function described(
  { site, user, protocol: { dialect } }: Connection,
  notification: StoredNotification,
): Record<string, unknown> {
  const { offset, publication, readAt, deliveredAt, sentAt, archivedAt } = notification;
  return {
    ...dialect.frame(userChannel(site, user ?? ""), publication, offset),
    state: readAt ? "read" : deliveredAt ? "delivered" : sentAt ? "sent" : "queued",
    read_at: inSeconds(readAt),
    archived_at: inSeconds(archivedAt),
  };
}

/** A part of an inbox. */
export function syncData(
  connection: Connection,
  sync: Omit<InboxSync, "unread"> & Partial<InboxSync>,
) {
  const { offset, epoch, unread, recovered, reason, more, notifications } = sync;
  return {
    ...{ offset, epoch, unread, recovered, reason, more },
    notifications: notifications.map((each) => described(connection, each)),
  };
}

function inSeconds(milliseconds: number | undefined): number | undefined {
  return milliseconds === undefined ? undefined : Math.floor(milliseconds / 1000);
}
