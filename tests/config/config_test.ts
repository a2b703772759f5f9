/** The settings: what each of them takes, where they are read from, and how a wrong one stops the start. */
import assert from "node:assert/strict";
import { ConfigError } from "../../lib/base/config_error.ts";
import { loadConfig, readConfig } from "../../lib/config/config.ts";
import { type SettingName, SETTINGS } from "../../lib/config/settings.ts";
import { VERSION } from "../../lib/base/version.ts";
import { run, taskCommand } from "../support/command.ts";
import { EnvFolder } from "../support/env_folder.ts";
import { Program } from "../support/program.ts";

type Env = Record<string, string>;

const APP_KEY = "hunter2".padEnd(32, ".");
const SECRET = `whsec_${btoa("hunter2".padEnd(24, "."))}`;
const API_KEY = `nk_${"hunter2".padEnd(12, "x")}_${"hunter2".padEnd(40, "x")}`;
const OTHER_SECRET = `whsec_${btoa("hunter2".padEnd(64, "."))}`;

Deno.test("readConfig() without settings gives the documented defaults", () => {
  const { config, warnings } = readConfig({});
  assert.deepEqual(config, {
    host: "127.0.0.1",
    port: 7000,
    debug: false,
    listener: "deno",
    dataDir: "data",
    storeSync: "always",
    tls: undefined,
    origins: [],
    hosts: [],
    apiKey: undefined,
    tokens: undefined,
    isOpen: false,
    keepaliveSeconds: 25,
    shutdownSeconds: 10,
    bot: { name: "NotificationBot", room: "1" },
    limits: {
      frame: 65536,
      message: 10000,
      name: 64,
      room: 128,
      userId: 64,
      rooms: 100,
      queue: 1048576,
      history: 536870912,
      inbox: 1000,
      inboxDays: 30,
      headers: 16384,
      connections: Infinity,
      connectionsPerUser: 100,
      connectionsPerAddress: 1000,
    },
    rates: {
      messages: { perSecond: 100, burst: 2000 },
      messagesPerUser: { perSecond: 200, burst: 4000 },
      connects: undefined,
      connectsPerAddress: { perSecond: 100, burst: 500 },
      publishes: undefined,
    },
    addresses: { allowed: [], denied: [], trustedProxies: [] },
    authSeconds: Infinity,
    headersSeconds: 10,
    requestSeconds: 30,
    history: [{ pattern: "*", size: 100, seconds: 300 }],
    roomsFile: undefined,
    privateRooms: [],
    webhook: undefined,
    redis: undefined,
  });
  assert.deepEqual(warnings, []);
});

