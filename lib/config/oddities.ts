/**
 * Finds oddities in the settings of the environment and of `.env`. One that would let more people in than somebody wrote
 * down stops the start. No message shows a value.
 */
import type { Finding } from "./env_faults.ts";
import type { EnvFile, Environment } from "./environment.ts";
import { isOn } from "./kinds.ts";
import type { KnownSettings, Lost } from "./known_settings.ts";
import { flawsOf } from "./value_flaws.ts";

/** The settings that there are, and what somebody has given of them. */
export interface Given {
  readonly known: KnownSettings;
  /** The values of the environment, and those of the file that it does not have. */
  readonly env: Environment;
  readonly file: EnvFile;
}

export function oddities(given: Given): Finding[] {
  const { known, env, file } = given;
  const names = Object.keys(env).sort();
  return [
    ...file.findings,
    ...names.filter((name) => known.has(name)).flatMap((name) => ofSetting(name, given)),
    ...file.lost.map((each) => ofLost(each, given)),
    ...names.filter((name) => !known.has(name)).flatMap((name) => ofOther(name, given)),
    ...carriedOver(given),
  ];
}

/**
 * What settings mean here that both this server and the one that it replaces have. Nobody needs to be told where no setting
 * is there that only the other one has.
 */
function carriedOver({ known, env, file }: Given): Finding[] {
  const others = [...Object.keys(env), ...file.lost.map(({ what }) => what)];
  if (!others.some((name) => !known.has(name) && known.carriedOver(name))) return [];
  const shared = Object.keys(env).sort().filter((name) => known.has(name) && !isBlank(env[name]));
  const told = shared.flatMap((name): Finding[] => {
    const meaning = known.carriedOver(name);
    return meaning ? [{ name, stops: false, text: `${name}: ${meaning}` }] : [];
  });
  const same = shared.filter((name) => known.carriedOver(name) === "");
  if (same.length === 0) return told;
  return [...told, { stops: false, text: `${same.join(", ")}: as in the PHP server` }];
}

function ofSetting(name: string, given: Given): Finding[] {
  const { known, env, file } = given;
  const value = env[name] ?? "";
  if (isBlank(value)) return ofBlank(name, given);
  const place = file.places.get(name);
  const isFiled = isOfFile(name, given);
  return flawsOf(value, isFiled).map(({ text, isGrave }) =>
    isGrave && known.isDelicate(name)
      ? { name, stops: true, text: `Cannot use ${name}${isFiled ? ` (${place})` : ""}: it ${text}` }
      : { stops: false, text: `${isFiled ? `${place}: ` : ""}${name} ${text}` }
  );
}

function ofBlank(name: string, given: Given): Finding[] {
  const { known, env, file } = given;
  const { empty } = known.get(name)?.guard ?? {};
  const place = file.places.get(name);
  const isMeant = empty !== undefined && isOn(env[empty.unless]?.trim() ?? "");
  const stops = letsIn(name, given) && !isMeant;
  if (!isBlank(file.values[name])) {
    const why = `is empty in the environment, which goes before ${place}`;
    return [{ name, stops, text: stops ? `Cannot use ${name}: it ${why}` : `${name} ${why}` }];
  }
  if (empty === undefined || !stops) return [];
  const where = isOfFile(name, given) ? ` (${place})` : "";
  return [{
    name,
    stops,
    text: `Cannot use ${name}${where}: it is given, and empty, so that ${empty.why}`,
  }];
}

/** All programs share the environment: a name with small letters is another program's, unless a guard may be lost in it. */
function ofOther(name: string, given: Given): Finding[] {
  const lost = given.known.lostName(name);
  if (lost === undefined) return [];
  const finding = ofLost(lost, given);
  return finding.stops || !/[a-z]/.test(name) ? [finding] : [];
}

/** An ignored entry stops the start if it seems to be a setting that would have kept people out. */
function ofLost({ meant, what, place, carriedOver }: Lost, given: Given): Finding {
  if (carriedOver !== undefined) {
    const text = `${place === undefined ? "" : `${place}: `}${what}: ${carriedOver}`;
    return { stops: false, text };
  }
  if (meant !== undefined && letsIn(meant, given)) {
    const text = `Cannot do without ${meant}: it is not set, and ${place ?? "the environment"} ` +
      `has something like it (${what})`;
    return { stops: true, text };
  }
  const told = place === undefined ? capitalized(what) : `${place}: ${what}`;
  const guess = meant === undefined ? "" : `; did you mean ${meant}?`;
  return { stops: false, text: `${told}: it is ignored${guess}` };
}

/** Whether more people may come in because neither the setting nor another that keeps them out has a value. */
function letsIn(name: string, { known, env }: Given): boolean {
  const guard = known.get(name)?.guard;
  return guard !== undefined && (guard.oneOf ?? [name]).every((each) => isBlank(env[each]));
}

/** Whether the value is the file's. */
function isOfFile(name: string, { env, file }: Given): boolean {
  return file.places.has(name) && (env[name] ?? "") === file.values[name];
}

function isBlank(value: string | undefined): boolean {
  return (value ?? "").trim() === "";
}

function capitalized(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}
