/**
 * Reads slices from the environment and `.env`, and lists every problem at once. This folder knows no setting:
 * `lib/configuration.ts` lists the slices.
 */
import { ConfigError } from "../base/config_error.ts";
import { reasonOf } from "../base/reason.ts";
import type { Finding } from "./env_faults.ts";
import { type EnvFile, type Environment, ownEnvironment, readEnvFile } from "./environment.ts";
import { type SettingInForce, settingsInForce } from "./in_force.ts";
import type { KnownSettings } from "./known_settings.ts";
import { type Given, oddities } from "./oddities.ts";
import { SliceReader } from "./read.ts";
import type { ConfigOf, Slice } from "./slice.ts";

export interface Loaded<Config> {
  readonly config: Config;
  /** Oddities that whoever runs the server should know of, and that do not stop the start. */
  readonly warnings: readonly string[];
  /** All settings as they are in force, without secrets. */
  readonly settings: readonly SettingInForce[];
}

/** Names and values from the environment over `.env`, and the file itself. */
export interface LoadedEnvironment {
  readonly env: Environment;
  readonly file: EnvFile;
}

/** Reads `.env` in `folder`, if there is one. Throws {@linkcode ConfigError} if it cannot be read. */
export function readEnvironment(known: KnownSettings, folder: string): LoadedEnvironment {
  const path = folder === "." ? ".env" : `${folder}/.env`;
  const own = ownEnvironment(known);
  try {
    const file = readEnvFile(path, { known, environment: own.values });
    const findings = [...own.findings, ...file.findings];
    return { env: { ...file.values, ...own.values }, file: { ...file, findings } };
  } catch (error) {
    throw new ConfigError(`Cannot read ${path}: ${reasonOf(error)}`);
  }
}

/** Throws a {@linkcode ConfigError} that lists every problem. */
export function readSlices<Slices extends readonly Slice[]>(
  slices: Slices,
  given: Given,
): Loaded<ConfigOf<Slices>> {
  const told = oddities(given);
  const damaged = told.flatMap(({ stops, name }) => stops && name ? [name] : []);
  const reader = new SliceReader(given.known, given.env, new Set(damaged));
  const values = slices.flatMap(({ settings }) =>
    Object.entries(settings).map(([name, setting]) => () => reader.value(name, setting))
  );
  requireAll([...values, ...slices.map((each) => () => reader.of(each))], told);
  const config = Object.fromEntries(slices.map((each) => [each.name, reader.of(each)]));
  // The cast restores which name has which type: `fromEntries` loses that.
  return {
    config: config as ConfigOf<Slices>,
    warnings: [...warningsOf(told), ...reader.warnings],
    settings: settingsInForce(given),
  };
}

/** Runs all checks, and lists the lines of their errors without doubles. */
export function problemsOf(checks: readonly (() => unknown)[]): string[] {
  const problems = checks.flatMap((check) => {
    try {
      check();
      return [];
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      return error.message.split("\n");
    }
  });
  return [...new Set(problems)];
}

function requireAll(checks: readonly (() => unknown)[], told: readonly Finding[]): void {
  const stops = told.filter((each) => each.stops).map(({ text }) => text);
  const problems = [...stops, ...problemsOf(checks)];
  // The warnings come along, since a warning may explain a problem.
  if (problems.length > 0) throw new ConfigError([...problems, ...warningsOf(told)].join("\n"));
}

function warningsOf(told: readonly Finding[]): string[] {
  return told.filter(({ stops }) => !stops).map(({ text }) => text);
}
