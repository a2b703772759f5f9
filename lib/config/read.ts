/** Reads slices from names and values: one value by its kind, or the whole config of a slice. */
import { ConfigError } from "../base/config_error.ts";
import type { Environment } from "./environment.ts";
import { KnownSettings } from "./known_settings.ts";
import type { Setting } from "./setting.ts";
import type { Slice } from "./slice.ts";

/** Reads one slice; settings that are not given have their defaults. Throws {@linkcode ConfigError}. */
export function readSlice<Config>(slice: Slice<Config>, env: Environment = {}): Config {
  return new SliceReader(new KnownSettings([slice]), env).of(slice);
}

export class SliceReader {
  readonly #known: KnownSettings;
  readonly #env: Environment;
  /** Names of settings whose text is not shown, since it may hold another setting's secret. */
  readonly #damaged: ReadonlySet<string>;
  readonly #warnings = new Set<string>();

  constructor(known: KnownSettings, env: Environment, damaged: ReadonlySet<string> = new Set()) {
    this.#known = known;
    this.#env = env;
    this.#damaged = damaged;
  }

  /** The warnings of all slices so far. */
  get warnings(): readonly string[] {
    return [...this.#warnings];
  }

  /** The config of a slice. Throws {@linkcode ConfigError}. */
  of<Config, Values>(slice: Slice<Config, string, Values>): Config {
    return slice.config({
      value: (name) => this.value(String(name), slice.settings[name]),
      given: (name) => this.#given(String(name)) !== "",
      of: (other) => this.of(other),
      variable: (names) =>
        Object.keys(this.#env).find((name) => names.test(name) && this.#env[name]),
      warn: (text) => void this.#warnings.add(text),
    });
  }

  /** The meaning of a setting. Throws {@linkcode ConfigError} if its kind does not allow its text. */
  value<Value>(name: string, { kind, default: usual }: Setting<Value>): Value {
    const text = this.#given(name) || usual;
    if (kind.test(text)) return kind.parse(text);
    const shown = kind.shown?.(text) ?? this.#known.withoutSettings(text);
    throw new ConfigError(
      `Cannot use ${name}: current value is ${
        JSON.stringify(this.#damaged.has(name) ? "***" : shown)
      }, allowed is ${kind.allowed}`,
    );
  }

  #given(name: string): string {
    return this.#env[name]?.trim() ?? "";
  }
}
