/**
 * The configuration of the server itself: its defaults, and every setting of it. What a capability's settings come to is
 * tested in the folder of its tests.
 */
import assert from "node:assert/strict";
import type { Environment } from "../lib/config/environment.ts";
import { configOf } from "../lib/config/slice.ts";
import { KNOWN, readConfig, SLICES } from "../lib/configuration.ts";
import type { Feature } from "../lib/feature.ts";
import { FEATURES } from "../lib/features.ts";

const APP_KEY = "hunter2".padEnd(32, ".");

const OF_FEATURES = new Set(FEATURES.map(({ settings }: Feature) => settings));
/** The slices that the server has whatever its capabilities are. */
const SERVER_SLICES = SLICES.filter((slice) => !OF_FEATURES.has(slice));
const SERVER_NAMES = SERVER_SLICES.flatMap(({ settings }) => Object.keys(settings));

Deno.test("readConfig() gives a config for each slice, and no other", () => {
  assert.deepEqual(Object.keys(readConfig({}).config), SLICES.map(({ name }) => name));
});

Deno.test("readConfig() without settings gives the documented defaults", () => {
  assert.deepEqual(ofServer({}), {
    listeners: {
      host: "127.0.0.1",
      port: 7000,
      listener: "deno",
      basePath: "",
      tls: undefined,
      keepaliveSeconds: 25,
      shutdownSeconds: 10,
      drainSeconds: Infinity,
      headersSeconds: 10,
      requestSeconds: 30,
      headerBytes: 16384,
    },
    log: { debug: false, levels: new Map() },
    store: { dataDir: "data", sync: "always" },
    auth: { tokens: undefined },
    net: {
      origins: [],
      hosts: [],
      isOpen: false,
      addresses: { allowed: [], denied: [], trustedProxies: [] },
    },
    outgoing: { privateTargets: [] },
    limits: {
      frame: 65536,
      message: 10000,
      data: 16384,
      name: 64,
      room: 128,
      userId: 64,
      rooms: 100,
      queue: 1048576,
      connections: Infinity,
      connectionsPerUser: 100,
      connectionsPerAddress: 1000,
      identifySeconds: Infinity,
    },
    rates: {
      messages: { perSecond: 100, burst: 2000 },
      messagesPerUser: { perSecond: 200, burst: 4000 },
      events: { perSecond: 20, burst: 100 },
      connects: undefined,
      connectsPerAddress: { perSecond: 100, burst: 500 },
      publishes: undefined,
    },
    redis: undefined,
    database: { url: undefined },
  });
});

