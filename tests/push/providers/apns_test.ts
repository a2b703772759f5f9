/** APNs against a service that speaks HTTP/2 as Apple's: what is sent, tokens, what answers mean, and connections that end. */
import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { Apns } from "../../../lib/push/providers/apns.ts";
import { readApnsKey } from "../../../lib/push/providers/apns_key.ts";
import type { DeviceMessage, PushResult } from "../../../lib/push/types.ts";
import {
  APNS_KEY_ID,
  APNS_TEAM,
  APNS_TOPIC,
  type ApnsAnswer,
  ApnsService,
} from "../../support/push/apns_service.ts";
import { closing, deviceOf, shown } from "../../support/push/pushes.ts";
import { waitFor } from "../../support/wait.ts";

const TOKEN = "ab".repeat(32);
const DEVICE = deviceOf("apns", TOKEN);

Deno.test("an iPhone gets an alert with badge, sound and thread", async () => {
  await using service = await ApnsService.start();
  await using apns = opened(service);
  const image = "https://shop.example/7.png";
  const result = await send(
    apns,
    shown({ group: "orders", image, answerUrl: "https://shop.example/push/t" }),
  );
  assert.match(JSON.stringify(result), /^{"result":"taken","ref":"[\w-]{36}"}$/);
  const [{ device, headers, payload } = assert.fail()] = await service.get(1);
  assert.equal(device, TOKEN);
  assert.equal(headers["apns-topic"], APNS_TOPIC);
  assert.equal(headers["apns-push-type"], "alert");
  assert.equal(headers["apns-priority"], "10");
  assert.match(String(headers["apns-collapse-id"]), /^[\w-]{32}$/);
  assert.deepEqual(payload, {
    aps: {
      alert: { title: "Order 7", body: "It was shipped" },
      badge: 2,
      "mutable-content": 1,
      sound: "default",
      "thread-id": "orders",
    },
    notifyli: {
      ...{ id: "notification-1", at: 1_790_000_000, priority: 3, group: "orders", image },
      answer: "https://shop.example/push/t",
    },
  });
});

Deno.test("what was read elsewhere closes in the background, and the least urgent is passive", async () => {
  await using service = await ApnsService.start();
  await using apns = opened(service);
  await send(apns, closing());
  await send(apns, shown({ priority: 1, isSilent: true }));
  const [close = assert.fail(), passive = assert.fail()] = await service.get(2);
  assert.deepEqual(close.payload, {
    aps: { "content-available": 1, badge: 1 },
    notifyli: { close: ["notification-1"], badge: 1 },
  });
  assert.equal(close.headers["apns-push-type"], "background");
  assert.equal(close.headers["apns-collapse-id"], passive.headers["apns-collapse-id"]);
  assert.equal(passive.headers["apns-priority"], "5");
  assert.equal(passive.payload.aps["interruption-level"], "passive");
  assert.equal(passive.payload.aps.sound, undefined);
});

Deno.test("what is too large is cut, and says so", async () => {
  await using service = await ApnsService.start();
  await using apns = opened(service);
  await send(apns, shown({ text: "ü".repeat(60_000) }));
  const [{ payload } = assert.fail()] = await service.get(1);
  assert.match(payload.aps.alert.body, /^ü+…$/);
  assert.equal(payload.notifyli.cut, true);
});

Deno.test("a device may name one of the apps, and no other", async () => {
  await using service = await ApnsService.start();
  await using apns = opened(service, Date.now, ["com.other", APNS_TOPIC]);
  const asked: unknown[] = [];
  service.answer = ({ headers }) => void asked.push(headers["apns-topic"]);
  const to = (app?: string) =>
    apns.send({ ...DEVICE, ...(app && { app }) }, shown(), AbortSignal.timeout(30_000));
  const results = [await to(APNS_TOPIC), await to(), await to("com.strange")];
  assert.deepEqual(asked, [APNS_TOPIC, "com.other", "com.other"]);
  const why = "status 400 TopicDisallowed";
  assert.deepEqual(results.map((each) => "why" in each && each.why), [false, why, why]);
});

Deno.test("a token is used for 40 minutes by all, over one connection", async () => {
  await using service = await ApnsService.start();
  let now = Date.now();
  await using apns = opened(service, () => now);
  const push = shown({ expiresAt: now + 10_000_000 });
  const results = await Promise.all(Array.from({ length: 50 }, () => send(apns, push)));
  assert.deepEqual(new Set(results.map(({ result }) => result)), new Set(["taken"]));
  assert.equal(service.sessions, 1);
  now += 40 * 60_000 - 1;
  await send(apns, push);
  now += 1;
  await send(apns, push);
  const made = (await service.get(52)).map(({ iat }) => iat);
  assert.equal(new Set(made.slice(0, 51)).size, 1);
  assert.equal(made[51]! - made[0]!, 2400);
});

