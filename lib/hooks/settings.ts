/** The settings of hooks: who is told what was delivered and read, and what else happens. */
import { ConfigError } from "../base/config_error.ts";
import { limit, listOf, optional, secretUrl, text } from "../config/kinds.ts";
import { type Reader, slice } from "../config/slice.ts";
import { redis } from "../engines/redis/settings.ts";
import { privateTargetsOf } from "../net/settings.ts";
import type { EndpointConfig } from "./endpoint.ts";
import { EVENTS_ALLOWED, readEndpoints } from "./events/endpoints_file.ts";
import { type Choice, eventsLike } from "./events/selection.ts";
import { signingSecret } from "./secret.ts";

/** An endpoint that is told of events. */
export interface AppEndpoint extends EndpointConfig {
  /** Names its log, so that it goes on where it was after a restart. */
  readonly name: string;
  readonly choice: Choice;
}

export interface HooksConfig {
  /** Who is told of receipts; absent where nobody is. */
  readonly webhook?: EndpointConfig;
  readonly endpoints: readonly AppEndpoint[];
  /** The stream in Redis; absent where there is none. */
  readonly stream?: { readonly choice: Choice; readonly size: number };
  /** Most events that wait for one endpoint; `Infinity` for no limit. */
  readonly logSize: number;
}

/** The name of the endpoint that `HOOK_URL` is. */
const SINGLE = "hook";

const eventPatterns = listOf(
  EVENTS_ALLOWED.replaceAll("`", ""),
  (each) => eventsLike(each).length > 0,
);
const patterns = listOf(text.allowed, text.test);

const SETTINGS = {
  WEBHOOK_URL: {
    default: "",
    help: "URL that is told by POST what was delivered and read: `https://shop.example/hook`",
    kind: optional(secretUrl),
  },
  WEBHOOK_SECRET: {
    default: "",
    help: "What webhooks are signed with: `whsec_…`; two with a space between while it is changed",
    kind: optional(signingSecret),
  },
  HOOK_URL: {
    default: "",
    help: "URL that is told by POST what happens: `https://shop.example/events`, docs/events.md",
    kind: optional(secretUrl),
  },
  HOOK_SECRET: {
    default: "",
    help: "What these requests are signed with: `whsec_…`, or two of these",
    kind: optional(signingSecret),
  },
  HOOK_EVENTS: {
    default: "*",
    help: "Events that it is told of, by pattern: `room.*, message.received`",
    kind: eventPatterns,
  },
  HOOK_ROOMS: {
    default: "*",
    help: "Rooms of whose events it is told, by pattern: `chat:*, lobby`",
    kind: patterns,
  },
  HOOK_FILE: {
    default: "",
    help: "File of several endpoints, such as `hooks.json`: docs/events.md",
    kind: text,
  },
  HOOK_STREAM: {
    default: "",
    help: "Events that go into the Redis stream `notifyli:events`, by pattern: `*`",
    kind: eventPatterns,
  },
  HOOK_STREAM_ROOMS: {
    default: "*",
    help: "Rooms of whose events go there, by pattern",
    kind: patterns,
  },
  HOOK_STREAM_SIZE: {
    default: "100000",
    help: "Events that are kept there; the oldest go first",
    kind: limit,
  },
  APP_LIMIT_HOOK: {
    default: "100000",
    help: "Events that may wait for one endpoint; past so many the oldest are dropped",
    kind: limit,
  },
} as const;

type Read = Reader<Values>;

/** What the settings mean, by their kinds. */
type Values = {
  -readonly [Name in keyof typeof SETTINGS]: ReturnType<typeof SETTINGS[Name]["kind"]["parse"]>;
};

export const hooks = slice<HooksConfig, "hooks", Values>({
  name: "hooks",
  title: "Webhook and events",
  settings: SETTINGS,
  config(read): HooksConfig {
    const webhook = signed(read, "WEBHOOK", "webhook");
    return {
      webhook,
      endpoints: endpointsOf(read),
      stream: streamOf(read),
      logSize: read.value("APP_LIMIT_HOOK"),
    };
  },
});

function endpointsOf(read: Read): AppEndpoint[] {
  const single = signed(read, "HOOK", "request");
  const choice = { events: read.value("HOOK_EVENTS"), rooms: read.value("HOOK_ROOMS") };
  const isChosen = [choice.events, choice.rooms].some((each) => each.join() !== "*");
  if (single === undefined && isChosen) {
    throw new ConfigError("Cannot use HOOK_EVENTS or HOOK_ROOMS alone: HOOK_URL is not set");
  }
  const path = read.value("HOOK_FILE");
  const endpoints = path === "" ? [] : endpointsIn(path, read);
  if (single === undefined) return endpoints;
  if (endpoints.some(({ name }) => name === SINGLE)) {
    throw new ConfigError(
      `Cannot use HOOK_URL beside an endpoint in ${path} that is called "${SINGLE}", as it is`,
    );
  }
  return [{ name: SINGLE, ...single, choice }, ...endpoints];
}

function endpointsIn(path: string, read: Read): AppEndpoint[] {
  return readEndpoints(path).map(({ name, url, secret, events, rooms, sites }, index) => ({
    name,
    url,
    secrets: signingSecret.parse(secret),
    privateTargets: privateTargetsOf(`${path}: endpoints[${index}].url`, url, read),
    choice: { events, rooms, sites },
  }));
}

function streamOf(read: Read): HooksConfig["stream"] {
  const events = read.value("HOOK_STREAM");
  if (events.length === 0) return undefined;
  if (read.of(redis) === undefined) {
    throw new ConfigError("Cannot use HOOK_STREAM without Redis: set REDIS_HOST or REDIS_URL");
  }
  const choice = { events, rooms: read.value("HOOK_STREAM_ROOMS") };
  return { choice, size: read.value("HOOK_STREAM_SIZE") };
}

/** An endpoint of two settings. @param what is signed */
function signed(
  read: Read,
  prefix: "WEBHOOK" | "HOOK",
  what: string,
): EndpointConfig | undefined {
  const url = read.value(`${prefix}_URL`);
  const secrets = read.value(`${prefix}_SECRET`);
  if (url === undefined) return undefined;
  if (secrets === undefined) {
    throw new ConfigError(
      `Cannot use ${prefix}_URL alone: ${prefix}_SECRET is not set, and every ${what} is signed`,
    );
  }
  return { url, secrets, privateTargets: privateTargetsOf(`${prefix}_URL`, url, read) };
}
