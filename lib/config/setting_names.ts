/** Finds out which setting a name was meant to be that is none: a mark before it, other letters, `set` in front. */
import { visible } from "./env_file.ts";
import { type SettingName, SETTINGS } from "./settings.ts";
import { isOneTypoAway } from "../base/typos.ts";

/** Something that is ignored, and may have been meant as a setting. */
export interface Lost {
  readonly meant?: SettingName;
  /** Such as "unknown setting APP_PROT", without any value. */
  readonly what: string;
  /** Such as `.env:3`; absent where it is in the environment. */
  readonly place?: string;
}

const NAMES = Object.keys(SETTINGS) as SettingName[];

/** By their letters and digits alone. */
const BY_LETTERS = new Map(NAMES.map((name) => [lettersOf(name), name]));

export function isSetting(name: string): name is SettingName {
  return Object.hasOwn(SETTINGS, name);
}

/** What a name that is no setting seems to be; `undefined` where it is another program's. */
export function lostName(name: string, place?: string): Lost | undefined {
  const meant = settingLike(name);
  if (meant === undefined && !/^(APP|REDIS|BOT|WEBHOOK)_/.test(name)) return undefined;
  return { meant, what: `unknown setting ${shown(name, meant)}`, place };
}

/** What a line that is no `NAME=value` seems to be. */
export function lostLine(text: string, place: string): Lost {
  return { meant: settingIn(text), what: "a line that is not NAME=value", place };
}

/** The setting that a name is, or was most likely meant to be; `undefined` where it is of something else. */
function settingLike(name: string): SettingName | undefined {
  return sameLetters(name) ?? NAMES.find((each) => isOneTypoAway(plain(name), each)) ??
    (/[\s:]/.test(name) ? settingIn(name) : undefined);
}

/** The setting that a line is about: `APP_PORT: 80`, `setenv APP_PORT 80`. */
function settingIn(line: string): SettingName | undefined {
  return line.split(/[\s:=]+/, 3).map(sameLetters).find((each) => each !== undefined);
}

/** `APP KEY`, `app-key`, `$env:APP_KEY` and `set APP_KEY` are APP_KEY. */
function sameLetters(name: string): SettingName | undefined {
  const last = name.split(/[\s:]+/).at(-1) ?? "";
  return BY_LETTERS.get(lettersOf(name)) ?? BY_LETTERS.get(lettersOf(last));
}

/** Also without letters that only look different, such as those of full width. */
function plain(name: string): string {
  return visible(name.normalize("NFKC")).toUpperCase();
}

function lettersOf(name: string): string {
  return plain(name).replaceAll(/[^A-Z0-9]/g, "");
}

/** With characters that cannot be seen as what they are; a value that may have been written into it is left out. */
function shown(name: string, meant?: SettingName): string {
  if (/^\w+$/.test(name)) return name;
  if (meant === undefined) return `that begins with ${/^\w*/.exec(name)?.[0]}`;
  if (lettersOf(name).length > lettersOf(meant).length + 1) return `like ${meant}`;
  const code = (each: string) => `\\u{${each.codePointAt(0)?.toString(16).toUpperCase()}}`;
  return `"${name.replaceAll(/[^ -~]/gu, code)}"`;
}
