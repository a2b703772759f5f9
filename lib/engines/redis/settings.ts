/** The settings of Redis. */
import { ConfigError } from "../../base/config_error.ts";
import {
  filled,
  onOff,
  optional,
  port,
  seconds,
  secret,
  type SettingKind,
  text,
} from "../../config/kinds.ts";
import type { ValuesOf } from "../../config/setting.ts";
import { type Reader, slice } from "../../config/slice.ts";

/** Where Redis is, and how the server logs in. */
export interface RedisAddress {
  readonly host: string;
  readonly port: number;
  readonly username?: string;
  readonly password?: string;
  readonly database: number;
  readonly tls: boolean;
  /** Path of a PEM file with the authority that signed Redis' certificate; absent if it is a known one. */
  readonly tlsCa?: string;
}

export interface RedisConfig extends RedisAddress {
  /** The prefix of every name in Redis. */
  readonly prefix: string;
  /** Whether users stand in the connection hashes by their bare ids, too, as the old broker looks them up. */
  readonly plainFields: boolean;
  /** How long a node may be silent before others take it for dead. */
  readonly leaseSeconds: number;
  /** The name of this server's connections in `CLIENT LIST`. */
  readonly connectionName: string;
}

const redisUrl: SettingKind<URL> = {
  allowed: "a URL such as redis://user:password@host:6379/0 or rediss://…, percent-encoded",
  test: isRedisUrl,
  parse: (text) => new URL(text),
  // A password that was not encoded may contain ":", "/" and "@", so all up to the last "@" is hidden.
  shown: (text) => text.replace(/^(\w+:\/\/)?.*@/s, "$1***@"),
};

const SETTINGS = {
  REDIS_ENABLED: {
    default: "",
    help: "Use Redis; by default true where `REDIS_URL` or `REDIS_HOST` is set",
    kind: optional(onOff),
  },
  REDIS_URL: {
    default: "",
    help:
      "`redis://user:password@host:port/db` or `rediss://…`; in place of host, port, user and password",
    kind: optional(redisUrl),
  },
  REDIS_HOST: { default: "127.0.0.1", help: "Redis' address", kind: filled },
  REDIS_PORT: { default: "6379", help: "Redis' port", kind: port },
  REDIS_USERNAME: { default: "", help: "Redis user (ACL)", kind: text },
  REDIS_PASSWORD: { default: "", help: "Redis password", kind: secret },
  REDIS_TLS_CA: {
    default: "",
    help:
      "Authority (PEM file) that signed the certificate of a `rediss://`; by default the known ones",
    kind: text,
  },
  REDIS_PREFIX: { default: "notifyli:", help: "Prefix of every name in Redis", kind: text },
  REDIS_PLAIN_FIELDS: {
    default: "false",
    help: "Write `123` beside `user_123` into the connection hashes, as the old broker reads them",
    kind: onOff,
  },
  REDIS_LEASE_SECONDS: {
    default: "15",
    help: "A node not heard of for so long counts as dead; its clients leave the connection hashes",
    kind: seconds,
  },
  BOT_NAME: {
    default: "NotificationBot",
    help: "Name of this server's connections in Redis' `CLIENT LIST`",
    kind: filled,
  },
};

type Read = Reader<ValuesOf<typeof SETTINGS>>;

/** The config is `undefined` if the embedded engine is used. */
export const redis = slice({
  name: "redis",
  title: "Redis",
  settings: SETTINGS,
  config(read): RedisConfig | undefined {
    if (!isUsed(read)) return undefined;
    const address = addressOf(read);
    const tlsCa = read.value("REDIS_TLS_CA") || undefined;
    if (tlsCa !== undefined && !address.tls) {
      throw new ConfigError(
        "Cannot use REDIS_TLS_CA alone: REDIS_URL does not begin with rediss://",
      );
    }
    return {
      ...address,
      tlsCa,
      prefix: read.value("REDIS_PREFIX"),
      plainFields: read.value("REDIS_PLAIN_FIELDS"),
      leaseSeconds: read.value("REDIS_LEASE_SECONDS"),
      connectionName: read.value("BOT_NAME"),
    };
  },
});

function isUsed(read: Read): boolean {
  return read.value("REDIS_ENABLED") ?? (read.given("REDIS_URL") || read.given("REDIS_HOST"));
}

function addressOf(read: Read): RedisAddress {
  const url = read.value("REDIS_URL");
  if (url === undefined) {
    return {
      host: read.value("REDIS_HOST"),
      port: read.value("REDIS_PORT"),
      username: read.value("REDIS_USERNAME") || undefined,
      password: read.value("REDIS_PASSWORD") || undefined,
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

function isRedisUrl(text: string): boolean {
  const url = URL.parse(text);
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
