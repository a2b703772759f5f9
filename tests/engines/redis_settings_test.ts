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
    const message = refusal({ REDIS_URL: url });
    assert.match(message, /^Cannot use REDIS_URL: current value is "(\w+:\/\/)?\*\*\*@/);
    assert.doesNotMatch(message, /hunter2/);
  });
}
