/** The settings of webhooks: what is refused shows nothing that may be secret. */
import assert from "node:assert/strict";
import { readConfig } from "../../lib/configuration.ts";
import { hooks } from "../../lib/hooks/settings.ts";
import { refusal, testSlice } from "../support/settings.ts";

const SECRET = `whsec_${btoa("hunter2".padEnd(24, "."))}`;
const PRIVATE = ["127.0.0.1", "fd00::/8"];
const FILE = await Deno.makeTempFile();
await Deno.writeTextFile(
  FILE,
  JSON.stringify({
    endpoints: [{ name: "audit", url: "https://audit.example/", secret: SECRET, events: ["*"] }],
  }),
);
const OTHER_SECRET = `whsec_${btoa("hunter2".padEnd(64, "."))}`;

testSlice(hooks, {
  defaults: {
    webhook: undefined,
    endpoints: [],
    stream: undefined,
    logSize: 100_000,
  },
  every: {
    WEBHOOK_URL: "https://shop.example/hook?a=b",
    WEBHOOK_SECRET: `${SECRET} ${OTHER_SECRET}`,
    HOOK_URL: "https://shop.example/events",
    HOOK_SECRET: SECRET,
    HOOK_EVENTS: "room.*, message.received",
    HOOK_ROOMS: "chat:*",
    HOOK_FILE: FILE,
    HOOK_STREAM: "*",
    HOOK_STREAM_ROOMS: "lobby",
    HOOK_STREAM_SIZE: "500",
    APP_LIMIT_HOOK: "1000",
  },
  beside: { APP_OUTGOING_PRIVATE_IPS: "127.0.0.1, fd00::/8", REDIS_HOST: "127.0.0.1" },
  config: {
    webhook: {
      url: "https://shop.example/hook?a=b",
      secrets: [SECRET, OTHER_SECRET],
      privateTargets: PRIVATE,
    },
    endpoints: [
      {
        name: "hook",
        url: "https://shop.example/events",
        secrets: [SECRET],
        privateTargets: PRIVATE,
        choice: { events: ["room.*", "message.received"], rooms: ["chat:*"] },
      },
      {
        name: "audit",
        url: "https://audit.example/",
        secrets: [SECRET],
        privateTargets: PRIVATE,
        choice: { events: ["*"], rooms: undefined, sites: undefined },
      },
    ],
    stream: { choice: { events: ["*"], rooms: ["lobby"] }, size: 500 },
    logSize: 1000,
  },
});

Deno.test("readConfig() needs a secret for an endpoint, an endpoint for its events, and Redis for a stream", () => {
  assert.equal(
    refusal({ HOOK_URL: "https://shop.example/hook" }),
    "Cannot use HOOK_URL alone: HOOK_SECRET is not set, and every request is signed",
  );
  assert.equal(
    refusal({ HOOK_EVENTS: "room.*" }),
    "Cannot use HOOK_EVENTS or HOOK_ROOMS alone: HOOK_URL is not set",
  );
  assert.equal(
    refusal({ HOOK_STREAM: "*" }),
    "Cannot use HOOK_STREAM without Redis: set REDIS_HOST or REDIS_URL",
  );
  assert.match(
    refusal({ HOOK_URL: "https://shop.example/", HOOK_SECRET: SECRET, HOOK_EVENTS: "rooms.*" }),
    /^Cannot use HOOK_EVENTS: current value is "rooms\.\*", allowed is names of events, with \* for any text: connection\.open, /,
  );
});

Deno.test("readConfig() says all that is wrong with the file of endpoints, and no secret", async () => {
  const path = await Deno.makeTempFile();
  await Deno.writeTextFile(
    path,
    JSON.stringify({
      endpoints: [
        { name: "Shop", url: "ftp://hunter2/", secret: "hunter2", events: ["room.*", "rooms.*"] },
        { name: "a", url: "https://shop.example/", secret: SECRET, events: ["*"], room: ["x"] },
        { name: "a", url: "https://shop.example/", secret: SECRET, events: ["*"] },
      ],
    }),
  );
  const told = refusal({ HOOK_FILE: path });
  await Deno.remove(path);
  assert.doesNotMatch(told, /"hunter2"|whsec_\w{9}/);
  for (
    const problem of [
      'endpoints[0].name is "Shop", allowed is 1 to 32 of a-z 0-9 _ -',
      'endpoints[0].url is "ftp://hunter2/***", allowed is an http or https URL',
      'endpoints[0].secret is "***", allowed is whsec_ and 24 to 64 bytes in base64',
      'endpoints[0].events[1] is "rooms.*", allowed is names of events',
      "endpoints[1].room is not known; did you mean rooms?",
      'endpoints[2].name is "a", as endpoints[1] is called',
    ]
  ) assert.ok(told.includes(problem), `${problem}: ${told}`);
});

