/** The settings of providers: what they mean, and what is said where they are wrong or do not go together. */
import assert from "node:assert/strict";
import { readSlice } from "../../../lib/config/read.ts";
import { providers } from "../../../lib/push/providers/settings.ts";
import { newVapidPair } from "../../../lib/push/providers/vapid_keys.ts";

const APNS = {
  PUSH_APNS_KEY: "AuthKey.p8",
  PUSH_APNS_KEY_ID: "KEY1234567",
  PUSH_APNS_TEAM: "TEAM123456",
  PUSH_APNS_TOPIC: "com.shop.app, com.shop.other",
};
const MAIL = { SMTP_URL: "smtp://a:b@mail.example", SMTP_FROM: "news@shop.example" };

Deno.test("without settings there is Web Push alone", () => {
  assert.deepEqual(readSlice(providers), {
    vapid: { privateKey: undefined, subject: undefined },
    fcm: undefined,
    apns: undefined,
    ntfy: undefined,
    mail: undefined,
    privateTargets: [],
  });
});

Deno.test("what is given is read", () => {
  const { privateKey } = newVapidPair();
  const config = readSlice(providers, {
    ...APNS,
    ...MAIL,
    PUSH_VAPID_PRIVATE_KEY: privateKey,
    PUSH_FCM_CREDENTIALS: "account.json",
    PUSH_APNS_SERVER: "sandbox",
    PUSH_NTFY_SERVERS: "https://ntfy.sh/, https://ntfy.shop.example:8443",
    PUSH_NTFY_TOKEN: "tk_1",
    SMTP_TLS_CA: "ca.pem",
  });
  assert.deepEqual(config, {
    vapid: { privateKey, subject: "mailto:news@shop.example" },
    fcm: { credentials: "account.json", server: "https://fcm.googleapis.com" },
    apns: {
      key: "AuthKey.p8",
      keyId: "KEY1234567",
      team: "TEAM123456",
      topics: ["com.shop.app", "com.shop.other"],
      server: "https://api.sandbox.push.apple.com",
    },
    ntfy: { servers: ["https://ntfy.sh", "https://ntfy.shop.example:8443"], token: "tk_1" },
    mail: {
      smtp: {
        host: "mail.example",
        port: 587,
        tls: "starttls",
        login: { user: "a", password: "b" },
      },
      from: { name: undefined, address: "news@shop.example" },
      tlsCa: "ca.pem",
    },
    privateTargets: [],
  });
  assert.equal(
    readSlice(providers, { ...MAIL, PUSH_VAPID_SUBJECT: "https://shop.example" }).vapid.subject,
    "https://shop.example",
  );
});

Deno.test("the URL of a mail server says how TLS begins", () => {
  const read = (SMTP_URL: string) => readSlice(providers, { ...MAIL, SMTP_URL }).mail?.smtp;
  assert.deepEqual(read("smtps://mail.example"), {
    ...{ host: "mail.example", port: 465, tls: "implicit", login: undefined },
  });
  assert.deepEqual(read("smtp://u%40x:p%3Aw@[::1]:2525/"), {
    ...{ host: "::1", port: 2525, tls: "starttls", login: { user: "u@x", password: "p:w" } },
  });
  assert.deepEqual(read("smtp://relay?tls=off"), {
    ...{ host: "relay", port: 25, tls: "none", login: undefined },
  });
  assert.equal(read("smtp://u:p@127.0.0.1?tls=off")?.tls, "none");
});

Deno.test("a sender may have a name", () => {
  const read = (SMTP_FROM: string) => readSlice(providers, { ...MAIL, SMTP_FROM }).mail?.from;
  assert.deepEqual(read('"Shop, Inc." <news@shop.example>'), {
    ...{ name: "Shop, Inc.", address: "news@shop.example" },
  });
  assert.deepEqual(read("<news@shop.example>"), { name: undefined, address: "news@shop.example" });
});

const WRONG: readonly [name: string, values: readonly string[]][] = [
  ["PUSH_VAPID_PRIVATE_KEY", ["secret", "A".repeat(43), "_".repeat(43), `${"A".repeat(43)}=`]],
  ["PUSH_VAPID_SUBJECT", ["admin@shop.example", "http://shop.example", "mailto:"]],
  ["PUSH_FCM_SERVER", ["fcm.googleapis.com", "http://shop.example", "https://shop.example/x"]],
  ["PUSH_APNS_SERVER", ["development", "http://shop.example", "https://u:p@shop.example"]],
  ["PUSH_APNS_KEY_ID", ["short", "key1234567"]],
  ["PUSH_APNS_TEAM", ["TEAM1234567"]],
  ["PUSH_APNS_TOPIC", ["com shop"]],
  ["PUSH_NTFY_SERVERS", ["ntfy.sh", "http://ntfy.sh", "https://ntfy.sh/topic"]],
  ["SMTP_URL", [
    ...["mail.example", "http://mail.example", "smtp://mail.example/x", "smtp://u@mail.example"],
    ...["smtps://mail.example?tls=off", "smtp://u:secret@mail.example?tls=off", "smtp://a?x=1"],
    ...["smtp://u:secret%@mail.example"],
  ]],
  ["SMTP_FROM", ["Shop", "a@b@c", "Shop <news>", "Shop news@shop.example"]],
];
for (const [name, values] of WRONG) {
  Deno.test(`${name} refuses what it cannot be, and shows no secret`, () => {
    for (const value of values) {
      const env = { ...APNS, ...MAIL, [name]: value };
      assert.throws(() => readSlice(providers, env), (error: Error) => {
        assert.ok(error.message.startsWith(`Cannot use ${name}: current value is `), error.message);
        assert.doesNotMatch(error.message, /secret|A{43}/);
        return true;
      }, value);
    }
  });
}

const ALONE: readonly [Record<string, string>, message: string][] = [
  [
    { PUSH_APNS_KEY: "a.p8", PUSH_APNS_TEAM: "TEAM123456" },
    "Cannot use PUSH_APNS_KEY alone: PUSH_APNS_KEY_ID, PUSH_APNS_TOPIC are not set",
  ],
  [{ ...APNS, PUSH_APNS_KEY: "" }, "Cannot use PUSH_APNS_KEY_ID alone: PUSH_APNS_KEY is not set"],
  [{ PUSH_NTFY_TOKEN: "tk" }, "Cannot use PUSH_NTFY_TOKEN alone: PUSH_NTFY_SERVERS is not set"],
  [{ SMTP_URL: "smtp://a" }, "Cannot use SMTP_URL alone: SMTP_FROM is not set"],
  [{ SMTP_FROM: "a@b.example" }, "Cannot use SMTP_FROM alone: SMTP_URL is not set"],
  [{ SMTP_TLS_CA: "ca.pem" }, "Cannot use SMTP_TLS_CA alone: SMTP_URL is not set"],
  [
    { PUSH_NTFY_SERVERS: "http://127.0.0.1:80" },
    "Cannot use PUSH_NTFY_SERVERS: it leads to the private address 127.0.0.1. If it should, set " +
    "APP_OUTGOING_PRIVATE_IPS=127.0.0.1",
  ],
];
Deno.test("what does not go together is refused in one sentence", () => {
  for (const [env, message] of ALONE) assert.throws(() => readSlice(providers, env), { message });
});
