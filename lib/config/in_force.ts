/** Lists the settings as they are in force, for operators: where each value is from, and no secret. */
import type { EnvFile, Environment } from "./environment.ts";
import type { KnownSettings } from "./known_settings.ts";
import type { Setting } from "./setting.ts";

export interface SettingInForce {
  readonly name: string;
  /** As somebody has written it, or the default; without what is secret in it, and `null` where all of it is. */
  readonly value: string | null;
  /** Whether the value is secret, or a part of it. */
  readonly hidden: boolean;
  readonly default: string;
  readonly source: "environment" | "file" | "default";
  readonly help: string;
  /** Whether a new value counts without a restart. */
  readonly reloadable: boolean;
}

interface Given {
  readonly known: KnownSettings;
  /** The environment over the file. */
  readonly env: Environment;
  readonly file: EnvFile;
}

export function settingsInForce({ known, env, file }: Given): SettingInForce[] {
  return known.names.flatMap((name) => {
    const setting = known.get(name);
    return setting === undefined ? [] : [inForce(name, setting, { known, env, file })];
  });
}

function inForce(name: string, setting: Setting, { known, env, file }: Given): SettingInForce {
  const { default: usual, help, kind, reloadable = false } = setting;
  const given = env[name]?.trim() ?? "";
  const shown = kind.shown;
  const text = given || usual;
  const value = text === "" ? "" : shown?.(text) ?? known.withoutSettings(text);
  return {
    name,
    value: value === "***" ? null : value,
    hidden: shown !== undefined,
    default: usual,
    source: given === "" ? "default" : isOfFile(name, env, file) ? "file" : "environment",
    help,
    reloadable,
  };
}

/** The environment wins, so a value is the file's where no other one stands before it. */
function isOfFile(name: string, env: Environment, file: EnvFile): boolean {
  return file.values[name] !== undefined && file.values[name] === env[name];
}
