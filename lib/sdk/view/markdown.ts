/**
 * Reads the Markdown of a notification: bold, italic, code, links, lists, and headings, which are bold lines. All else is text.
 * It makes a tree of words and no HTML; whoever shows it makes elements of that.
 */
import { type LinkFields, linkTo } from "./links.ts";
import { splitLinks } from "./text.ts";

export type Inline =
  | { readonly kind: "text" | "code"; readonly text: string }
  | { readonly kind: "strong" | "em"; readonly parts: readonly Inline[] }
  | { readonly kind: "link"; readonly link: LinkFields; readonly parts: readonly Inline[] };

export type Block =
  | { readonly kind: "paragraph"; readonly parts: readonly Inline[] }
  | {
    readonly kind: "list";
    readonly start?: number;
    readonly items: readonly (readonly Inline[])[];
  }
  | { readonly kind: "code"; readonly text: string };

/** Marks within marks: what is deeper is text. */
const DEEPEST = 4;

const FENCE = /^ {0,3}(`{3,}|~{3,})/;
const HEADING = /^ {0,3}#{1,6} +(.*?)(?: +#+)? *$/;
const BULLET = /^ {0,6}[-*+] +(?=\S)/;
const NUMBER = /^ {0,6}(\d{1,9})[.)] +(?=\S)/;

export function readMarkdown(text: string): Block[] {
  const blocks: Block[] = [];
  const lines = text.replaceAll(/\r\n?/g, "\n").split("\n");
  for (let at = 0; at < lines.length;) {
    const line = lines[at] ?? "";
    const [, fence] = FENCE.exec(line) ?? [];
    if (line.trim() === "") at++;
    else if (fence !== undefined) {
      const code = linesUntil(lines, at + 1, (each) => each.trimStart().startsWith(fence));
      blocks.push({ kind: "code", text: code.join("\n") });
      at += code.length + 2;
    } else if (BULLET.test(line) || NUMBER.test(line)) {
      const list = linesUntil(lines, at, (each, index) => index > at && !isOfList(each, line));
      blocks.push(listOf(list));
      at += list.length;
    } else if (HEADING.test(line)) {
      const [, words = ""] = HEADING.exec(line) ?? [];
      blocks.push({
        kind: "paragraph",
        parts: [{ kind: "strong", parts: readInline(words, 1) }],
      });
      at++;
    } else {
      const paragraph = linesUntil(lines, at, (each, index) => index > at && endsParagraph(each));
      blocks.push({ kind: "paragraph", parts: readInline(paragraph.join("\n")) });
      at += paragraph.length;
    }
  }
  return blocks;
}

/** The words without their marks, for where there is one line. */
export function wordsOf(text: string): string {
  return readMarkdown(text).map((block) =>
    block.kind === "list"
      ? block.items.map(wordsIn).join(", ")
      : block.kind === "code"
      ? block.text
      : wordsIn(block.parts)
  ).join("\n");
}

function wordsIn(parts: readonly Inline[]): string {
  return parts.map((part) => "text" in part ? part.text : wordsIn(part.parts)).join("");
}

function linesUntil(
  lines: readonly string[],
  from: number,
  isEnd: (line: string, index: number) => boolean,
): string[] {
  let end = from;
  while (end < lines.length && !isEnd(lines[end] ?? "", end)) end++;
  return lines.slice(from, end);
}

function endsParagraph(line: string): boolean {
  return line.trim() === "" || [FENCE, BULLET, NUMBER, HEADING].some((each) => each.test(line));
}

/** A line that is indented goes on with the item before it. */
function isOfList(line: string, first: string): boolean {
  const isNumbered = NUMBER.test(first);
  return (isNumbered ? NUMBER : BULLET).test(line) || /^ {2,}\S/.test(line);
}

function listOf(lines: readonly string[]): Block {
  const items: string[] = [];
  for (const line of lines) {
    const [marker] = BULLET.exec(line) ?? NUMBER.exec(line) ?? [];
    if (marker !== undefined) items.push(line.slice(marker.length));
    else items.push(`${items.pop() ?? ""}\n${line.trim()}`);
  }
  const [, start] = NUMBER.exec(lines[0] ?? "") ?? [];
  return {
    kind: "list",
    ...(start === undefined ? {} : { start: Number(start) }),
    items: items.map((each) => readInline(each)),
  };
}

/** Each mark is looked for in a thousand characters at most, so that no text takes long. */
const MARKS: readonly {
  readonly form: RegExp;
  make(found: RegExpExecArray, depth: number): Inline | undefined;
}[] = [
  { form: /`([^`\n]{1,1000})`/y, make: ([, text = ""]) => ({ kind: "code", text }) },
  {
    form: /\[([^[\]\n]{1,500})\]\(([^\s()<>]{1,2000})\)/y,
    make: ([, text = "", address], depth) => {
      const link = linkTo(address);
      return link && { kind: "link", link, parts: readInline(text, depth, false) };
    },
  },
  { form: /\*\*(?!\s)([^\n]{0,999}?\S)\*\*(?!\*)/y, make: marked("strong") },
  {
    form: /(?<![\p{L}\p{N}_])__(?!\s)([^\n]{0,999}?\S)__(?![\p{L}\p{N}_])/uy,
    make: marked("strong"),
  },
  { form: /\*(?![\s*])([^\n]{0,999}?[^\s*])\*(?!\*)/y, make: marked("em") },
  {
    form: /(?<![\p{L}\p{N}_])_(?![\s_])([^\n]{0,999}?[^\s_])_(?![\p{L}\p{N}_])/uy,
    make: marked("em"),
  },
];

const STARTS = /[`[*_\\]/g;
const ESCAPED = /\\([!-/:-@[-`{-~])/y;

function marked(kind: "strong" | "em") {
  return ([, text = ""]: RegExpExecArray, depth: number): Inline => ({
    kind,
    parts: readInline(text, depth + 1),
  });
}

function readInline(text: string, depth = 0, hasLinks = true): Inline[] {
  const parts: Inline[] = [];
  let plain = "";
  const flush = () => {
    if (plain !== "") {
      parts.push(...(hasLinks ? linked(plain) : [{ kind: "text", text: plain } as const]));
    }
    plain = "";
  };
  for (let at = 0; at < text.length;) {
    STARTS.lastIndex = at;
    const next = depth > DEEPEST ? text.length : STARTS.exec(text)?.index ?? text.length;
    plain += text.slice(at, next);
    at = next;
    if (at >= text.length) break;
    ESCAPED.lastIndex = at;
    const [, escaped] = ESCAPED.exec(text) ?? [];
    const found = escaped === undefined ? markAt(text, at, depth, hasLinks) : undefined;
    if (found === undefined) {
      plain += escaped ?? text[at];
      at += escaped === undefined ? 1 : 2;
      continue;
    }
    flush();
    parts.push(found.part);
    at += found.length;
  }
  flush();
  return parts;
}

function markAt(text: string, at: number, depth: number, hasLinks: boolean) {
  for (const { form, make } of MARKS) {
    form.lastIndex = at;
    const found = form.exec(text);
    const part = found === null ? undefined : make(found, depth);
    if (found === null || part === undefined) continue;
    if (part.kind !== "link" || hasLinks) return { part, length: found[0].length };
  }
  return undefined;
}

/** An address that stands in the text is a link, too. */
function linked(text: string): Inline[] {
  return splitLinks(text).map(({ text, href }) => {
    const link = linkTo(href);
    const words = { kind: "text", text } as const;
    return link === undefined ? words : { kind: "link", link, parts: [words] };
  });
}
