/** What clients of version 2 can ask of users' presence. */
import { about, type Command, command, weighed } from "../core/command.ts";
import { flag } from "../core/command_fields.ts";
import type { UserPresence } from "./user_presence.ts";
import { userIdsField } from "./wire.ts";

export function presenceCommands(presence: UserPresence): Command[] {
  return [
    about(
      ["user_ids"],
      weighed(command(
        "presence",
        (fields, { limits }) => userIdsField(fields, limits),
        async (connection, asked) => {
          const { users, sent } = await presence.watch(connection, asked);
          return { data: { users }, sent };
        },
      )),
    ),
    command(
      "away",
      (fields) => fields["away"] === undefined || flag(fields, "away"),
      (connection, isAway) => {
        presence.setAway(connection, isAway);
        return { data: { away: isAway } };
      },
    ),
  ];
}
