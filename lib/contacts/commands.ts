/** What clients of version 2 can ask of contacts and privacy. */
import { CodedError } from "../base/errors.ts";
import type { UserId } from "../base/fields.ts";
import { type Command, command, weighed } from "../core/command.ts";
import type { Connection } from "../core/connection.ts";
import { holdAndAnswer } from "../core/held_answer.ts";
import type { Node } from "../core/node.ts";
import { answerCharacters } from "../core/work.ts";
import { contactsChannel } from "./channel.ts";
import type { Contacts } from "./contacts.ts";
import { contactFields, contactsFields, privacyFields } from "./fields.ts";
import type { Changer } from "./types.ts";
import { changedOnWire, pageOnWire, privacyOnWire } from "./wire.ts";

export function contactCommands(node: Node, contacts: Contacts): Command[] {
  return [
    weighed(command(
      "contacts",
      (fields, { limits }) => contactsFields(fields, limits),
      async (connection, query) => {
        const { site, user } = changerOf(connection);
        const channel = contactsChannel(site, user);
        return await holdAndAnswer(connection, channel, async () => {
          // First the changes, then the list: what changes in between comes twice, and is not missed.
          await node.subscribe(connection, channel);
          const characters = answerCharacters(connection.limits);
          const page = await contacts.list(site, user, { ...query, characters });
          const shown = pageOnWire(page, await contacts.statuses(site, user, page.contacts));
          connection.charge({
            entries: page.contacts.length,
            characters: JSON.stringify(shown).length,
          });
          return { data: shown };
        });
      },
    )),
    command(
      "contact",
      (fields, { limits }) => contactFields(fields, limits),
      async (connection, change) => {
        const changed = await contacts.change(changerOf(connection), change);
        return { data: changedOnWire(changed) };
      },
    ),
    command("privacy", privacyFields, async (connection, change) => {
      const changer = changerOf(connection);
      if (Object.keys(change).length > 0) {
        return { data: privacyOnWire(await contacts.changePrivacy(changer, change)) };
      }
      const { site, user } = changer;
      return await holdAndAnswer(connection, contactsChannel(site, user), async () => {
        return { data: privacyOnWire(await contacts.readPrivacy(site, user)) };
      });
    }),
  ];
}

/** A connection that is gone hears no changes any more. */
export function leaveContacts(node: Node, connection: Connection): void {
  const { site, user } = connection;
  if (user === undefined) return;
  const channel = contactsChannel(site, user);
  if (node.hub.get(channel)?.connections.has(connection)) {
    node.unsubscribeLater(connection, channel);
  }
}

/** Who asks. A guest has no contacts, since nobody would ever take them out of the database. */
function changerOf(connection: Connection): Changer & { readonly user: UserId } {
  const user = connection.requireUser();
  if (!connection.isGuest && !connection.identity?.isGuest) {
    return { site: connection.site, user, client: connection.id };
  }
  throw new CodedError(
    "forbidden",
    "Cannot do this as a guest: send 'connect' with the user's id, or a token",
  );
}
