/** The configuration: what the slices of all parts come to. A part that brings settings adds its slice to the list. */
import { keys } from "./auth/keys/settings.ts";
import { auth } from "./auth/settings.ts";
import {
  type Loaded,
  type LoadedEnvironment,
  readEnvironment,
  readSlices,
} from "./config/config.ts";
import { type EnvFile, type Environment, NO_ENV_FILE } from "./config/environment.ts";
import { KnownSettings } from "./config/known_settings.ts";
import type { ConfigOf } from "./config/slice.ts";
import { redis } from "./engines/redis/settings.ts";
import { store } from "./engines/settings.ts";
import { hooks } from "./hooks/settings.ts";
import { inbox } from "./inbox/settings.ts";
import { limits, rates } from "./limits/settings.ts";
import { listeners } from "./listeners/settings.ts";
import { log } from "./log/settings.ts";
import { net, outgoing } from "./net/settings.ts";
import { rooms } from "./rooms/settings.ts";
import { bridge } from "./ways/settings.ts";

/** In the order in which README and `.env.example` have them, and in which problems are told. */
export const SLICES = [
  listeners,
  log,
  store,
  auth,
  keys,
  net,
  outgoing,
  limits,
  rates,
  rooms,
  inbox,
  hooks,
  redis,
  bridge,
] as const;

export type Config = ConfigOf<typeof SLICES>;

export type LoadedConfig = Loaded<Config>;

export const KNOWN = new KnownSettings(SLICES);

/** Reads the settings from the environment over `.env` in `folder`. Throws a `ConfigError`. */
export function loadConfig(folder = "."): LoadedConfig {
  const { env, file } = loadEnvironment(folder);
  return readConfig(env, file);
}

/** Names and values as they are given. Throws a `ConfigError` where there is a `.env` that cannot be read. */
export function loadEnvironment(folder = "."): LoadedEnvironment {
  return readEnvironment(KNOWN, folder);
}

/** Turns names and values into a `Config`. Throws a `ConfigError`, which says all that is wrong. */
export function readConfig(env: Environment, file: EnvFile = NO_ENV_FILE): LoadedConfig {
  return readSlices(SLICES, { known: KNOWN, env, file });
}
