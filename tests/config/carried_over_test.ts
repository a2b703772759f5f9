/** An `.env` of the PHP server that this one replaces: the start takes it, and says what each setting means here. */
import assert from "node:assert/strict";
import { readConfig } from "../../lib/configuration.ts";
import { freePort } from "../support/free_port.ts";
import { ROOT } from "../support/paths.ts";
import { Program } from "../support/program.ts";
import { RedisServer } from "../support/redis.ts";
import { TestClient } from "../support/test_client.ts";

/** As its documents have it. */
const ENV = await Deno.readTextFile(`${ROOT}tests/fixtures/php/env`);

const SAID = [
  /^\.env:2: APP_WS_SERVER_PROTOCOL: it has no effect here: the page finds the server/,
  /^\.env:3: APP_WS_SERVER_DOMAIN: it has no effect here/,
  /^\.env:4: APP_WS_SERVER: it has no effect here/,
  /^\.env:5: APP_LOCATION: it has no effect here: the server listens at APP_HOST and APP_PORT/,
  /^REDIS_PREFIX=notifyli:connections: stands before the connection hashes alone.*taken as notifyli:$/,
  /^BOT_NAME: here it names this server's connections/,
  /^BOT_ROOM: here it is the room/,
  /^APP_PORT, REDIS_HOST, REDIS_PORT: as in the PHP server$/,
];

Deno.test("an .env of the PHP server works as it is, and the start says what is not the same", async () => {
  await using redis = await RedisServer.start();
  const folder = await Deno.makeTempDir();
  const text = ENV.replace("REDIS_PORT=6379", `REDIS_PORT=${redis.port}`)
    .replace("APP_PORT=7000", `APP_PORT=${freePort()}`);
  await Deno.writeTextFile(`${folder}/.env`, text);
  await using program = await Program.start({
    dataDir: folder,
    env: { APP_PORT: /APP_PORT=(\d+)/.exec(text)?.[1] ?? "" },
  });
  const warnings = program.log.filter(({ level }) => level === "warning" || level === "warn")
    .map(({ message }) => message);
  for (const said of SAID) {
    assert.ok(warnings.some((each) => said.test(each)), `${said} in ${warnings.join("\n")}`);
  }
  await program.hearsRedis();
  await using client = await TestClient.join(program.webSocketUrl, { user: 123, room: "1" });
  const payload = '{"user_id":123,"room":"1","message":"Test","from":"CLI"}';
  assert.equal(await redis.call("PUBLISH", "notifyli:messages", payload), "1");
  await client.get("direct_message");
  assert.equal(await redis.call("HEXISTS", "notifyli:connections:1", "user_123"), "1");
  await program[Symbol.asyncDispose]();
  await Deno.remove(folder, { recursive: true });
});

Deno.test("docs/from-php.md names each setting of that .env", async () => {
  const page = await Deno.readTextFile(`${ROOT}docs/from-php.md`);
  const [, table = ""] = /<!-- tested: the PHP server's settings -->\n\n((?:\|.*\n)+)/.exec(page) ??
    [];
  for (const [, name = ""] of ENV.matchAll(/^(\w+)=/gm)) {
    assert.ok(table.includes(`\`${name}\``), `${name} is not in docs/from-php.md`);
  }
});

/** Settings with which nothing of `notifyli:messages` is heard, and what the start says. */
const DEAF: [env: Record<string, string>, says: RegExp][] = [
  [
    { REDIS_ENABLED: "false" },
    /^REDIS_ENABLED=false: Redis is not used, and what is published on notifyli:messages is not heard/,
  ],
  [
    { REDIS_ENABLED: "false", REDIS_HOST: "127.0.0.1" },
    /The PHP server took the word "false" for true/,
  ],
  [
    { REDIS_PORT: "6379" },
    /^REDIS_PORT is given: Redis is not used, and what is published on notifyli:messages is not heard/,
  ],
  [{ REDIS_PASSWORD: "x" }, /^REDIS_PASSWORD is given: Redis is not used/],
  [
    { REDIS_HOST: "redis", REDIS_PREFIX: "shop:" },
    /^REDIS_PREFIX=shop:: this server hears what is published on shop:messages, and nothing of notifyli:messages/,
  ],
  [
    { REDIS_HOST: "redis", REDIS_PREFIX: "shop:connections:" },
    /is published on shop:messages, and nothing of notifyli:messages/,
  ],
];
for (const [env, says] of DEAF) {
  Deno.test(`readConfig() says that notifyli:messages is not heard with ${JSON.stringify(env)}`, () => {
    const { warnings } = readConfig(env);
    assert.ok(warnings.some((each) => says.test(each)), warnings.join("\n"));
  });
}

const HEARING: Record<string, string>[] = [
  {},
  { REDIS_HOST: "redis" },
  { REDIS_ENABLED: "true", REDIS_PREFIX: "notifyli:connections:" },
  { REDIS_HOST: "redis", REDIS_PREFIX: "shop:", REDIS_MESSAGE_CHANNEL: "notifyli:messages" },
  { REDIS_HOST: "redis", REDIS_PREFIX: "shop:", REDIS_MESSAGE_CHANNEL: "shop:messages" },
];
for (const env of HEARING) {
  Deno.test(`readConfig() does not speak of what is not heard with ${JSON.stringify(env)}`, () => {
    const { warnings } = readConfig(env);
    assert.deepEqual(warnings.filter((each) => /not heard|nothing of/.test(each)), []);
  });
}

Deno.test("readConfig() takes the prefix of the hashes for that of all names", () => {
  const prefix = (text: string) =>
    readConfig({ REDIS_HOST: "redis", REDIS_PREFIX: text }).config.redis?.prefix;
  assert.equal(prefix("notifyli:connections:"), "notifyli:");
  assert.equal(prefix("shop:connections:"), "shop:");
  assert.equal(prefix("connections:of:"), "connections:of:");
});

Deno.test("readConfig() takes REDIS_PASSWORD=null as none, and says so", () => {
  const { config, warnings } = readConfig({ REDIS_HOST: "redis", REDIS_PASSWORD: "null" });
  assert.equal(config.redis?.password, undefined);
  assert.ok(warnings.includes("REDIS_PASSWORD=null is taken as no password"));
});

Deno.test("readConfig() says nothing of settings that mean the same where no other one is there", () => {
  const { warnings } = readConfig({ APP_PORT: "7000", BOT_NAME: "Bot", BOT_ROOM: "1" });
  assert.deepEqual(warnings, []);
});