for (const [text, says] of [["[]", "it is a list"], ["{", "as JSON"]] as const) {
  Deno.test(`readConfig() refuses a file of endpoints with ${text}`, async () => {
    const path = await Deno.makeTempFile();
    await Deno.writeTextFile(path, text);
    const told = refusal({ HOOK_FILE: path });
    await Deno.remove(path);
    assert.ok(told.includes(says) || told.includes("allowed is an object"), told);
    assert.match(refusal({ HOOK_FILE: path }), /^Cannot read .* \(HOOK_FILE\): /);
  });
}

Deno.test("readConfig() refuses an endpoint in a private network, in the file too", async () => {
  const path = await Deno.makeTempFile();
  const endpoint = { name: "a", url: "http://10.1.2.3/", secret: SECRET, events: ["*"] };
  await Deno.writeTextFile(path, JSON.stringify({ endpoints: [endpoint] }));
  assert.match(
    refusal({ HOOK_FILE: path }),
    /endpoints\[0\]\.url: it leads to the private address 10\.1\.2\.3\. If it should, set APP_OUTGOING_PRIVATE_IPS=10\.1\.2\.3/,
  );
  const env = { HOOK_FILE: path, APP_OUTGOING_PRIVATE_IPS: "10.1.2.3" };
  assert.equal(readConfig(env).config.hooks.endpoints[0]?.name, "a");
  await Deno.remove(path);
});

Deno.test("readConfig() needs a secret for a webhook, and no webhook for a secret", () => {
  assert.equal(
    refusal({ WEBHOOK_URL: "https://shop.example/hook" }),
    "Cannot use WEBHOOK_URL alone: WEBHOOK_SECRET is not set, and every webhook is signed",
  );
  assert.equal(readConfig({ WEBHOOK_SECRET: SECRET }).config.hooks.webhook, undefined);
});

const BAD_SECRETS = [
  "hunter2",
  "whsec_hunter2",
  `whsec_${btoa("hunter2".padEnd(23, "."))}`,
  `whsec_${btoa("hunter2".padEnd(65, "."))}`,
  `${SECRET}=`,
  `${SECRET.replace("aHVu", "aHV_")}`,
  SECRET.replace("whsec_", ""),
  `${SECRET},${SECRET}`,
  `${SECRET}  ${SECRET}`,
  `${SECRET} ${SECRET} ${SECRET}`,
  `${SECRET} whsec_hunter2`,
];
for (const secret of BAD_SECRETS) {
  Deno.test(`readConfig() refuses WEBHOOK_SECRET=${secret} without showing it`, () => {
    assert.equal(
      refusal({ WEBHOOK_URL: "https://shop.example/hook", WEBHOOK_SECRET: secret }),
      'Cannot use WEBHOOK_SECRET: current value is "***", allowed is whsec_ and 24 to 64 bytes in ' +
        "base64, or two of these with a space between",
    );
  });
}

const BAD_WEBHOOK_URLS: [url: string, shown: string][] = [
  ["ftp://shop.example/hunter2", "ftp://shop.example/***"],
  ["shop.example/hunter2", "shop.example/***"],
  ["https://user:hunter2@shop.example/hook", "https://shop.example/***"],
  ["https://user:hunter2/@shop.example", "https://shop.example/***"],
  ["https://hunter2@shop.example:port?hunter2", "https://shop.example:port/***"],
];
for (const [url, shown] of BAD_WEBHOOK_URLS) {
  Deno.test(`readConfig() refuses WEBHOOK_URL=${url} without showing what may be secret`, () => {
    assert.equal(
      refusal({ WEBHOOK_URL: url, WEBHOOK_SECRET: SECRET }),
      `Cannot use WEBHOOK_URL: current value is "${shown}", allowed is an http or https URL ` +
        "without a user or password in it",
    );
  });
}
