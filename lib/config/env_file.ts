/**
 * Reads the text of a `.env` file, one `NAME=value` a line. The values are those of `parseEnv` of `node:util`; besides,
 * each entry says where it stands, and what in it may not be meant as it is written. `env_faults.ts` judges that.
 */

/** What is odd about a value as it is written. */
export type Fault =
  /** A `#` with no blank before it ends the value. */
  | "cut"
  /** A `#` with a blank before it and none behind it ends the value. */
  | "comment"
  /** A backslash in double quotes that begins no `\n` is part of the value. */
  | "escape"
  /** A quote at the start that is never closed is part of the value. */
  | "unclosed"
  /** Text behind the closing quote is left out. */
  | "behind"
  /** The closing quote stands in a later line. */
  | "lines"
  /** Blanks beside the `=` are left out. */
  | "spaces"
  /** Typographic quotes around the value are part of it. */
  | "typographic"
  /** `${NAME}` or `$(command)` is taken as it is. */
  | "variable";

export interface EnvEntry {
  readonly name: string;
  readonly value: string;
  /** Number of the entry's first line, from 1. */
  readonly line: number;
  readonly lastLine: number;
  readonly faults: readonly Fault[];
}

/** A line that is neither empty, nor a comment, nor `NAME=value`. */
interface StrayLine {
  readonly line: number;
  readonly text: string;
}

export interface EnvText {
  /** All entries in the order of the file. Of several with one name, the last one counts. */
  readonly entries: readonly EnvEntry[];
  readonly strays: readonly StrayLine[];
}

/** Characters that are invisible or look like a blank. U+200C and U+200D are left out: they shape letters and emoji. */
export const INVISIBLE =
  /[\p{Cc}\u00a0\u00ad\u034f\u061c\u115f\u1160\u1680\u180e\u2000-\u200b\u200e\u200f\u2028-\u202f\u205f-\u206f\u3000\u3164\ufeff\uffa0\ufff9-\ufffb]/u;

const INVISIBLES = new RegExp(INVISIBLE, "gu");

/** Removes the {@linkcode INVISIBLE} characters. */
export function visible(text: string): string {
  return text.replaceAll(INVISIBLES, "");
}

/**
 * Reads all lines, which may end with LF, CR LF or CR.
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
  /** Lines that the value takes besides its first. */
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

/** Reads a value up to the closing quote in its line, else up to the first later line that has such a quote. */
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

/** The index of a line's closing quote: the first with only blanks or a comment behind it, else the first. */
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

/** Removes spaces and tabs at the ends. */
function trimmed(text: string): string {
  return text.replace(/^[ \t]+|[ \t]+$/g, "");
}
