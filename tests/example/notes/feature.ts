/**
 * Notes, as a capability of the server. This folder is made to be copied to `lib/notes/`, where `../../../lib/` in its
 * imports has to become `../`: `docs/architecture.md` has the command for both.
 */
import type { Feature } from "../../../lib/feature.ts";
import { limits } from "../../../lib/limits/settings.ts";
import { noteCommands } from "./commands.ts";
import { NOTE_FUNCTIONS } from "./functions.ts";
import { noteCounters } from "./metrics.ts";
import { NOTE_KINDS, Notes } from "./notes.ts";
import { openNoteStore } from "./open.ts";
import { NoteReaders } from "./readers.ts";
import { noteRoutes } from "./routes.ts";
import { notes as settings } from "./settings.ts";
import { NOTES_SQL } from "./sqlite.ts";

export const notesFeature = {
  name: "notes",
  settings,
  sql: NOTES_SQL,
  functions: NOTE_FUNCTIONS,
  async open({ node, engine: { storage }, of }) {
    const counters = noteCounters();
    const { limit, reportSeconds } = of(settings);
    const service = new Notes(node, await openNoteStore(storage, limit), counters);
    const readers = new NoteReaders();
    return {
      services: [service],
      commands: noteCommands(service),
      routes: noteRoutes(service, of(limits)),
      kinds: NOTE_KINDS,
      connection: readers,
      tasks: [readers.report(reportSeconds, counters)],
      metrics: [...Object.values(counters), readers.gauge],
    };
  },
} satisfies Feature;
