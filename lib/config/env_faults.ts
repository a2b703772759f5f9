/**
 * Says what is odd in a `.env` file, of what the server reads: a damaged secret or URL stops the start, and whatever else
 * would let more people in than the file says; the rest is told. No value is shown.
 */
import type { EnvEntry, EnvText, Fault } from "./env_file.ts";
import { isSetting, type Lost, lostLine, lostName } from "./setting_names.ts";
import { type SettingName, SETTINGS } from "./settings.ts";

/** One thing that whoever runs the server is told. */
export interface Finding {
  readonly stops: boolean;
  readonly text: string;
  /** The setting that it is about, whose value is not shown if it stops the start: it may hold another's. */
  readonly name?: SettingName;
}

export interface Faults {
  readonly findings: readonly Finding[];
  /** What is ignored; whether it stops the start, depends on what else is given. */
  readonly lost: readonly Lost[];
}

/** Without one of these more people may come in. */
export const GUARDS: ReadonlySet<SettingName> = new Set<SettingName>([
  "APP_KEY",
  "APP_TOKEN_ALGORITHM",
  "APP_TOKEN_PUBLIC_KEY",
  "APP_TOKEN_JWKS_URL",
  "APP_ALLOW_IPS",
  "APP_DENY_IPS",
  "APP_HOSTS",
  "APP_ROOMS",
  "APP_PRIVATE_ROOMS",
]);

const WORDS: Readonly<Record<Fault, string>> = {
  cut:
    'is cut at a "#": put the value in quotes if that belongs to it, or a blank before a comment',
  comment: 'ends at a "#", as before a comment: put the value in quotes if that belongs to it',
  escape: "has a backslash in double quotes that is taken as it is: only \\n is an escape, " +
    "and single quotes take all as it is",
  unclosed: "begins with a quote that is not closed",
  behind: "has text behind its closing quote, which is left out",
  lines: "begins with a quote that is closed in a later line alone",
  spaces: 'has blanks beside its "=", which are left out here, and are an error to a shell',
  typographic: "has typographic quotes, which are part of the value: use ' or \"",
  variable: "has ${…} or $(…), which is taken as it is: write what it stands for, or use single " +
    "quotes if it is meant",
};

/** Told of delicate settings alone: in others it is a comment. */
const OF_DELICATE: ReadonlySet<Fault> = new Set(["comment"]);

/** Of no harm, whatever the value is. */
const HARMLESS: ReadonlySet<Fault> = new Set(["comment", "spaces"]);

/** No setting has several lines. */
const ALWAYS_STOP: ReadonlySet<Fault> = new Set(["unclosed", "lines"]);

/**
 * @param path for the messages
 * @param counts whether the file's word of a setting is the one that counts, and not the environment's
 */
export function faultsOf(
  { entries, strays }: EnvText,
  path: string,
  counts: (name: SettingName) => boolean,
): Faults {
  const last = new Map(entries.map((entry) => [entry.name, entry]));
  const lost = [
    ...strays.map(({ text, line }) => lostLine(text, `${path}:${line}`)),
    ...entries.flatMap((entry) => lostEntry(entry, `${path}:${entry.line}`) ?? []),
  ];
  const findings = entries.flatMap((entry) => [
    ...swallowed(entry).map(({ setting, line }) =>
      finding(setting, `${path}:${line}`, {
        stops: counts(setting),
        what: `is inside of the quotes that begin in line ${entry.line}`,
      })
    ),
    ...ofEntry(entry, path, { last: last.get(entry.name), counts }),
  ]);
  return { findings, lost };
}

function ofEntry(
  entry: EnvEntry,
  path: string,
  { last, counts }: { last?: EnvEntry; counts: (name: SettingName) => boolean },
): Finding[] {
  const { name, line } = entry;
  if (!isSetting(name)) return [];
  const place = `${path}:${line}`;
  const found = entry.faults.filter((fault) => isDelicate(name) || !OF_DELICATE.has(fault)).map(
    (fault) => {
      const stops = last === entry && counts(name) && isStopped(name, fault);
      return finding(name, place, { stops, what: WORDS[fault] });
    },
  );
  if (last === entry || last === undefined) return found;
  const what = `is given again in line ${last.line}, which counts`;
  return [...found, finding(name, place, { stops: false, what })];
}

function finding(
  name: SettingName,
  place: string,
  { stops, what }: { stops: boolean; what: string },
): Finding {
  return {
    name,
    stops,
    text: stops ? `Cannot use ${name} (${place}): it ${what}` : `${place}: ${name} ${what}`,
  };
}

/** Whether a damaged value does harm unseen: secrets, URLs, and what keeps people out. */
export function isDelicate(name: SettingName): boolean {
  return "shown" in SETTINGS[name].kind || GUARDS.has(name);
}

function isStopped(name: SettingName, fault: Fault): boolean {
  return ALWAYS_STOP.has(fault) || (isDelicate(name) && !HARMLESS.has(fault));
}

/** Settings in the later lines of a value. */
function swallowed(entry: EnvEntry): { setting: SettingName; line: number }[] {
  if (!entry.faults.includes("lines")) return [];
  return entry.value.split("\n").slice(1).flatMap((text, index) => {
    const [, name = ""] = /^\s*(?:export\s+)?([^=\s]+)\s*=/.exec(text) ?? [];
    return isSetting(name) ? [{ setting: name, line: entry.line + 1 + index }] : [];
  });
}

/** A setting under another name, as behind a byte-order mark in the middle of the file, or inside of a value. */
function lostEntry({ name, value, faults }: EnvEntry, place: string): Lost | undefined {
  if (faults.includes("lines")) return isSetting(name) ? undefined : lostName(name, place);
  const inner = [...value.matchAll(/(?:^|[\s"'`,;])(\w+)=/g)].map(([, each = ""]) => each)
    .find(isSetting);
  if (inner !== undefined) return { meant: inner, what: `${inner} inside of another value`, place };
  return isSetting(name) ? undefined : lostName(name, place);
}
