/** The settings of the bridge. */
import assert from "node:assert/strict";
import type { Environment } from "../../lib/config/environment.ts";
import { readConfig } from "../../lib/configuration.ts";
import { bridge } from "../../lib/ways/settings.ts";
import { testSlice } from "../support/settings.ts";

testSlice(bridge, {
  defaults: undefined,
  every: { REDIS_MESSAGE_CHANNEL: "n-messages" },
  beside: { REDIS_ENABLED: "true", REDIS_PREFIX: "n:" },
  config: { messageChannel: "n-messages" },
});

Deno.test("readConfig() makes the message channel of the prefix, unless it is given", () => {
  const channel = (env: Environment) =>
    readConfig({ REDIS_ENABLED: "1", ...env }).config.bridge?.messageChannel;
  assert.equal(channel({ REDIS_PREFIX: "app:" }), "app:messages");
  assert.equal(channel({ REDIS_PREFIX: "app:", REDIS_MESSAGE_CHANNEL: "news" }), "news");
});
