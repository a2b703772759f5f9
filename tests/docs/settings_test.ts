/** README and `.env.example` have every setting with its help and its default, as the slices say them. */
import assert from "node:assert/strict";
import { parseEnv } from "node:util";
import { readConfig } from "../../lib/configuration.ts";
import { ROOT } from "../support/paths.ts";
import { LISTINGS } from "./settings.ts";

const example = await Deno.readTextFile(`${ROOT}.env.example`);

for (const { path, renew } of LISTINGS) {
  Deno.test(`${path.replace(ROOT, "")} has the settings as they are`, async () => {
    const text = await Deno.readTextFile(path);
    assert.equal(text, renew(text), "it is stale: deno task settings writes it");
    assert.match(text, /APP_PORT.*7000/, "it has a place for them");
  });
}

Deno.test(".env.example changes nothing as it is", () => {
  assert.deepEqual(Object.keys(parseEnv(example)), []);
});

Deno.test(".env.example with every # taken off is the default configuration", () => {
  const { APP_KEY, ...env } = parseEnv(example.replace(/^# (?=[A-Z_]+=)/gm, ""));
  assert.equal(APP_KEY, "", "an empty one stops the start");
  const { config, warnings } = readConfig(env);
  assert.deepEqual(warnings, []);
  assert.equal(config.redis?.host, "127.0.0.1", "REDIS_HOST is given, so Redis is used");
  const withoutRedis = { ...config, redis: undefined, bridge: undefined };
  assert.deepEqual(withoutRedis, readConfig({}).config);
});
