/** What clients of version 2 can ask of their user's preferences. */
import { CodedError } from "../base/errors.ts";
import type { Fields } from "../base/fields.ts";
import { type Command, command, weighed } from "../core/command.ts";
import type { Connection } from "../core/connection.ts";
import { holdAndAnswer } from "../core/held_answer.ts";
import type { Node } from "../core/node.ts";
import { preferencesChannel } from "./channel.ts";
import { versionField } from "./fields.ts";
import { ignoredInPreferences } from "./ignored.ts";
import type { Changer, Preferences } from "./preferences.ts";
import type { KeptPreferences } from "./types.ts";

export function preferenceCommands(node: Node, preferences: Preferences): Command[] {
  const changing = (
    type: string,
    change: (changer: Changer, fields: Fields, version?: number) => Promise<KeptPreferences>,
  ) =>
    weighed(command(
      type,
      (fields) => ({ fields, version: versionField(fields["version"]) }),
      async (connection, { fields, version }) => {
        const changer = changerOf(connection);
        const kept = await change(changer, fields, version);
        const shown = await preferences.shown(changer.site, kept);
        return answerTo(connection, { ...shown, ...ignoredInPreferences(fields) });
      },
    ));
  return [
    weighed(command("preferences", () => {}, async (connection) => {
      const { site, user } = changerOf(connection);
      const channel = preferencesChannel(site, user);
      return await holdAndAnswer(connection, channel, async () => {
        // First the changes, then the preferences: what changes in between comes twice, and is not missed.
        await node.subscribe(connection, channel);
        return answerTo(connection, await preferences.show(site, user));
      });
    })),
    changing("set_preferences", (...asked) => preferences.set(...asked)),
    changing("change_preferences", (...asked) => preferences.change(...asked)),
  ];
}

/** A connection that is gone hears no changes any more. */
export function leavePreferences(node: Node, connection: Connection): void {
  const { site, user } = connection;
  if (user === undefined) return;
  const channel = preferencesChannel(site, user);
  if (node.hub.get(channel)?.connections.has(connection)) {
    node.unsubscribeLater(connection, channel);
  }
}

function answerTo(connection: Connection, data: Fields) {
  const entries = Object.keys(Object(Object(data["effective"]).kinds)).length;
  connection.charge({ entries, characters: JSON.stringify(data).length });
  return { data };
}

/** Who asks. A guest has no preferences, since nobody would ever take them out of the database. */
function changerOf(connection: Connection): Changer {
  const user = connection.requireUser();
  if (!connection.isGuest && !connection.identity?.isGuest) {
    return { site: connection.site, user, client: connection.id };
  }
  throw new CodedError(
    "forbidden",
    "Cannot do this as a guest: send 'connect' with the user's id, or a token",
  );
}
