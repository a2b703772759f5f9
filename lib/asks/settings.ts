/** The settings of questions: which application is asked what, and what it means where it does not answer. */
import { ConfigError } from "../base/config_error.ts";
import {
  limit,
  listed,
  listOf,
  oneOf,
  optional,
  secretUrl,
  type SettingKind,
} from "../config/kinds.ts";
import { slice } from "../config/slice.ts";
import { signingSecret } from "../hooks/secret.ts";
import type { PrivateTargets } from "../net/outward.ts";
import { privateTargetsOf } from "../net/settings.ts";
import type { Kind } from "./asker.ts";
import type { HandshakeNames } from "./handshake_fields.ts";
import type { QuestionsConfig } from "./questions.ts";

/** What is asked over HTTP. */
export interface HttpAsks {
  readonly url: string;
  /** One or two secrets, `whsec_…`, that questions are signed with. */
  readonly secrets: readonly string[];
  /** Where `url` may lead to besides public addresses. */
  readonly privateTargets: PrivateTargets;
  readonly kinds: readonly Kind[];
  readonly rooms: readonly string[];
  readonly topics: readonly string[];
  readonly handshake: HandshakeNames;
}

export interface AsksConfig extends QuestionsConfig {
  /** Absent where no application is asked over HTTP. */
  readonly http?: HttpAsks;
}

const KINDS: readonly Kind[] = ["connect", "enter", "say", "event", "file"];

const kinds: SettingKind<readonly Kind[]> = {
  allowed: `one or more of ${KINDS.join(", ")}, separated by commas`,
  test: (text) => listed(text).length > 0 && listed(text).every(isKind),
  parse: (text) => listed(text).filter(isKind),
};

/** The longest that a client can be kept waiting: browsers and proxies give up at some time. */
const waitSeconds: SettingKind<number> = {
  allowed: "a number of seconds from 1 to 30",
  test: (text) => /^\d{1,2}$/.test(text) && Number(text) >= 1 && Number(text) <= 30,
  parse: Number,
};

const patterns = listOf("patterns such as lobby, staff:*, separated by commas", () => true);

const headerNames: SettingKind<readonly string[]> = {
  ...listOf(
    "names of headers such as X-Session, separated by commas, but not Cookie",
    (each) => /^[\w-]+$/.test(each) && each.toLowerCase() !== "cookie",
  ),
  parse: (text) => listed(text.toLowerCase()),
};

const cookieNames = listOf(
  "names of cookies such as PHPSESSID, separated by commas",
  (each) => /^[\w!#$%&'*+.^`|~-]+$/.test(each),
);

export const asks = slice({
  name: "asks",
  title: "Questions to an application, before something happens",
  settings: {
    HOOK_ASK_URL: {
      default: "",
      help: "URL that is asked by POST before something happens: `https://shop.example/ask`",
      kind: optional(secretUrl),
      guard: {},
    },
    HOOK_ASK_SECRET: {
      default: "",
      help:
        "What questions are signed with: `whsec_…`; two with a space between while it is changed",
      kind: optional(signingSecret),
    },
    HOOK_ASK: {
      default: "connect",
      help:
        "What is asked: `connect` (who is this), `enter` (a room, a topic), `say` (a message), `event`, `file`",
      kind: kinds,
      guard: {},
    },
    HOOK_ASK_ROOMS: {
      default: "*",
      help: "Rooms that are asked about, by pattern: `lobby, staff:*`",
      kind: patterns,
    },
    HOOK_ASK_TOPICS: {
      default: "*",
      help: "Topics that are asked about, by pattern",
      kind: patterns,
    },
    HOOK_ASK_HEADERS: {
      default: "",
      help: "Headers of the handshake that say who this is: `X-Session`",
      kind: headerNames,
    },
    HOOK_ASK_COOKIES: {
      default: "",
      help:
        "Cookies of the handshake that say who this is, for the server's own pages: `PHPSESSID`",
      kind: cookieNames,
    },
    HOOK_ASK_SECONDS: {
      default: "3",
      help: "How long an answer may take",
      kind: waitSeconds,
    },
    HOOK_ASK_FAILURE: {
      default: "closed",
      help:
        "Where no answer comes: `closed` refuses, `open` allows to enter and to say, and takes files; who connects is refused",
      kind: oneOf("closed", "open"),
    },
    APP_LIMIT_ASKS: {
      default: "100",
      help: "Questions that are under way at once; 10 times as many wait",
      kind: limit,
    },
  },
  config(read): AsksConfig {
    const url = read.value("HOOK_ASK_URL");
    const secrets = read.value("HOOK_ASK_SECRET");
    const config: QuestionsConfig = {
      seconds: read.value("HOOK_ASK_SECONDS"),
      onFailure: read.value("HOOK_ASK_FAILURE") === "open" ? "open" : "closed",
      most: read.value("APP_LIMIT_ASKS"),
    };
    if (url === undefined) {
      if (read.value("HOOK_ASK").every((kind) => kind === "connect")) return config;
      throw new ConfigError(
        "Cannot use HOOK_ASK alone: HOOK_ASK_URL is not set, so nobody is asked",
      );
    }
    if (secrets === undefined) {
      throw new ConfigError(
        "Cannot use HOOK_ASK_URL alone: HOOK_ASK_SECRET is not set, and every question is signed",
      );
    }
    return {
      ...config,
      http: {
        url,
        secrets,
        privateTargets: privateTargetsOf("HOOK_ASK_URL", url, read),
        kinds: read.value("HOOK_ASK"),
        rooms: read.value("HOOK_ASK_ROOMS"),
        topics: read.value("HOOK_ASK_TOPICS"),
        handshake: {
          headers: read.value("HOOK_ASK_HEADERS"),
          cookies: read.value("HOOK_ASK_COOKIES"),
        },
      },
    };
  },
});

function isKind(text: string): text is Kind {
  return KINDS.some((kind) => kind === text);
}
