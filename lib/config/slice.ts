/** A slice of the configuration: the settings of one part of the program, and the config that they make. */
import type { Settings } from "./setting.ts";

type AnyValues = Record<string, unknown>;

export interface Slice<Config = unknown, Name extends string = string, Values = AnyValues> {
  /** The slice's field in the whole configuration. */
  readonly name: Name;
  /** The heading above its settings in `.env.example`. */
  readonly title: string;
  readonly settings: Settings<Values>;
  /**
   * Settings of the server that this one replaces, whose `.env` may be carried over: what each means here, to follow its name
   * and a colon. Empty where it means the same. A name that ends with `*` stands for all that begin so.
   */
  readonly carriedOver?: Readonly<Record<string, string>>;
  /**
   * Makes the config of the settings. Throws a `ConfigError` where good settings do not go together. It should check that
   * before it reads other settings, for it ends at the first wrong value, and would then not report the rest.
   */
  config(read: Reader<Values>): Config;
}

/** Reads the settings of one slice; the settings of another one are read through that slice. */
export interface Reader<Values = AnyValues> {
  /** The meaning of a setting, by its kind. */
  value<Name extends keyof Values>(name: Name): Values[Name];
  /** Whether somebody gave the setting a value. */
  given(name: keyof Values): boolean;
  /** The config of another slice. */
  of<Config>(other: Slice<Config>): Config;
  /** The name of a variable that has a value and matches, but is no setting of ours, such as `https_proxy`. */
  variable(names: RegExp): string | undefined;
  /** Warns whoever runs the server, once for each text. The start goes on. */
  warn(text: string): void;
}

/** The configs of slices, each under its slice's name. */
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

/** The config of one slice in a whole configuration. */
export function configOf<Config>(
  config: Readonly<Record<string, unknown>>,
  { name }: Slice<Config>,
): Config {
  return config[name] as Config; // no two slices have the same name: `configuration.ts` checks that
}
