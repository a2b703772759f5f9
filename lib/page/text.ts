/** Turns text and times into what is shown; nothing here makes HTML. */
import { storedTime } from "../base/times.ts";

/** What is shown of a publication: its text, or, where it is for programs alone, its data as JSON. */
export function shownText({ message, data }: { message: string; data?: unknown }): string {
  return message === "" && data !== undefined ? JSON.stringify(data) : message;
}

/** Characters that nobody sees, or that turn the direction of text. Emoji are joined by U+200D, which stays. */
const UNSEEN =
  /[\p{Cc}\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b\u2028-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb]/gu;

/** Returns a name in which each character that nobody sees is written as its number. A name of none but those is no name. */
export function shownName(name: string): string {
  const shown = name.replace(
    UNSEEN,
    (unseen) => `[U+${unseen.codePointAt(0)?.toString(16).toUpperCase().padStart(4, "0")}]`,
  );
  return shown.trim() === "" ? "(no name)" : shown;
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

interface MarkedPart {
  text: string;
  kind: "text" | "link" | "code" | "mention";
}

const CODE = /`([^`\n]+)`/gu;

/** Cuts a message into plain text, links, code between backticks, and mentions of these names. */
export function splitText(message: string, names: readonly string[] = []): MarkedPart[] {
  const parts: MarkedPart[] = [];
  let end = 0;
  for (const match of message.matchAll(CODE)) {
    parts.push(...splitWords(message.slice(end, match.index), names));
    parts.push({ text: match[1] ?? "", kind: "code" });
    end = match.index + match[0].length;
  }
  parts.push(...splitWords(message.slice(end), names));
  return parts;
}

function splitWords(words: string, names: readonly string[]): MarkedPart[] {
  return splitLinks(words).flatMap(({ text, href }) =>
    href === undefined ? splitMentions(text, names) : [{ text, kind: "link" as const }]
  );
}

function splitMentions(text: string, names: readonly string[]): MarkedPart[] {
  const marks = names.filter((name) => name !== "").map((name) => `@${name}`);
  const longest = marks.toSorted((a, b) => b.length - a.length).find((mark) => text.includes(mark));
  if (longest === undefined) return text === "" ? [] : [{ text, kind: "text" }];
  const index = text.indexOf(longest);
  return [
    ...splitMentions(text.slice(0, index), names),
    { text: longest, kind: "mention" },
    ...splitMentions(text.slice(index + longest.length), names),
  ];
}

/** Returns up to two letters that stand for a name. */
export function initials(name: string): string {
  const words = name.replace(UNSEEN, "").trim().split(/\s+/u);
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

/** Returns when something is to be: the time alone today, the day of the week in the next six days, else the date. */
export function comingTime(time: Date, now = new Date()): string {
  const clock = timeFormat.format(time);
  if (time.toDateString() === now.toDateString()) return clock;
  const days = (time.getTime() - now.getTime()) / 86_400_000;
  return days < 6
    ? `${weekdayFormat.format(time)} ${clock}`
    : shortTime(time.getTime() / 1000, now.getTime());
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
