/** Times as people read them, on the clock and in the language of the device. */
import { storedTime } from "../../base/times.ts";

const time = { hour: "numeric", minute: "2-digit" } as const;
const day = { day: "numeric", month: "short" } as const;
const timeFormat = new Intl.DateTimeFormat(undefined, time);
const shortDayFormat = new Intl.DateTimeFormat(undefined, day);
const shortDateFormat = new Intl.DateTimeFormat(undefined, { ...day, year: "numeric" });
const dayFormat = new Intl.DateTimeFormat(undefined, { ...day, month: "long", weekday: "long" });
const dateFormat = new Intl.DateTimeFormat(undefined, { ...day, month: "long", year: "numeric" });

/** The date of a time, whatever is stored as one: it is a date that can be shown. */
function dateOf(timestamp: number): Date {
  return new Date(storedTime(timestamp) * 1000);
}

/** @param timestamp in Unix seconds, as everywhere on the wire */
export function clockTime(timestamp: number): string {
  return timeFormat.format(dateOf(timestamp));
}

/** Returns the day, with its year if that is not this one. */
export function dayName(timestamp: number, now = Date.now()): string {
  const day = dayKey(timestamp);
  if (day === dayKey(now / 1000)) return "Today";
  if (day === dayKey(now / 1000 - 86_400)) return "Yesterday";
  return (isThisYear(timestamp, now) ? dayFormat : dateFormat).format(dateOf(timestamp));
}

const weekdayFormat = new Intl.DateTimeFormat(undefined, { weekday: "short" });
const numericFormat = new Intl.DateTimeFormat(undefined, { dateStyle: "short" });

/** Returns the time if it was today, "Yesterday", the day of the week, or the date: as short as a list needs it. */
export function listTime(timestamp: number, now = Date.now()): string {
  const day = dayKey(timestamp);
  if (day === dayKey(now / 1000)) return clockTime(timestamp);
  if (day === dayKey(now / 1000 - 86_400)) return "Yesterday";
  const isThisWeek = now / 1000 - timestamp < 6 * 86_400 && timestamp < now / 1000;
  return (isThisWeek ? weekdayFormat : numericFormat).format(dateOf(timestamp));
}

/** Says when somebody was seen last. */
export function lastSeen(timestamp: number, now = Date.now()): string {
  const seconds = Math.max(0, now / 1000 - timestamp);
  if (seconds < 60) return "Seen just now";
  if (seconds < 3600) return `Seen ${Math.floor(seconds / 60)} min ago`;
  const day = dayKey(timestamp);
  const time = clockTime(timestamp);
  if (day === dayKey(now / 1000)) return `Seen today, ${time}`;
  if (day === dayKey(now / 1000 - 86_400)) return `Seen yesterday, ${time}`;
  return `Seen ${shortTime(timestamp, now)}`;
}

/** Returns the time alone if it was today, with the day if it was not, and with the year if that is not this one. */
export function shortTime(timestamp: number, now = Date.now()): string {
  const time = clockTime(timestamp);
  if (dayKey(timestamp) === dayKey(now / 1000)) return time;
  const format = isThisYear(timestamp, now) ? shortDayFormat : shortDateFormat;
  return `${format.format(dateOf(timestamp))}, ${time}`;
}

export function isoTime(timestamp: number): string {
  return dateOf(timestamp).toISOString();
}

/** Returns what tells one day from another, in the user's time zone. */
export function dayKey(timestamp: number): string {
  return dateOf(timestamp).toDateString();
}

function isThisYear(timestamp: number, now: number): boolean {
  return dateOf(timestamp).getFullYear() === new Date(now).getFullYear();
}
