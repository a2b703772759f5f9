/** FCM against a service that verifies as Google does: what is sent, tokens of the server, and what answers mean. */
import assert from "node:assert/strict";
import { readFcmAccount } from "../../../lib/push/providers/fcm_account.ts";
import { Fcm } from "../../../lib/push/providers/fcm.ts";
import type { PushResult } from "../../../lib/push/types.ts";
import { fcmError, FcmService } from "../../support/push/fcm_service.ts";
import { closing, deviceOf, shown } from "../../support/push/pushes.ts";
import { SilentServer } from "../../support/silent_server.ts";

const DEVICE = deviceOf("fcm", "device-token-is-secret:APA91b_x-y");

Deno.test("a phone gets a notification, and what its app needs to answer", async () => {
  await using service = new FcmService();
  await using fcm = opened(service);
  const push = shown({
    url: "https://shop.example/7",
    image: "https://shop.example/7.png",
    group: "orders",
  });
  assert.deepEqual(await send(fcm, push), { result: "taken", ref: "0:1%7" });
  const [{ token, notification, data, android, apns, webpush } = assert.fail()] = await service.get(
    1,
  );
  assert.equal(token, DEVICE.token);
  assert.deepEqual(notification, {
    title: "Order 7",
    body: "It was shipped",
    image: "https://shop.example/7.png",
  });
  assert.deepEqual(JSON.parse(data.notifyli), {
    ...{ id: "notification-1", at: 1_790_000_000, priority: 3, group: "orders" },
    url: "https://shop.example/7",
  });
  assert.match(android.ttl, /^3[56]\d\ds$/);
  assert.equal(android.priority, "HIGH");
  assert.deepEqual(android.notification, {
    tag: "orders",
    notification_count: 2,
    default_sound: true,
  });
  assert.match(android.collapse_key, /^[\w-]{32}$/);
  assert.deepEqual(apns.payload.aps, {
    ...{ badge: 2, "mutable-content": 1, sound: "default", "thread-id": "orders" },
  });
  assert.equal(webpush.fcm_options.link, "https://shop.example/7");
});

Deno.test("what was read elsewhere closes in the background, and a silent one makes no sound", async () => {
  await using service = new FcmService();
  await using fcm = opened(service);
  await send(fcm, closing());
  await send(fcm, shown({ isSilent: true, priority: 2 }));
  const [close = assert.fail(), silent = assert.fail()] = await service.get(2);
  assert.equal(close["notification"], undefined);
  assert.deepEqual(JSON.parse(close["data"].notifyli), { close: ["notification-1"], badge: 1 });
  assert.deepEqual(close["apns"].payload, { aps: { "content-available": 1, badge: 1 } });
  assert.equal(close["apns"].headers["apns-push-type"], "background");
  const keys = [close, silent].map((each) => each["android"].collapse_key);
  assert.deepEqual(keys, [undefined, undefined], "FCM would keep four of them alone");
  assert.equal(silent["android"].notification.tag, "notification-1");
  assert.equal(silent["android"].priority, "NORMAL");
  assert.equal(silent["android"].notification.default_sound, false);
  assert.equal(silent["apns"].payload.aps.sound, undefined);
});

Deno.test("what is too large is cut, and says so", async () => {
  await using service = new FcmService();
  await using fcm = opened(service);
  await send(fcm, shown({ text: "ü".repeat(60_000) }));
  const [message = assert.fail()] = await service.get(1);
  assert.match(message["notification"].body, /^ü+…$/);
  assert.equal(JSON.parse(message["data"].notifyli).cut, true);
  const { token: _, ...payload } = message;
  const bytes = new TextEncoder().encode(JSON.stringify(payload)).length;
  assert.ok(bytes <= 4096 && bytes > 3900, `${bytes} bytes`);
});

Deno.test("one token is enough for many sends, and is renewed before its end", async () => {
  await using service = new FcmService();
  let now = Date.now();
  await using fcm = opened(service, () => now);
  const push = shown({ expiresAt: now + 10_000_000 });
  const results = await Promise.all(Array.from({ length: 20 }, () => send(fcm, push)));
  assert.deepEqual(new Set(results.map(({ result }) => result)), new Set(["taken"]));
  assert.equal(service.tokens, 1);
  now += (3599 - 300) * 1000 - 1;
  await send(fcm, push);
  assert.equal(service.tokens, 1);
  now += 1;
  await send(fcm, push);
  assert.equal(service.tokens, 2);
});

/** It is this server's account that is refused. */
const DENIED = { result: "later", isDenied: true } as const;

