/** The settings of rooms. */
import assert from "node:assert/strict";
import { refusal } from "../support/settings.ts";

Deno.test("readConfig() has no private rooms in open mode", () => {
  assert.match(refusal({ APP_PRIVATE_ROOMS: "board" }), /^Cannot use APP_PRIVATE_ROOMS in/);
});
