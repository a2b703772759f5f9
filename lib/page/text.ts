/** Cuts what is said into its parts, and quotes words of commands; nothing here makes HTML. */
import { splitLinks } from "../sdk/view/text.ts";

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

/** Returns one word of a shell command, quoted where it must be. */
export function shellQuote(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
