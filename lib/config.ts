/**
 * The settings: the one place that reads the environment and `.env`. All else gets the typed `Config`, or a
 * slice of it. The table in the README is checked against `SETTINGS`.
 */
import { parseEnv } from "node:util";

export type ListenerName = "deno" | "node";

/** Upper bounds; `Infinity` where one is `off`. Lengths are in UTF-16 units. */
export interface Limits {
  /** Bytes of one incoming frame. */
  readonly frame: number;
  readonly message: number;
  readonly name: number;
  readonly room: number;
  readonly userId: number;
  /** Rooms that one client may be in. */
  readonly rooms: number;
  /** Bytes that may wait for one client for a second; at no time more than 8 times as many. */
  readonly queue: number;
  /** Notifications kept for one user. */
  readonly inbox: number;
}

export interface RedisConfig {
  readonly host: string;
  readonly port: number;
  readonly username?: string;
  readonly password?: string;
  readonly database: number;
  readonly tls: boolean;
  /** Put before every key. */
  readonly prefix: string;
  /** The pub/sub channel that other systems publish notifications on. */
  readonly messageChannel: string;
  /** A node that has not been heard of for so long is taken for dead. */
  readonly leaseSeconds: number;
}

export interface Config {
  readonly host: string;
  readonly port: number;
  readonly debug: boolean;
  readonly listener: ListenerName;
  /** Folder of the embedded store; `:memory:` keeps it in memory. */
  readonly dataDir: string;
  /** Paths of PEM files. */
  readonly tls?: { readonly cert: string; readonly key: string };
  readonly keepaliveSeconds: number;
  readonly shutdownSeconds: number;
  readonly bot: { readonly name: string; readonly room: string };
  readonly limits: Limits;
  /** Absent: the embedded engine. */
  readonly redis?: RedisConfig;
}

/** A setting that stops the start; the message names it, its value and what is allowed. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
}

interface Setting {
  /** As one writes it; empty for none. */
  readonly default: string;
  readonly help: string;
  readonly kind: Kind;
}

interface Kind {
  readonly allowed: string;
  test(value: string): boolean;
  /** A value as an error may show it; as it is, if absent. */
  shown?(value: string): string;
}

const text: Kind = { allowed: "any text", test: () => true };
const filled: Kind = {
  allowed: "a non-empty text in one line",
  test: (value) => /^\P{Cc}+$/u.test(value),
};
const onOff: Kind = {
  allowed: "true or false",
  test: (value) => /^(true|false|1|0|yes|no|on|off)$/i.test(value),
};
const port: Kind = {
  allowed: "a whole number from 0 to 65535",
  test: (value) => /^\d{1,5}$/.test(value) && Number(value) <= 65535,
};
const seconds: Kind = {
  allowed: "a number of seconds from 1 to 86400",
  test: (value) => /^\d+$/.test(value) && Number(value) >= 1 && Number(value) <= 86400,
};
const limit: Kind = {
  allowed: "a whole number from 1 on, or off",
  test: (value) => value === "off" || (/^\d{1,15}$/.test(value) && Number(value) >= 1),
};
const listener: Kind = {
  allowed: "deno or node",
  test: (value) => value === "deno" || value === "node",
};
const redisUrl: Kind = {
  allowed: "a URL such as redis://user:password@host:6379/0 or rediss://…, percent-encoded",
  test: (value) => value === "" || isRedisUrl(value),
  // A password that was not encoded may hold any of ":/@", and then ends who knows where.
  shown: (value) => value.replace(/^(\w+:\/\/)?.*@/s, "$1***@"),
};

