/** Reads all that a start would read: the settings, the files they name, and the rules for rooms. */
import { TokenVerifier } from "../auth/tokens.ts";
import { ConfigError } from "../base/config_error.ts";
import { problemsOf } from "../config/config.ts";
import type { Environment } from "../config/environment.ts";
import { readPair, readPem } from "../config/pem.ts";
import { type Config, type LoadedConfig, loadEnvironment, readConfig } from "../configuration.ts";
import { tlsOptions } from "../engines/redis/tls_files.ts";
import { requirePossibleFolder } from "../engines/sqlite/data_dir.ts";
import { FEATURES } from "../features.ts";
import { requireClosedOrLocal } from "../net/open_mode.ts";
import { providerNotes } from "../push/providers/checks.ts";
import { tlsTexts } from "../ways/amqp/tls_files.ts";
import { type LoadedRooms, loadRooms } from "../rooms/rules/rooms_file.ts";

export interface Checked extends Omit<LoadedConfig, "settings">, LoadedRooms {
  readonly tokens: TokenVerifier | undefined;
  /** What else there is to know, a sentence each. */
  readonly notes: readonly string[];
}

/** Rejects with a `ConfigError` that has one problem a line. */
export async function checkAll(): Promise<Checked> {
  const { env, file } = loadEnvironment();
  const settings = problemsOf([() => readConfig(env, file)]);
  // Where settings are wrong, the rules are read all the same, as far as they can be.
  if (settings.length > 0) throw new ConfigError([...settings, ...problemsOfRooms(env)].join("\n"));
  const { config, warnings } = readConfig(env, file);
  const notes = Object.groupBy(
    await providerNotes(config.providers, Date.now()),
    ({ level }) => level,
  );
  const textsOf = (level: "error" | "warning" | "info") =>
    notes[level]?.map(({ text }) => text) ?? [];
  const problems = [
    ...problemsOf([
      () => requireClosedOrLocal(config),
      () => config.redis ?? requirePossibleFolder(config.store.dataDir),
      () => loadRooms(config),
    ]),
    ...await problemsOfFiles(config),
    ...await problemsOfPostgres(config),
    ...textsOf("error"),
  ];
  if (problems.length > 0) throw new ConfigError(problems.join("\n"));
  const { rooms, topics, warnings: more } = loadRooms(config);
  const { auth, limits } = config;
  const tokens = auth.tokens && await TokenVerifier.open(auth.tokens, limits);
  const all = [...warnings, ...more, ...textsOf("warning")];
  return { config, rooms, topics, tokens, warnings: all, notes: textsOf("info") };
}

function problemsOfRooms(env: Environment): string[] {
  const { APP_ROOMS, APP_KEY, APP_TOKEN_ALGORITHM, HOOK_ASK_URL } = env;
  const rooms = { file: APP_ROOMS?.trim() || undefined, privateRooms: [] };
  const auth = { tokens: APP_KEY || APP_TOKEN_ALGORITHM || HOOK_ASK_URL || undefined };
  return problemsOf([() => loadRooms({ rooms, auth })]);
}

/** What a start would find wrong with PostgreSQL. Loads the driver only where it is used. */
async function problemsOfPostgres({ database: { url } }: Config): Promise<string[]> {
  if (url === undefined) return [];
  const { whyNotPostgres } = await import("../engines/database/trial.ts");
  const reason = await whyNotPostgres(url, FEATURES);
  return reason === undefined ? [] : [`Cannot use the PostgreSQL of DATABASE_URL: ${reason}`];
}

/** What is wrong with the files that settings name. */
async function problemsOfFiles(
  { listeners, auth, redis, amqp, limits }: Config,
): Promise<string[]> {
  const { tls } = listeners;
  const { tokens } = auth;
  const [opened] = await Promise.allSettled([tokens && TokenVerifier.open(tokens, limits)]);
  const cert = { name: "APP_TLS_CERT", path: tls?.cert ?? "" };
  const key = { name: "APP_TLS_KEY", path: tls?.key ?? "" };
  const problems = problemsOf([
    () => tls && readPair(cert, key),
    () => tls && readPem(key.name, key.path, "PRIVATE KEY"),
    () => redis && tlsOptions(redis),
    () => amqp && tlsTexts(amqp),
    () => {
      if (opened.status === "rejected") throw opened.reason;
    },
  ]);
  return [...new Set(problems)]; // the key may be found fault with twice
}
