/** Says things in one language: the strings, with plurals, and times as its people write them. */
import { isoTime } from "../view/times.ts";
import type { MORE_ENGLISH } from "./more_strings.ts";
import { ENGLISH, type Strings } from "./strings.ts";

const MINUTE = 60;
const HOUR = 3_600;
const DAY = 86_400;

/** A key whose plural categories have the text. */
type Plural<Key> = Key extends `${infer Stem}_other` ? Stem : never;
export type PluralKey = Plural<WordKey>;
export type WordKey = keyof typeof ENGLISH | keyof typeof MORE_ENGLISH;

/** What is said where the application has nothing of its own. */
const defaults: Record<string, string> = { ...ENGLISH };

/** Adds what is loaded late. */
export function learn(strings: Strings): void {
  Object.assign(defaults, strings);
}

export class Words {
  readonly lang: string;
  /** The language that was asked for. */
  readonly asked: string;
  readonly #strings: Strings;
  readonly #plurals: Intl.PluralRules;
  readonly #numbers: Intl.NumberFormat;
  readonly #ago: Intl.RelativeTimeFormat;
  readonly #formats = new Map<string, Intl.DateTimeFormat>();

  /** @param lang a language tag; where it is none, the browser's language */
  constructor(lang: string, strings: Strings = {}) {
    this.asked = lang;
    this.lang = known(lang);
    this.#strings = strings;
    this.#plurals = new Intl.PluralRules(this.lang);
    this.#numbers = new Intl.NumberFormat(this.lang);
    this.#ago = new Intl.RelativeTimeFormat(this.lang, { numeric: "auto", style: "short" });
  }

  say(key: WordKey, put: Readonly<Record<string, string | number>> = {}): string {
    return fill(this.#text(key) ?? key, put);
  }

  /** Says how many there are, as the language does. */
  count(key: PluralKey, count: number): string {
    const text = this.#text(`${key}_${this.#plurals.select(count)}`) ??
      this.#text(`${key}_other`) ??
      key;
    return fill(text, { count: this.#numbers.format(count) });
  }

  #text(key: string): string | undefined {
    return this.#strings[key] ?? defaults[key];
  }

  number(value: number): string {
    return this.#numbers.format(value);
  }

  /** How large something is, such as "12kB". */
  bytes(size: number): string {
    const unit = { style: "unit", unit: "byte", unitDisplay: "narrow" } as const;
    return new Intl.NumberFormat(this.lang, { notation: "compact", ...unit }).format(size);
  }

  percent(value: number): string {
    return new Intl.NumberFormat(this.lang, { style: "percent" }).format(value / 100);
  }

  /** How long ago it was within an hour, the time today, "yesterday", the day of the week, or the date. */
  ago(timestamp: number, now = Date.now() / 1000): string {
    const seconds = now - timestamp;
    if (Math.abs(seconds) < MINUTE) return this.#ago.format(0, "second");
    if (seconds > 0 && seconds < HOUR) {
      return this.#ago.format(-Math.floor(seconds / MINUTE), "minute");
    }
    const days = Math.round((midnight(now) - midnight(timestamp)) / DAY);
    if (days === 0) return this.clock(timestamp);
    if (days === 1) return this.#ago.format(-1, "day");
    if (days > 0 && days < 7) return this.#format({ weekday: "short" }, timestamp);
    return this.#format({ dateStyle: "short" }, timestamp);
  }

  clock(timestamp: number): string {
    return this.#format({ timeStyle: "short" }, timestamp);
  }

  full(timestamp: number): string {
    return this.#format({ dateStyle: "medium", timeStyle: "short" }, timestamp);
  }

  /** When something is to be: the time alone today, with the day of the week in the next six days, else with the date. */
  coming(timestamp: number, now = Date.now() / 1000): string {
    const days = Math.round((midnight(timestamp) - midnight(now)) / DAY);
    if (days === 0) return this.clock(timestamp);
    const time = { hour: "numeric", minute: "2-digit" } as const;
    return days > 0 && days < 7
      ? this.#format({ weekday: "short", ...time }, timestamp)
      : this.full(timestamp);
  }

  #format(options: Intl.DateTimeFormatOptions, timestamp: number): string {
    const key = JSON.stringify(options);
    const format = this.#formats.get(key) ?? new Intl.DateTimeFormat(this.lang, options);
    this.#formats.set(key, format);
    return format.format(new Date(isoTime(timestamp)));
  }
}

function fill(text: string, put: Readonly<Record<string, string | number>>): string {
  return text.replace(/\{(\w+)\}/g, (whole, name) => String(put[name] ?? whole));
}

/** The midnight before a time, on the clock of the device. */
function midnight(timestamp: number): number {
  return new Date(isoTime(timestamp)).setHours(0, 0, 0, 0) / 1000;
}

function known(lang: string): string {
  try {
    return Intl.getCanonicalLocales(lang)[0] ?? navigator.language;
  } catch {
    return navigator.language;
  }
}
