/** Turns texts and names into what is shown; nothing here makes HTML. */

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
