/** The configuration: what the settings of the server and of all capabilities come to. */
import { auth } from "./auth/settings.ts";
import { requireDistinct } from "./base/distinct.ts";
import {
  type Loaded,
  type LoadedEnvironment,
  readEnvironment,
  readSlices,
} from "./config/config.ts";
import { type EnvFile, type Environment, NO_ENV_FILE } from "./config/environment.ts";
import { KnownSettings } from "./config/known_settings.ts";
import type { ConfigOf, Slice } from "./config/slice.ts";
import { database } from "./engines/database/settings.ts";
import { redis } from "./engines/redis/settings.ts";
import { store } from "./engines/settings.ts";
import { FEATURES } from "./features.ts";
import { limits, rates } from "./limits/settings.ts";
import { listeners } from "./listeners/settings.ts";
import { log } from "./log/settings.ts";
import { net, outgoing } from "./net/settings.ts";

/** The slices that the server has whatever its capabilities are. */
const SERVER_SLICES = [
  listeners,
  log,
  store,
  auth,
  net,
  outgoing,
  limits,
  rates,
  redis,
  database,
] as const;

/** All slices, in the order of README, of `.env.example` and of the problems that are told. */
export const SLICES: readonly Slice[] = [
  ...SERVER_SLICES,
  ...FEATURES.flatMap((feature) => "settings" in feature ? [feature.settings] : []),
];

requireDistinct("slices of the settings", SLICES.map(({ name }) => name));

type FeatureSlice = Extract<typeof FEATURES[number], { readonly settings: Slice }>["settings"];

export type Config = ConfigOf<typeof SERVER_SLICES> & ConfigOf<readonly FeatureSlice[]>;

export type LoadedConfig = Loaded<Config>;

export const KNOWN = new KnownSettings(SLICES);

/** Reads the settings from the environment over `.env` in `folder`. Throws a `ConfigError`. */
export function loadConfig(folder = "."): LoadedConfig {
  const { env, file } = loadEnvironment(folder);
  return readConfig(env, file);
}

/** Reads names and values as they are given. Throws a `ConfigError` if there is a `.env` that cannot be read. */
export function loadEnvironment(folder = "."): LoadedEnvironment {
  return readEnvironment(KNOWN, folder);
}

/** Turns names and values into a `Config`. Throws a `ConfigError` that lists every problem. */
export function readConfig(env: Environment, file: EnvFile = NO_ENV_FILE): LoadedConfig {
  // The cast holds: each slice gives what its type says, under its name.
  return readSlices(SLICES, { known: KNOWN, env, file }) as LoadedConfig;
}
