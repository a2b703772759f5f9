/** The settings of notifications: how many are kept, and where one goes that names no room. */
import { filled, limit } from "../config/kinds.ts";
import { slice } from "../config/slice.ts";

export interface InboxConfig {
  /** Notifications kept for one user; `Infinity` for no limit. */
  readonly size: number;
  /** Bytes of one user's notifications that are kept; `Infinity` for no limit. */
  readonly bytes: number;
  /** Days that a notification is kept; `Infinity` for no limit. */
  readonly days: number;
  /** Users that one notification may name; `Infinity` for no limit. */
  readonly recipients: number;
  /** Room of a notification that names none. */
  readonly defaultRoom: string;
}

export const inbox = slice({
  name: "inbox",
  title: "Notifications",
  settings: {
    APP_LIMIT_INBOX: {
      default: "1000",
      help: "Notifications kept for one user; read ones go first, then the oldest",
      kind: limit,
    },
    APP_LIMIT_INBOX_BYTES: {
      default: "16777216",
      help: "Bytes of one user's notifications that are kept; read ones go first, then the oldest",
      kind: limit,
    },
    APP_LIMIT_INBOX_DAYS: { default: "30", help: "Days that a notification is kept", kind: limit },
    APP_LIMIT_RECIPIENTS: {
      default: "10000",
      help: "Users that one notification may name (`user_ids`)",
      kind: limit,
    },
    BOT_ROOM: { default: "1", help: "Room of a notification that names none", kind: filled },
  },
  carriedOver: {
    BOT_ROOM: "here it is the room of a notification that names none; no bot is in it",
  },
  config: (read): InboxConfig => ({
    size: read.value("APP_LIMIT_INBOX"),
    bytes: read.value("APP_LIMIT_INBOX_BYTES"),
    days: read.value("APP_LIMIT_INBOX_DAYS"),
    recipients: read.value("APP_LIMIT_RECIPIENTS"),
    defaultRoom: read.value("BOT_ROOM"),
  }),
});
