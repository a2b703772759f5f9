/** Reads slices from what is given: one value by its kind, or all that a slice comes to. */
import { ConfigError } from "../base/config_error.ts";
import type { Environment } from "./environment.ts";
import { KnownSettings } from "./known_settings.ts";
import type { Setting } from "./setting.ts";
import type { Slice } from "./slice.ts";

/** Reads a slice alone, by the defaults of all that is not given. Throws {@linkcode ConfigError}. */
export function readSlice<Config>(slice: Slice<Config>, env: Environment = {}): Config {
  return new SliceReader(new KnownSettings([slice]), env).of(slice);
}

export class SliceReader {
  readonly #known: KnownSettings;
  readonly #env: Environment;
  /** Names of settings whose text may hold what belongs to another, and is not shown. */
  readonly #damaged: ReadonlySet<string>;
  readonly #warnings = new Set<string>();

  constructor(known: KnownSettings, env: Environment, damaged: ReadonlySet<string> = new Set()) {
    this.#known = known;
    this.#env = env;
    this.#damaged = damaged;
  }

  /** What slices warned of so far. */
  get warnings(): readonly string[] {
    return [...this.#warnings];
  }

  /** What a slice comes to. Throws {@linkcode ConfigError}. */
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

  /** What a setting means. Throws {@linkcode ConfigError} where its kind does not allow it. */
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
