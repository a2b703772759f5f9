/** What clients of version 2 can ask of their users' inboxes. */
import type { Fields } from "../base/fields.ts";
import { type Command, command, weighed } from "../core/command.ts";
import { flag, idsField, pageSize, positionField, wholeNumber } from "../core/command_fields.ts";
import type { Connection } from "../core/connection.ts";
import type { Position } from "../core/publication.ts";
import type { Expense } from "../core/work.ts";
import { type InboxCommands, inboxFor } from "./guest_inbox.ts";
import { groupField } from "./details/details.ts";
import type { InboxService } from "./inbox.ts";
import type { ListOptions, Which, WithArchived } from "./store/store.ts";
import { untilField, type ZoneOf } from "./until.ts";
import { cursorField } from "../http/list_page.ts";
import { notificationOnWire, snoozedData, syncData, workOf } from "./wire.ts";

/** How many ids a frame may name at no further cost: the client library acknowledges so many at once. */
const FREE_IDS = 100;

/** How many notifications are taken to be in an inbox of which all are to be changed. */
const ALL_ENTRIES = 1000;

/** Asks for what came after a position, for notifications by their ids, for a page from the end, or for what the user has put off. */
type InboxQuery =
  | { readonly since?: undefined; readonly snoozed?: undefined; readonly ids: readonly string[] }
  | { readonly since?: undefined; readonly snoozed: true } & ListOptions
  | { readonly since: Position; readonly unreadOnly: boolean }
  | {
    readonly since?: undefined;
    readonly snoozed?: undefined;
    readonly ids?: undefined;
    readonly before?: number;
    readonly limit: number;
    readonly archived: WithArchived;
    readonly folded: boolean;
    readonly group: string | undefined;
  };

export function inboxCommands(service: InboxService, zoneOf: ZoneOf): Command[] {
  return [
    command("inbox", inboxFields, async (connection, query) => ({
      data: await asked(connection, query, inboxFor(connection, service)),
    })),
    command("ack", idsField, async (connection, ids) => {
      const inbox = inboxFor(connection, service);
      const user = connection.requireUser();
      connection.charge(workOn(ids));
      await inbox.acknowledge(connection.site, user, ids, connection.id);
      return { data: {} };
    }),
    command("read", (fields) => (
      flag(fields, "all") ? wholeNumber(fields, "through") : whichFields(fields)
    ), async (connection, which) => {
      const inbox = inboxFor(connection, service);
      const user = connection.requireUser();
      connection.charge(workOn(which));
      return { data: await inbox.change(connection.site, user, "read", which) };
    }),
    ...(["archive", "unarchive", "delete"] as const).map((event) =>
      command(event, whichFields, async (connection, which) => {
        const inbox = inboxFor(connection, service);
        const user = connection.requireUser();
        connection.charge(workOn(which));
        return { data: await inbox.change(connection.site, user, event, which) };
      })
    ),
    command(
      "snooze",
      (fields) => ({ ids: idsField(fields), fields }),
      async (connection, asked) => {
        const inbox = inboxFor(connection, service);
        const { site } = connection;
        const user = connection.requireUser();
        const until = untilField(asked.fields, await zoneOf(site, user));
        connection.charge({ entries: asked.ids.length });
        const { unread } = await inbox.snooze(site, user, asked.ids, until);
        return { data: { unread, snoozed_until: until } };
      },
    ),
    command("unsnooze", idsField, async (connection, ids) => {
      const inbox = inboxFor(connection, service);
      const user = connection.requireUser();
      connection.charge({ entries: ids.length });
      return { data: await inbox.unsnooze(connection.site, user, ids) };
    }),
  ].map(weighed);
}

/** What it costs to change some notifications, or all, which are looked through then. */
function workOn(which: Which | undefined): Expense {
  if (typeof which !== "object" || "group" in which) return { entries: ALL_ENTRIES };
  return { entries: which.length > FREE_IDS ? which.length : 0 };
}

/** `ids`, or the name of a `group`. */
function whichFields(fields: Fields): Which {
  const group = groupField(fields);
  return group === undefined ? idsField(fields) : { group };
}

function inboxFields(fields: Fields): InboxQuery {
  const since = positionField(fields, "since");
  if (since !== undefined) return { since, unreadOnly: flag(fields, "unread") };
  if (flag(fields, "snoozed")) {
    return { snoozed: true, limit: pageSize(fields), after: cursorField(fields) };
  }
  if (fields["ids"] !== undefined) return { ids: idsField(fields) };
  const before = wholeNumber(fields, "before");
  return {
    ...{ before, limit: pageSize(fields), archived: archivedField(fields) },
    ...{ folded: flag(fields, "folded"), group: groupField(fields) },
  };
}

function archivedField(fields: Fields): WithArchived {
  return fields["archived"] === "only" ? "only" : flag(fields, "archived");
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
  if (query.snoozed) {
    const page = await inbox.snoozed(connection.site, user, query);
    connection.charge({ entries: page.notifications.length });
    return snoozedData(connection, page);
  }
  const { notifications, unread, more } = query.ids === undefined
    ? await inbox.page(connection.site, user, query)
    : await inbox.named(connection.site, user, query.ids);
  connection.charge(workOf(connection, notifications));
  const shown = notifications.map((each) => notificationOnWire(connection, each));
  return { notifications: shown, unread, more };
}
