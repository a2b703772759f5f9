/** Reads what an application sets for a kind of notifications, of bodies, and as the database keeps it. */
import { type Fields, invalid, isBlank, optionalName, userIdField } from "../base/fields.ts";
import { secondsIn } from "../base/when.ts";
import type { Limits } from "../base/sizes.ts";
import { dayTime, minutesIn, TIMES_ALLOWED } from "./day_times.ts";
import { isObject } from "./fields.ts";
import {
  BUILT_IN,
  type Digest,
  type Kind,
  type Repeat,
  TEMPLATE_WORDS,
  type Throttle,
  type Way,
  WAYS,
} from "./types.ts";

/** Most UTF-16 units. */
export const NAME = 100;
export const TEXT = 1000;

/** Most times of a day at which digests come. */
export const MOST_TIMES = 24;

const DAY = 24 * 3600;

/** The longest of all durations. */
export const LONGEST_SECONDS = 7 * DAY;

/** Most notifications that come at once, and most times that one asks for attention. */
export const MOST_AT_ONCE = 10_000;
export const MOST_REPEATS = 100;

/** The shortest time between two requests for attention. */
const REPEAT_SECONDS = 1;

/** Reads it whole. Throws a `CodedError` that names the field and its value. */
export function kindFields(kind: string, fields: Fields, limits: Limits): Kind {
  const name = optionalName(fields, "name", NAME);
  const description = textField(fields, "description");
  const locked = optionalName(fields, "locked", TEXT);
  const digest = digestField(fields["digest"]);
  const template = textField(fields, "template");
  const throttle = throttleField(fields["throttle"]);
  const repeat = repeatField(fields["repeat"], limits);
  return {
    kind,
    ways: waysField(fields),
    ...(name !== undefined && { name }),
    ...(description !== undefined && { description }),
    ...(locked !== undefined && { locked }),
    ...(digest && { digest }),
    ...(template !== undefined && { template }),
    ...(throttle && { throttle }),
    ...(repeat && { repeat }),
  };
}

/** A template says what it is understood to: a word that is none is a mistake. Throws a `CodedError` that names it. */
export function requireKnownWords({ template = "" }: Kind): void {
  for (const [word, name] of template.matchAll(/\{(\w+)\}/g)) {
    if (TEMPLATE_WORDS.some((each) => each === name)) continue;
    const allowed = `a text with ${TEMPLATE_WORDS.map((each) => `{${each}}`).join(", ")}`;
    throw invalid("template", word, allowed);
  }
}

/** Seconds as a duration that people read: `30m`. */
export function durationOnWire(seconds: number): string {
  const units = [["d", DAY], ["h", 3600], ["m", 60]] as const;
  const [unit, size] = units.find(([, size]) => seconds % size === 0) ?? ["s", 1];
  return `${seconds / size}${unit}`;
}

function waysField(fields: Fields): Readonly<Record<Way, boolean>> {
  const ways = { ...BUILT_IN };
  for (const way of WAYS) {
    const value = fields[way];
    if (isMissing(value)) continue;
    if (typeof value !== "boolean") throw invalid(way, value, "true or false");
    ways[way] = value;
  }
  return ways;
}

function digestField(value: unknown): Digest | undefined {
  if (isMissing(value)) return undefined;
  const allowed = 'an object such as {"window":"30m"} or {"at":["09:00","17:00"]}';
  if (!isObject(value) || isMissing(value["window"]) === isMissing(value["at"])) {
    throw invalid("digest", value, allowed);
  }
  const { window, at } = value;
  if (!isMissing(window)) return { seconds: durationField("digest.window", window, 1) };
  if (!Array.isArray(at) || at.length === 0 || at.length > MOST_TIMES) {
    throw invalid("digest.at", at, `a list of 1 to ${MOST_TIMES} times such as 09:00`);
  }
  const times = at.map((each: unknown) => {
    const minutes = minutesIn(each);
    if (minutes !== undefined) return minutes % 1440;
    throw invalid("digest.at", each, TIMES_ALLOWED);
  });
  return { at: [...new Set(times)].sort((one, other) => one - other).map(dayTime) };
}

function throttleField(value: unknown): Throttle | undefined {
  if (isMissing(value)) return undefined;
  if (!isObject(value)) {
    throw invalid("throttle", value, 'an object such as {"count":5,"per":"1h"}');
  }
  return {
    count: countField("throttle.count", value["count"], MOST_AT_ONCE),
    seconds: durationField("throttle.per", value["per"], 1),
  };
}

function repeatField(value: unknown, limits: Limits): Repeat | undefined {
  if (isMissing(value)) return undefined;
  if (!isObject(value)) {
    throw invalid("repeat", value, 'an object such as {"every":"5m","times":3}');
  }
  const escalate = escalateField(value["escalate"], limits);
  return {
    seconds: durationField("repeat.every", value["every"], REPEAT_SECONDS),
    times: countField("repeat.times", value["times"], MOST_REPEATS),
    ...(escalate && { escalate }),
  };
}

function escalateField(value: unknown, limits: Limits): Repeat["escalate"] {
  if (isMissing(value)) return undefined;
  const { user_id: user, way } = isObject(value) ? value : {};
  if (isMissing(way) && !isMissing(user)) return { user: userIdField({ user_id: user }, limits) };
  const known = WAYS.find((each) => each === way);
  if (known !== undefined && isMissing(user)) return { way: known };
  throw invalid("repeat.escalate", value, 'an object such as {"user_id":7} or {"way":"mail"}');
}

/** `90`, `90s`, `5m`, `2h`, `7d`, in seconds. */
function durationField(field: string, value: unknown, least: number): number {
  const text = String(value ?? "").trim().toLowerCase();
  const seconds = /^\d{1,9}$/.test(text) ? Number(text) : secondsIn(text);
  if (seconds !== undefined && seconds >= least && seconds <= LONGEST_SECONDS) return seconds;
  const allowed = `a duration from ${durationOnWire(least)} to ${
    durationOnWire(LONGEST_SECONDS)
  }, such as 30m`;
  throw invalid(field, value, allowed);
}

function countField(field: string, value: unknown, most: number): number {
  if (Number.isInteger(value) && Number(value) >= 1 && Number(value) <= most) return Number(value);
  throw invalid(field, value, `a whole number from 1 to ${most}`);
}

/** A text that may have several lines. */
function textField(fields: Fields, field: string): string | undefined {
  const value = fields[field];
  if (isMissing(value)) return undefined;
  if (typeof value === "string" && value.length <= TEXT && value.isWellFormed()) return value;
  throw invalid(field, value, `a text of at most ${TEXT} characters`);
}

function isMissing(value: unknown): value is undefined | null {
  return value === undefined || value === null || isBlank(value);
}
