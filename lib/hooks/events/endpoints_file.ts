/** Reads the file of endpoints (`HOOK_FILE`) and says all that is wrong with it. */
import { ConfigError } from "../../base/config_error.ts";
import { JsonTextError, parseJsonText } from "../../base/json_text.ts";
import { reasonOf } from "../../base/reason.ts";
import {
  arrayOf,
  type FieldShapes,
  type JsonSchema,
  type Note,
  record,
  string,
} from "../../base/shape.ts";
import { readTextFile } from "../../base/text_file.ts";
import { secretUrl, type SettingKind } from "../../config/kinds.ts";
import { signingSecret } from "../secret.ts";
import { EVENT_NAMES } from "./event.ts";
import { eventsLike } from "./selection.ts";

const MAX_ENDPOINTS = 32;
const MAX_PATTERNS = 100;

/** One endpoint as the file has it. */
export interface EndpointFields {
  readonly name: string;
  readonly url: string;
  readonly secret: string;
  readonly events: readonly string[];
  readonly rooms?: readonly string[];
  readonly sites?: readonly string[];
}

interface FileFields {
  readonly $schema?: string;
  readonly endpoints: readonly EndpointFields[];
}

/** The names of events, for errors. */
export const EVENTS_ALLOWED = `names of events, with \`*\` for any text: ${EVENT_NAMES.join(", ")}`;

const eventPattern = asShape({
  allowed: EVENTS_ALLOWED,
  test: (text) => eventsLike(text).length > 0,
  shown: (text) => text,
});

const pattern = string(
  "a text of 1 to 256 characters, in which `*` stands for any text",
  "^\\P{Cc}{1,256}$",
);

/** The fields of one endpoint; the table in `docs/events.md` is checked against them. */
export const ENDPOINT_FIELDS: FieldShapes<EndpointFields> = {
  name: {
    shape: string("1 to 32 of `a-z 0-9 _ -`", "^[a-z0-9_-]{1,32}$"),
    help: "What the log calls it. Under a new name it is another endpoint",
  },
  url: { shape: asShape(secretUrl), help: "Where it is told, by POST" },
  secret: { shape: asShape(signingSecret), help: "What requests are signed with" },
  events: {
    shape: arrayOf('a list of patterns such as `["room.*"]`', eventPattern, MAX_PATTERNS),
    help: "Which events it is told of",
  },
  rooms: {
    shape: arrayOf('a list of patterns such as `["chat:*"]`', pattern, MAX_PATTERNS),
    help: "Of which rooms; what is of no room is told all the same",
    default: "all",
  },
  sites: {
    shape: arrayOf('a list of sites such as `["default"]`', pattern, MAX_PATTERNS),
    help: "Of which sites",
    default: "all",
  },
};

const FILE = record<FileFields>("an object with `endpoints`", {
  $schema: {
    shape: string("the address of the schema, for editors", "^\\P{Cc}*$"),
    help: "For editors",
    default: "none",
  },
  endpoints: {
    shape: arrayOf(
      `a list of up to ${MAX_ENDPOINTS} endpoints`,
      record('an endpoint such as {"name": "shop", "url": "…"}', ENDPOINT_FIELDS),
      MAX_ENDPOINTS,
    ),
    help: "Who is told, each by itself",
  },
});

/** The schema for editors, which `docs/hooks.schema.json` has to be equal to. */
export const ENDPOINTS_SCHEMA: JsonSchema = {
  $schema: "https://json-schema.org/draft/2020-12/schema",
  title: "Endpoints that notifyli tells of events",
  ...FILE.schema,
};

/** Reads the endpoints. Throws a `ConfigError` with all that is wrong with the file, one thing a line. */
export function readEndpoints(path: string): readonly EndpointFields[] {
  const problems: string[] = [];
  const note: Note = (at, problem) => problems.push(`Cannot use ${path}: ${at || "it"} ${problem}`);
  const file = parsed(path);
  const isFile = FILE.is(file, "", note);
  for (const [index, { name }] of namesIn(file).entries()) {
    const first = namesIn(file).findIndex((each) => each.name === name);
    if (name !== undefined && first < index) {
      note(
        `endpoints[${index}].name`,
        `is ${JSON.stringify(name)}, as endpoints[${first}] is called`,
      );
    }
  }
  if (!isFile || problems.length > 0) throw new ConfigError(problems.join("\n"));
  return file.endpoints;
}

function namesIn(file: unknown): readonly { readonly name?: unknown }[] {
  const { endpoints } = Object(file);
  return Array.isArray(endpoints) ? endpoints.map((each) => Object(each)) : [];
}

function parsed(path: string): unknown {
  let text: string;
  try {
    text = readTextFile(path);
  } catch (error) {
    throw new ConfigError(`Cannot read ${path} (HOOK_FILE): ${reasonOf(error)}`);
  }
  try {
    return parseJsonText(text);
  } catch (error) {
    if (!(error instanceof JsonTextError)) throw error;
    throw new ConfigError(`Cannot read ${path} as JSON: ${error.message}`);
  }
}

/** A text that is checked as a setting is; an error shows of it what the error of a setting would. */
function asShape({ allowed, test, shown }: Pick<SettingKind, "allowed" | "test" | "shown">) {
  return {
    allowed,
    schema: { type: "string" },
    is(value: unknown, path: string, note: Note): value is string {
      if (typeof value === "string" && test(value)) return true;
      const told = typeof value === "string" ? shown?.(value) ?? "***" : typeof value;
      note(path, `is ${JSON.stringify(told)}, allowed is ${allowed.replaceAll("`", "")}`);
      return false;
    },
  };
}
