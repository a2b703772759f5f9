/**
 * Looks settings up by name, and guesses which setting a wrong name was meant to be: one with an invisible mark before
 * it, other letters, or `set` in front.
 */
import { isOneTypoAway } from "../base/typos.ts";
import { visible } from "./env_file.ts";
import type { Setting } from "./setting.ts";
import type { Slice } from "./slice.ts";

/** An entry that is ignored, and may have been meant as a setting. */
export interface Lost {
  readonly meant?: string;
  /** Describes the entry without its value, such as "unknown setting APP_PROT". */
  readonly what: string;
  /** Where the entry stands, such as `.env:3`; absent if it is in the environment. */
  readonly place?: string;
  /** What a setting of the server that this one replaces means here. */
  readonly carriedOver?: string;
}

export class KnownSettings {
  readonly names: readonly string[];
  readonly #settings: ReadonlyMap<string, Setting>;
  /** Names of settings by their letters and digits alone. */
  readonly #byLetters: ReadonlyMap<string, string>;
  /** What settings of the server that this one replaces mean here, by their names; `X_*` stands for all that begin so. */
  readonly #carriedOver: ReadonlyMap<string, string>;
  /** The first words of all names, as a pattern such as `APP|REDIS`. */
  readonly #prefixes: string;

  constructor(slices: readonly Slice[]) {
    const all = slices.flatMap(({ settings }) => Object.entries(settings));
    this.#settings = new Map(all);
    if (this.#settings.size < all.length) throw new TypeError("A setting is in two slices");
    this.names = [...this.#settings.keys()];
    this.#byLetters = new Map(this.names.map((name) => [lettersOf(name), name]));
    this.#carriedOver = new Map(
      slices.flatMap(({ carriedOver = {} }) => Object.entries(carriedOver)),
    );
    this.#prefixes = [...new Set(this.names.map((name) => name.split("_", 1)[0]))].join("|");
  }

  get(name: string): Setting | undefined {
    return this.#settings.get(name);
  }

  has(name: string): boolean {
    return this.#settings.has(name);
  }

  /** Whether a damaged value does harm unnoticed, as in secrets, in URLs, and in settings that keep people out. */
  isDelicate(name: string): boolean {
    const setting = this.get(name);
    return setting?.kind.shown !== undefined || setting?.guard !== undefined;
  }

  /** What a setting of the server that this one replaces means here: empty for the same; `undefined` for any other name. */
  carriedOver(name: string): string | undefined {
    const exact = this.#carriedOver.get(name);
    if (exact !== undefined) return exact;
    return [...this.#carriedOver].find(([each]) =>
      each.endsWith("*") && name.startsWith(each.slice(0, -1))
    )?.[1];
  }

  /** Hides settings inside of a value: `APP_PORT=80 APP_KEY=…` in one line is one value, with a secret in it. */
  withoutSettings(value: string): string {
    return value.replace(new RegExp(`\\b((${this.#prefixes})_\\w*=).*$`, "s"), "$1***");
  }

  /** What a name that is no setting was meant to be; `undefined` if the variable seems to be another program's. */
  lostName(name: string, place?: string): Lost | undefined {
    const carriedOver = this.carriedOver(name);
    if (carriedOver !== undefined) return { what: name, place, carriedOver };
    const meant = this.#like(name);
    const isOurs = meant !== undefined || new RegExp(`^(${this.#prefixes})_`).test(name);
    return isOurs ? { meant, what: `unknown setting ${shown(name, meant)}`, place } : undefined;
  }

  /** What a line that is no `NAME=value` was meant to be. */
  lostLine(text: string, place: string): Lost {
    return { meant: this.#in(text), what: "a line that is not NAME=value", place };
  }

  /** The setting that a name was most likely meant to be; `undefined` if there is none. */
  #like(name: string): string | undefined {
    const written = plain(name);
    return this.#sameLetters(name) ??
      this.names.find((each) => isOneTypoAway(written, each)) ??
      (/[\s:]/.test(name) ? this.#in(name) : undefined);
  }

  /** The setting that a line names, as in `APP_PORT: 80` and `setenv APP_PORT 80`. */
  #in(line: string): string | undefined {
    return line.split(/[\s:=]+/, 3).map((word) => this.#sameLetters(word))
      .find((each) => each !== undefined);
  }

  /** `APP KEY`, `app-key`, `$env:APP_KEY` and `set APP_KEY` are APP_KEY. */
  #sameLetters(name: string): string | undefined {
    const last = name.split(/[\s:]+/).at(-1) ?? "";
    return this.#byLetters.get(lettersOf(name)) ?? this.#byLetters.get(lettersOf(last));
  }
}

/** A name in capitals, without invisible characters, and with usual letters in place of those of full width. */
function plain(name: string): string {
  return visible(name.normalize("NFKC")).toUpperCase();
}

function lettersOf(name: string): string {
  return plain(name).replaceAll(/[^A-Z0-9]/g, "");
}

/** A name as a message shows it: invisible characters as codes, and nothing that may be a value written into it. */
function shown(name: string, meant?: string): string {
  if (/^\w+$/.test(name)) return name;
  if (meant === undefined) return `that begins with ${/^\w*/.exec(name)?.[0]}`;
  if (lettersOf(name).length > lettersOf(meant).length + 1) return `like ${meant}`;
  const code = (each: string) => `\\u{${each.codePointAt(0)?.toString(16).toUpperCase()}}`;
  return `"${name.replaceAll(/[^ -~]/gu, code)}"`;
}