Deno.test("a token that has ended early is renewed, once for all who find out", async () => {
  await using service = new FcmService();
  await using fcm = opened(service);
  await send(fcm, shown());
  service.endTokens();
  const results = await Promise.all(Array.from({ length: 20 }, () => send(fcm, shown())));
  assert.deepEqual(new Set(results.map(({ result }) => result)), new Set(["taken"]));
  assert.equal(service.tokens, 2);
  service.answer = () => fcmError(401, undefined);
  assert.deepEqual(await send(fcm, shown()), { ...DENIED, why: "status 401" });
  assert.equal(service.tokens, 3, "it is tried once more, and not again and again");
});

/** A whole second. */
const NOW = Math.floor(Date.now() / 1000) * 1000;
const LATER = { result: "later", at: NOW + 60_000 } as const;
const ASKED = { headers: { "retry-after": "7" } };

const ANSWERS: readonly [what: string, answer: () => Response, result: PushResult][] = [
  ["gone", () => fcmError(404, "UNREGISTERED"), { result: "gone", why: "status 404 UNREGISTERED" }],
  ["no project", () => fcmError(404, undefined), {
    ...DENIED,
    why: "status 404 NOT_FOUND",
  }],
  ["another sender's", () => fcmError(403, "SENDER_ID_MISMATCH"), {
    result: "gone",
    why: "status 403 SENDER_ID_MISMATCH",
  }],
  [
    "no token",
    () =>
      fcmError(400, "INVALID_ARGUMENT", {
        message: "The registration token is not a valid FCM registration token",
      }),
    { result: "gone", why: "status 400 INVALID_ARGUMENT" },
  ],
  ["no token, by field", () => fcmError(400, "INVALID_ARGUMENT", { field: "message.token" }), {
    result: "gone",
    why: "status 400 INVALID_ARGUMENT",
  }],
  [
    "another field",
    () =>
      fcmError(400, "INVALID_ARGUMENT", {
        field: "message.data[0].value",
        message: "registration token",
      }),
    { result: "refused", why: "status 400 INVALID_ARGUMENT" },
  ],
  ["quota", () => fcmError(429, "QUOTA_EXCEEDED"), { ...LATER, why: "status 429 QUOTA_EXCEEDED" }],
  ["quota, asked", () => fcmError(429, "QUOTA_EXCEEDED", ASKED), {
    result: "later",
    why: "status 429 QUOTA_EXCEEDED",
    at: NOW + 7000,
  }],
  ["away", () => fcmError(503, "UNAVAILABLE"), { ...LATER, why: "status 503 UNAVAILABLE" }],
  ["broken", () => fcmError(500, "INTERNAL"), { ...LATER, why: "status 500 INTERNAL" }],
  ["no key of Apple's", () => fcmError(401, "THIRD_PARTY_AUTH_ERROR"), {
    ...{ ...DENIED, isAlone: true },
    why: "status 401 THIRD_PARTY_AUTH_ERROR: Firebase has no good key of APNs or Web Push",
  }],
  ["garbage", () => new Response("<html>\0", { status: 502 }), {
    result: "later",
    why: "status 502",
  }],
  ["garbage that is good", () => new Response("<html>"), { result: "taken" }],
  ["a redirect", () => Response.redirect("http://10.0.0.1/", 307), {
    result: "refused",
    why: "status 307, and redirects are not followed",
  }],
  [
    "odd JSON",
    () =>
      Response.json({ error: { details: [7, null, { errorCode: "a secret text" }] } }, {
        status: 400,
      }),
    {
      result: "refused",
      why: "status 400",
    },
  ],
];
for (const [what, answer, result] of ANSWERS) {
  Deno.test(`an answer of FCM means ${result.result}: ${what}`, async () => {
    await using service = new FcmService();
    await using fcm = opened(service, () => NOW);
    await send(fcm, shown());
    service.answer = answer;
    assert.deepEqual(await send(fcm, shown()), result);
  });
}

Deno.test("an account of another project removes no device, before anything was taken", async () => {
  await using service = new FcmService();
  await using fcm = opened(service);
  service.answer = () => fcmError(403, "SENDER_ID_MISMATCH");
  assert.deepEqual(await send(fcm, shown()), {
    ...{ ...DENIED, isAlone: true },
    why: "status 403 SENDER_ID_MISMATCH: PUSH_FCM_CREDENTIALS may be of another project",
  });
  service.answer = () => undefined;
  assert.equal((await send(fcm, shown())).result, "taken");
  service.answer = () => fcmError(403, "SENDER_ID_MISMATCH");
  assert.equal((await send(fcm, shown())).result, "gone");
});

