/**
 * The one place that reads the environment and `.env`. All else gets the typed `Config`, or a slice of it.
 */
import type { SyncMode } from "../engines/sqlite/disk_sync.ts";
import type { Finding } from "./env_faults.ts";
import { type EnvFile, type Environment, ownEnvironment, readEnvFile } from "./environment.ts";
import { parseHostPattern } from "../net/host_rules.ts";
import { type HistoryRule, parseHistoryRules } from "../rooms/rules/history_rules.ts";
import { parseRate, type Rate } from "../limits/rate.ts";
import { oddities } from "./oddities.ts";
import type { AllowedOrigins } from "../net/origin.ts";
import { Outward, type PrivateTargets } from "../net/outward.ts";
import { isOn, type Setting, type SettingName, SETTINGS } from "./settings.ts";
import type { Limits } from "../base/sizes.ts";
import { ConfigError } from "../base/config_error.ts";

export type ListenerName = "deno" | "node";

/** How often something may happen; absent where that is `off`. */
export interface Rates {
  /** Frames or commands of one connection, */
  readonly messages?: Rate;
  /** and of all connections of one user. */
  readonly messagesPerUser?: Rate;
  /** New connections in all, */
  readonly connects?: Rate;
  /** and from one address, or one /64 of IPv6. */
  readonly connectsPerAddress?: Rate;
  /** Notifications that one caller sends by the HTTP API. */
  readonly publishes?: Rate;
}

/** Addresses and networks such as `203.0.113.0/24`. */
export interface AddressRules {
  /** The only ones that may use the server; empty for all. */
  readonly allowed: readonly string[];
  readonly denied: readonly string[];
  /** Proxies that are believed when they say whom they speak for. */
  readonly trustedProxies: readonly string[];
}

export interface RedisConfig {
  readonly host: string;
  readonly port: number;
  readonly username?: string;
  readonly password?: string;
  readonly database: number;
  readonly tls: boolean;
  /** Path of a PEM file: who signs the certificate of a Redis with TLS, where that is none of the known ones. */
  readonly tlsCa?: string;
  /** Put before every key. */
  readonly prefix: string;
  /** The pub/sub channel that other systems publish notifications on. */
  readonly messageChannel: string;
  /** A node that has not been heard of for so long is taken for dead. */
  readonly leaseSeconds: number;
}

export interface WebhookConfig {
  readonly url: string;
  /** `whsec_…`, one or two. */
  readonly secrets: readonly string[];
  /** Where `url` may lead to besides public addresses. */
  readonly privateTargets: PrivateTargets;
}

export type TokenAlgorithm = "HS256" | "RS256" | "ES256" | "EdDSA";

export interface TokenConfig {
  readonly algorithm: TokenAlgorithm;
  /** Of HS256: the current one, and the previous one where there are two. */
  readonly secrets: readonly string[];
  /** Path of a PEM file. */
  readonly publicKey?: string;
  readonly jwksUrl?: string;
  /** Where `jwksUrl` may lead to besides public addresses. */
  readonly privateTargets?: PrivateTargets;
}

