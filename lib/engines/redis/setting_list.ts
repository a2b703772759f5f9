/** The list of Redis' settings, and what each may be. `settings.ts` makes a configuration of them. */
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
import type { Reader } from "../../config/slice.ts";
import { parseRedisHost, parseRedisUrl, shownAddress, type UrlParts } from "./address.ts";

const redisUrl: SettingKind<UrlParts> = {
  allowed: "a URL such as redis://user:password@host:6379/0, rediss://… (TLS, also tls://…) or " +
    "unix:///run/redis.sock, percent-encoded, with no other parameters than db, username and password",
  test: (text) => parseRedisUrl(text) !== undefined,
  parse: (text) => parseRedisUrl(text) ?? NOWHERE,
  shown: shownAddress,
};

const redisHost: SettingKind<UrlParts> = {
  allowed: "a host name, an address, or a socket's path, also behind tcp://, tls:// or unix://; " +
    "a port goes into REDIS_PORT",
  test: (text) => parseRedisHost(text) !== undefined,
  parse: (text) => parseRedisHost(text) ?? NOWHERE,
  shown: shownAddress,
};

/** Stands for no address: no text that passes its test comes to this. */
const NOWHERE: UrlParts = { tls: false };

const database: SettingKind<number> = {
  allowed: "a whole number from 0 on",
  test: (text) => /^\d{1,9}$/.test(text),
  parse: Number,
};

export const SETTINGS = {
  REDIS_ENABLED: {
    default: "",
    help: "Use Redis; by default true where `REDIS_URL` or `REDIS_HOST` is set",
    kind: optional(onOff),
  },
  REDIS_URL: {
    default: "",
    help:
      "`redis://user:password@host:port/db`, `rediss://…`, `unix:///path`; in place of host, port, user…",
    kind: optional(redisUrl),
  },
  REDIS_HOST: {
    default: "127.0.0.1",
    help: "Redis' address, or the path of its Unix socket",
    kind: redisHost,
  },
  REDIS_PORT: { default: "6379", help: "Redis' port", kind: port },
  REDIS_USERNAME: { default: "", help: "Redis user (ACL)", kind: text },
  REDIS_PASSWORD: { default: "", help: "Redis password", kind: secret },
  REDIS_DB: {
    default: "0",
    help: "Number of the database in Redis, where `REDIS_URL` names none",
    kind: database,
  },
  REDIS_TLS_CA: {
    default: "",
    help:
      "Authority (PEM file) that signed the certificate of a `rediss://`; by default the known ones",
    kind: text,
  },
  REDIS_TLS_CERT: {
    default: "",
    help: "Certificate file (PEM) of this server, for a Redis that asks its clients for one",
    kind: text,
  },
  REDIS_TLS_KEY: { default: "", help: "Key file (PEM) of that certificate", kind: text },
  REDIS_PREFIX: { default: "notifyli:", help: "Prefix of every name in Redis", kind: text },
  REDIS_PLAIN_FIELDS: {
    default: "false",
    help: "Write `123` beside `user_123` into the connection hashes, as the old broker reads them",
    kind: onOff,
  },
  REDIS_LEASE_SECONDS: {
    default: "15",
    help:
      "A node not heard of for so long counts as dead: its clients leave the connection hashes, and others send what it was sending",
    kind: seconds,
  },
  BOT_NAME: {
    default: "NotificationBot",
    help: "Name of this server's connections in Redis' `CLIENT LIST`",
    kind: filled,
  },
};

export type RedisReader = Reader<ValuesOf<typeof SETTINGS>>;
