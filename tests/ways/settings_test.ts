/** The settings of the bridge. */
import assert from "node:assert/strict";
import type { Environment } from "../../lib/config/environment.ts";
import { readConfig } from "../../lib/configuration.ts";

Deno.test("readConfig() makes the message channel of the prefix, unless it is given", () => {
  const channel = (env: Environment) =>
    readConfig({ REDIS_ENABLED: "1", ...env }).config.bridge?.messageChannel;
  assert.equal(channel({ REDIS_PREFIX: "app:" }), "app:messages");
  assert.equal(channel({ REDIS_PREFIX: "app:", REDIS_MESSAGE_CHANNEL: "news" }), "news");
});