export interface Config {
  readonly host: string;
  readonly port: number;
  readonly debug: boolean;
  readonly listener: ListenerName;
  /** Folder of the embedded store; `:memory:` keeps it in memory. */
  readonly dataDir: string;
  readonly storeSync: SyncMode;
  /** Paths of PEM files. */
  readonly tls?: { readonly cert: string; readonly key: string };
  /** Sites besides its own whose pages may connect. */
  readonly origins: AllowedOrigins;
  /** Names and patterns by which it may be called, in the form of a URL; empty: no list. */
  readonly hosts: readonly string[];
  /** What commands show to the server's API. */
  readonly apiKey?: string;
  /** How users prove who they are; absent: they are believed. */
  readonly tokens?: TokenConfig;
  /** Clients may be believed on any address, and not on loopback addresses alone. */
  readonly isOpen: boolean;
  readonly keepaliveSeconds: number;
  readonly shutdownSeconds: number;
  readonly bot: { readonly name: string; readonly room: string };
  readonly limits: Limits;
  readonly rates: Rates;
  readonly addresses: AddressRules;
  /** In which a client must have said who it is; `Infinity` for no deadline. */
  readonly authSeconds: number;
  /** In which a request's headers must have come; on the `node` listener. */
  readonly headersSeconds: number;
  /** In which its body must have come. */
  readonly requestSeconds: number;
  /** How much of a room's messages is kept; the first rule that matches counts. */
  readonly history: readonly HistoryRule[];
  /** Path of the file of rules for rooms. */
  readonly roomsFile?: string;
  /** Patterns of rooms that need a subscription token or a grant. */
  readonly privateRooms: readonly string[];
  /** Who is told what was delivered and read; absent: nobody. */
  readonly webhook?: WebhookConfig;
  /** Absent: the embedded engine. */
  readonly redis?: RedisConfig;
}

export interface LoadedConfig {
  readonly config: Config;
  /** What the user should know of, but that does not stop the start. */
  readonly warnings: readonly string[];
}

/** Reads the settings from the environment over `.env` in `folder`. Throws {@linkcode ConfigError}. */
export function loadConfig(folder = "."): LoadedConfig {
  const { env, file } = loadEnvironment(folder);
  return readConfig(env, file);
}

/** Names and values as they are given, and what `.env` has of them. */
export interface Given {
  readonly env: Environment;
  readonly file: EnvFile;
}

/** Throws {@linkcode ConfigError} where there is a `.env` that cannot be read. */
export function loadEnvironment(folder = "."): Given {
  const path = folder === "." ? ".env" : `${folder}/.env`;
  const own = ownEnvironment();
  try {
    const file = readEnvFile(path, own.values);
    const findings = [...own.findings, ...file.findings];
    return { env: { ...file.values, ...own.values }, file: { ...file, findings } };
  } catch (error) {
    throw new ConfigError(`Cannot read ${path}: ${error instanceof Error ? error.message : error}`);
  }
}

