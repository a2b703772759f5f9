/**
 * Reads the text of a `.env` file: `NAME=value` a line, as `parseEnv` of `node:util` does, but with what that passes over in
 * silence: where a value stands, and what may not be meant as it is written. Who is told of that, and what stops a start,
 * `env_faults.ts` says.
 */

/** What is odd about a value as it is written. */
export type Fault =
  /** A `#` with no blank before it ends the value. */
  | "cut"
  /** A `#` with a blank before it and none behind it does. */
  | "comment"
  /** A backslash in double quotes that begins no `\n`: it is taken as it is. */
  | "escape"
  /** It begins with a quote that no other closes: the quote is part of it. */
  | "unclosed"
  /** Text behind the closing quote is left out. */
  | "behind"
  /** A quote is closed in a later line alone. */
  | "lines"
  /** Blanks beside the `=` are left out. */
  | "spaces"
  /** Typographic quotes around it are part of it. */
  | "typographic"
  /** `${NAME}` or `$(command)` is taken as it is. */
  | "variable";

export interface EnvEntry {
  readonly name: string;
  readonly value: string;
  /** Counted from 1. */
  readonly line: number;
  readonly lastLine: number;
  readonly faults: readonly Fault[];
}

/** A line that is neither empty, nor a comment, nor `NAME=value`. */
export interface StrayLine {
  readonly line: number;
  readonly text: string;
}

export interface EnvText {
  /** In the order of the file; of several with one name, the last one counts. */
  readonly entries: readonly EnvEntry[];
  readonly strays: readonly StrayLine[];
}

/** Characters that cannot be seen, or not be told from a blank; U+200C and U+200D shape letters and emoji. */
export const INVISIBLE =
  /[\p{Cc}\u00a0\u00ad\u034f\u061c\u115f\u1160\u1680\u180e\u2000-\u200b\u200e\u200f\u2028-\u202f\u205f-\u206f\u3000\u3164\ufeff\uffa0\ufff9-\ufffb]/u;

const INVISIBLES = new RegExp(INVISIBLE, "gu");

/** The same without characters that cannot be seen. */
export function visible(text: string): string {
  return text.replaceAll(INVISIBLES, "");
}

/**
 * Reads all lines; they may end with LF, CR LF or CR.
 *
 * @example
 * ```ts
 * import { parseEnvText } from "./env_file.ts";
 * console.log(parseEnvText('APP_PORT=8080\nBOT_NAME="A # in quotes"').entries);
 * ```
 */
export function parseEnvText(text: string): EnvText {
  const lines = text.split(/\r\n?|\n/);
  const entries: EnvEntry[] = [];
  const strays: StrayLine[] = [];
  for (let index = 0; index < lines.length; index++) {
    const line = trimmed(lines[index] ?? "");
    if (/^(#|$)/.test(trimmed(visible(line)))) continue;
    const [, before = "", behind = ""] = /^([^=]+)=(.*)$/su.exec(line) ?? [];
    const name = trimmed(before.replace(/^[ \t]*export[ \t]+/, ""));
    if (name === "") {
      strays.push({ line: index + 1, text: line });
      continue;
    }
    const { value, faults, more = 0 } = readValue(behind, lines.slice(index + 1));
    const isSpaced = before !== trimmed(before) || (/^[ \t]+[^ \t#]/.test(behind));
    entries.push({
      name,
      value,
      line: index + 1,
      lastLine: index + 1 + more,
      faults: isSpaced ? [...faults, "spaces"] : faults,
    });
    index += more;
  }
  return { entries, strays };
}

interface Value {
  readonly value: string;
  readonly faults: readonly Fault[];
  /** Lines that it takes besides its own. */
  readonly more?: number;
}

/** @param behind what stands behind the `=`, to the end of its line */
function readValue(behind: string, following: readonly string[]): Value {
  const text = trimmed(behind);
  const [quote = ""] = text;
  return ["'", '"', "`"].includes(quote) ? readQuoted(text, quote, following) : readPlain(behind);
}

function readPlain(behind: string): Value {
  const hash = behind.indexOf("#");
  const value = trimmed(hash === -1 ? behind : behind.slice(0, hash));
  const faults: Fault[] = [];
  if (hash !== -1) {
    if (!/[ \t]$/.test(behind.slice(0, hash))) faults.push("cut");
    else if (/[^ \t#]/.test(behind[hash + 1] ?? "")) faults.push("comment");
  }
  if (/^[\u2018-\u201f\u00ab\u00bb\u2039\u203a\u2032\u2033]/.test(value)) {
    faults.push("typographic");
  }
  return { value, faults: [...faults, ...expansions(value)] };
}

/** In the line itself, or up to the first later one that has the same quote. */
function readQuoted(text: string, quote: string, following: readonly string[]): Value {
  const inside = text.slice(1);
  const end = closing(inside, quote);
  if (end !== undefined) return quoted(inside, { quote, end });
  const more = following.findIndex((line) => line.includes(quote)) + 1;
  if (more === 0) return { value: text, faults: ["unclosed"] };
  const last = following[more - 1] ?? "";
  const before = [inside, ...following.slice(0, more - 1)].map((line) => `${line}\n`).join("");
  const all = quoted(before + last, { quote, end: before.length + (closing(last, quote) ?? 0) });
  return { ...all, faults: [...all.faults, "lines"], more };
}

/** Where a line's closing quote is: the first with nothing but blanks or a comment behind it, else the first. */
function closing(line: string, quote: string): number | undefined {
  for (let at = line.indexOf(quote); at !== -1; at = line.indexOf(quote, at + 1)) {
    if (/^[ \t]*(#|$)/.test(line.slice(at + 1))) return at;
  }
  return line.includes(quote) ? line.indexOf(quote) : undefined;
}

function quoted(text: string, { quote, end }: { quote: string; end: number }): Value {
  const inside = text.slice(0, end);
  const faults: Fault[] = /^[ \t]*(#|$)/.test(text.slice(end + 1)) ? [] : ["behind"];
  if (quote !== '"') return { value: inside, faults };
  if (/\\(?!n)/.test(inside)) faults.push("escape");
  return { value: inside.replaceAll("\\n", "\n"), faults: [...faults, ...expansions(inside)] };
}

function expansions(value: string): Fault[] {
  return /\$\{\w+[^}]*\}|\$\(.*\)/s.test(value) ? ["variable"] : [];
}

/** Without the blanks at its ends. */
function trimmed(text: string): string {
  return text.replace(/^[ \t]+|[ \t]+$/g, "");
}
