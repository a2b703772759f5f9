/** The settings of Redis: when it is used, where it is, and that no message shows its password. */
import assert from "node:assert/strict";
import { ConfigError } from "../../lib/base/config_error.ts";
import type { Environment } from "../../lib/config/environment.ts";
import { readConfig } from "../../lib/configuration.ts";
import { refusal, show, testRefused } from "../support/settings.ts";

testRefused([
  ["REDIS_PORT", "0x10", "a whole number from 0 to 65535"],
  ["REDIS_ENABLED", "2", "true or false"],
  ["REDIS_LEASE_SECONDS", "1.5", "a number of seconds from 1 to 86400"],
  ["REDIS_URL", "http://localhost:6379", "a URL such as redis://user:password@host:6379/0"],
  ["REDIS_URL", "localhost:6379", "a URL such as redis://user:password@host:6379/0"],
  ["REDIS_URL", "redis://localhost:99999", "a URL such as redis://user:password@host:6379/0"],
  ["REDIS_URL", "redis://localhost/main", "a URL such as redis://user:password@host:6379/0"],
  ["REDIS_URL", "redis://localhost/1/2", "a URL such as redis://user:password@host:6379/0"],
  ["REDIS_DB", "-1", "a whole number from 0 on"],
  ["REDIS_DB", "main", "a whole number from 0 on"],
  ["REDIS_HOST", "localhost:6379", "a host name, an address, or a socket's path"],
  ["REDIS_HOST", "http://localhost", "a host name, an address, or a socket's path"],
  ["REDIS_HOST", "local host", "a host name, an address, or a socket's path"],
]);

Deno.test("readConfig() refuses a bad Redis setting even where Redis is off", () => {
  assert.match(refusal({ REDIS_ENABLED: "false", REDIS_PORT: "x" }), /REDIS_PORT/);
});

const REDIS_USED: [env: Environment, used: boolean][] = [
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
    leaseSeconds: 15,
    connectionName: "NotificationBot",
    plainFields: false,
  });
});

const HERE = {
  host: "localhost",
  port: 6379,
  path: undefined as string | undefined,
  username: undefined as string | undefined,
  password: undefined as string | undefined,
  database: 0,
  tls: false,
};
const SOCKET = { ...HERE, host: "127.0.0.1", path: "/run/redis.sock" };
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
  ["tls://localhost", { ...HERE, tls: true }],
  ["ssl://localhost:6390", { ...HERE, port: 6390, tls: true }],
  ["tcp://localhost", HERE],
  ["valkey://localhost/3", { ...HERE, database: 3 }],
  ["valkeys://localhost", { ...HERE, tls: true }],
  ["redis://localhost?db=2", { ...HERE, database: 2 }],
  ["tcp://localhost:6380?database=2&password=p%26q", {
    ...{ ...HERE, port: 6380, database: 2, password: "p&q" },
  }],
  ["unix:///run/redis.sock", { ...SOCKET }],
  ["unix:///run/redis.sock?db=2", { ...SOCKET, database: 2 }],
  ["unix://user:p%2Fw@/run/redis.sock", { ...SOCKET, username: "user", password: "p/w" }],
  ["redis+unix:///run/my%20redis.sock", { ...SOCKET, path: "/run/my redis.sock" }],
  ["redis+socket:///run/redis.sock", { ...SOCKET }],
  ["/run/redis.sock", { ...SOCKET }],
  ["/run/redis.sock?db=1", { ...SOCKET, database: 1 }],
];
for (const [url, address] of URLS) {
  Deno.test(`readConfig() reads the parts of ${url}`, () => {
    assert.deepEqual(addressOf({ REDIS_URL: url }), address);
  });
}