Deno.test("readConfig() takes every setting from the environment", () => {
  const { config, warnings } = readConfig(
    {
      APP_HOST: "0.0.0.0",
      APP_PORT: "8080",
      APP_DEBUG: "true",
      APP_LISTENER: "node",
      APP_DATA_DIR: ":memory:",
      APP_STORE_SYNC: "everysec",
      APP_TLS_CERT: "/cert.pem",
      APP_TLS_KEY: "/key.pem",
      APP_API_KEY: API_KEY,
      APP_KEEPALIVE_SECONDS: "5",
      APP_ALLOWED_ORIGINS: "https://shop.example, *",
      APP_HOSTS: "Shop.Example., *.bücher.example",
      APP_KEY: `${APP_KEY} , ${APP_KEY}`,
      APP_TOKEN_ALGORITHM: "HS256",
      APP_TOKEN_PUBLIC_KEY: "",
      APP_TOKEN_JWKS_URL: "",
      APP_OPEN: "yes",
      APP_SHUTDOWN_SECONDS: "3",
      APP_LIMIT_FRAME: "1",
      APP_LIMIT_MESSAGE: "2",
      APP_LIMIT_NAME: "3",
      APP_LIMIT_ROOM: "4",
      APP_LIMIT_USER_ID: "5",
      APP_LIMIT_ROOMS: "6",
      APP_LIMIT_QUEUE: "7",
      APP_LIMIT_HISTORY: "88",
      APP_LIMIT_INBOX: "8",
      APP_LIMIT_INBOX_DAYS: "9",
      APP_LIMIT_HEADERS: "10",
      APP_LIMIT_CONNECTIONS: "11",
      APP_LIMIT_CONNECTIONS_USER: "12",
      APP_LIMIT_CONNECTIONS_IP: "13",
      APP_RATE_MESSAGES: "1/2",
      APP_RATE_MESSAGES_USER: "3/4",
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
      APP_HISTORY: "news:*=10/60, *=0/1",
      APP_ROOMS: "rooms.json",
      APP_PRIVATE_ROOMS: "staff:*, board",
      BOT_NAME: "Bot",
      BOT_ROOM: "lobby",
      WEBHOOK_URL: "https://shop.example/hook?a=b",
      WEBHOOK_SECRET: `${SECRET} ${OTHER_SECRET}`,
      REDIS_ENABLED: "true",
      REDIS_URL: "",
      REDIS_HOST: "redis",
      REDIS_PORT: "6380",
      REDIS_USERNAME: "user",
      REDIS_PASSWORD: "secret",
      REDIS_TLS_CA: "",
      REDIS_PREFIX: "n:",
      REDIS_MESSAGE_CHANNEL: "n-messages",
      REDIS_LEASE_SECONDS: "9",
    } satisfies Record<SettingName, string>,
  );
  assert.deepEqual(config, {
    host: "0.0.0.0",
    port: 8080,
    debug: true,
    listener: "node",
    dataDir: ":memory:",
    storeSync: "everysec",
    tls: { cert: "/cert.pem", key: "/key.pem" },
    origins: ["https://shop.example", "*"],
    hosts: ["shop.example", "*.xn--bcher-kva.example"],
    apiKey: API_KEY,
    tokens: { algorithm: "HS256", secrets: [APP_KEY, APP_KEY] },
    isOpen: true,
    keepaliveSeconds: 5,
    shutdownSeconds: 3,
    bot: { name: "Bot", room: "lobby" },
    limits: {
      frame: 1,
      message: 2,
      name: 3,
      room: 4,
      userId: 5,
      rooms: 6,
      queue: 7,
      history: 88,
      inbox: 8,
      inboxDays: 9,
      headers: 10,
      connections: 11,
      connectionsPerUser: 12,
      connectionsPerAddress: 13,
    },
    rates: {
      messages: { perSecond: 1, burst: 2 },
      messagesPerUser: { perSecond: 3, burst: 4 },
      connects: { perSecond: 5, burst: 6 },
      connectsPerAddress: { perSecond: 7, burst: 8 },
      publishes: { perSecond: 9, burst: 10 },
    },
    addresses: {
      allowed: ["203.0.113.7", "2001:db8::/32"],
      denied: ["198.51.100.0/24"],
      trustedProxies: ["127.0.0.1", "::1"],
    },
    authSeconds: 1,
    headersSeconds: 2,
    requestSeconds: 3,
    history: [{ pattern: "news:*", size: 10, seconds: 60 }, { pattern: "*", size: 0, seconds: 1 }],
    roomsFile: "rooms.json",
    privateRooms: ["staff:*", "board"],
    webhook: {
      url: "https://shop.example/hook?a=b",
      secrets: [SECRET, OTHER_SECRET],
      privateTargets: ["127.0.0.1", "fd00::/8"],
    },
    redis: {
      host: "redis",
      port: 6380,
      username: "user",
      password: "secret",
      database: 0,
      tls: false,
      tlsCa: undefined,
      prefix: "n:",
      messageChannel: "n-messages",
      leaseSeconds: 9,
    },
  });
  assert.deepEqual(warnings, []);
});

Deno.test("readConfig() takes an empty or blank value as the default", () => {
  assert.deepEqual(readConfig({ APP_PORT: "", BOT_ROOM: "  ", APP_DEBUG: "" }), readConfig({}));
});

Deno.test("readConfig() takes `off` for a limit", () => {
  const limits = Object.keys(SETTINGS).filter((name) => name.startsWith("APP_LIMIT_"));
  const { config } = readConfig(Object.fromEntries(limits.map((name) => [name, "off"])));
  assert.deepEqual(new Set(Object.values(config.limits)), new Set([Infinity]));
  assert.equal(limits.length, Object.keys(config.limits).length);
});

