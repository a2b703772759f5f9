/** The settings of rooms: their rules, and how much of their messages is kept. */
import { limit, listOf, type SettingKind, text } from "../config/kinds.ts";
import { slice } from "../config/slice.ts";
import { type HistoryRule, parseHistoryRules } from "./rules/history_rules.ts";

export interface RoomsConfig {
  /** Path of the file of rules. */
  readonly file?: string;
  /** Patterns of rooms that need a subscription token or a grant. */
  readonly privateRooms: readonly string[];
  /** How much of a room's messages is kept; the first rule that matches counts. */
  readonly history: readonly HistoryRule[];
  /** Bytes of the messages of all rooms that the embedded engine keeps in memory; `Infinity` for no limit. */
  readonly historyBytes: number;
  /** Bytes that are kept of what one user said in persistent rooms, with Redis in all rooms; `Infinity` for no limit. */
  readonly historyUserBytes: number;
  /** Bytes that are kept of one site's persistent rooms, with Redis of all its rooms; `Infinity` for no limit. */
  readonly historySiteBytes: number;
}

/** How much is kept of channels, by patterns of their names. */
export const historyRules: SettingKind<readonly HistoryRule[]> = {
  allowed: "rules such as news:*=1000/86400, *=100/300 (pattern=size/seconds)",
  test: (text) =>
    /^\s*[^=,]+=\d{1,6}\/[1-9]\d{0,7}\s*(,\s*[^=,]+=\d{1,6}\/[1-9]\d{0,7}\s*)*$/.test(text),
  parse: parseHistoryRules,
};

export const rooms = slice({
  name: "rooms",
  title: "Rooms",
  settings: {
    APP_HISTORY: {
      default: "*=100/300",
      help:
        "Messages kept of a room, and seconds after its last: `pattern=size/seconds`, the first match counts",
      kind: historyRules,
      reloadable: true,
    },
    APP_LIMIT_HISTORY: {
      default: "536870912",
      help:
        "Bytes of the messages of all rooms and topics that the embedded engine keeps in memory",
      kind: limit,
    },
    APP_LIMIT_HISTORY_USER: {
      default: "67108864",
      help: "Bytes kept of what one user said in persistent rooms, with Redis in all rooms",
      kind: limit,
    },
    APP_LIMIT_HISTORY_SITE: {
      default: "1073741824",
      help: "Bytes kept of the persistent rooms and topics of a site, with Redis of all of them",
      kind: limit,
    },
    APP_ROOMS: {
      default: "",
      help: "File of rules for rooms and topics, such as `rooms.json`: docs/rooms.md",
      kind: text,
      reloadable: true,
      guard: {},
    },
    APP_PRIVATE_ROOMS: {
      default: "",
      help: "Rooms that need a subscription token or a grant, by pattern: `staff:*, board`",
      kind: listOf(text.allowed, text.test),
      reloadable: true,
      guard: {},
    },
  },
  config(read): RoomsConfig {
    return {
      file: read.value("APP_ROOMS") || undefined,
      privateRooms: read.value("APP_PRIVATE_ROOMS"),
      history: read.value("APP_HISTORY"),
      historyBytes: read.value("APP_LIMIT_HISTORY"),
      historyUserBytes: read.value("APP_LIMIT_HISTORY_USER"),
      historySiteBytes: read.value("APP_LIMIT_HISTORY_SITE"),
    };
  },
});