Deno.test("a token that Apple calls too old is renewed, but not within 20 minutes", async () => {
  await using service = await ApnsService.start();
  let now = Date.now();
  let refused = 0;
  await using apns = opened(service, () => now);
  const push = shown({ expiresAt: now + 10_000_000 });
  const oldest = Math.floor(now / 1000) + 60;
  service.answer = ({ iat }) => {
    if (iat > oldest) return undefined;
    refused++;
    return { status: 403, reason: "ExpiredProviderToken" };
  };
  assert.deepEqual(await send(apns, push), {
    result: "later",
    why: "status 403 ExpiredProviderToken",
  });
  assert.equal(refused, 1);
  now += 20 * 60_000;
  assert.equal((await send(apns, push)).result, "taken");
  assert.equal(refused, 2);
});

/** A whole second. */
const NOW = Math.floor(Date.now() / 1000) * 1000;

const ANSWERS: readonly [ApnsAnswer, PushResult][] = [
  ...["BadDeviceToken", "DeviceTokenNotForTopic"].map((reason): [ApnsAnswer, PushResult] => [
    { status: 400, reason },
    { result: "gone", why: `status 400 ${reason}` },
  ]),
  [{ status: 410, body: '{"reason":"Unregistered","timestamp":1790000000000}' }, {
    result: "gone",
    why: "status 410 Unregistered",
  }],
  [{ status: 410, reason: "ExpiredToken" }, { result: "gone", why: "status 410 ExpiredToken" }],
  [{ status: 400, reason: "BadCollapseId" }, {
    result: "refused",
    why: "status 400 BadCollapseId",
  }],
  [{ status: 403, reason: "InvalidProviderToken" }, {
    ...{ result: "later", why: "status 403 InvalidProviderToken", isDenied: true },
  }],
  [{ status: 400, reason: "TopicDisallowed" }, {
    ...{ result: "later", why: "status 400 TopicDisallowed", isAlone: true, isDenied: true },
  }],
  [{ status: 413, reason: "PayloadTooLarge" }, {
    result: "refused",
    why: "status 413 PayloadTooLarge",
  }],
  [{ status: 429, reason: "TooManyRequests" }, {
    result: "later",
    why: "status 429 TooManyRequests",
    isAlone: true,
  }],
  [{ status: 429, reason: "TooManyProviderTokenUpdates", headers: { "retry-after": "30" } }, {
    ...{ result: "later", why: "status 429 TooManyProviderTokenUpdates", at: NOW + 30_000 },
  }],
  [{ status: 500, reason: "InternalServerError" }, {
    result: "later",
    why: "status 500 InternalServerError",
  }],
  [{ status: 503, reason: "Shutdown" }, { result: "later", why: "status 503 Shutdown" }],
  [{ status: 400, body: `{"reason":"a secret text"}` }, { result: "refused", why: "status 400" }],
  [{ status: 502, body: "<html>\0" }, { result: "later", why: "status 502" }],
  [{ status: 307, headers: { location: "http://10.0.0.1/" } }, {
    ...{ result: "refused", why: "status 307, and redirects are not followed" },
  }],
];
Deno.test("an answer means what Apple's table says", async () => {
  await using service = await ApnsService.start();
  await using apns = opened(service, () => NOW);
  await send(apns, shown());
  for (const [answer, result] of ANSWERS) {
    service.answer = () => answer;
    assert.deepEqual(await send(apns, shown()), result, JSON.stringify(answer));
  }
});

Deno.test("a wrong server or topic removes no device, before anything was taken for it", async () => {
  await using service = await ApnsService.start();
  await using apns = opened(service);
  for (const reason of ["BadDeviceToken", "DeviceTokenNotForTopic"]) {
    service.answer = () => ({ status: 400, reason });
    assert.deepEqual(await send(apns, shown()), {
      ...{ result: "later", isAlone: true, isDenied: true },
      why: `status 400 ${reason}: PUSH_APNS_SERVER or PUSH_APNS_TOPIC may be wrong`,
    });
  }
  service.answer = () => ({ status: 410, reason: "Unregistered" });
  assert.equal((await send(apns, shown())).result, "gone", "of this Apple is sure");
  service.answer = () => undefined;
  assert.equal((await send(apns, shown())).result, "taken");
  service.answer = () => ({ status: 400, reason: "BadDeviceToken" });
  assert.equal((await send(apns, shown())).result, "gone");
});

Deno.test("ten megabytes of an answer are not read", async () => {
  await using service = await ApnsService.start();
  await using apns = opened(service);
  service.answer = () => ({ status: 400, body: new Uint8Array(10_000_000) });
  assert.deepEqual(await send(apns, shown()), { result: "refused", why: "status 400" });
  service.answer = () => undefined;
  assert.equal((await send(apns, shown())).result, "taken");
});