const SWITCHES: [value: string, on: boolean][] = [
  ["true", true],
  ["TRUE", true],
  ["1", true],
  ["yes", true],
  ["on", true],
  ["false", false],
  ["0", false],
  ["no", false],
  ["Off", false],
];
for (const [value, on] of SWITCHES) {
  Deno.test(`readConfig() reads ${value} as ${on}`, () => {
    assert.equal(readConfig({ APP_DEBUG: value }).config.debug, on);
    assert.equal(readConfig({ REDIS_ENABLED: value }).config.redis !== undefined, on);
  });
}

const BAD: [name: SettingName, value: string, allowed: string][] = [
  ["APP_PORT", "http", "a whole number from 0 to 65535"],
  ["APP_PORT", "65536", "a whole number from 0 to 65535"],
  ["APP_PORT", "-1", "a whole number from 0 to 65535"],
  ["APP_PORT", "70.5", "a whole number from 0 to 65535"],
  ["REDIS_PORT", "0x10", "a whole number from 0 to 65535"],
  ["APP_DEBUG", "maybe", "true or false"],
  ["REDIS_ENABLED", "2", "true or false"],
  ["APP_LISTENER", "bun", "deno or node"],
  ["APP_LISTENER", "Deno", "deno or node"],
  ["APP_KEEPALIVE_SECONDS", "0", "a number of seconds from 1 to 86400"],
  ["APP_KEEPALIVE_SECONDS", "25s", "a number of seconds from 1 to 86400"],
  ["APP_SHUTDOWN_SECONDS", "86401", "a number of seconds from 1 to 86400"],
  ["REDIS_LEASE_SECONDS", "1.5", "a number of seconds from 1 to 86400"],
  ["APP_LIMIT_FRAME", "0", "a whole number from 1 on, or off"],
  ["APP_LIMIT_MESSAGE", "-5", "a whole number from 1 on, or off"],
  ["APP_LIMIT_QUEUE", "1e6", "a whole number from 1 on, or off"],
  ["APP_LIMIT_INBOX", "unlimited", "a whole number from 1 on, or off"],
  ["APP_LIMIT_ROOMS", "9999999999999999", "a whole number from 1 on, or off"],
  ["APP_AUTH_SECONDS", "0", "a number of seconds from 1 to 86400, or off"],
  ["APP_RATE_MESSAGES", "100", "a rate and a burst such as 100/2000, or off"],
  ["APP_RATE_MESSAGES_USER", "0/10", "a rate and a burst such as 100/2000, or off"],
  ["APP_RATE_CONNECTS", "10/0", "a rate and a burst such as 100/2000, or off"],
  ["APP_RATE_CONNECTS_IP", "1.5/2", "a rate and a burst such as 100/2000, or off"],
  ["APP_ALLOW_IPS", "localhost", "addresses and networks such as 203.0.113.7"],
  ["APP_DENY_IPS", "203.0.113.7/33", "addresses and networks such as 203.0.113.7"],
  ["APP_DENY_IPS", "203.0.113.7 198.51.100.1", "addresses and networks such as 203.0.113.7"],
  ["APP_TRUSTED_PROXIES", "2001:db8::/129", "addresses and networks such as 203.0.113.7"],
  ["APP_TRUSTED_PROXIES", "127.0.0.1:80", "addresses and networks such as 203.0.113.7"],
  ["BOT_ROOM", "two\nlines", "a non-empty text in one line"],
  ["APP_HOST", "a\u0000b", "a non-empty text in one line"],
  ["REDIS_URL", "http://localhost:6379", "a URL such as redis://user:password@host:6379/0"],
  ["REDIS_URL", "localhost:6379", "a URL such as redis://user:password@host:6379/0"],
  ["REDIS_URL", "redis://localhost:99999", "a URL such as redis://user:password@host:6379/0"],
  ["REDIS_URL", "redis://localhost/main", "a URL such as redis://user:password@host:6379/0"],
  ["REDIS_URL", "redis://localhost/1/2", "a URL such as redis://user:password@host:6379/0"],
];
for (const [name, value, allowed] of BAD) {
  Deno.test(`readConfig() refuses ${name}=${JSON.stringify(value)}`, () => {
    const { message } = refusal({ [name]: value });
    assert.ok(
      message.startsWith(
        `Cannot use ${name}: current value is ${JSON.stringify(value)}, allowed is ${allowed}`,
      ),
      message,
    );
  });
}

