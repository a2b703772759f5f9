/** What clients of version 2 can ask of their users' inboxes. */
import type { Fields } from "../base/fields.ts";
import { type Command, command } from "../core/command.ts";
import { flag, idsField, pageSize, positionField, wholeNumber } from "../core/command_fields.ts";
import type { Connection } from "../core/connection.ts";
import type { Position } from "../core/publication.ts";
import { type InboxCommands, inboxFor } from "./guest_inbox.ts";
import type { InboxService } from "./inbox.ts";
import { notificationOnWire, syncData } from "./wire.ts";

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
      await inbox.acknowledge(connection.site, connection.requireUser(), ids);
      return { data: {} };
    }),
    command("read", (fields) => (
      flag(fields, "all") ? wholeNumber(fields, "through") : idsField(fields)
    ), async (connection, which) => {
      const inbox = inboxFor(connection, service);
      const user = connection.requireUser();
      return { data: await inbox.change(connection.site, user, "read", which) };
    }),
    ...(["archive", "delete"] as const).map((event) =>
      command(event, idsField, async (connection, ids) => {
        const inbox = inboxFor(connection, service);
        const user = connection.requireUser();
        return { data: await inbox.change(connection.site, user, event, ids) };
      })
    ),
  ];
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
    return syncData(connection, await inbox.sync(connection.site, user, query.since, query));
  }
  const { notifications, unread } = await inbox.page(connection.site, user, query);
  const shown = notifications.map((each) => notificationOnWire(connection, each));
  return { notifications: shown, unread };
}
