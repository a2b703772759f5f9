/** The settings of the listeners: what each takes, and what goes together. */
import assert from "node:assert/strict";
import { refusal, testRefused } from "../support/settings.ts";

testRefused([
  ["APP_PORT", "http", "a whole number from 0 to 65535"],
  ["APP_PORT", "65536", "a whole number from 0 to 65535"],
  ["APP_PORT", "-1", "a whole number from 0 to 65535"],
  ["APP_PORT", "70.5", "a whole number from 0 to 65535"],
  ["APP_LISTENER", "bun", "deno or node"],
  ["APP_LISTENER", "Deno", "deno or node"],
  ["APP_KEEPALIVE_SECONDS", "0", "a number of seconds from 1 to 86400"],
  ["APP_KEEPALIVE_SECONDS", "25s", "a number of seconds from 1 to 86400"],
  ["APP_SHUTDOWN_SECONDS", "86401", "a number of seconds from 1 to 86400"],
  ["APP_HOST", "a\u0000b", "a non-empty text in one line"],
]);

const TLS_ALONE: [set: string, missing: string][] = [
  ["APP_TLS_CERT", "APP_TLS_KEY"],
  ["APP_TLS_KEY", "APP_TLS_CERT"],
];
for (const [set, missing] of TLS_ALONE) {
  Deno.test(`readConfig() refuses ${set} without ${missing}`, () => {
    assert.equal(
      refusal({ [set]: "/file.pem" }),
      `Cannot use ${set} alone: ${missing} is not set, and TLS needs both`,
    );
  });
}
