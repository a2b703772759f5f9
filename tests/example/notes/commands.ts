/** What clients of version 2 can ask of notes. */
import { requiredText } from "../../../lib/base/fields.ts";
import { type Command, command } from "../../../lib/core/command.ts";
import type { Notes } from "./notes.ts";

export function noteCommands(notes: Notes): Command[] {
  return [
    command(
      "note",
      (fields, { limits }) => requiredText(fields, "message", limits.message),
      async (connection, message) => ({
        data: await notes.add(connection.site, connection.requireUser(), message),
      }),
    ),
    command("notes", () => {}, async (connection) => ({
      data: { notes: await notes.list(connection.site, connection.requireUser()) },
    })),
  ];
}
