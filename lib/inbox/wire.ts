/** Writes notifications and parts of inboxes as answers show them. */
import { userChannel } from "../core/channel.ts";
import type { Connection } from "../core/connection.ts";
import { cursorOnWire } from "../http/list_page.ts";
import { frameLength } from "../core/publication.ts";
import type { Expense } from "../core/work.ts";
import { snoozedPublication, statesOf } from "./store/kept.ts";
import type { InboxSync, SnoozedPage, StoredNotification } from "./store/store.ts";

/** A notification in the connection's dialect, with how far it came. */
export function notificationOnWire(
  { site, user, protocol: { dialect } }: Connection,
  notification: StoredNotification,
): Record<string, unknown> {
  const { offset, publication, group } = notification;
  return {
    ...dialect.frame(userChannel(site, user ?? ""), publication, offset),
    ...statesOf(notification),
    ...(group && { group_count: group.count, group_unread: group.unread }),
  };
}

/** What it costs the server to show notifications. */
export function workOf(
  { user = "" }: Connection,
  notifications: readonly StoredNotification[],
): Expense {
  const characters = notifications.reduce(
    (sum, { publication }) => sum + frameLength(user, publication),
    0,
  );
  return { entries: notifications.length, characters };
}

/** A part of an inbox. */
export function syncData(
  connection: Connection,
  sync: Omit<InboxSync, "unread"> & Partial<InboxSync>,
) {
  const { offset, epoch, unread, recovered, reason, more, notifications } = sync;
  return {
    ...{ offset, epoch, unread, recovered, reason, more },
    notifications: notifications.map((each) => notificationOnWire(connection, each)),
  };
}

/** What a user has put off. */
export function snoozedData(
  { site, user, protocol: { dialect } }: Connection,
  { notifications, unread, next }: SnoozedPage & { readonly unread: number },
) {
  const channel = userChannel(site, user ?? "");
  const shown = notifications.map((each) => dialect.frame(channel, snoozedPublication(each)));
  return { notifications: shown, unread, ...(next && { more: true, next: cursorOnWire(next) }) };
}
