/**
 * Says what is odd about the settings as they are given, in the environment and in `.env`. What would let more people in
 * than somebody wrote down stops the start; no value is shown.
 */
import { type Finding, GUARDS, isDelicate } from "./env_faults.ts";
import { type EnvFile, type Environment, NO_ENV_FILE } from "./environment.ts";
import { isSetting, type Lost, lostName } from "./setting_names.ts";
import { isOn, type SettingName } from "./settings.ts";
import { flawsOf } from "./value_flaws.ts";

/** Each of these closes the server. */
const KEYS: readonly SettingName[] = ["APP_KEY", "APP_TOKEN_PUBLIC_KEY", "APP_TOKEN_JWKS_URL"];

/** @param env the environment over what the file has */
export function oddities(env: Environment, file: EnvFile = NO_ENV_FILE): Finding[] {
  const names = Object.keys(env).sort();
  return [
    ...file.findings,
    ...names.filter(isSetting).flatMap((name) => ofSetting(name, env, file)),
    ...file.lost.map((each) => ofLost(each, env)),
    ...names.filter((name) => !isSetting(name)).flatMap((name) => ofOther(name, env)),
  ];
}

function ofSetting(name: SettingName, env: Environment, file: EnvFile): Finding[] {
  const value = env[name] ?? "";
  const place = file.places.get(name);
  const isFiled = place !== undefined && value === file.values[name];
  if (isBlank(value)) return ofBlank(name, env, { file, isFiled });
  return flawsOf(value, isFiled).map(({ text, isGrave }) =>
    isGrave && isDelicate(name)
      ? { name, stops: true, text: `Cannot use ${name}${isFiled ? ` (${place})` : ""}: it ${text}` }
      : { stops: false, text: `${isFiled ? `${place}: ` : ""}${name} ${text}` }
  );
}

function ofBlank(
  name: SettingName,
  env: Environment,
  { file, isFiled }: { file: EnvFile; isFiled: boolean },
): Finding[] {
  const place = file.places.get(name);
  const mayBeOpen = name === "APP_KEY" && isOn(env["APP_OPEN"]?.trim() ?? "");
  const stops = isMissing(name, env) && !mayBeOpen;
  if (!isBlank(file.values[name])) {
    const why = `is empty in the environment, which goes before ${place}`;
    return [{ name, stops, text: stops ? `Cannot use ${name}: it ${why}` : `${name} ${why}` }];
  }
  if (name !== "APP_KEY" || !stops) return [];
  const text = `Cannot use APP_KEY${isFiled ? ` (${place})` : ""}: it is given, and empty, so ` +
    "that anyone would be who they say. Fill it, or take it out to try the server out, or set " +
    "APP_OPEN=true if anyone may be anyone";
  return [{ name, stops, text }];
}

/** The environment is for all programs: a name in small letters is somebody else's, unless it may be what is missing. */
function ofOther(name: string, env: Environment): Finding[] {
  const lost = lostName(name);
  if (lost === undefined) return [];
  const finding = ofLost(lost, env);
  return finding.stops || !/[a-z]/.test(name) ? [finding] : [];
}

/** What is ignored stops the start where it seems to be what keeps people out. */
function ofLost({ meant, what, place }: Lost, env: Environment): Finding {
  if (meant !== undefined && isMissing(meant, env)) {
    const text = `Cannot do without ${meant}: it is not set, and ${place ?? "the environment"} ` +
      `has something like it (${what})`;
    return { stops: true, text };
  }
  const told = place === undefined ? capitalized(what) : `${place}: ${what}`;
  const guess = meant === undefined ? "" : `; did you mean ${meant}?`;
  return { stops: false, text: `${told}: it is ignored${guess}` };
}

/** Whether more people may come in, since it has no value. */
function isMissing(name: SettingName, env: Environment): boolean {
  const isKey = name.startsWith("APP_TOKEN_") || name === "APP_KEY";
  return GUARDS.has(name) && (isKey ? KEYS : [name]).every((each) => isBlank(env[each]));
}

function isBlank(value: string | undefined): boolean {
  return (value ?? "").trim() === "";
}

function capitalized(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}
