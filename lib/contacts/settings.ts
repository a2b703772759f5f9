/** The settings of contacts. */
import { limit } from "../config/kinds.ts";
import { slice } from "../config/slice.ts";

export interface ContactsConfig {
  /** Contacts of one user, and users whom one has blocked; `Infinity` for no limit. */
  readonly contacts: number;
}

export const contacts = slice({
  name: "contacts",
  title: "Contacts",
  settings: {
    APP_LIMIT_CONTACTS: {
      default: "5000",
      help: "Contacts that one user may have, and as many whom the user has blocked",
      kind: limit,
    },
  },
  config: (read): ContactsConfig => ({ contacts: read.value("APP_LIMIT_CONTACTS") }),
});
