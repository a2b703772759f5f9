/** Turns text and times into what is shown; nothing here makes HTML. */

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

const timeFormat = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const dayFormat = new Intl.DateTimeFormat(undefined, {
  weekday: "long",
  day: "numeric",
  month: "long",
});
const shortDayFormat = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short" });

/** @param timestamp in Unix seconds, as everywhere on the wire */
export function clockTime(timestamp: number): string {
  return timeFormat.format(timestamp * 1000);
}

export function dayName(timestamp: number, now = Date.now()): string {
  const day = dayKey(timestamp);
  if (day === dayKey(now / 1000)) return "Today";
  if (day === dayKey(now / 1000 - 86_400)) return "Yesterday";
  return dayFormat.format(timestamp * 1000);
}

/** Returns the time alone if it was today, and with the day if it was not. */
export function shortTime(timestamp: number, now = Date.now()): string {
  const time = clockTime(timestamp);
  if (dayKey(timestamp) === dayKey(now / 1000)) return time;
  return `${shortDayFormat.format(timestamp * 1000)}, ${time}`;
}

export function isoTime(timestamp: number): string {
  return new Date(timestamp * 1000).toISOString();
}

/** Returns what tells one day from another, in the user's time zone. */
export function dayKey(timestamp: number): string {
  return new Date(timestamp * 1000).toDateString();
}