Deno.test("readConfig() refuses a bad Redis setting even where Redis is off", () => {
  assert.match(refusal({ REDIS_ENABLED: "false", REDIS_PORT: "x" }).message, /REDIS_PORT/);
});

const TLS_ALONE: [set: string, missing: string][] = [
  ["APP_TLS_CERT", "APP_TLS_KEY"],
  ["APP_TLS_KEY", "APP_TLS_CERT"],
];
for (const [set, missing] of TLS_ALONE) {
  Deno.test(`readConfig() refuses ${set} without ${missing}`, () => {
    assert.equal(
      refusal({ [set]: "/file.pem" }).message,
      `Cannot use ${set} alone: ${missing} is not set, and TLS needs both`,
    );
  });
}

const REDIS_USED: [env: Env, used: boolean][] = [
  [{}, false],
  [{ REDIS_PORT: "6380", REDIS_PREFIX: "x:" }, false],
  [{ REDIS_HOST: "localhost" }, true],
  [{ REDIS_URL: "redis://localhost" }, true],
  [{ REDIS_HOST: " " }, false],
  [{ REDIS_ENABLED: "true" }, true],
  [{ REDIS_ENABLED: "", REDIS_HOST: "localhost" }, true],
  [{ REDIS_ENABLED: "false", REDIS_HOST: "localhost" }, false],
  [{ REDIS_ENABLED: "false", REDIS_URL: "redis://localhost" }, false],
];
for (const [env, used] of REDIS_USED) {
  Deno.test(`readConfig() ${used ? "uses Redis" : "needs no Redis"} with ${show(env)}`, () => {
    assert.equal(readConfig(env).config.redis !== undefined, used);
  });
}

Deno.test("readConfig() with only REDIS_ENABLED takes the default Redis", () => {
  assert.deepEqual(readConfig({ REDIS_ENABLED: "true" }).config.redis, {
    host: "127.0.0.1",
    port: 6379,
    username: undefined,
    password: undefined,
    database: 0,
    tls: false,
    tlsCa: undefined,
    prefix: "notifyli:",
    messageChannel: "notifyli:messages",
    leaseSeconds: 15,
  });
});

Deno.test("readConfig() makes the message channel of the prefix, unless it is given", () => {
  const channel = (env: Env) =>
    readConfig({ REDIS_ENABLED: "1", ...env }).config.redis!.messageChannel;
  assert.equal(channel({ REDIS_PREFIX: "app:" }), "app:messages");
  assert.equal(channel({ REDIS_PREFIX: "app:", REDIS_MESSAGE_CHANNEL: "news" }), "news");
});

const HERE = {
  host: "localhost",
  port: 6379,
  username: undefined as string | undefined,
  password: undefined as string | undefined,
  database: 0,
  tls: false,
};
const URLS: [url: string, address: typeof HERE][] = [
  ["redis://localhost", HERE],
  ["redis://localhost/", HERE],
  ["redis://localhost:6380/2", { ...HERE, port: 6380, database: 2 }],
  ["redis://user:secret@localhost", { ...HERE, username: "user", password: "secret" }],
  ["redis://:secret@localhost", { ...HERE, password: "secret" }],
  ["redis://user@localhost", { ...HERE, username: "user" }],
  ["redis://us%40er:p%2F%3A%40%25@localhost", { ...HERE, username: "us@er", password: "p/:@%" }],
  ["rediss://localhost:6390", { ...HERE, port: 6390, tls: true }],
  ["redis://[::1]:6380/1", { ...HERE, host: "::1", port: 6380, database: 1 }],
  ["redis://[fd00::2]", { ...HERE, host: "fd00::2" }],
];
for (const [url, address] of URLS) {
  Deno.test(`readConfig() reads the parts of ${url}`, () => {
    const { host, port, username, password, database, tls } = readConfig({ REDIS_URL: url }).config
      .redis!;
    assert.deepEqual({ host, port, username, password, database, tls }, address);
  });
}

Deno.test("readConfig() takes REDIS_URL in place of the single Redis settings", () => {
  const { redis } = readConfig({
    REDIS_URL: "redis://one:1111",
    REDIS_HOST: "two",
    REDIS_PORT: "2222",
    REDIS_USERNAME: "user",
    REDIS_PASSWORD: "secret",
  }).config;
  const { host, port, username, password } = redis!;
  assert.deepEqual([host, port, username, password], ["one", 1111, undefined, undefined]);
});

