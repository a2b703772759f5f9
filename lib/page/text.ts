/** Turns text and times into what is shown; nothing here makes HTML. */
import { storedTime } from "../base/times.ts";

/** What is shown of a publication: its text, or, where it is for programs alone, its data as JSON. */
export function shownText({ message, data }: { message: string; data?: unknown }): string {
  return message === "" && data !== undefined ? JSON.stringify(data) : message;
}

interface TextPart {
  text: string;
  /** The link's address, where the part is one. */
  href?: string;
}

const LINK = /\bhttps?:\/\/[^\s<>"']+/giu;
/** What ends a sentence or closes a bracket is not part of the link before it. */
const AFTER_LINK = /[.,;:!?)\]}]+$/u;

/** Cuts a message into plain text and http(s) links. */
export function splitLinks(message: string): TextPart[] {
  const parts: TextPart[] = [];
  let end = 0;
  for (const match of message.matchAll(LINK)) {
    const href = match[0].replace(AFTER_LINK, "");
    if (!URL.canParse(href)) continue;
    if (match.index > end) parts.push({ text: message.slice(end, match.index) });
    parts.push({ text: href, href });
    end = match.index + href.length;
  }
  if (end < message.length) parts.push({ text: message.slice(end) });
  return parts;
}

/** Returns up to two letters that stand for a name. */
export function initials(name: string): string {
  const words = name.trim().split(/\s+/u);
  const letters = words.length > 1 ? [words[0], words.at(-1)] : [words[0]];
  return letters.map((word) => [...(word ?? "")][0] ?? "").join("").toLocaleUpperCase();
}

/** Returns the same small number for the same user, to choose a color. */
export function colorOf(userId: string, colors: number): number {
  let hash = 7;
  for (const letter of userId) hash = (hash * 31 + (letter.codePointAt(0) ?? 0)) >>> 0;
  return hash % colors;
}

/** Returns one word of a shell command, quoted where it must be. */
export function shellQuote(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

const time = { hour: "2-digit", minute: "2-digit" } as const;
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
