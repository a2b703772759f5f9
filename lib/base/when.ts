/**
 * Reads when a notification shall be delivered, as people say it: `30m`, `in 2 hours`, `9am`, `tomorrow 9:00`,
 * `monday 18:30`, or a date. What names no zone is meant in the receiver's own.
 */
import { readTime } from "./times.ts";

/** A time of a day that is the same on every clock, and is a moment once it is known whose clock is meant. */
export interface LocalTime {
  /** As it was said. */
  readonly text: string;
  /** The day: a date, a weekday from 1 for Monday, so many days from today, or the next on which the time is still to come. */
  readonly day:
    | { readonly year: number; readonly month: number; readonly day: number }
    | { readonly weekday: number }
    | { readonly inDays: number }
    | "next";
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
}

/** Unix seconds, or a time on the receiver's clock. */
export type When = number | LocalTime;

/** What {@linkcode readWhen} takes beside other times, for an error that says so. */
export const WHEN_ALLOWED =
  "30m, 2h, 1 day, 9am, 21:30, tomorrow 9:00, monday 18:00, or 2026-05-01 09:00";

const UNIT_SECONDS: Readonly<Record<string, number>> = {
  ...{ s: 1, sec: 1, secs: 1, second: 1, seconds: 1 },
  ...{ m: 60, min: 60, mins: 60, minute: 60, minutes: 60 },
  ...{ h: 3600, hr: 3600, hrs: 3600, hour: 3600, hours: 3600 },
  ...{ d: 86400, day: 86400, days: 86400 },
  ...{ w: 604800, week: 604800, weeks: 604800 },
};

const WEEKDAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

/** When a day begins for those who name no hour. */
const MORNING = { hour: 9, minute: 0, second: 0 };

const PAST_DATE = /^(\d{4})-(\d\d)-(\d\d)(?:[t ](\d\d):(\d\d)(?::(\d\d)(?:[.,]\d+)?)?)?$/;

/**
 * Reads it; `undefined` for what means nothing.
 *
 * @param now Unix seconds
 */
export function readWhen(value: unknown, now: number): When | undefined {
  const time = readTime(value);
  if (time !== undefined || typeof value !== "string") return time;
  const text = value.trim().toLowerCase().replaceAll(/\s+/g, " ");
  return readDuration(text, now) ?? readDate(value, text) ?? readDay(value, text);
}

/**
 * The moment of a local time, in Unix seconds. A time that a change of clocks leaves out is as much later, and of one that
 * comes twice it is the first.
 *
 * @param zone an IANA name, such as "Europe/Berlin"
 * @param now Unix seconds
 */
export function momentOf({ day, ...time }: LocalTime, zone: string, now: number): number {
  const today = Temporal.Instant.fromEpochMilliseconds(now * 1000).toZonedDateTimeISO(zone);
  const clock = Temporal.PlainTime.from(time);
  const at = (date: Temporal.PlainDate) =>
    Math.floor(date.toZonedDateTime({ timeZone: zone, plainTime: clock }).epochMilliseconds / 1000);
  const date = today.toPlainDate();
  const first = (days: number, step: number): number => {
    const moment = at(date.add({ days }));
    return moment > now ? moment : at(date.add({ days: days + step }));
  };
  if (day === "next") return first(0, 1);
  if ("inDays" in day) return at(date.add({ days: day.inDays }));
  if ("weekday" in day) return first((day.weekday - date.dayOfWeek + 7) % 7, 7);
  return at(Temporal.PlainDate.from(day));
}

/** `30m`, `1h30m`, `2 days`, `in 2 hours`. */
function readDuration(text: string, now: number): number | undefined {
  const seconds = secondsIn(text.replace(/^in /, ""));
  return seconds === undefined ? undefined : now + seconds;
}

/** The seconds of `30m`, `1h30m` or `2 days`; `undefined` for a text that is no duration, or names no unit. */
export function secondsIn(text: string): number | undefined {
  if (!/^(\d{1,9} ?[a-z]+ ?)+$/.test(text)) return undefined;
  let seconds = 0;
  for (const [, count, unit] of text.matchAll(/(\d{1,9}) ?([a-z]+)/g)) {
    const each = UNIT_SECONDS[unit!];
    if (each === undefined) return undefined;
    seconds += Number(count) * each;
  }
  return seconds;
}

/** `2026-05-01`, with a time of the day or without one. */
function readDate(said: string, text: string): LocalTime | undefined {
  const [isDate, ...parts] = PAST_DATE.exec(text) ?? [];
  if (isDate === undefined) return undefined;
  const [year, month, day, hour, minute, second] = parts.map((part) => part && Number(part));
  const date = { year: Number(year), month: Number(month), day: Number(day) };
  const time = hour === undefined
    ? MORNING
    : { hour: Number(hour), minute: Number(minute), second: Number(second ?? 0) };
  return isDay(date) && isTime(time) ? { text: said.trim(), day: date, ...time } : undefined;
}

/** `9am`, `tomorrow`, `tomorrow at 9:00`, `next monday 9am`. */
function readDay(said: string, text: string): LocalTime | undefined {
  const [isDay, dayName, timeText] =
    /^(?:(?:(?:next|on) )?([a-z]{3,}),?)?(?: ?(?:at )?(\d.*|noon|midnight))?$/
      .exec(text) ?? [];
  if (isDay === undefined || isDay === "") return undefined;
  if (dayName === "noon" || dayName === "midnight") {
    return { text: said.trim(), day: "next", ...clockOf(dayName)! };
  }
  const day = dayName === undefined ? "next" : dayOf(dayName);
  const time = timeText === undefined ? MORNING : clockOf(timeText);
  return day === undefined || time === undefined ? undefined : { text: said.trim(), day, ...time };
}

function dayOf(name: string): LocalTime["day"] | undefined {
  if (name === "today") return { inDays: 0 };
  if (name === "tomorrow") return { inDays: 1 };
  const weekday = WEEKDAYS.findIndex((each) => each === name || each.slice(0, 3) === name);
  return weekday < 0 ? undefined : { weekday: weekday + 1 };
}

function clockOf(text: string): Pick<LocalTime, "hour" | "minute" | "second"> | undefined {
  if (text === "noon") return { hour: 12, minute: 0, second: 0 };
  if (text === "midnight") return { hour: 0, minute: 0, second: 0 };
  const [isClock, hour, minute = "0", second = "0", half] =
    /^(\d{1,2})(?::(\d\d)(?::(\d\d))?)? ?(am|pm|h)?$/.exec(text) ?? [];
  if (isClock === undefined) return undefined;
  // "9" alone could be a day or an hour.
  if (half === undefined && !text.includes(":")) return undefined;
  const isHalf = half === "am" || half === "pm";
  if (isHalf && (Number(hour) < 1 || Number(hour) > 12)) return undefined;
  const time = {
    hour: isHalf ? Number(hour) % 12 + (half === "pm" ? 12 : 0) : Number(hour),
    minute: Number(minute),
    second: Number(second),
  };
  return isTime(time) ? time : undefined;
}

function isTime({ hour, minute, second }: Pick<LocalTime, "hour" | "minute" | "second">): boolean {
  return hour < 24 && minute < 60 && second < 60;
}

function isDay({ year, month, day }: { year: number; month: number; day: number }): boolean {
  const date = new Date(Date.UTC(year, month - 1, day));
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
}
