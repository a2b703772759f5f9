/** The settings of conversations: what they may hold, how long they keep it, and how fast people may write. */
import { limit, type SettingKind } from "../config/kinds.ts";
import { slice } from "../config/slice.ts";
import type { Rate } from "../limits/rate.ts";
import { rate } from "../limits/settings.ts";

/** A limit that is `off` is `Infinity`. */
export interface ChatConfig {
  /** Characters of a message, as code points. */
  readonly text: number;
  /** Members of a conversation. */
  readonly members: number;
  /** Conversations that one user is in. */
  readonly conversations: number;
  /** How long after it was sent a message may be edited, and taken back. */
  readonly editMs: number;
  readonly unsendMs: number;
  /** Days that a message is kept. */
  readonly keepDays: number;
  /** Messages of one conversation that are kept. */
  readonly keepMessages: number;
  /** Messages that one user sends, on one node. */
  readonly rate: Rate | undefined;
}

const UNIT_MS = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

const DURATION = /^(\d{1,9})([smhd]?)$/;

/** A duration in milliseconds. */
const duration: SettingKind<number> = {
  allowed: "a duration such as 90s, 15m, 2h or 7d, or off",
  test: (text) => text === "off" || DURATION.test(text),
  parse(text) {
    const [, count, unit = ""] = DURATION.exec(text) ?? [];
    if (count === undefined) return Infinity;
    return Number(count) * UNIT_MS[(unit || "s") as keyof typeof UNIT_MS];
  },
};

export const chat = slice({
  name: "chat",
  title: "Conversations",
  settings: {
    APP_CHAT_TEXT: {
      default: "5000",
      help: "Characters of a message in a conversation",
      kind: limit,
    },
    APP_CHAT_MEMBERS: { default: "1000", help: "Members of one conversation", kind: limit },
    APP_CHAT_CONVERSATIONS: {
      default: "10000",
      help: "Conversations that one user may be in",
      kind: limit,
    },
    APP_CHAT_EDIT: {
      default: "15m",
      help: "How long its sender may edit a message; `off`: at any time",
      kind: duration,
    },
    APP_CHAT_UNSEND: {
      default: "2d",
      help: "How long its sender may take a message back; `off`: at any time",
      kind: duration,
    },
    APP_CHAT_KEEP_DAYS: {
      default: "off",
      help: "Days that a message of a conversation is kept",
      kind: limit,
    },
    APP_CHAT_KEEP_MESSAGES: {
      default: "off",
      help: "Messages of one conversation that are kept; the oldest go first",
      kind: limit,
    },
    APP_RATE_CHAT: {
      default: "10/50",
      help: "Messages that one user sends in conversations: a second, and at once",
      kind: rate,
    },
  },
  config: (read): ChatConfig => ({
    text: read.value("APP_CHAT_TEXT"),
    members: read.value("APP_CHAT_MEMBERS"),
    conversations: read.value("APP_CHAT_CONVERSATIONS"),
    editMs: read.value("APP_CHAT_EDIT"),
    unsendMs: read.value("APP_CHAT_UNSEND"),
    keepDays: read.value("APP_CHAT_KEEP_DAYS"),
    keepMessages: read.value("APP_CHAT_KEEP_MESSAGES"),
    rate: read.value("APP_RATE_CHAT"),
  }),
});
