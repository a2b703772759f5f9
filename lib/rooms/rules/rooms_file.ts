/** Reads the file of rules for rooms and topics (`APP_ROOMS`) and says all that is wrong with it. `file_fields.ts` says what it may hold. */
import { ConfigError } from "../../base/config_error.ts";
import { DEFAULT_SITE } from "../../base/site.ts";
import { isOpenServer, type ProofConfig } from "../../base/open_server.ts";
import { roomPattern } from "./patterns.ts";
import { JsonTextError, parseJsonText } from "../../base/json_text.ts";
import { RoomRules, roomsWithoutFile } from "./room_rules.ts";
import { PUBLIC, type RoomRuleSet } from "./rule.ts";
import { checkRule, ruleOf } from "./read_rule.ts";
import { FILE } from "./file_fields.ts";
import { RULE } from "./rule_fields.ts";
import { TOPIC } from "./topic_fields.ts";
import { checkTopicRule, type TopicRule, topicRuleOf } from "./topic_rule.ts";
import type { Note, Shape } from "../../base/shape.ts";
import { readTextFile } from "../../base/text_file.ts";
import { reasonOf } from "../../base/reason.ts";
import type { RoomsConfig } from "../settings.ts";

export interface LoadedRooms {
  readonly rooms: RoomRuleSet;
  /** The rules for topics in their order: the first one that matches counts. */
  readonly topics: readonly TopicRule[];
  /** What the operator should know of, but what does not stop the start. */
  readonly warnings: readonly string[];
}

/** The part of the configuration that the rules depend on. */
export interface RuleConfig {
  readonly rooms: Pick<RoomsConfig, "file" | "privateRooms">;
  readonly auth: ProofConfig;
  /** Its default room is where notifications go that name no room. */
  readonly inbox?: { readonly defaultRoom: string };
}

/** Reads the rules as configured. Throws a `ConfigError` with all that is wrong with the file, one thing a line. */
export function loadRooms(
  { rooms: { file: path, privateRooms }, auth, inbox }: RuleConfig,
): LoadedRooms {
  if (path === undefined) {
    if (privateRooms.length > 0 && isOpenServer(auth)) {
      throw new ConfigError(
        "Cannot use APP_PRIVATE_ROOMS in open mode, where anyone is who they say: set APP_KEY",
      );
    }
    return { rooms: roomsWithoutFile(privateRooms), topics: [], warnings: [] };
  }
  if (privateRooms.length > 0) {
    throw new ConfigError(
      `Cannot use APP_PRIVATE_ROOMS beside APP_ROOMS: say "private": true in ${path}`,
    );
  }
  const loaded = readRooms(readText(path), { path, hasTokens: !isOpenServer(auth) });
  const room = inbox?.defaultRoom;
  if (room === undefined || !new RoomRules(loaded.rooms, []).of(DEFAULT_SITE, room).isClosed) {
    return loaded;
  }
  const warning = `${path}: nobody may enter ${JSON.stringify(room)} (BOT_ROOM), ` +
    "where notifications go that name no room";
  return { ...loaded, warnings: [...loaded.warnings, warning] };
}

/** Reads the text of a file of rules. @param path for the errors */
export function readRooms(
  text: string,
  { path, hasTokens }: { path: string; hasTokens: boolean },
): LoadedRooms {
  const problems: string[] = [];
  const note: Note = (at, problem) => problems.push(`Cannot use ${path}: ${at || "it"} ${problem}`);
  const file = parsed(text, path);
  const isFile = FILE.is(file, "", note);
  const { rooms, topics, unknown } = Object(file);
  if (hasTokens && rooms !== undefined && unknown === undefined) {
    note(
      "unknown",
      'is missing: say what holds for rooms that no pattern names, "public" or "closed"',
    );
  }
  goodRules(rooms, RULE).forEach(([index, rule]) =>
    checkRule(rule, { at: `rooms[${index}]`, hasTokens, note })
  );
  goodRules(topics, TOPIC).forEach(([index, rule]) =>
    checkTopicRule(rule, { at: `topics[${index}]`, hasTokens, note })
  );
  if (!isFile || problems.length > 0) throw new ConfigError(problems.join("\n"));
  return {
    rooms: {
      rules: file.rooms.map((rule) => ruleOf(rule, hasTokens)),
      unknown: { ...PUBLIC, isClosed: file.unknown === "closed" },
    },
    topics: (file.topics ?? []).map((rule) => topicRuleOf(rule, hasTokens)),
    warnings: [
      ...shadowed("rooms", file.rooms, path),
      ...shadowed("topics", file.topics ?? [], path),
    ],
  };
}

/** The rules whose fields are good. They are checked even where others are not, so that all faults are said at once. */
function goodRules<Rule>(rules: unknown, shape: Shape<Rule>): [index: number, rule: Rule][] {
  if (!Array.isArray(rules)) return [];
  return rules.flatMap((rule, index) => shape.is(rule, "", () => {}) ? [[index, rule]] : []);
}

function readText(path: string): string {
  try {
    return readTextFile(path);
  } catch (error) {
    throw new ConfigError(`Cannot read ${path} (APP_ROOMS): ${reasonOf(error)}`);
  }
}

function parsed(text: string, path: string): unknown {
  try {
    return parseJsonText(text);
  } catch (error) {
    if (!(error instanceof JsonTextError)) throw error;
    throw new ConfigError(`Cannot read ${path} as JSON: ${error.message}`);
  }
}

/** Warns of rules that nothing ever comes to. */
function shadowed(
  nouns: "rooms" | "topics",
  rules: readonly { readonly pattern: string }[],
  path: string,
): string[] {
  return rules.flatMap(({ pattern }, index) => {
    // For the earlier pattern, a `*` of the later one is a letter like any other: only a `*` of its own matches it.
    const first = rules.findIndex((earlier) => roomPattern(earlier.pattern).test(pattern));
    return first === index ? [] : [
      `${path}: ${nouns}[${index}] (${JSON.stringify(pattern)}) is never used: ` +
      `${nouns}[${first}] (${JSON.stringify(rules[first]?.pattern)}) matches its ${nouns} first`,
    ];
  });
}
