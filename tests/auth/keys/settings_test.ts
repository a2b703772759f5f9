/** The settings of API keys. */
import assert from "node:assert/strict";
import { keys } from "../../../lib/auth/keys/settings.ts";
import { refusal, testSlice } from "../../support/settings.ts";

const API_KEY = `nk_${"hunter2".padEnd(12, "x")}_${"hunter2".padEnd(40, "x")}`;

testSlice(keys, {
  defaults: { apiKey: undefined },
  every: { APP_API_KEY: API_KEY },
  config: { apiKey: API_KEY },
});

for (const key of [API_KEY.slice(1), `${API_KEY}x`, API_KEY.replace("nk_", "NK_"), "hunter2"]) {
  Deno.test(`readConfig() refuses APP_API_KEY=${key} without showing it`, () => {
    assert.equal(
      refusal({ APP_API_KEY: key }),
      'Cannot use APP_API_KEY: current value is "***", allowed is a key as `notifyli key create` prints it',
    );
  });
}
