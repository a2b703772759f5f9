/**
 * Reads JSON that a person wrote. An error says line and column, and a key that is there twice is one; `JSON.parse`
 * would silently drop the first.
 */

/** No configuration is nested deeper. The bound lets code that walks the values recurse. */
const MAX_DEPTH = 16;

const BLANK = /[ \t\n\r]*/y;
/** Each character can match in one way only: otherwise an unclosed string would take exponential time. */
const STRING = /"[ !#-[\]-\uffff]*(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[ !#-[\]-\uffff]*)*"/y;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const WORD = /true|false|null/y;

/** The message says where the text is wrong, and how. */
export class JsonTextError extends Error {
  override readonly name = "JsonTextError";
}

/**
 * Parses a text. Throws {@linkcode JsonTextError}.
 *
 * @example
 * ```ts
 * import { parseJsonText } from "./json_text.ts";
 * console.log(parseJsonText('{ "pattern": "staff:*" }'));
 * ```
 */
export function parseJsonText(text: string): unknown {
  return new JsonReader(text.replace(/^\uFEFF/, "")).document();
}

class JsonReader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  document(): unknown {
    const value = this.#value(0);
    if (this.#at < this.#text.length) this.#fail("the end of the file");
    return value;
  }

  /** Reads a value and the blanks around it. */
  #value(depth: number): unknown {
    this.#take(BLANK);
    if (depth > MAX_DEPTH) throw this.#error(`it is nested deeper than ${MAX_DEPTH} levels`);
    const value = this.#bare(depth);
    this.#take(BLANK);
    return value;
  }

  #bare(depth: number): unknown {
    switch (this.#text[this.#at]) {
      case "{":
        return this.#object(depth);
      case "[":
        return this.#list(depth);
    }
    const scalar = this.#take(STRING) ?? this.#take(NUMBER) ?? this.#take(WORD);
    return scalar === undefined ? this.#fail("a value") : JSON.parse(scalar);
  }

  #object(depth: number): unknown {
    const entries = new Map<string, unknown>();
    this.#at++;
    this.#take(BLANK);
    if (this.#skip("}")) return {};
    do {
      this.#take(BLANK);
      const start = this.#at;
      const key: string = JSON.parse(this.#take(STRING) ?? this.#fail("a key in double quotes"));
      if (entries.has(key)) {
        throw this.#error(`the key ${JSON.stringify(key)} is there twice`, start);
      }
      this.#take(BLANK);
      if (!this.#skip(":")) this.#fail("':'");
      entries.set(key, this.#value(depth + 1));
    } while (this.#skip(","));
    if (!this.#skip("}")) this.#fail("',' or '}'");
    return Object.fromEntries(entries); // makes "__proto__" a key like any other
  }

  #list(depth: number): unknown {
    const values: unknown[] = [];
    this.#at++;
    this.#take(BLANK);
    if (this.#skip("]")) return values;
    do values.push(this.#value(depth + 1)); while (this.#skip(","));
    if (!this.#skip("]")) this.#fail("',' or ']'");
    return values;
  }

  #skip(character: string): boolean {
    if (this.#text[this.#at] !== character) return false;
    this.#at++;
    return true;
  }

  #take(token: RegExp): string | undefined {
    token.lastIndex = this.#at;
    const taken = token.exec(this.#text)?.[0];
    this.#at += taken?.length ?? 0;
    return taken;
  }

  #fail(expected: string): never {
    const found = this.#at < this.#text.length
      ? JSON.stringify(String.fromCodePoint(this.#text.codePointAt(this.#at) ?? 0))
      : "the end of the file";
    throw this.#error(`${found} is there in place of ${expected}`);
  }

  #error(what: string, at = this.#at): JsonTextError {
    const lines = this.#text.slice(0, at).split("\n");
    return new JsonTextError(
      `line ${lines.length}, column ${(lines.at(-1)?.length ?? 0) + 1}: ${what}`,
    );
  }
}
