/** The settings of questions. */
import assert from "node:assert/strict";
import { asks } from "../../lib/asks/settings.ts";
import { readConfig } from "../../lib/configuration.ts";
import { loadRooms } from "../../lib/rooms/rules/rooms_file.ts";
import { SECRET } from "../support/receiver.ts";
import { refusal, testRefused, testSlice } from "../support/settings.ts";

const URL = "https://shop.example/ask";

testSlice(asks, {
  defaults: { seconds: 3, onFailure: "closed", most: 100 },
  every: {
    HOOK_ASK_URL: URL,
    HOOK_ASK_SECRET: SECRET,
    HOOK_ASK: "connect, say",
    HOOK_ASK_ROOMS: "lobby, staff:*",
    HOOK_ASK_TOPICS: "T:*",
    HOOK_ASK_HEADERS: "X-Session, Authorization",
    HOOK_ASK_COOKIES: "PHPSESSID",
    HOOK_ASK_SECONDS: "5",
    HOOK_ASK_FAILURE: "open",
    APP_LIMIT_ASKS: "off",
  },
  config: {
    seconds: 5,
    onFailure: "open",
    most: Infinity,
    http: {
      url: URL,
      secrets: [SECRET],
      privateTargets: [],
      kinds: ["connect", "say"],
      rooms: ["lobby", "staff:*"],
      topics: ["T:*"],
      handshake: { headers: ["x-session", "authorization"], cookies: ["PHPSESSID"] },
    },
  },
});

testRefused([
  ["HOOK_ASK", "connect, leave", "one or more of connect, enter, say, event"],
  ["HOOK_ASK_SECONDS", "60", "a number of seconds from 1 to 30"],
  ["HOOK_ASK_FAILURE", "maybe", "closed or open"],
  ["HOOK_ASK_HEADERS", "Cookie", "names of headers"],
  ["HOOK_ASK_COOKIES", "a b", "names of cookies"],
]);

Deno.test("questions need an address and a secret, and go to no private network by mistake", () => {
  assert.match(refusal({ HOOK_ASK: "connect,enter" }), /HOOK_ASK_URL is not set/);
  assert.match(refusal({ HOOK_ASK_URL: URL }), /HOOK_ASK_SECRET is not set/);
  assert.match(
    refusal({ HOOK_ASK_URL: "http://10.1.2.3/ask", HOOK_ASK_SECRET: SECRET }),
    /private address 10\.1\.2\.3/,
  );
});

Deno.test("a server that asks who clients are is not open, so it may listen anywhere and have private rooms", () => {
  const env = { HOOK_ASK_URL: URL, HOOK_ASK_SECRET: SECRET };
  const { config } = readConfig({ ...env, APP_PRIVATE_ROOMS: "staff:*", APP_HOST: "0.0.0.0" });
  assert.equal(config.auth.asksWho, true);
  loadRooms(config);
  const open = readConfig({ ...env, HOOK_ASK: "say", APP_PRIVATE_ROOMS: "staff:*" });
  assert.throws(() => loadRooms(open.config), /open mode/);
});
