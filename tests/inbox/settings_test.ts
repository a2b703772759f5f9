/** The settings of notifications. */
import assert from "node:assert/strict";
import { readConfig } from "../../lib/configuration.ts";
import { inbox } from "../../lib/inbox/settings.ts";
import { testRefused, testSlice } from "../support/settings.ts";

testSlice(inbox, {
  defaults: { size: 1000, bytes: 16777216, days: 30, recipients: 10_000, defaultRoom: "1" },
  every: {
    APP_LIMIT_INBOX: "8",
    APP_LIMIT_INBOX_BYTES: "77",
    APP_LIMIT_INBOX_DAYS: "9",
    APP_LIMIT_RECIPIENTS: "7",
    BOT_ROOM: "lobby",
  },
  config: { size: 8, bytes: 77, days: 9, recipients: 7, defaultRoom: "lobby" },
});

Deno.test("readConfig() takes `off` for the limits of inboxes", () => {
  const { config } = readConfig({ APP_LIMIT_INBOX: "off", APP_LIMIT_INBOX_DAYS: "off" });
  assert.deepEqual([config.inbox.size, config.inbox.days], [Infinity, Infinity]);
});

testRefused([
  ["APP_LIMIT_INBOX", "unlimited", "a whole number from 1 on, or off"],
  ["BOT_ROOM", "two\nlines", "a non-empty text in one line"],
]);