/** Every setting there is. */
export const SETTINGS = {
  APP_HOST: { default: "127.0.0.1", help: "Address to listen on", kind: filled },
  APP_PORT: { default: "7000", help: "Port to listen on; 0 picks a free one", kind: port },
  APP_DEBUG: { default: "false", help: "Log at debug level", kind: onOff },
  APP_LISTENER: {
    default: "deno",
    help: "`deno` (Deno's own server) or `node` (node:http and ws)",
    kind: listener,
  },
  APP_DATA_DIR: {
    default: "data",
    help: "Folder of the embedded store; `:memory:` keeps it in memory",
    kind: filled,
  },
  APP_TLS_CERT: { default: "", help: "Certificate file (PEM), for wss and https", kind: text },
  APP_TLS_KEY: { default: "", help: "Key file (PEM) of that certificate", kind: text },
  APP_KEEPALIVE_SECONDS: {
    default: "25",
    help: "A client silent for so long is pinged; for as long again, it is dead",
    kind: seconds,
  },
  APP_SHUTDOWN_SECONDS: {
    default: "10",
    help: "A stop takes no longer than this, whatever the clients do",
    kind: seconds,
  },
  APP_LIMIT_FRAME: { default: "65536", help: "Bytes of one incoming frame or body", kind: limit },
  APP_LIMIT_MESSAGE: { default: "10000", help: "Characters of a message", kind: limit },
  APP_LIMIT_NAME: { default: "64", help: "Characters of a name", kind: limit },
  APP_LIMIT_ROOM: { default: "128", help: "Characters of a room's name", kind: limit },
  APP_LIMIT_USER_ID: { default: "64", help: "Characters of a user id", kind: limit },
  APP_LIMIT_ROOMS: { default: "100", help: "Rooms that one client may be in", kind: limit },
  APP_LIMIT_QUEUE: {
    default: "1048576",
    help:
      "Bytes that may wait for a slow client for a second (8 times as many at once), before it is closed",
    kind: limit,
  },
  APP_LIMIT_INBOX: {
    default: "1000",
    help: "Notifications kept for one user; the oldest go first",
    kind: limit,
  },
  BOT_NAME: {
    default: "NotificationBot",
    help: "Name of this server's connections in Redis' `CLIENT LIST`",
    kind: filled,
  },
  BOT_ROOM: { default: "1", help: "Room of a notification that names none", kind: filled },
  REDIS_ENABLED: {
    default: "",
    help: "Use Redis; by default true where `REDIS_URL` or `REDIS_HOST` is set",
    kind: { ...onOff, test: (value: string) => value === "" || onOff.test(value) },
  },
  REDIS_URL: {
    default: "",
    help: "`redis://user:password@host:port/db` or `rediss://…`; in place of the next four",
    kind: redisUrl,
  },
  REDIS_HOST: { default: "127.0.0.1", help: "Redis' address", kind: filled },
  REDIS_PORT: { default: "6379", help: "Redis' port", kind: port },
  REDIS_USERNAME: { default: "", help: "Redis user (ACL)", kind: text },
  REDIS_PASSWORD: { default: "", help: "Redis password", kind: text },
  REDIS_PREFIX: { default: "notifyli:", help: "Put before every key in Redis", kind: text },
  REDIS_MESSAGE_CHANNEL: {
    default: "",
    help: "Channel that other systems PUBLISH on; by default the prefix and `messages`",
    kind: text,
  },
  REDIS_LEASE_SECONDS: {
    default: "15",
    help: "A node not heard of for so long is dead, and its clients leave the hashes",
    kind: seconds,
  },
} as const satisfies Record<string, Setting>;

export type SettingName = keyof typeof SETTINGS;

export interface LoadedConfig {
  readonly config: Config;
  /** What the user should know of, but that does not stop the start. */
  readonly warnings: readonly string[];
}

/** Reads the settings from the environment over `.env` in `folder`. Throws {@linkcode ConfigError}. */
export function loadConfig(folder = "."): LoadedConfig {
  return readConfig({ ...readEnvFile(`${folder}/.env`), ...Deno.env.toObject() });
}

/** Turns names and values into a `Config`. Throws {@linkcode ConfigError}. */
export function readConfig(env: Readonly<Record<string, string | undefined>>): LoadedConfig {
  const value = (name: SettingName): string => checked(name, env[name]?.trim());
  const given = (name: SettingName): boolean => (env[name]?.trim() ?? "") !== "";
  const max = (name: SettingName) => value(name) === "off" ? Infinity : Number(value(name));
  for (const name of Object.keys(SETTINGS)) value(name as SettingName);

  const config: Config = {
    host: value("APP_HOST"),
    port: Number(value("APP_PORT")),
    debug: isOn(value("APP_DEBUG")),
    listener: value("APP_LISTENER") as ListenerName,
    dataDir: value("APP_DATA_DIR"),
    tls: tlsConfig(value("APP_TLS_CERT"), value("APP_TLS_KEY")),
    keepaliveSeconds: Number(value("APP_KEEPALIVE_SECONDS")),
    shutdownSeconds: Number(value("APP_SHUTDOWN_SECONDS")),
    bot: { name: value("BOT_NAME"), room: value("BOT_ROOM") },
    limits: {
      frame: max("APP_LIMIT_FRAME"),
      message: max("APP_LIMIT_MESSAGE"),
      name: max("APP_LIMIT_NAME"),
      room: max("APP_LIMIT_ROOM"),
      userId: max("APP_LIMIT_USER_ID"),
      rooms: max("APP_LIMIT_ROOMS"),
      queue: max("APP_LIMIT_QUEUE"),
      inbox: max("APP_LIMIT_INBOX"),
    },
    redis: usesRedis(value("REDIS_ENABLED"), given("REDIS_URL") || given("REDIS_HOST"))
      ? redisConfig(value)
      : undefined,
  };
  return { config, warnings: unknownNames(env) };
}

