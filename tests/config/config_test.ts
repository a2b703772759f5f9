/** How settings are read, whichever they are: from where, what a blank one means, and what is told of those that are not known. */
import assert from "node:assert/strict";
import { ConfigError } from "../../lib/base/config_error.ts";
import { loadConfig, readConfig } from "../../lib/configuration.ts";
import { EnvFolder } from "../support/env_folder.ts";
import { testRefused } from "../support/settings.ts";

testRefused([
  ["APP_DEBUG", "maybe", "true or false"],
]);

Deno.test("readConfig() takes an empty or blank value as the default", () => {
  assert.deepEqual(readConfig({ APP_PORT: "", BOT_ROOM: "  ", APP_DEBUG: "" }), readConfig({}));
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
    assert.equal(readConfig({ APP_DEBUG: value }).config.log.debug, on);
    assert.equal(readConfig({ REDIS_ENABLED: value }).config.redis !== undefined, on);
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
    "# a comment\nBOT_ROOM='from the file'\nexport APP_LIMIT_NAME=12 # why\n\n",
  );
  const { config } = loadConfig(folder.path);
  assert.equal(config.inbox.defaultRoom, "from the file");
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
  assert.equal(loadConfig(folder.path).config.inbox.defaultRoom, "1");
  await Deno.mkdir(`${folder.path}/.env`);
  assert.throws(
    () => loadConfig(folder.path),
    (error) => error instanceof ConfigError && error.message.includes(`${folder.path}/.env`),
  );
});