Deno.test("connections that Apple ends, politely or not, cost no push", async () => {
  await using service = await ApnsService.start();
  await using apns = opened(service);
  assert.equal((await send(apns, shown())).result, "taken");
  const release = Promise.withResolvers<void>();
  let waiting = 0;
  service.answer = async () => {
    waiting++;
    await release.promise;
    return undefined;
  };
  const underWay = Array.from({ length: 10 }, () => send(apns, shown()));
  await waitFor("they wait", () => waiting === 10);
  service.goAway();
  service.answer = () => undefined;
  assert.equal((await send(apns, shown())).result, "taken");
  release.resolve();
  const results = (await Promise.all(underWay)).map(({ result }) => result);
  assert.deepEqual(results, Array(10).fill("taken"));
  assert.equal(service.taken.length, 12, "each came once");
  service.cut();
  assert.equal((await send(apns, shown())).result, "taken");
});

Deno.test("a connection that is dead at its other end is given up, and what else is on its way goes on", async () => {
  await using service = await ApnsService.start();
  await using apns = opened(service);
  assert.equal((await send(apns, shown())).result, "taken");
  const release = Promise.withResolvers<void>();
  let waiting = 0;
  service.answer = async ({ payload }) => {
    if (service.sessions > 1) return undefined;
    waiting++;
    if (payload.notifyli.id === "silent") return "silence";
    await release.promise;
    return undefined;
  };
  const slow = send(apns, shown({ id: "slow" }));
  const caller = new AbortController();
  const late = apns.send(DEVICE, shown({ id: "silent" }), caller.signal);
  await waitFor("both wait", () => waiting === 2);
  caller.abort();
  const silent = await late;
  assert.deepEqual(silent, { result: "later", why: "no answer in time" });
  assert.equal((await send(apns, shown({ id: "next" }))).result, "taken");
  assert.equal(service.sessions, 2);
  release.resolve();
  assert.equal((await slow).result, "taken");
});

Deno.test("a service whose certificate nobody knows is given nothing", async () => {
  await using service = await ApnsService.start();
  await using apns = new Apns({
    config: {
      key: service.keyFile,
      keyId: APNS_KEY_ID,
      team: APNS_TEAM,
      topics: [APNS_TOPIC],
      server: service.origin,
    },
    key: readApnsKey(service.keyFile),
    now: Date.now,
  });
  const result = await send(apns, shown());
  assert.match(JSON.stringify(result), /"later".*certificate/);
  assert.doesNotMatch(JSON.stringify(result), new RegExp(TOKEN));
  assert.equal(service.taken.length, 0);
});

Deno.test("check() says what is wrong with the key, and whether Apple knows it", async () => {
  await using service = await ApnsService.start();
  await using apns = opened(service);
  assert.deepEqual(await apns.check(), []);
  service.answer = () => ({ status: 403, reason: "InvalidProviderToken" });
  const what =
    "PUSH_APNS_KEY, _KEY_ID, _TEAM, _TOPIC: Apple answers status 403 InvalidProviderToken";
  assert.deepEqual(await apns.check(), [{ level: "error", text: what }]);
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const write = (text: string) => Deno.writeTextFileSync(service.keyFile, text);
  write(privateKey.export({ type: "pkcs8", format: "pem" }).toString());
  const path = JSON.stringify(service.keyFile);
  const [note] = await apns.check();
  assert.equal(
    note?.text,
    `Cannot use PUSH_APNS_KEY: current value is ${path}, allowed is a key of P-256, as in AuthKey_….p8`,
  );
  for (const text of ["no PEM", "-----BEGIN PRIVATE KEY-----\nxx\n-----END PRIVATE KEY-----\n"]) {
    write(text);
    assert.match((await apns.check())[0]?.text ?? "", /^Cannot use PUSH_APNS_KEY: .*allowed is a /);
  }
});

Deno.test("tokenOf() takes what Apple gives to apps, in one spelling", async () => {
  await using service = await ApnsService.start();
  await using apns = opened(service);
  assert.equal(apns.tokenOf(TOKEN.toUpperCase()), TOKEN);
  for (
    const bad of [
      undefined,
      7,
      "",
      "ab",
      TOKEN + "a",
      "xy".repeat(32),
      "ab".repeat(101),
      `<${TOKEN}>`,
      {},
    ]
  ) {
    assert.throws(() => apns.tokenOf(bad), (error: Error) => !error.message.includes("ab"));
  }
});

function opened(
  service: ApnsService,
  now: () => number = Date.now,
  topics: readonly [string, ...string[]] = [APNS_TOPIC],
): Apns {
  const config = {
    key: service.keyFile,
    keyId: APNS_KEY_ID,
    team: APNS_TEAM,
    topics,
    server: service.origin,
  };
  return new Apns({ config, key: readApnsKey(service.keyFile), caCerts: [service.ca], now });
}

async function send(apns: Apns, message: DeviceMessage): Promise<PushResult> {
  return await apns.send(DEVICE, message, AbortSignal.timeout(30_000));
}
