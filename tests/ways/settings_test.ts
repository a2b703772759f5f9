/** The settings of the bridge. */
import assert from "node:assert/strict";
import type { Environment } from "../../lib/config/environment.ts";
import { readConfig } from "../../lib/configuration.ts";
import { bridge } from "../../lib/ways/settings.ts";
import { testSlice } from "../support/settings.ts";

testSlice(bridge, {
  defaults: undefined,
  every: { REDIS_MESSAGE_CHANNEL: "n-messages", REDIS_PUBLICATION_CHANNEL: "n-rooms" },
  beside: { REDIS_ENABLED: "true", REDIS_PREFIX: "n:" },
  config: { messageChannel: "n-messages", publicationChannel: "n-rooms" },
});

const CHANNELS = [
  ["REDIS_MESSAGE_CHANNEL", "messageChannel", "messages"],
  ["REDIS_PUBLICATION_CHANNEL", "publicationChannel", "publications"],
] as const;

for (const [setting, field, name] of CHANNELS) {
  Deno.test(`readConfig() makes the ${field} of the prefix, unless it is given`, () => {
    const channel = (env: Environment) =>
      readConfig({ REDIS_ENABLED: "1", REDIS_PREFIX: "app:", ...env }).config.bridge?.[field];
    assert.equal(channel({}), `app:${name}`);
    assert.equal(channel({ [setting]: "news" }), "news");
  });
}

Deno.test("readConfig() takes no channel for two things", () => {
  const env = { REDIS_ENABLED: "1", REDIS_PUBLICATION_CHANNEL: "notifyli:messages" };
  assert.throws(
    () => readConfig(env),
    /REDIS_PUBLICATION_CHANNEL=notifyli:messages: .* same channel/,
  );
});