Deno.test("without a token from Google nothing is sent, and the reason says so", async () => {
  await using service = new FcmService();
  let now = NOW;
  await using fcm = opened(service, () => now);
  let asked = 0;
  const answers = (answer: () => Response) => () => (asked++, answer());
  service.answerToken = answers(() => Response.json({ error: "invalid_grant" }, { status: 400 }));
  const refused = { ...DENIED, why: "no token for FCM: status 400 invalid_grant" };
  assert.deepEqual(await send(fcm, shown()), refused);
  assert.deepEqual(await send(fcm, shown()), refused);
  assert.equal(asked, 1, "Google is left alone for a moment");
  now += 5000;
  service.answerToken = answers(() =>
    new Response(null, { status: 503, headers: { "retry-after": "9" } })
  );
  assert.deepEqual(await send(fcm, shown()), {
    ...{ result: "later", why: "no token for FCM: status 503", at: now + 9000 },
  });
  now += 5000;
  service.answerToken = answers(() => Response.json({ token: "?" }));
  assert.deepEqual(await send(fcm, shown()), {
    result: "later",
    why: "no token for FCM: no token came",
  });
  now += 5000;
  service.answerToken = () => undefined;
  assert.equal((await send(fcm, shown())).result, "taken");
});

Deno.test("who does not answer is asked later, and a token is in no reason", async () => {
  await using silent = new SilentServer({ hearsClose: false });
  await using service = new FcmService();
  const account = readFcmAccount(service.credentials);
  const config = {
    credentials: service.credentials,
    server: silent.url.replace("ws:", "http:").replace("/ws", ""),
  };
  await using fcm = new Fcm({ config, account, now: Date.now });
  const late = await fcm.send(DEVICE, shown(), AbortSignal.timeout(500));
  assert.deepEqual(late, { result: "later", why: "no answer in time" });
  await using away = new Fcm({
    config: { ...config, server: "http://127.0.0.1:1" },
    account,
    now: Date.now,
  });
  const result = await send(away, shown());
  assert.equal(result.result, "later");
  assert.doesNotMatch(JSON.stringify(result), /secret/);
});

Deno.test("check() says what is wrong with the file, and with the account", async () => {
  await using service = new FcmService();
  await using fcm = opened(service);
  assert.deepEqual(await fcm.check(), []);
  const path = JSON.stringify(service.credentials);
  const cannot = `Cannot use PUSH_FCM_CREDENTIALS: current value is ${path}, which `;
  for (
    const [changes, why] of [
      [
        { type: "authorized_user" },
        'is no JSON with "type": "service_account"; Firebase makes it in its settings',
      ],
      [
        { project_info: {} },
        "is the app's google-services.json; allowed is the key of a service account",
      ],
      [{ project_id: undefined }, "has no project_id"],
      [{ private_key: "secret" }, "has a private_key that is no RSA key in PEM"],
      [{ token_uri: "http://shop.example/token" }, "has a token_uri that is no https URL"],
    ] as const
  ) {
    service.writeCredentials(changes);
    assert.deepEqual(await fcm.check(), [{ level: "error", text: cannot + why }]);
    assert.throws(() => readFcmAccount(service.credentials), { message: cannot + why });
  }
  Deno.removeSync(service.credentials);
  assert.match((await fcm.check())[0]?.text ?? "", /which cannot be read \(/);
  service.writeCredentials();
  service.answerToken = () => Response.json({ error: "invalid_grant" }, { status: 400 });
  await using other = opened(service);
  assert.deepEqual(await other.check(), [{
    level: "error",
    text: "PUSH_FCM_CREDENTIALS: no token for FCM: status 400 invalid_grant",
  }]);
});

Deno.test("tokenOf() takes what Firebase gives, and repeats nothing else", async () => {
  await using service = new FcmService();
  await using fcm = opened(service);
  assert.equal(fcm.tokenOf(DEVICE.token), DEVICE.token);
  for (
    const bad of [undefined, 7, "", "short", "a secret with blanks in it", "s".repeat(5000), {
      endpoint: "x",
    }]
  ) {
    assert.throws(() => fcm.tokenOf(bad), (error: Error) => !error.message.includes("secret"));
  }
});

function opened(service: FcmService, now: () => number = Date.now): Fcm {
  const config = { credentials: service.credentials, server: service.origin };
  return new Fcm({ config, account: readFcmAccount(service.credentials), now });
}

async function send(fcm: Fcm, message: Parameters<Fcm["send"]>[1]): Promise<PushResult> {
  return await fcm.send(DEVICE, message, AbortSignal.timeout(30_000));
}