function checked(name: SettingName, given: string | undefined): string {
  const setting: Setting = SETTINGS[name];
  const value = given === undefined || given === "" ? setting.default : given;
  if (setting.kind.test(value)) return value;
  const { shown = String, allowed } = setting.kind;
  throw new ConfigError(
    `Cannot use ${name}: current value is ${JSON.stringify(shown(value))}, allowed is ${allowed}`,
  );
}

function isOn(value: string): boolean {
  return /^(true|1|yes|on)$/i.test(value);
}

function usesRedis(enabled: string, addressed: boolean): boolean {
  return enabled === "" ? addressed : isOn(enabled);
}

function tlsConfig(cert: string, key: string): Config["tls"] {
  if (cert === "" && key === "") return undefined;
  if (cert !== "" && key !== "") return { cert, key };
  const [set, missing] = cert === ""
    ? ["APP_TLS_KEY", "APP_TLS_CERT"]
    : ["APP_TLS_CERT", "APP_TLS_KEY"];
  throw new ConfigError(`Cannot use ${set} alone: ${missing} is not set, and TLS needs both`);
}

function redisConfig(value: (name: SettingName) => string): RedisConfig {
  const prefix = value("REDIS_PREFIX");
  return {
    ...redisAddress(value),
    prefix,
    messageChannel: value("REDIS_MESSAGE_CHANNEL") || `${prefix}messages`,
    leaseSeconds: Number(value("REDIS_LEASE_SECONDS")),
  };
}

function redisAddress(value: (name: SettingName) => string) {
  const url = URL.parse(value("REDIS_URL"));
  if (url === null) {
    return {
      host: value("REDIS_HOST"),
      port: Number(value("REDIS_PORT")),
      username: value("REDIS_USERNAME") || undefined,
      password: value("REDIS_PASSWORD") || undefined,
      database: 0,
      tls: false,
    };
  }
  return {
    host: url.hostname.replace(/^\[|\]$/g, "") || "127.0.0.1",
    port: Number(url.port || "6379"),
    username: decodeURIComponent(url.username) || undefined,
    password: decodeURIComponent(url.password) || undefined,
    database: Number(url.pathname.slice(1)),
    tls: url.protocol === "rediss:",
  };
}

function isRedisUrl(value: string): boolean {
  const url = URL.parse(value);
  const known = url !== null && /^rediss?:$/.test(url.protocol) && url.hash === "" &&
    /^\/?\d*$/.test(url.pathname);
  if (!known) return false;
  try {
    decodeURIComponent(url.username + url.password);
    return true;
  } catch {
    return false;
  }
}

function unknownNames(env: Readonly<Record<string, unknown>>): string[] {
  return Object.keys(env)
    .filter((name) => /^(APP|REDIS|BOT)_/.test(name) && !(name in SETTINGS))
    .sort()
    .map((name) => `Unknown setting ${name}: it is ignored${suggestion(name)}`);
}

function suggestion(name: string): string {
  const near = Object.keys(SETTINGS).find((known) => isOneTypoAway(name, known));
  return near === undefined ? "" : `; did you mean ${near}?`;
}

/** One letter more, less or other, or two neighbours swapped. */
function isOneTypoAway(one: string, other: string): boolean {
  let start = 0;
  while (start < one.length && one[start] === other[start]) start++;
  let [endOne, endOther] = [one.length, other.length];
  while (endOne > start && endOther > start && one[endOne - 1] === other[endOther - 1]) {
    endOne--;
    endOther--;
  }
  const [left, right] = [one.slice(start, endOne), other.slice(start, endOther)];
  return (left.length <= 1 && right.length <= 1) ||
    (left.length === 2 && left === [...right].reverse().join(""));
}

function readEnvFile(path: string): Record<string, string | undefined> {
  try {
    return parseEnv(Deno.readTextFileSync(path));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return {};
    throw new ConfigError(`Cannot read ${path}: ${error instanceof Error ? error.message : error}`);
  }
}
