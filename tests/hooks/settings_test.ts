/** The settings of webhooks: what is refused shows nothing that may be secret. */
import assert from "node:assert/strict";
import { readConfig } from "../../lib/configuration.ts";
import { hooks } from "../../lib/hooks/settings.ts";
import { refusal, testSlice } from "../support/settings.ts";

const SECRET = `whsec_${btoa("hunter2".padEnd(24, "."))}`;
const OTHER_SECRET = `whsec_${btoa("hunter2".padEnd(64, "."))}`;

testSlice(hooks, {
  defaults: undefined,
  every: {
    WEBHOOK_URL: "https://shop.example/hook?a=b",
    WEBHOOK_SECRET: `${SECRET} ${OTHER_SECRET}`,
  },
  beside: { APP_OUTGOING_PRIVATE_IPS: "127.0.0.1, fd00::/8" },
  config: {
    url: "https://shop.example/hook?a=b",
    secrets: [SECRET, OTHER_SECRET],
    privateTargets: ["127.0.0.1", "fd00::/8"],
  },
});

Deno.test("readConfig() needs a secret for a webhook, and no webhook for a secret", () => {
  assert.equal(
    refusal({ WEBHOOK_URL: "https://shop.example/hook" }),
    "Cannot use WEBHOOK_URL alone: WEBHOOK_SECRET is not set, and every webhook is signed",
  );
  assert.equal(readConfig({ WEBHOOK_SECRET: SECRET }).config.hooks, undefined);
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