/** Turns names and values into a `Config`. Throws {@linkcode ConfigError}, which says all that is wrong. */
export function readConfig(env: Environment, file?: EnvFile): LoadedConfig {
  const told = oddities(env, file);
  const damaged = new Set(told.flatMap(({ stops, name }) => stops && name ? [name] : []));
  const value = (name: SettingName): string => checked(name, env[name]?.trim(), damaged.has(name));
  const given = (name: SettingName): boolean => (env[name]?.trim() ?? "") !== "";
  const max = (name: SettingName) => value(name) === "off" ? Infinity : Number(value(name));
  const list = (name: SettingName) =>
    value(name).split(",").map((each) => each.trim()).filter((each) => each !== "");
  const tls = () => tlsConfig(value("APP_TLS_CERT"), value("APP_TLS_KEY"));
  const tokens = () => tokenConfig(value);
  const rooms = () => privateRooms(value("APP_PRIVATE_ROOMS"), tokens());
  const webhook = () => webhookConfig(value);
  const redis = () =>
    usesRedis(value("REDIS_ENABLED"), given("REDIS_URL") || given("REDIS_HOST"))
      ? redisConfig(value)
      : undefined;
  const each = Object.keys(SETTINGS).map((name) => () => value(name as SettingName));
  requireAll([...each, tls, tokens, rooms, webhook, redis], told);

  const config: Config = {
    host: value("APP_HOST"),
    port: Number(value("APP_PORT")),
    debug: isOn(value("APP_DEBUG")),
    listener: value("APP_LISTENER") as ListenerName,
    dataDir: value("APP_DATA_DIR"),
    storeSync: value("APP_STORE_SYNC") as SyncMode,
    tls: tls(),
    origins: list("APP_ALLOWED_ORIGINS"),
    hosts: list("APP_HOSTS").flatMap((name) => parseHostPattern(name) ?? []),
    apiKey: value("APP_API_KEY") || undefined,
    tokens: tokens(),
    isOpen: isOn(value("APP_OPEN")),
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
      history: max("APP_LIMIT_HISTORY"),
      inbox: max("APP_LIMIT_INBOX"),
      inboxDays: max("APP_LIMIT_INBOX_DAYS"),
      headers: max("APP_LIMIT_HEADERS"),
      connections: max("APP_LIMIT_CONNECTIONS"),
      connectionsPerUser: max("APP_LIMIT_CONNECTIONS_USER"),
      connectionsPerAddress: max("APP_LIMIT_CONNECTIONS_IP"),
    },
    rates: {
      messages: parseRate(value("APP_RATE_MESSAGES")),
      messagesPerUser: parseRate(value("APP_RATE_MESSAGES_USER")),
      connects: parseRate(value("APP_RATE_CONNECTS")),
      connectsPerAddress: parseRate(value("APP_RATE_CONNECTS_IP")),
      publishes: parseRate(value("APP_RATE_PUBLISH")),
    },
    addresses: {
      allowed: list("APP_ALLOW_IPS"),
      denied: list("APP_DENY_IPS"),
      trustedProxies: list("APP_TRUSTED_PROXIES"),
    },
    authSeconds: max("APP_AUTH_SECONDS"),
    headersSeconds: max("APP_HEADERS_SECONDS"),
    requestSeconds: max("APP_REQUEST_SECONDS"),
    history: parseHistoryRules(value("APP_HISTORY")),
    roomsFile: value("APP_ROOMS") || undefined,
    privateRooms: rooms(),
    webhook: webhook(),
    redis: redis(),
  };
  return { config, warnings: [...warningsOf(told), ...unusedProxies(env, config)] };
}

/** What is wrong, of all that these find: one thing a line, each once. */
export function problemsOf(checks: readonly (() => unknown)[]): string[] {
  const problems = checks.flatMap((check) => {
    try {
      check();
      return [];
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      return error.message.split("\n");
    }
  });
  return [...new Set(problems)];
}

function requireAll(checks: readonly (() => unknown)[], told: readonly Finding[]): void {
  const stops = told.filter((each) => each.stops).map(({ text }) => text);
  const problems = [...stops, ...problemsOf(checks)];
  // What does not stop the start may be why something does.
  if (problems.length > 0) throw new ConfigError([...problems, ...warningsOf(told)].join("\n"));
}

function warningsOf(told: readonly Finding[]): string[] {
  return told.filter(({ stops }) => !stops).map(({ text }) => text);
}

/** @param isDamaged it may hold what belongs to another setting */
function checked(name: SettingName, given: string | undefined, isDamaged: boolean): string {
  const setting: Setting = SETTINGS[name];
  const value = given === undefined || given === "" ? setting.default : given;
  if (setting.kind.test(value)) return value;
  const { shown = withoutSettings, allowed } = setting.kind;
  throw new ConfigError(
    `Cannot use ${name}: current value is ${
      JSON.stringify(isDamaged ? "***" : shown(value))
    }, allowed is ${allowed}`,
  );
}

/** `APP_PORT=80 APP_KEY=…` in one line is one value, and a secret stands in it. */
function withoutSettings(value: string): string {
  return value.replace(/\b((APP|REDIS|BOT|WEBHOOK)_\w*=).*$/s, "$1***");
}

/** What stands between commas. */
function listed(text: string): string[] {
  return text.split(",").map((each) => each.trim()).filter((each) => each !== "");
}

