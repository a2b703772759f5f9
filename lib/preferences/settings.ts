/** The settings of preferences and kinds. */
import { limit } from "../config/kinds.ts";
import { slice } from "../config/slice.ts";

/** A limit that is `off` is `Infinity`. */
export interface PreferencesConfig {
  /** Kinds for which one site may set something. */
  readonly kinds: number;
  /** Kinds and topics for which one user may choose something. */
  readonly choices: number;
}

export const preferences = slice({
  name: "preferences",
  title: "Preferences",
  settings: {
    APP_LIMIT_KINDS: {
      default: "500",
      help: "Kinds of notifications for which one site may set something",
      kind: limit,
    },
    APP_LIMIT_PREFERENCES: {
      default: "200",
      help: "Kinds and topics for which one user may choose something",
      kind: limit,
    },
  },
  config: (read): PreferencesConfig => ({
    kinds: read.value("APP_LIMIT_KINDS"),
    choices: read.value("APP_LIMIT_PREFERENCES"),
  }),
});
