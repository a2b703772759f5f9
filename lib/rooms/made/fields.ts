/** Reads what a made room shall be, with the code that reads the file of rules, and writes rooms as answers show them. */
import { logFor } from "../../base/log.ts";
import { CodedError } from "../../base/errors.ts";
import type { Fields } from "../../base/fields.ts";
import { inSeconds } from "../../base/times.ts";
import { patternsMeet, roomPattern } from "../rules/patterns.ts";
import { checkRule, ruleOf } from "../rules/read_rule.ts";
import type { RoomRules } from "../rules/room_rules.ts";
import { type NamedRule, PUBLIC } from "../rules/rule.ts";
import { RULE, type RuleFields } from "../rules/rule_fields.ts";
import type { MadeFields, MadeKey, MadeRoom } from "./store.ts";

const log = logFor("rooms");

/** Fields of a request that say which room is meant, and not what holds for it. */
const NAMING = ["site", "room", "pattern"];

/** The fields of a rule in those of a request. */
export function ruleFieldsOf(fields: Fields): Fields {
  return Object.fromEntries(Object.entries(fields).filter(([name]) => !NAMING.includes(name)));
}

/**
 * Checks that fields make a rule, by the words of the file of rules. Throws `invalid_field` with all that is wrong, where
 * `field` is the first of it.
 */
export function requireMadeRule(pattern: string, fields: unknown, hasTokens: boolean): MadeFields {
  const { problems, rule } = read(pattern, fields, hasTokens);
  const [first] = problems;
  if (first === undefined && rule !== undefined) return rule.fields;
  const room = JSON.stringify(pattern);
  throw new CodedError(
    "invalid_field",
    `Cannot make room ${room}: ${problems.map(({ text }) => text).join("; ")}`,
    { field: first?.at },
  );
}

/** The rule of stored fields; one that lets nobody in where they cannot be used here, such as those of a later version. */
export function ruleOrClosed(pattern: string, fields: MadeFields, hasTokens: boolean): NamedRule {
  const { problems, rule } = read(pattern, fields, hasTokens);
  if (problems.length === 0 && rule !== undefined) return rule.rule;
  log.error("nobody may enter room {room}, since its rule cannot be used: {problems}", {
    room: pattern,
    problems: problems.map(({ text }) => text).join("; "),
  });
  return { ...PUBLIC, pattern, isClosed: true };
}

interface Problem {
  readonly at: string;
  readonly text: string;
}

function read(
  pattern: string,
  fields: unknown,
  hasTokens: boolean,
): { problems: Problem[]; rule?: { fields: MadeFields; rule: NamedRule } } {
  const problems: Problem[] = [];
  const note = (at: string, problem: string) => {
    const field = at.replace(/^\./, "");
    problems.push({ at: field, text: `${field || "it"} ${problem}` });
  };
  const whole: unknown = { ...Object(fields), pattern };
  if (!RULE.is(whole, "", note)) return { problems };
  checkRule(whole, { at: "", hasTokens, note });
  if (problems.length > 0) return { problems };
  const { pattern: _, ...own } = whole satisfies RuleFields;
  return { problems, rule: { fields: own, rule: ruleOf(whole, hasTokens) } };
}

/** A made room as answers show it. @param users how many are there; absent for a pattern */
export function madeOnWire(
  { pattern, fields, madeAt, at }: MadeRoom,
  rules: RoomRules,
  users: number | undefined,
): Fields {
  return {
    room: pattern,
    made: true,
    ...(users !== undefined && { users }),
    ...fields,
    created_at: inSeconds(madeAt),
    updated_at: inSeconds(at),
    ...overruling(pattern, rules),
  };
}

/**
 * Which rules of the file come before that of a made room: one that does so for all of its rooms, or those that do so for
 * some of them.
 */
function overruling(pattern: string, { patterns }: RoomRules): Fields {
  // For the file's pattern, a `*` of the other one is a letter like any other: only a `*` of its own matches it.
  const whole = patterns.find((each) => roomPattern(each).test(pattern));
  if (whole !== undefined) return { overruled_by: whole };
  const partly = patterns.filter((each) => patternsMeet(each, pattern));
  return partly.length === 0 ? {} : { partly_overruled_by: partly };
}

export function notMade({ pattern }: MadeKey): CodedError {
  return new CodedError("not_found", `There is no made room ${JSON.stringify(pattern)}`);
}

export function tooMany({ site, pattern }: MadeKey, why: string): CodedError {
  return new CodedError(
    "too_many_rooms",
    `Cannot make room ${JSON.stringify(pattern)}: site ${site} has too many, ${why}`,
    { field: "room" },
  );
}
