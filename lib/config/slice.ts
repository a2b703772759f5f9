/** A slice of the configuration: the settings of one part of the program, and what they come to together. */
import type { Settings } from "./setting.ts";

type AnyValues = Record<string, unknown>;

export interface Slice<Config = unknown, Name extends string = string, Values = AnyValues> {
  /** By which the whole configuration has it. */
  readonly name: Name;
  /** What stands above its settings in `.env.example`. */
  readonly title: string;
  readonly settings: Settings<Values>;
  /**
   * Throws a `ConfigError` where settings do not go together, each of which may be good. To be told of that beside a value
   * that is wrong by itself, it looks at these first: it ends at the first wrong one that it reads.
   */
  config(read: Reader<Values>): Config;
}

/** Reads the settings of one slice; others it can only see through the slice that they are of. */
export interface Reader<Values = AnyValues> {
  /** What a setting means, by its kind. */
  value<Name extends keyof Values>(name: Name): Values[Name];
  /** Whether somebody gave the setting a value. */
  given(name: keyof Values): boolean;
  /** What another slice comes to. */
  of<Config>(other: Slice<Config>): Config;
  /** The name of a variable that is no setting of ours and has a value, such as `https_proxy`. */
  variable(names: RegExp): string | undefined;
  /** Tells whoever runs the server of something that does not stop the start; the same text is told once. */
  warn(text: string): void;
}

/** What slices come to, each under its name. */
export type ConfigOf<Slices extends readonly Slice[]> = {
  readonly [Each in Slices[number] as Each["name"]]: ReturnType<Each["config"]>;
};

/**
 * Types a slice by its settings, so that it can read no other.
 *
 * @example
 * ```ts
 * import { onOff } from "./kinds.ts";
 * import { slice } from "./slice.ts";
 *
 * export const log = slice({
 *   name: "log",
 *   title: "Log",
 *   settings: { APP_DEBUG: { default: "false", help: "Log at debug level", kind: onOff } },
 *   config: (read) => ({ debug: read.value("APP_DEBUG") }),
 * });
 * ```
 */
export function slice<Config, const Name extends string, Values>(
  each: Slice<Config, Name, Values>,
): Slice<Config, Name, Values> {
  return each;
}

/** What one slice has come to. */
export function configOf<Config>(
  config: Readonly<Record<string, unknown>>,
  { name }: Slice<Config>,
): Config {
  return config[name] as Config; // each name is of one slice
}
