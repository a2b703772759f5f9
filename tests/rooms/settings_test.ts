/** The settings of rooms. */
import assert from "node:assert/strict";
import { readConfig } from "../../lib/configuration.ts";
import { loadRooms } from "../../lib/rooms/rules/rooms_file.ts";
import { rooms } from "../../lib/rooms/settings.ts";
import { testSlice } from "../support/settings.ts";

testSlice(rooms, {
  defaults: {
    file: undefined,
    privateRooms: [],
    history: [{ pattern: "*", size: 100, seconds: 300 }],
    historyBytes: 536870912,
    historyUserBytes: 67108864,
    historySiteBytes: 1073741824,
  },
  every: {
    APP_HISTORY: "news:*=10/60, *=0/1",
    APP_LIMIT_HISTORY: "88",
    APP_LIMIT_HISTORY_USER: "99",
    APP_LIMIT_HISTORY_SITE: "111",
    APP_ROOMS: "rooms.json",
    APP_PRIVATE_ROOMS: "staff:*, board",
  },
  beside: { APP_KEY: "hunter2".padEnd(32, ".") },
  config: {
    file: "rooms.json",
    privateRooms: ["staff:*", "board"],
    history: [
      { pattern: "news:*", size: 10, seconds: 60 },
      { pattern: "*", size: 0, seconds: 1 },
    ],
    historyBytes: 88,
    historyUserBytes: 99,
    historySiteBytes: 111,
  },
});

Deno.test("readConfig() takes `off` for the limit of history", () => {
  assert.equal(readConfig({ APP_LIMIT_HISTORY: "off" }).config.rooms.historyBytes, Infinity);
});

Deno.test("loadRooms() has no private rooms in open mode", () => {
  const { config } = readConfig({ APP_PRIVATE_ROOMS: "board" });
  assert.throws(() => loadRooms(config), /^ConfigError: Cannot use APP_PRIVATE_ROOMS in open mode/);
});
