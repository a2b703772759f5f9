/** The inbox that a connection's commands work on. A guest has none, since nothing would ever take it out of the store. */
import type { Connection } from "../core/connection.ts";
import type { InboxService } from "./inbox.ts";

export type InboxCommands = Pick<
  InboxService,
  | "sync"
  | "page"
  | "named"
  | "snoozed"
  | "acknowledge"
  | "acknowledgeUpTo"
  | "change"
  | "snooze"
  | "unsnooze"
>;

/** @param inbox the service for all but guests */
export function inboxFor({ identity }: Connection, inbox: InboxCommands): InboxCommands {
  return identity?.isGuest ? NO_INBOX : inbox;
}

const NO_INBOX: InboxCommands = {
  sync(_site, _user, since) {
    const reason = since === undefined ? "new" : "epoch";
    return Promise.resolve({
      ...{ offset: 0, epoch: "", unread: 0, recovered: false, reason },
      notifications: [],
    });
  },
  page: () => Promise.resolve({ notifications: [], unread: 0 }),
  named: () => Promise.resolve({ notifications: [], unread: 0 }),
  acknowledge: () => Promise.resolve(),
  acknowledgeUpTo: () => Promise.resolve(),
  change: () => Promise.resolve({ unread: 0 }),
  snoozed: () => Promise.resolve({ notifications: [], unread: 0 }),
  snooze: () => Promise.resolve({ unread: 0 }),
  unsnooze: () => Promise.resolve({ unread: 0 }),
};
