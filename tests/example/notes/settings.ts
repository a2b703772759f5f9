/** The settings of notes. */
import { limit } from "../../../lib/config/kinds.ts";
import { slice } from "../../../lib/config/slice.ts";

export interface NotesConfig {
  /** Notes of one user; `Infinity` for no limit. */
  readonly limit: number;
}

export const notes = slice({
  name: "notes",
  title: "Notes",
  settings: {
    APP_LIMIT_NOTES: { default: "100", help: "Notes kept for one user", kind: limit },
  },
  config: (read): NotesConfig => ({ limit: read.value("APP_LIMIT_NOTES") }),
});
