/** What clients of version 2 can ask of their users' inboxes. */
import type { Fields } from "../base/fields.ts";
import { type Command, command, weighed } from "../core/command.ts";
import { flag, idsField, pageSize, positionField, wholeNumber } from "../core/command_fields.ts";
import type { Connection } from "../core/connection.ts";
import type { Position } from "../core/publication.ts";
import type { Expense } from "../core/work.ts";
import { type InboxCommands, inboxFor } from "./guest_inbox.ts";
import type { InboxService } from "./inbox.ts";
import { notificationOnWire, syncData, workOf } from "./wire.ts";

/** How many ids a frame may name at no further cost: the client library acknowledges so many at once. */
const FREE_IDS = 100;

/** How many notifications are taken to be in an inbox of which all are to be changed. */
const ALL_ENTRIES = 1000;

/** Asks for what came after a position, or for a page from the end. */
type InboxQuery =
  | { readonly since: Position; readonly unreadOnly: boolean }
  | {
    readonly since?: undefined;
    readonly before?: number;
    readonly limit: number;
    readonly archived: boolean;
  };

export function inboxCommands(service: InboxService): Command[] {
  return [
    command("inbox", inboxFields, async (connection, query) => ({
      data: await asked(connection, query, inboxFor(connection, service)),
    })),
    command("ack", idsField, async (connection, ids) => {
      const inbox = inboxFor(connection, service);
      const user = connection.requireUser();
      connection.charge(workOn(ids));
      await inbox.acknowledge(connection.site, user, ids);
      return { data: {} };
    }),
    command("read", (fields) => (
      flag(fields, "all") ? wholeNumber(fields, "through") : idsField(fields)
    ), async (connection, which) => {
      const inbox = inboxFor(connection, service);
      const user = connection.requireUser();
      connection.charge(workOn(which));
      return { data: await inbox.change(connection.site, user, "read", which) };
    }),
    ...(["archive", "delete"] as const).map((event) =>
      command(event, idsField, async (connection, ids) => {
        const inbox = inboxFor(connection, service);
        const user = connection.requireUser();
        connection.charge(workOn(ids));
        return { data: await inbox.change(connection.site, user, event, ids) };
      })
    ),
  ].map(weighed);
}

/** What it costs to change some notifications, or all, which are looked through then. */
function workOn(which: readonly string[] | number | undefined): Expense {
  if (typeof which !== "object") return { entries: ALL_ENTRIES };
  return { entries: which.length > FREE_IDS ? which.length : 0 };
}

function inboxFields(fields: Fields): InboxQuery {
  const since = positionField(fields, "since");
  if (since !== undefined) return { since, unreadOnly: flag(fields, "unread") };
  const before = wholeNumber(fields, "before");
  return { before, limit: pageSize(fields), archived: flag(fields, "archived") };
}

/** The part of an inbox that a query asks for. */
async function asked(
  connection: Connection,
  query: InboxQuery,
  inbox: InboxCommands,
): Promise<unknown> {
  const user = connection.requireUser();
  if (query.since !== undefined) {
    const sync = await inbox.sync(connection.site, user, query.since, query);
    connection.charge(workOf(connection, sync.notifications));
    return syncData(connection, sync);
  }
  const { notifications, unread, more } = await inbox.page(connection.site, user, query);
  connection.charge(workOf(connection, notifications));
  const shown = notifications.map((each) => notificationOnWire(connection, each));
  return { notifications: shown, unread, more };
}