/** A host that other programs take with a scheme, a port or a path. */
const HOSTS: [env: Environment, address: typeof HERE][] = [
  [{ REDIS_HOST: "tls://localhost" }, { ...HERE, tls: true }],
  [{ REDIS_HOST: "tcp://localhost", REDIS_PORT: "6380" }, { ...HERE, port: 6380 }],
  [{ REDIS_HOST: "redis://localhost:6381" }, { ...HERE, port: 6381 }],
  [{ REDIS_HOST: "tls://localhost:6381", REDIS_PORT: "6381" }, { ...HERE, port: 6381, tls: true }],
  [{ REDIS_HOST: "/run/redis.sock", REDIS_DB: "2" }, { ...SOCKET, database: 2 }],
  [{ REDIS_HOST: "unix:///run/redis.sock", REDIS_PASSWORD: "x" }, { ...SOCKET, password: "x" }],
  [{ REDIS_HOST: "::1" }, { ...HERE, host: "::1" }],
  [{ REDIS_HOST: "[::1]", REDIS_DB: "15" }, { ...HERE, host: "::1", database: 15 }],
  [{ REDIS_HOST: "my_redis.internal" }, { ...HERE, host: "my_redis.internal" }],
  [{ REDIS_URL: "redis://localhost", REDIS_DB: "4" }, { ...HERE, database: 4 }],
  [{ REDIS_URL: "redis://localhost/4", REDIS_DB: "4" }, { ...HERE, database: 4 }],
];
for (const [env, address] of HOSTS) {
  Deno.test(`readConfig() reads where Redis is from ${show(env)}`, () => {
    assert.deepEqual(addressOf(env), address);
  });
}

const CONTRADICTIONS: [env: Environment, says: RegExp][] = [
  [{ REDIS_URL: "redis://localhost/1", REDIS_DB: "2" }, /^Cannot use REDIS_DB=2: .* database 1$/],
  [{ REDIS_HOST: "/run/redis.sock?db=1", REDIS_DB: "2" }, /^Cannot use REDIS_DB=2: .* database 1$/],
  [
    { REDIS_HOST: "tls://localhost:6380", REDIS_PORT: "6379" },
    /^Cannot use REDIS_HOST with REDIS_PORT: one says port 6380, the other 6379$/,
  ],
];
for (const [env, says] of CONTRADICTIONS) {
  Deno.test(`readConfig() refuses ${show(env)}`, () => assert.match(refusal(env), says));
}

/** URLs with a part that would have no effect, or a wrong one. */
const REFUSED_URLS = [
  "redis://localhost?timeout=5",
  "redis://localhost?db=1&db=2",
  "redis://localhost/1?db=2",
  "redis://localhost?db=main",
  "redis://localhost#1",
  "rediss://localhost?ssl_cert_reqs=none",
  "unix://run/redis.sock",
  "unix:///",
  "sentinel://localhost",
  "http://localhost",
];
for (const url of REFUSED_URLS) {
  Deno.test(`readConfig() refuses ${url}`, () => {
    assert.match(refusal({ REDIS_URL: url }), /^Cannot use REDIS_URL: current value is "/);
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

/** No part of a password is in any message, wherever in an address somebody wrote it. */
const SECRETS = [
  { REDIS_URL: "redis://:hunter2" },
  { REDIS_URL: "redis://user:hunter2" },
  { REDIS_URL: "redis://localhost:hunter2/0" },
  { REDIS_URL: "redis://localhost?password=hunter2&x=1" },
  { REDIS_URL: "redis://localhost?token=hunter2" },
  { REDIS_URL: "redis://localhost#hunter2" },
  { REDIS_URL: "redis://user:pass?hunter2@localhost" },
  { REDIS_URL: "unix://user:hunter2@host/run/redis.sock" },
  { REDIS_HOST: "user:hunter2@localhost" },
  { REDIS_HOST: "http://user:hunter2@localhost" },
  { REDIS_HOST: "localhost:hunter2" },
  { REDIS_HOST: "redis://localhost?hunter2" },
];
for (const env of SECRETS) {
  Deno.test(`readConfig() refuses ${show(env)} without a part of its password`, () => {
    assert.doesNotMatch(refusal(env), /hunter2/);
  });
}

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
    const message = refusal({ REDIS_URL: url });
    assert.match(message, /^Cannot use REDIS_URL: current value is "(\w+:\/\/)?\*\*\*@/);
    assert.doesNotMatch(message, /hunter2/);
  });
}

function addressOf(env: Environment) {
  const { host, port, path, username, password, database, tls } = readConfig(env).config.redis!;
  return { host, port, path, username, password, database, tls };
}