Deno.test("readConfig() takes every setting from the environment", () => {
  const env = {
    APP_HOST: "0.0.0.0",
    APP_PORT: "8080",
    APP_DEBUG: "true",
    APP_LOG_LEVELS: "notifyli.push:debug, notifyli.audit:warn",
    APP_LISTENER: "node",
    APP_BASE_PATH: "/realtime/",
    APP_DATA_DIR: ":memory:",
    APP_STORE_SYNC: "everysec",
    APP_TLS_CERT: "/cert.pem",
    APP_TLS_KEY: "/key.pem",
    APP_KEEPALIVE_SECONDS: "5",
    APP_ALLOWED_ORIGINS: "https://shop.example, *",
    APP_HOSTS: "Shop.Example., *.bücher.example",
    APP_KEY: `${APP_KEY} , ${APP_KEY}`,
    APP_TOKEN_ALGORITHM: "HS256",
    APP_TOKEN_PUBLIC_KEY: "",
    APP_TOKEN_JWKS_URL: "",
    APP_OPEN: "yes",
    APP_SHUTDOWN_SECONDS: "3",
    APP_DRAIN_SECONDS: "7",
    APP_LIMIT_FRAME: "1",
    APP_LIMIT_MESSAGE: "2",
    APP_LIMIT_DATA: "14",
    APP_LIMIT_NAME: "3",
    APP_LIMIT_ROOM: "4",
    APP_LIMIT_USER_ID: "5",
    APP_LIMIT_ROOMS: "6",
    APP_LIMIT_QUEUE: "7",
    APP_LIMIT_HEADERS: "10",
    APP_LIMIT_CONNECTIONS: "11",
    APP_LIMIT_CONNECTIONS_USER: "12",
    APP_LIMIT_CONNECTIONS_IP: "13",
    APP_RATE_MESSAGES: "1/2",
    APP_RATE_MESSAGES_USER: "3/4",
    APP_RATE_EVENTS: "11/12",
    APP_RATE_CONNECTS: "5/6",
    APP_RATE_CONNECTS_IP: "7/8",
    APP_RATE_PUBLISH: "9/10",
    APP_AUTH_SECONDS: "1",
    APP_HEADERS_SECONDS: "2",
    APP_REQUEST_SECONDS: "3",
    APP_ALLOW_IPS: "203.0.113.7, 2001:db8::/32",
    APP_DENY_IPS: "198.51.100.0/24",
    APP_TRUSTED_PROXIES: "127.0.0.1,::1",
    APP_OUTGOING_PRIVATE_IPS: "127.0.0.1, fd00::/8",
    BOT_NAME: "Bot",
    DATABASE_URL: "postgres://notifyli@db.example/notifyli",
    REDIS_ENABLED: "true",
    REDIS_URL: "",
    REDIS_HOST: "redis",
    REDIS_PORT: "6380",
    REDIS_USERNAME: "user",
    REDIS_PASSWORD: "secret",
    REDIS_DB: "3",
    REDIS_TLS_CA: "",
    REDIS_TLS_CERT: "",
    REDIS_TLS_KEY: "",
    REDIS_PREFIX: "n:",
    REDIS_LEASE_SECONDS: "9",
    REDIS_PLAIN_FIELDS: "true",
  };
  assert.deepEqual(Object.keys(env).sort(), SERVER_NAMES.toSorted());
  // Another prefix is warned of, unless somebody says which channel is meant.
  assert.deepEqual(ofServer({ ...env, REDIS_MESSAGE_CHANNEL: "news" }), {
    listeners: {
      host: "0.0.0.0",
      port: 8080,
      listener: "node",
      basePath: "/realtime",
      tls: { cert: "/cert.pem", key: "/key.pem" },
      keepaliveSeconds: 5,
      shutdownSeconds: 3,
      drainSeconds: 7,
      headersSeconds: 2,
      requestSeconds: 3,
      headerBytes: 10,
    },
    log: {
      debug: true,
      levels: new Map([["notifyli.push", "debug"], ["notifyli.audit", "warning"]]),
    },
    store: { dataDir: ":memory:", sync: "everysec" },
    auth: { tokens: { algorithm: "HS256", secrets: [APP_KEY, APP_KEY] } },
    net: {
      origins: ["https://shop.example", "*"],
      hosts: ["shop.example", "*.xn--bcher-kva.example"],
      isOpen: true,
      addresses: {
        allowed: ["203.0.113.7", "2001:db8::/32"],
        denied: ["198.51.100.0/24"],
        trustedProxies: ["127.0.0.1", "::1"],
      },
    },
    outgoing: { privateTargets: ["127.0.0.1", "fd00::/8"] },
    limits: {
      frame: 1,
      message: 2,
      data: 14,
      name: 3,
      room: 4,
      userId: 5,
      rooms: 6,
      queue: 7,
      connections: 11,
      connectionsPerUser: 12,
      connectionsPerAddress: 13,
      identifySeconds: 1,
    },
    rates: {
      messages: { perSecond: 1, burst: 2 },
      messagesPerUser: { perSecond: 3, burst: 4 },
      events: { perSecond: 11, burst: 12 },
      connects: { perSecond: 5, burst: 6 },
      connectsPerAddress: { perSecond: 7, burst: 8 },
      publishes: { perSecond: 9, burst: 10 },
    },
    redis: {
      host: "redis",
      port: 6380,
      username: "user",
      password: "secret",
      database: 3,
      tls: false,
      tlsCa: undefined,
      prefix: "n:",
      leaseSeconds: 9,
      plainFields: true,
      connectionName: "Bot",
    },
    database: { url: "postgres://notifyli@db.example/notifyli" },
  });
});

Deno.test("readConfig() takes `off` for every limit, which means that there is none", () => {
  for (const name of KNOWN.names.filter(isLimit)) {
    const kind = KNOWN.get(name)?.kind;
    assert.deepEqual([kind?.test("off"), kind?.parse("off")], [true, Infinity], name);
  }
  const names = SERVER_NAMES.filter(isLimit);
  const { config } = readConfig(Object.fromEntries(names.map((name) => [name, "off"])));
  const sizes = { ...config.limits, headerBytes: config.listeners.headerBytes };
  assert.deepEqual(new Set(Object.values(sizes)), new Set([Infinity]));
  assert.equal(names.length + 1, Object.keys(sizes).length, "and of `identifySeconds`, by default");
});

Deno.test("a setting that guards names settings alone", () => {
  for (const name of KNOWN.names) {
    const { oneOf = [], empty } = KNOWN.get(name)?.guard ?? {};
    const named = empty === undefined ? oneOf : [...oneOf, empty.unless];
    assert.deepEqual(named.filter((each) => !KNOWN.has(each)), [], name);
    assert.ok(oneOf.length === 0 || oneOf.includes(name) || name === "APP_TOKEN_ALGORITHM", name);
  }
});

function isLimit(name: string): boolean {
  return name.startsWith("APP_LIMIT_");
}

/** What the server's own slices come to. */
function ofServer(env: Environment): Record<string, unknown> {
  const { config, warnings } = readConfig(env);
  assert.deepEqual(warnings, []);
  return Object.fromEntries(SERVER_SLICES.map((each) => [each.name, configOf(config, each)]));
}
