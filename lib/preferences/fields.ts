/** Reads preferences, of frames and bodies alike, and as the database keeps them. */
import { type Fields, identifier, invalid, isBlank, optionalName } from "../base/fields.ts";
import { isKind, KIND_ALLOWED } from "../base/kind_field.ts";
import { TIME_ALLOWED, unixSeconds } from "../base/times.ts";
import { momentOf, readWhen, WHEN_ALLOWED } from "../base/when.ts";
import { minutesIn, TIMES_ALLOWED } from "./day_times.ts";
import {
  type Choice,
  type Day,
  DAYS,
  EVERY_KIND,
  type Preferences,
  type QuietHours,
  type QuietRange,
  WAYS,
} from "./types.ts";
import { zoneIn } from "./decision.ts";

/** The fields that preferences have. */
export const PREFERENCE_FIELDS = ["kinds", "topics", "mute_until", "quiet_hours", "time_zone"];

/** Most characters of a topic, and of the name of a time zone. */
export const TOPIC = 256;
export const ZONE = 64;

/** Most ranges of one day. */
export const MOST_RANGES = 8;

const ZONE_FORM = /^[A-Za-z0-9_+:/-]+$/;

/** Reads all of somebody's preferences. Throws a `CodedError` that names the field and its value. */
export function preferencesFields(fields: Fields): Preferences {
  const timeZone = zoneField(fields["time_zone"], "time_zone");
  const quietHours = quietHoursField(fields["quiet_hours"]);
  const chosen = {
    kinds: choicesField(fields, "kinds", kindName),
    topics: choicesField(fields, "topics", topicName),
    ...(quietHours && { quietHours }),
    ...(timeZone !== undefined && { timeZone }),
  };
  const muteUntil = muteField(fields["mute_until"], chosen);
  return { ...chosen, ...(muteUntil !== undefined && { muteUntil }) };
}

/** A version that the caller has read: nothing is changed where it is another by now. */
export function versionField(value: unknown, field = "version"): number | undefined {
  if (value === undefined || value === null || isBlank(value)) return undefined;
  const text = String(value).trim().replace(/^(?:W\/)?"(.*)"$/, "$1");
  if (text === "*") return undefined;
  if (/^\d{1,16}$/.test(text)) return Number(text);
  throw invalid(field, value, "the 'version' of the answer before");
}

/**
 * What the fields are after a change: `null` takes out what it stands for, an object changes what it names of another, and all
 * else takes the place of what was there (RFC 7396).
 */
export function patched(fields: Fields, change: Fields): Fields {
  const result = new Map(Object.entries(fields));
  for (const [name, value] of Object.entries(change)) {
    const before = result.get(name);
    if (value === null) result.delete(name);
    else if (isObject(value)) result.set(name, patched(isObject(before) ? before : {}, value));
    else result.set(name, value);
  }
  return Object.fromEntries(result);
}

export function isObject(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** @param name reads the name of what is chosen for */
function choicesField(
  fields: Fields,
  field: "kinds" | "topics",
  name: (name: string) => string,
): ReadonlyMap<string, Choice> {
  const value = fields[field];
  if (value === undefined || value === null) return new Map();
  if (!isObject(value)) {
    throw invalid(field, value, 'an object such as {"news":{"in_app":true,"push":false}}');
  }
  const choices = new Map<string, Choice>();
  for (const [key, chosen] of Object.entries(value)) {
    if (chosen === null) continue;
    const choice = choiceOf(`${field}.${key}`, chosen);
    if (Object.keys(choice).length > 0) choices.set(name(key), choice);
  }
  return choices;
}

function choiceOf(field: string, value: unknown): Choice {
  if (!isObject(value)) throw invalid(field, value, 'ways such as {"in_app":true,"push":false}');
  const choice: { -readonly [Way in keyof Choice]: Choice[Way] } = {};
  for (const way of WAYS) {
    const wanted = value[way];
    if (wanted === undefined || wanted === null) continue;
    if (typeof wanted !== "boolean") throw invalid(`${field}.${way}`, wanted, "true or false");
    choice[way] = wanted;
  }
  return choice;
}

function kindName(name: string): string {
  if (name === EVERY_KIND || isKind(name)) return name;
  throw invalid("kinds", name, `kinds of ${KIND_ALLOWED}, or * for every kind`);
}

function topicName(name: string): string {
  return identifier({ topics: name }, "topics", TOPIC);
}

/** A time, or one on the user's clock, such as `tomorrow 9:00`. */
function muteField(value: unknown, chosen: Preferences): number | undefined {
  if (value === undefined || value === null || isBlank(value)) return undefined;
  const now = unixSeconds();
  const when = readWhen(value, now);
  if (when === undefined) throw invalid("mute_until", value, `${TIME_ALLOWED}; or ${WHEN_ALLOWED}`);
  return typeof when === "number" ? when : momentOf(when, zoneIn(chosen), now);
}

function quietHoursField(value: unknown): QuietHours | undefined {
  if (value === undefined || value === null) return undefined;
  if (!isObject(value)) throw invalid("quiet_hours", value, QUIET_ALLOWED);
  const { on: isOn = true, days = {}, time_zone: zone, urgent = false } = value;
  if (typeof isOn !== "boolean") throw invalid("quiet_hours.on", isOn, "true or false");
  if (typeof urgent !== "boolean") throw invalid("quiet_hours.urgent", urgent, "true or false");
  if (!isObject(days)) throw invalid("quiet_hours.days", days, QUIET_ALLOWED);
  const timeZone = zoneField(zone, "quiet_hours.time_zone");
  const ranges = new Map<Day, readonly QuietRange[]>();
  for (const [name, given] of Object.entries(days)) {
    const day = DAYS.find((each) => each === name.toLowerCase());
    if (day === undefined) throw invalid("quiet_hours.days", name, `days of ${DAYS.join(", ")}`);
    if (given !== null) ranges.set(day, rangesOf(`quiet_hours.days.${day}`, given));
  }
  return {
    isOn,
    ...(urgent && { letsUrgent: true }),
    ...(timeZone !== undefined && { timeZone }),
    days: ranges,
  };
}

const QUIET_ALLOWED = 'an object such as {"on":true,"days":{"mon":[["22:00","07:00"]]}}';

function rangesOf(field: string, value: unknown): readonly QuietRange[] {
  if (!Array.isArray(value) || value.length > MOST_RANGES) {
    throw invalid(field, value, `a list of up to ${MOST_RANGES} ranges such as ["22:00","07:00"]`);
  }
  return value.map((range: unknown) => {
    const [start, end] = Array.isArray(range) && range.length === 2 ? range.map(minutesIn) : [];
    if (start === undefined || end === undefined || start === 1440) {
      throw invalid(field, range, `a beginning and an end, each ${TIMES_ALLOWED}`);
    }
    return { start, end };
  });
}

/** The name of a time zone, as this server's calendar knows it. */
/** An IANA name, or an offset. Throws where the calendar does not know it. */
export function zoneField(value: unknown, field: string): string | undefined {
  const zone = optionalName({ [field]: value }, field, ZONE);
  if (zone === undefined) return undefined;
  try {
    if (ZONE_FORM.test(zone)) return Temporal.Now.zonedDateTimeISO(zone).timeZoneId;
  } catch { // there is no such zone
  }
  throw invalid(field, value, "a time zone such as Europe/Berlin or UTC");
}