Deno.test("REDIS_TLS_CA is of a rediss:// alone", () => {
  const ca = { REDIS_TLS_CA: "/ca.pem" };
  const { redis } = readConfig({ REDIS_URL: "rediss://redis", ...ca }).config;
  assert.deepEqual([redis?.tls, redis?.tlsCa], [true, "/ca.pem"]);
  assert.throws(
    () => readConfig({ REDIS_URL: "redis://redis", ...ca }),
    new ConfigError("Cannot use REDIS_TLS_CA alone: REDIS_URL does not begin with rediss://"),
  );
});

const SECRET_URLS = [
  "http://user:hunter2@localhost",
  "redis://user:hunter2@localhost:port",
  "redis://user:hunter2@localhost/database",
  "redis://user:pre:hunter2@local host",
  "redis://user:hunter2@post@local host",
  "redis://user:pre/hunter2@localhost",
  "redis://user:1/hunter2@localhost",
  "redis://user:1#hunter2@localhost",
  "redis://user:hunter2%@localhost",
  "redis://:hunter2@/",
  "user:hunter2@localhost:6379",
];
for (const url of SECRET_URLS) {
  Deno.test(`readConfig() refuses ${url} without showing its password`, () => {
    const { message } = refusal({ REDIS_URL: url });
    assert.match(message, /^Cannot use REDIS_URL: current value is "(\w+:\/\/)?\*\*\*@/);
    assert.doesNotMatch(message, /hunter2/);
  });
}

Deno.test("readConfig() takes one kind of key for tokens, that of the algorithm", () => {
  const tokens = (env: Env) => readConfig(env).config.tokens;
  assert.deepEqual(tokens({ APP_KEY }), { algorithm: "HS256", secrets: [APP_KEY] });
  assert.deepEqual(tokens({ APP_TOKEN_ALGORITHM: "ES256", APP_TOKEN_PUBLIC_KEY: "/key.pem" }), {
    algorithm: "ES256",
    secrets: [],
    publicKey: "/key.pem",
  });
  assert.equal(
    tokens({ APP_TOKEN_ALGORITHM: "EdDSA", APP_TOKEN_JWKS_URL: "https://shop.example/jwks" })
      ?.jwksUrl,
    "https://shop.example/jwks",
  );
  const both = { APP_TOKEN_PUBLIC_KEY: "/key.pem", APP_TOKEN_JWKS_URL: "https://shop.example" };
  const wrong: [Env, string][] = [
    [{ APP_TOKEN_ALGORITHM: "RS256" }, "Cannot use APP_TOKEN_ALGORITHM RS256: set one of"],
    [{ APP_TOKEN_ALGORITHM: "RS256", ...both }, "Cannot use APP_TOKEN_ALGORITHM RS256: set one of"],
    [
      { APP_TOKEN_ALGORITHM: "RS256", APP_KEY },
      "Cannot use APP_KEY with APP_TOKEN_ALGORITHM RS256",
    ],
    [{ APP_KEY, APP_TOKEN_PUBLIC_KEY: "/key.pem" }, "Cannot use APP_TOKEN_PUBLIC_KEY with"],
    [{ APP_TOKEN_JWKS_URL: "https://shop.example" }, "Cannot use APP_TOKEN_JWKS_URL with"],
    [{ APP_TOKEN_ALGORITHM: "none" }, 'Cannot use APP_TOKEN_ALGORITHM: current value is "none"'],
  ];
  for (const [env, start] of wrong) assert.ok(refusal(env).message.startsWith(start), show(env));
});

for (const key of ["hunter2", `${APP_KEY},hunter2`, `${APP_KEY},${APP_KEY},${APP_KEY}`, ","]) {
  Deno.test(`readConfig() refuses the APP_KEY ${key} without showing it`, () => {
    const { message } = refusal({ APP_KEY: key });
    assert.match(message, /^Cannot use APP_KEY: current value is "\*\*\*", allowed is a secret of/);
    assert.doesNotMatch(message, /hunter2/);
  });
}

Deno.test("readConfig() has no private rooms in open mode", () => {
  assert.match(refusal({ APP_PRIVATE_ROOMS: "board" }).message, /^Cannot use APP_PRIVATE_ROOMS in/);
});

Deno.test("readConfig() needs a secret for a webhook, and no webhook for a secret", () => {
  assert.equal(
    refusal({ WEBHOOK_URL: "https://shop.example/hook" }).message,
    "Cannot use WEBHOOK_URL alone: WEBHOOK_SECRET is not set, and every webhook is signed",
  );
  assert.equal(readConfig({ WEBHOOK_SECRET: SECRET }).config.webhook, undefined);
});

for (const name of ["WEBHOOK_URL", "APP_TOKEN_JWKS_URL"] as const) {
  const env = (more: Env): Env =>
    name === "WEBHOOK_URL"
      ? { WEBHOOK_SECRET: SECRET, ...more }
      : { APP_TOKEN_ALGORITHM: "ES256", ...more };

  Deno.test(`readConfig() refuses a private address in ${name} that is not allowed`, () => {
    for (
      const [host, address] of [
        ["127.0.0.1", "127.0.0.1"],
        ["user.localhost.:8080", "127.0.0.1"],
        ["2130706433", "127.0.0.1"],
        ["[::ffff:10.0.0.1]", "10.0.0.1"],
        ["[fd00::1]:8080", "fd00::1"],
        ["169.254.169.254", "169.254.169.254"],
      ] as const
    ) {
      const url = { [name]: `http://${host}/hunter2?hunter2` };
      assert.equal(
        refusal(env(url)).message,
        `Cannot use ${name}: it leads to the private address ${address}. ` +
          `If it should, set APP_OUTGOING_PRIVATE_IPS=${address}`,
      );
      assert.match(
        refusal(env({ ...url, APP_OUTGOING_PRIVATE_IPS: "10.9.0.0/16" })).message,
        /^Cannot use/,
      );
      for (const allowed of [address, `10.9.0.0/16, ${address}`, "*"]) {
        readConfig(env({ ...url, APP_OUTGOING_PRIVATE_IPS: allowed }));
      }
    }
  });

  Deno.test(`readConfig() warns of a proxy that ${name} does not go by`, () => {
    const url = { [name]: "https://shop.example", https_proxy: "http://10.0.0.1:3128" };
    const warnings = (more: Env = {}) => readConfig(env({ ...url, ...more })).warnings;
    assert.match(warnings().join(), /^https_proxy is not used, unless APP_OUTGOING_PRIVATE_IPS=\*/);
    assert.deepEqual(warnings({ APP_OUTGOING_PRIVATE_IPS: "*" }), []);
    assert.deepEqual(readConfig({ https_proxy: "http://10.0.0.1:3128" }).warnings, []);
  });
}

const BAD_SECRETS = [
  "hunter2",
  "whsec_hunter2",
  `whsec_${btoa("hunter2".padEnd(23, "."))}`,
  `whsec_${btoa("hunter2".padEnd(65, "."))}`,
  `${SECRET}=`,
  `${SECRET.replace("aHVu", "aHV_")}`,
  SECRET.replace("whsec_", ""),
  `${SECRET},${SECRET}`,
  `${SECRET}  ${SECRET}`,
  `${SECRET} ${SECRET} ${SECRET}`,
  `${SECRET} whsec_hunter2`,
];
for (const secret of BAD_SECRETS) {
  Deno.test(`readConfig() refuses WEBHOOK_SECRET=${secret} without showing it`, () => {
    assert.equal(
      refusal({ WEBHOOK_URL: "https://shop.example/hook", WEBHOOK_SECRET: secret }).message,
      'Cannot use WEBHOOK_SECRET: current value is "***", allowed is whsec_ and 24 to 64 bytes in ' +
        "base64, or two of these with a space between",
    );
  });
}

const BAD_WEBHOOK_URLS: [url: string, shown: string][] = [
  ["ftp://shop.example/hunter2", "ftp://shop.example/***"],
  ["shop.example/hunter2", "shop.example/***"],
  ["https://user:hunter2@shop.example/hook", "https://shop.example/***"],
  ["https://user:hunter2/@shop.example", "https://shop.example/***"],
  ["https://hunter2@shop.example:port?hunter2", "https://shop.example:port/***"],
];
for (const [url, shown] of BAD_WEBHOOK_URLS) {
  Deno.test(`readConfig() refuses WEBHOOK_URL=${url} without showing what may be secret`, () => {
    assert.equal(
      refusal({ WEBHOOK_URL: url, WEBHOOK_SECRET: SECRET }).message,
      `Cannot use WEBHOOK_URL: current value is "${shown}", allowed is an http or https URL ` +
        "without a user or password in it",
    );
  });
}

const UNKNOWN: [name: string, warning: string][] = [
  ["APP_PROT", "Unknown setting APP_PROT: it is ignored; did you mean APP_PORT?"],
  ["APP_PRT", "Unknown setting APP_PRT: it is ignored; did you mean APP_PORT?"],
  ["APP_PORTS", "Unknown setting APP_PORTS: it is ignored; did you mean APP_PORT?"],
  ["APP_PORK", "Unknown setting APP_PORK: it is ignored; did you mean APP_PORT?"],
  ["REDIS_HOTS", "Unknown setting REDIS_HOTS: it is ignored; did you mean REDIS_HOST?"],
  ["BOT_ROM", "Unknown setting BOT_ROM: it is ignored; did you mean BOT_ROOM?"],
  ["APP_COLOUR", "Unknown setting APP_COLOUR: it is ignored"],
];
for (const [name, warning] of UNKNOWN) {
  Deno.test(`readConfig() warns of the unknown ${name}`, () => {
    assert.deepEqual(readConfig({ [name]: "value" }).warnings, [warning]);
  });
}

Deno.test("readConfig() warns of no variable that is somebody else's", () => {
  assert.deepEqual(
    readConfig({ PATH: "/bin", HOME: "/root", APPLE: "1", app_port: "x" }).warnings,
    [],
  );
});

Deno.test("loadConfig() reads .env in the folder", async () => {
  await using folder = await EnvFolder.with(
    "# a comment\nBOT_ROOM='from the file'\nexport BOT_NAME=Bot # why\n\nAPP_LIMIT_NAME=12\n",
  );
  const { config } = loadConfig(folder.path);
  assert.deepEqual(config.bot, { room: "from the file", name: "Bot" });
  assert.equal(config.limits.name, 12);
});

Deno.test("loadConfig() stops at a bad value in .env", async () => {
  await using folder = await EnvFolder.with("APP_LIMIT_NAME=many\n");
  assert.throws(
    () => loadConfig(folder.path),
    (error) => error instanceof ConfigError && /APP_LIMIT_NAME.*"many"/.test(error.message),
  );
});

Deno.test("loadConfig() goes without a .env, but not with one it cannot read", async () => {
  await using folder = await EnvFolder.with("BOT_ROOM=room\n");
  await Deno.remove(`${folder.path}/.env`);
  assert.equal(loadConfig(folder.path).config.bot.room, "1");
  await Deno.mkdir(`${folder.path}/.env`);
  assert.throws(
    () => loadConfig(folder.path),
    (error) => error instanceof ConfigError && error.message.includes(`${folder.path}/.env`),
  );
});

Deno.test("start takes a setting from the environment before one in .env", async () => {
  await using folder = await EnvFolder.with(
    "BOT_ROOM=file\nAPP_KEEPALIVE_SECONDS=7\nAPP_PORT=bad\n",
  );
  await using program = await Program.start({
    dataDir: folder.path,
    env: { BOT_ROOM: "environment" },
  });
  const page = await (await fetch(`${program.url}/config.json`)).json();
  assert.deepEqual([page.bot_room, page.keepalive_seconds], ["environment", 7]);
});

Deno.test("start logs a warning for an unknown setting and starts", async () => {
  await using program = await Program.start({ isGuarded: true, env: { APP_LISTENR: "node" } });
  assert.deepEqual(
    program.log.filter(({ level }) => level === "warning")
      .map(({ message }) => message),
    ["Unknown setting APP_LISTENR: it is ignored; did you mean APP_LISTENER?"],
  );
});

Deno.test("start with a bad value ends with code 2 and one line", async () => {
  const { code, stdout, stderr } = await notifyli(["start"], { APP_PORT: "seven" });
  assert.equal(
    stderr,
    'Cannot use APP_PORT: current value is "seven", allowed is a whole number from 0 to 65535\n',
  );
  assert.deepEqual([code, stdout], [2, ""]);
});

for (const listener of ["deno", "node"]) {
  Deno.test(`start on a port in use ends with code 1 and says so (${listener})`, async () => {
    using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const { port } = taken.addr;
    await using program = await Program.spawn({
      env: { APP_PORT: String(port), APP_LISTENER: listener },
    });
    const { code } = await program.ended();
    assert.equal(code, 1, program.output);
    assert.deepEqual(program.log.map(({ level, message }) => ({ level, message })), [{
      level: "error",
      message: `cannot start: address 127.0.0.1:${port} is in use (APP_HOST, APP_PORT)`,
    }]);
    assert.deepEqual(program.errors, []);
  });

  Deno.test(`start on an address of another machine ends with code 1 (${listener})`, async () => {
    await using program = await Program.spawn({
      env: { APP_HOST: "203.0.113.1", APP_OPEN: "true", APP_LISTENER: listener },
    });
    const { code } = await program.ended();
    assert.equal(code, 1, program.output);
    assert.deepEqual(
      program.log.map(({ message }) => message),
      ["cannot start: address 203.0.113.1 is not one of this machine (APP_HOST)"],
    );
  });

  Deno.test(`start with a certificate that is not there names the file (${listener})`, async () => {
    await using program = await Program.spawn({
      env: {
        APP_LISTENER: listener,
        APP_TLS_CERT: "/nowhere/cert.pem",
        APP_TLS_KEY: "/nowhere/key.pem",
      },
    });
    const { code } = await program.ended();
    assert.equal(code, 1, program.output);
    assert.match(program.log[0]?.message ?? "", /^cannot start: .*\/nowhere\/cert\.pem/);
  });
}

Deno.test("an unknown command ends with code 2 and the usage", async () => {
  const { code, stdout, stderr } = await notifyli(["sned"]);
  assert.match(stderr, /^Unknown command "sned"\n\nnotifyli .*\n\nUsage: /);
  assert.deepEqual([code, stdout], [2, ""]);
});

Deno.test("an unknown option of start ends with code 2", async () => {
  const { code, stderr } = await notifyli(["start", "--port"]);
  assert.match(stderr, /^Unknown option "--port"\n\nUsage: notifyli start/);
  assert.equal(code, 2);
});

for (const help of ["--help", "-h", "help"]) {
  Deno.test(`${help} prints the commands`, async () => {
    const { code, stdout, stderr } = await notifyli([help]);
    for (const command of ["start", "send", "version", "help"]) {
      assert.match(stdout, new RegExp(`^  ${command} `, "m"));
    }
    assert.deepEqual([code, stderr], [0, ""]);
  });
}

for (const version of ["version", "--version", "-V"]) {
  Deno.test(`${version} prints the version and nothing else`, async () => {
    assert.deepEqual(await notifyli([version]), { code: 0, stdout: `${VERSION}\n`, stderr: "" });
  });
}

Deno.test("start --help prints its usage even where the settings are wrong", async () => {
  const { code, stdout } = await notifyli(["start", "--help"], { APP_PORT: "x" });
  assert.match(stdout, /^Usage: notifyli start/);
  assert.equal(code, 0);
});

function refusal(env: Env): ConfigError {
  try {
    readConfig(env);
  } catch (error) {
    if (error instanceof ConfigError) return error;
    throw error;
  }
  throw new Error(`${show(env)} was not refused`);
}

function show(env: Env): string {
  return Object.entries(env).map(([name, value]) => `${name}=${value}`).join(" ") || "no setting";
}

async function notifyli(args: readonly string[], env: Env = {}) {
  await using folder = await EnvFolder.with("");
  const command = taskCommand("start").slice(0, -1);
  return await run([...command, ...args], { cwd: folder.path, env });
}

for (const key of [API_KEY.slice(1), `${API_KEY}x`, API_KEY.replace("nk_", "NK_"), "hunter2"]) {
  Deno.test(`readConfig() refuses APP_API_KEY=${key} without showing it`, () => {
    assert.equal(
      refusal({ APP_API_KEY: key }).message,
      'Cannot use APP_API_KEY: current value is "***", allowed is a key as `notifyli key create` prints it',
    );
  });
}