function privateRooms(text: string, tokens: TokenConfig | undefined): string[] {
  const rooms = listed(text);
  if (rooms.length === 0 || tokens !== undefined) return rooms;
  throw new ConfigError(
    "Cannot use APP_PRIVATE_ROOMS in open mode, where anyone is who they say: set APP_KEY",
  );
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

function tokenConfig(value: (name: SettingName) => string): TokenConfig | undefined {
  const algorithm = value("APP_TOKEN_ALGORITHM") as TokenAlgorithm;
  const secrets = listed(value("APP_KEY"));
  const publicKey = value("APP_TOKEN_PUBLIC_KEY") || undefined;
  const jwksUrl = value("APP_TOKEN_JWKS_URL") || undefined;
  const isSecret = algorithm === "HS256";
  if (isSecret && (publicKey ?? jwksUrl) !== undefined) {
    const name = publicKey === undefined ? "APP_TOKEN_JWKS_URL" : "APP_TOKEN_PUBLIC_KEY";
    throw new ConfigError(
      `Cannot use ${name} with APP_TOKEN_ALGORITHM HS256: set it to RS256, ES256 or EdDSA`,
    );
  }
  if (isSecret) return secrets.length === 0 ? undefined : { algorithm, secrets };
  if (secrets.length > 0) {
    throw new ConfigError(
      `Cannot use APP_KEY with APP_TOKEN_ALGORITHM ${algorithm}: it is a secret for HS256`,
    );
  }
  if ((publicKey === undefined) === (jwksUrl === undefined)) {
    throw new ConfigError(
      `Cannot use APP_TOKEN_ALGORITHM ${algorithm}: ` +
        "set one of APP_TOKEN_PUBLIC_KEY and APP_TOKEN_JWKS_URL",
    );
  }
  if (jwksUrl === undefined) return { algorithm, secrets, publicKey };
  return { algorithm, secrets, jwksUrl, privateTargets: targets("APP_TOKEN_JWKS_URL", value) };
}

function webhookConfig(value: (name: SettingName) => string): WebhookConfig | undefined {
  const [url, secret] = [value("WEBHOOK_URL"), value("WEBHOOK_SECRET")];
  if (url === "") return undefined;
  if (secret !== "") {
    return { url, secrets: secret.split(" "), privateTargets: targets("WEBHOOK_URL", value) };
  }
  throw new ConfigError(
    "Cannot use WEBHOOK_URL alone: WEBHOOK_SECRET is not set, and every webhook is signed",
  );
}

/** The private addresses that a setting's URL may lead to; any other in it stops the start. */
function targets(
  name: "WEBHOOK_URL" | "APP_TOKEN_JWKS_URL",
  value: (name: SettingName) => string,
): PrivateTargets {
  const allowed = listed(value("APP_OUTGOING_PRIVATE_IPS"));
  const address = new Outward(allowed).refusedTarget(new URL(value(name)));
  if (address === undefined) return allowed;
  throw new ConfigError(
    `Cannot use ${name}: it leads to the private address ${address}. ` +
      `If it should, set APP_OUTGOING_PRIVATE_IPS=${address}`,
  );
}

function redisConfig(value: (name: SettingName) => string): RedisConfig {
  const prefix = value("REDIS_PREFIX");
  const address = redisAddress(value);
  const tlsCa = value("REDIS_TLS_CA") || undefined;
  if (tlsCa !== undefined && !address.tls) {
    throw new ConfigError("Cannot use REDIS_TLS_CA alone: REDIS_URL does not begin with rediss://");
  }
  return {
    ...address,
    tlsCa,
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

/** What is checked here is connected to from here. */
function unusedProxies(
  env: Readonly<Record<string, string | undefined>>,
  { webhook, tokens }: Config,
): string[] {
  const isDirect = [webhook, tokens].some((each) => each?.privateTargets?.includes("*") === false);
  const proxy = Object.keys(env).find((name) => /^(https?|all)_proxy$/i.test(name) && env[name]);
  return isDirect && proxy !== undefined
    ? [
      `${proxy} is not used, unless APP_OUTGOING_PRIVATE_IPS=* leaves it to the proxy what is private`,
    ]
    : [];
}
