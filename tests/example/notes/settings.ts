/** The settings of notes. */
import { limit, seconds } from "../../../lib/config/kinds.ts";
import { slice } from "../../../lib/config/slice.ts";

export interface NotesConfig {
  /** Notes of one user; `Infinity` for no limit. */
  readonly limit: number;
  readonly reportSeconds: number;
}

export const notes = slice({
  name: "notes",
  title: "Notes",
  settings: {
    APP_LIMIT_NOTES: { default: "100", help: "Notes kept for one user", kind: limit },
    APP_NOTES_REPORT_SECONDS: {
      default: "3600",
      help: "How often the log says how many notes were kept",
      kind: seconds,
    },
  },
  config: (read): NotesConfig => ({
    limit: read.value("APP_LIMIT_NOTES"),
    reportSeconds: read.value("APP_NOTES_REPORT_SECONDS"),
  }),
});
