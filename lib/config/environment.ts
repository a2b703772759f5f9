/** Reads where settings come from: the environment, and `.env` below it. `oddities.ts` says what is odd about them. */
import { type Faults, faultsOf, type Finding } from "./env_faults.ts";
import { parseEnvText } from "./env_file.ts";
import type { KnownSettings } from "./known_settings.ts";
import { readTextFile } from "../base/text_file.ts";

/** Names and values. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** The settings that `.env` has, and what is odd about the file. */
export interface EnvFile extends Faults {
  readonly values: Environment;
  /** Where each setting stands, such as `.env:3`. */
  readonly places: ReadonlyMap<string, string>;
}

export const NO_ENV_FILE: EnvFile = { values: {}, places: new Map(), findings: [], lost: [] };

interface EnvFileOptions {
  readonly known: KnownSettings;
  /** The environment, whose values count before those of the file. */
  readonly environment: Environment;
}

/** Throws a `TextFileError` if the file is no text, and what Deno throws if it cannot be opened. */
export function readEnvFile(path: string, { known, environment }: EnvFileOptions): EnvFile {
  if (!exists(path)) return withoutFile(path);
  const text = parseEnvText(readTextFile(path));
  const settings = text.entries.filter(({ name }) => known.has(name));
  return {
    values: Object.fromEntries(settings.map(({ name, value }) => [name, value])),
    places: new Map(settings.map(({ name, line }) => [name, `${path}:${line}`])),
    ...faultsOf(text, path, { known, counts: (name) => environment[name] === undefined }),
  };
}

interface OwnEnvironment {
  readonly values: Environment;
  readonly findings: readonly Finding[];
}

/** The environment of this process, and which settings in it cannot be read. */
export function ownEnvironment(known: KnownSettings): OwnEnvironment {
  const findings = known.names.filter((name) => !isReadable(name)).map((name) => (
    { stops: true, text: `Cannot use ${name}: its value in the environment is not UTF-8` }
  ));
  return { values: Deno.env.toObject(), findings };
}

/** Asks for one variable: Deno drops those that are not UTF-8 from `toObject()` silently, and refuses them by name. */
function isReadable(name: string): boolean {
  try {
    Deno.env.get(name);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.InvalidData) return false;
    throw error;
  }
}

/** Whether the path exists. A broken link does: somebody meant a file to be there, and should hear of it. */
function exists(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** Looks for `.env.txt`, too: editors on Windows add that ending without showing it. */
function withoutFile(path: string): EnvFile {
  const other = `${path}.txt`;
  if (!exists(other)) return NO_ENV_FILE;
  const text = `${other} is not read: its name would have to be ${path}`;
  return { ...NO_ENV_FILE, findings: [{ stops: false, text }] };
}
