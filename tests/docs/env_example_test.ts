/** `.env.example` names every setting of `lib/config/config.ts` with its help and its default, and no other. */
import assert from "node:assert/strict";
import { parseEnv } from "node:util";
import { readConfig } from "../../lib/config/config.ts";
import { SETTINGS } from "../../lib/config/settings.ts";
import { ROOT } from "../support/paths.ts";

const example = await Deno.readTextFile(`${ROOT}.env.example`);

Deno.test(".env.example has every setting with its help and its default", () => {
  const found = [...example.matchAll(/^# (.+)\n# ([A-Z_]+)=(.*)$/gm)]
    .map(([, help, name, value]) => ({ name, value, help }));
  const expected = Object.entries(SETTINGS)
    .map(([name, { default: value, help }]) => ({ name, value, help }));
  assert.deepEqual(found.sort(byName), expected.sort(byName));
});

Deno.test(".env.example changes nothing as it is", () => {
  assert.deepEqual(Object.keys(parseEnv(example)), []);
});

Deno.test(".env.example with every # taken off is the default configuration", () => {
  const { APP_KEY, ...env } = parseEnv(example.replace(/^# (?=[A-Z_]+=)/gm, ""));
  assert.equal(APP_KEY, "", "an empty one stops the start");
  const { config, warnings } = readConfig(env);
  assert.deepEqual(warnings, []);
  const { redis, ...rest } = config;
  assert.equal(redis?.host, "127.0.0.1", "REDIS_HOST is given, so Redis is used");
  assert.deepEqual({ ...rest, redis: undefined }, readConfig({}).config);
});

function byName(one: { name?: string }, other: { name?: string }): number {
  return (one.name ?? "") < (other.name ?? "") ? -1 : 1;
}
