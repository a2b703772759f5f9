/**
 * Judges the oddities of a `.env` file. A damaged secret, URL or rule of who gets in stops the start; other oddities are
 * warnings. No message shows a value.
 */
import type { EnvEntry, EnvText, Fault } from "./env_file.ts";
import type { KnownSettings, Lost } from "./known_settings.ts";

/** One thing that whoever runs the server is told. */
export interface Finding {
  readonly stops: boolean;
  readonly text: string;
  /** The setting in question. If the finding stops the start, its value is not shown: it may hold another's secret. */
  readonly name?: string;
}

export interface Faults {
  readonly findings: readonly Finding[];
  /** Entries that are ignored. Whether one stops the start depends on the other settings. */
  readonly lost: readonly Lost[];
}

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

/** Faults that are told of delicate settings only: elsewhere the text behind a "#" is just a comment. */
const OF_DELICATE: ReadonlySet<Fault> = new Set(["comment"]);

/** Faults that do no harm, whatever the value is. */
const HARMLESS: ReadonlySet<Fault> = new Set(["comment", "spaces"]);

/** Faults that stop the start for every setting, since no setting has several lines. */
const ALWAYS_STOP: ReadonlySet<Fault> = new Set(["unclosed", "lines"]);

/** What decides whether a fault stops the start. */
interface Judged {
  readonly known: KnownSettings;
  /** Whether the file gives the value of a setting, and not the environment. */
  readonly counts: (name: string) => boolean;
}

/** @param path of the file, for the messages */
export function faultsOf({ entries, strays }: EnvText, path: string, judged: Judged): Faults {
  const { known, counts } = judged;
  const last = new Map(entries.map((entry) => [entry.name, entry]));
  const lost = [
    ...strays.map(({ text, line }) => known.lostLine(text, `${path}:${line}`)),
    ...entries.flatMap((entry) => lostEntry(entry, `${path}:${entry.line}`, known) ?? []),
  ];
  const findings = entries.flatMap((entry) => [
    ...swallowed(entry, known).map(({ setting, line }) =>
      finding(setting, `${path}:${line}`, {
        stops: counts(setting),
        what: `is inside of the quotes that begin in line ${entry.line}`,
      })
    ),
    ...ofEntry(entry, path, { ...judged, last: last.get(entry.name) }),
  ]);
  return { findings, lost };
}

function ofEntry(
  entry: EnvEntry,
  path: string,
  { known, counts, last }: Judged & { last?: EnvEntry },
): Finding[] {
  const { name, line } = entry;
  if (!known.has(name)) return [];
  const place = `${path}:${line}`;
  const isDelicate = known.isDelicate(name);
  const found = entry.faults.filter((fault) => isDelicate || !OF_DELICATE.has(fault)).map(
    (fault) => {
      const stops = last === entry && counts(name) && isStopped(fault, isDelicate);
      return finding(name, place, { stops, what: WORDS[fault] });
    },
  );
  if (last === entry || last === undefined) return found;
  const what = `is given again in line ${last.line}, which counts`;
  return [...found, finding(name, place, { stops: false, what })];
}

function finding(
  name: string,
  place: string,
  { stops, what }: { stops: boolean; what: string },
): Finding {
  return {
    name,
    stops,
    text: stops ? `Cannot use ${name} (${place}): it ${what}` : `${place}: ${name} ${what}`,
  };
}

function isStopped(fault: Fault, isDelicate: boolean): boolean {
  return ALWAYS_STOP.has(fault) || (isDelicate && !HARMLESS.has(fault));
}

/** The settings that an unclosed quote swallowed: those in the later lines of its value. */
function swallowed(entry: EnvEntry, known: KnownSettings): { setting: string; line: number }[] {
  if (!entry.faults.includes("lines")) return [];
  return entry.value.split("\n").slice(1).flatMap((text, index) => {
    const [, name = ""] = /^\s*(?:export\s+)?([^=\s]+)\s*=/.exec(text) ?? [];
    return known.has(name) ? [{ setting: name, line: entry.line + 1 + index }] : [];
  });
}

/** A setting that is lost: its name is misspelt (a byte-order mark before it, for one), or it is inside of a value. */
function lostEntry(
  { name, value, faults }: EnvEntry,
  place: string,
  known: KnownSettings,
): Lost | undefined {
  const lost = known.has(name) ? undefined : known.lostName(name, place);
  if (faults.includes("lines")) return lost;
  const inner = [...value.matchAll(/(?:^|[\s"'`,;])(\w+)=/g)].map(([, each = ""]) => each)
    .find((each) => known.has(each));
  if (inner === undefined) return lost;
  return { meant: inner, what: `${inner} inside of another value`, place };
}
