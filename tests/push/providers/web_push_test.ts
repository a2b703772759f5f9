/** Web Push against a push service that verifies and decrypts as a browser does: what is sent, and what answers mean. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { createECDH } from "node:crypto";
import type { Database } from "../../../lib/engines/database/database.ts";
import { PROVIDER_TABLES } from "../../../lib/push/providers/tables.ts";
import { Vapid } from "../../../lib/push/providers/vapid.ts";
import { newVapidPair, VapidKeys, vapidPair } from "../../../lib/push/providers/vapid_keys.ts";
import { WebPush, type WebPushOptions } from "../../../lib/push/providers/web_push.ts";
import type { DeviceMessage, PushResult } from "../../../lib/push/types.ts";
import { testDatabases } from "../../support/databases.ts";
import { closing, deviceOf, shown } from "../../support/push/pushes.ts";
import {
  type SubscriptionJson,
  verifiedSender,
  WebPushService,
} from "../../support/push/web_push_service.ts";
import { Receiver } from "../../support/receiver.ts";
import { SilentServer } from "../../support/silent_server.ts";

const SUBJECT = "mailto:admin@shop.example";

Deno.test("a browser gets the declarative form, with all that a push says", async () => {
  await using service = new WebPushService();
  const push = opened();
  const result = await send(
    push,
    service.subscribe(),
    shown({
      url: "/orders/7",
      icon: "/icon.png",
      image: "https://shop.example/7.png",
      kind: "order",
      group: "orders",
      isSilent: true,
      priority: 5,
      answerUrl: "https://shop.example/push/t",
      data: { order: 7 },
      actions: [
        { type: "view", id: "open", label: "Open", url: "/orders/7?open" },
        {
          type: "http",
          id: "pay",
          label: "Pay",
          url: "https://secret.example",
          method: "POST",
          clear: true,
        },
        { type: "reply", id: "say", label: "Say", placeholder: "Yes" },
      ],
    }),
  );
  assert.deepEqual(result, { result: "taken" });
  const [taken] = await service.get(1);
  assert.deepEqual(JSON.parse(taken?.text ?? ""), {
    web_push: 8030,
    notification: {
      title: "Order 7",
      body: "It was shipped",
      navigate: "/orders/7",
      tag: "orders",
      timestamp: 1_790_000_000_000,
      silent: true,
      icon: "/icon.png",
      image: "https://shop.example/7.png",
      actions: [
        { action: "open", title: "Open", navigate: "/orders/7?open" },
        { action: "pay", title: "Pay", navigate: "/orders/7" },
        { action: "say", title: "Say", navigate: "/orders/7" },
      ],
      app_badge: 2,
      data: {
        notifyli: {
          id: "notification-1",
          at: 1_790_000_000,
          priority: 5,
          kind: "order",
          group: "orders",
          url: "/orders/7",
          answer: "https://shop.example/push/t",
          actions: [
            { id: "open", type: "view", label: "Open", url: "/orders/7?open" },
            { id: "pay", type: "http", label: "Pay", clear: true },
            { id: "say", type: "reply", label: "Say", placeholder: "Yes" },
          ],
          data: { order: 7 },
        },
      },
    },
    app_badge: 2,
  });
  assert.deepEqual(taken?.claims["sub"], SUBJECT);
  assert.equal(taken?.headers.get("content-type"), "application/notification+json");
});

Deno.test("what was read elsewhere closes, and stands for what the device has not got yet", async () => {
  await using service = new WebPushService();
  const push = opened();
  const subscription = service.subscribe();
  for (
    const message of [shown(), closing(), shown({ group: "g" }), closing("notification-1", "g")]
  ) {
    assert.deepEqual(await send(push, subscription, message), { result: "taken" });
  }
  const [show, close, ofGroup, closeOfGroup] = await service.get(4);
  assert.deepEqual(JSON.parse(close?.text ?? ""), {
    notifyli: { close: ["notification-1"], badge: 1 },
  });
  const topics = [show, close, ofGroup, closeOfGroup].map((each) => each?.headers.get("topic"));
  for (const topic of topics) assert.match(topic ?? "", /^[\w-]{32}$/);
  assert.equal(topics[1], topics[0]);
  assert.equal(new Set(topics).size, 3, "closing one of a group leaves the newest of it");
  assert.equal(close?.headers.get("urgency"), "low");
});

Deno.test("what stands for what is not to be seen: each device has its own names", async () => {
  await using service = new WebPushService();
  const push = opened();
  const [one, other] = [service.subscribe(), service.subscribe()];
  for (const each of [one, one, other]) await send(push, each, shown({ group: "invoices" }));
  const topics = (await service.get(3)).map(({ headers }) => headers.get("topic"));
  assert.deepEqual(topics.map((topic) => topics.indexOf(topic)), [0, 0, 2]);
});

Deno.test("a text that is kept back is to be fetched, and what has no title has its text above", async () => {
  await using service = new WebPushService();
  const push = opened();
  const answerUrl = "https://shop.example/push/t";
  await send(push, service.subscribe(), shown({ text: undefined, title: undefined, answerUrl }));
  await send(push, service.subscribe(), shown({ title: undefined }));
  const [kept, untitled] = (await service.get(2)).map(({ text }) => JSON.parse(text).notification);
  assert.equal(kept.title, "New notification");
  assert.equal(kept.body, undefined);
  assert.deepEqual(kept.data.notifyli, {
    ...{ id: "notification-1", at: 1_790_000_000, priority: 3, answer: answerUrl, cut: true },
  });
  assert.deepEqual([untitled.title, untitled.body], ["It was shipped", undefined]);
  assert.equal(untitled.navigate, "./");
});

Deno.test("priority is urgency, and TTL ends with the notification, at most four weeks", async () => {
  await using service = new WebPushService();
  const now = Date.now();
  const push = opened({ now: () => now });
  for (const priority of [1, 2, 3, 4, 5]) {
    await send(push, service.subscribe(), shown({ priority, expiresAt: now + priority * 1000 }));
  }
  await send(push, service.subscribe(), shown({ expiresAt: now + 100 * 24 * 3_600_000 }));
  const headers = (await service.get(6)).map(({ headers }) => headers);
  assert.deepEqual(
    headers.map((each) => [each.get("urgency"), each.get("ttl")]),
    [["very-low", "1"], ["low", "2"], ["normal", "3"], ["high", "4"], ["high", "5"], [
      "normal",
      "2419200",
    ]],
  );
  const late = await send(push, service.subscribe(), shown({ expiresAt: now }));
  assert.deepEqual(late, { result: "refused", why: "it has expired" });
  assert.equal(service.taken.length, 6);
});

Deno.test("what is too large is cut: the text at a character, then what stands beside it", async () => {
  await using service = new WebPushService();
  const push = opened();
  const family = "👨‍👩‍👧";
  await send(push, service.subscribe(), shown({ text: family.repeat(1000), data: { a: 1 } }));
  await send(push, service.subscribe(), shown({ text: "y".repeat(3000), data: "x".repeat(3600) }));
  const url = `https://shop.example/${"ü".repeat(1900)}`;
  const everything = { url, icon: url, image: url, title: "ü".repeat(250), data: "x".repeat(4000) };
  await send(push, service.subscribe(), shown({ ...everything, text: "ü".repeat(60_000) }));
  const taken = await service.get(3);
  const [long, heavy, full] = taken.map(({ text }) => JSON.parse(text).notification);
  assert.match(long.body, new RegExp(`^(${family})+…$`, "u"));
  assert.deepEqual([long.data.notifyli.data, long.data.notifyli.cut], [{ a: 1 }, true]);
  assert.deepEqual([heavy.body, heavy.data.notifyli.data], ["y".repeat(3000), undefined]);
  assert.deepEqual([full.icon, full.image, full.navigate, full.title], [
    ...[undefined, undefined, "./"],
    everything.title,
  ]);
  assert.match(full.body, /^ü+…$/);
  for (const { body, text } of [taken[0]!, taken[2]!]) {
    assert.equal(body.length, 4096, "as long as may be");
    assert.ok(new TextEncoder().encode(text).length > 3000, "no more is cut than has to be");
  }
});

/** A whole second. */
const NOW = Math.floor(Date.now() / 1000) * 1000;

/** The subscription may be of another key of this server's. */
const DENIED = { result: "later", isAlone: true, isDenied: true } as const;

/** An answer, and what it means. */
const ANSWERS: readonly [
  status: number,
  init: ResponseInit & { body?: string },
  result: PushResult,
][] = [
  [200, {}, { result: "taken" }],
  [201, {}, { result: "taken" }],
  [202, {}, { result: "taken" }],
  [404, {}, { result: "gone", why: "status 404" }],
  [410, {}, { result: "gone", why: "status 410" }],
  [413, {}, { result: "refused", why: "status 413: it is too large" }],
  [400, { body: '{"reason":"BadJwtToken"}' }, { ...DENIED, why: "status 400 BadJwtToken" }],
  [401, { body: '{"errno":109,"message":"secret"}' }, { ...DENIED, why: "status 401 109" }],
  [403, { body: "the endpoint is endpoint-is-secret" }, { ...DENIED, why: "status 403" }],
  [400, { body: '{"reason":"BadTopic"}' }, { result: "refused", why: "status 400 BadTopic" }],
  [307, { headers: { location: "http://10.0.0.1/" } }, {
    result: "refused",
    why: "status 307, and redirects are not followed",
  }],
  [429, { headers: { "retry-after": "120" } }, {
    result: "later",
    why: "status 429",
    at: NOW + 120_000,
  }],
  [503, { headers: { "retry-after": new Date(NOW + 300_000).toUTCString() } }, {
    result: "later",
    why: "status 503",
    at: NOW + 300_000,
  }],
  [500, { headers: { "retry-after": "soon" }, body: "\0\xff<garbage" }, {
    result: "later",
    why: "status 500",
  }],
];
Deno.test("an answer means what RFC 8030 says", async () => {
  await using service = new WebPushService();
  const push = opened({ now: () => NOW });
  for (const [status, { body, ...init }, result] of ANSWERS) {
    service.answer = () => new Response(body ?? null, { status, ...init });
    assert.deepEqual(await send(push, service.subscribe(), shown()), result, String(status));
  }
});

Deno.test("ten megabytes of an answer are not read, and no redirect is followed", async () => {
  await using elsewhere = new Receiver();
  await using service = new WebPushService();
  let sent = 0;
  const endless = new ReadableStream<Uint8Array>({
    pull: (controller) => {
      sent += 65_536;
      if (sent > 10_000_000) controller.close();
      else controller.enqueue(new Uint8Array(65_536));
    },
  });
  service.answer = () => new Response(endless, { status: 201 });
  const push = opened();
  assert.deepEqual(await send(push, service.subscribe(), shown()), { result: "taken" });
  assert.ok(sent < 8_000_000, `${sent} bytes were sent`);
  service.answer = () => Response.redirect(elsewhere.url, 308);
  const { result } = await send(push, service.subscribe(), shown());
  assert.deepEqual([result, elsewhere.told.length], ["refused", 0]);
});

Deno.test("who does not answer, resets or is not there is asked later, and is not named by its secret", async () => {
  const signal = () => AbortSignal.timeout(200);
  await using silent = new SilentServer({ hearsClose: false });
  const endpoint = silent.url.replace("ws:", "http:").replace("/ws", "/endpoint-is-secret");
  await using service = new WebPushService();
  const { keys } = service.subscribe();
  const push = opened();
  assert.deepEqual(await send(push, { endpoint, keys }, shown(), signal()), {
    result: "later",
    why: "no answer in time",
  });
  const cutting = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const resets = (async () => {
    const connection = await cutting.accept();
    await connection.read(new Uint8Array(100));
    connection.close();
  })();
  const reset = { endpoint: `http://127.0.0.1:${cutting.addr.port}/endpoint-is-secret`, keys };
  const first = await send(push, reset, shown());
  await resets;
  cutting.close();
  const away = await send(push, reset, shown());
  for (const result of [first, away]) {
    assert.equal(result.result, "later", JSON.stringify(result));
    assert.doesNotMatch(JSON.stringify(result), /secret/);
  }
});

Deno.test("an endpoint on a private address is refused, by name as well", async () => {
  await using service = new WebPushService();
  const { endpoint, keys } = service.subscribe();
  const lookup = deviceOf(
    "web_push",
    JSON.stringify({ endpoint: "https://localhost.example/x", keys }),
  );
  const push = opened({ privateTargets: [] });
  for (
    const each of [
      endpoint,
      "https://10.0.0.1/x",
      "https://localhost/x",
      "https://[::ffff:127.0.0.1]/",
    ]
  ) {
    assert.throws(() => push.tokenOf({ endpoint: each, keys }), { code: "invalid_field" }, each);
  }
  // A device that was registered while it was allowed.
  const device = deviceOf("web_push", JSON.stringify({ endpoint, keys }));
  const result = await push.send(device, shown(), AbortSignal.timeout(10_000));
  assert.equal(result.result, "refused", JSON.stringify(result));
  assert.match(JSON.stringify(result), /127\.0\.0\.1 is private/);
  assert.equal(push.originOf(lookup), "https://localhost.example");
  assert.equal(service.taken.length, 0);
});

Deno.test("tokenOf() takes a subscription by any spelling, and keeps it in one", () => {
  const push = opened();
  const service = "https://push.example/send/secret";
  const keys = keysOf("base64url");
  const kept = push.tokenOf({ endpoint: service, keys });
  assert.deepEqual(JSON.parse(kept), { endpoint: service, keys });
  const others = [
    { endpoint: `${service}#x`, keys: keysOf("base64"), expirationTime: null },
    JSON.stringify({ endpoint: service.replace("push", "PUSH"), keys }),
    kept,
  ];
  for (const each of others) assert.equal(push.tokenOf(each), kept);
});

Deno.test("tokenOf() refuses what nothing can be sent to, and does not repeat it", () => {
  const push = opened();
  const good = { endpoint: "https://push.example/secret", keys: keysOf("base64url") };
  const { p256dh, auth } = good.keys;
  const point = Buffer.from(p256dh, "base64url");
  point[20] = point[20]! ^ 1;
  const compressed = Buffer.from(p256dh, "base64url");
  compressed[0] = 2;
  const bad: unknown[] = [
    ...[undefined, null, 7, "", "secret", "https://push.example/secret", [], {}, {
      endpoint: good.endpoint,
    }],
    { ...good, endpoint: "http://push.example/secret" },
    { ...good, endpoint: "http://192.168.1.1/secret" },
    { ...good, endpoint: "file:///secret" },
    { ...good, endpoint: "https://a:b@push.example/secret" },
    { ...good, endpoint: `https://push.example/${"secret".repeat(400)}` },
    { ...good, keys: { p256dh, auth: auth.slice(2) } },
    { ...good, keys: { p256dh: p256dh.slice(4), auth } },
    { ...good, keys: { p256dh: point.toString("base64url"), auth } },
    { ...good, keys: { p256dh: compressed.toString("base64url"), auth } },
    { ...good, keys: { p256dh: Buffer.alloc(65, 4).toString("base64url"), auth } },
    { ...good, keys: { p256dh: "secret".repeat(50), auth } },
  ];
  for (const each of bad) {
    assert.throws(() => push.tokenOf(each), (error: Error & { code?: string }) => {
      assert.doesNotMatch(error.message, /secret/);
      return error.code === "invalid_field";
    }, JSON.stringify(each));
  }
});

Deno.test("plain http goes to an address that is allowed by itself alone", () => {
  const keys = keysOf("base64url");
  const push = opened({ privateTargets: ["192.168.1.1"] });
  const at = (endpoint: string) => () => push.tokenOf({ endpoint, keys });
  at("http://192.168.1.1/x")();
  assert.throws(at("http://192.168.1.2/x"));
  assert.throws(at("http://8.8.8.8/x"));
  assert.throws(() =>
    opened({ privateTargets: ["*"] }).tokenOf({ endpoint: "http://push.example/x", keys })
  );
});

Deno.test("Apple's push service gets nothing that shows nothing", async () => {
  const push = opened();
  const endpoint = "https://web.push.apple.com/Q";
  const subscription = { endpoint, keys: keysOf("base64url") };
  const { result } = await send(push, subscription, closing());
  assert.equal(result, "refused");
});

Deno.test("a token for a push service is used for 12 hours, and another service gets another", async () => {
  let now = Date.now();
  await using one = new WebPushService(() => now);
  await using other = new WebPushService(() => now);
  const push = opened({ now: () => now });
  const both = [one, other];
  const expiresAt = now + 1_000_000_000;
  const sendAll = async () => {
    for (const each of both) await send(push, each.subscribe(), shown({ expiresAt }));
  };
  await sendAll();
  await sendAll();
  now += 12 * 3_600_000 - 1;
  await sendAll();
  now += 1;
  await sendAll();
  for (const each of both) {
    const tokens = (await each.get(4)).map(({ headers }) => headers.get("authorization"));
    assert.deepEqual(tokens.map((token) => tokens.indexOf(token)), [0, 0, 0, 3]);
  }
  assert.notEqual(one.taken[0]?.claims["aud"], other.taken[0]?.claims["aud"]);
});

testDatabases(
  "the key of Web Push is made once, and is the same for all nodes",
  async (database) => {
    const nodes = [1, 2, 3].map(() => new VapidKeys(undefined, database));
    const keys = await Promise.all(nodes.map((each) => each.load()));
    assert.equal(new Set(keys.map(({ publicKey }) => publicKey)).size, 1);
    await using service = new WebPushService();
    const push = opened({ keys: nodes[0] });
    assert.deepEqual(await send(push, service.subscribe(), shown()), { result: "taken" });
    assert.equal(service.taken[0]?.key, keys[0]?.publicKey);
  },
  { stored: [{ name: "push_providers", tables: PROVIDER_TABLES }] },
);

Deno.test("of no more than 1,000 push services a token is kept", async () => {
  const keys = new VapidKeys(newVapidPair().privateKey, NOWHERE);
  let now = Date.now();
  const vapid = new Vapid(keys, SUBJECT, () => now);
  const first = await vapid.header("https://0.example");
  for (let origin = 1; origin < 1000; origin++) await vapid.header(`https://${origin}.example`);
  now += 1000;
  assert.equal(await vapid.header("https://0.example"), first);
  await vapid.header("https://1000.example");
  assert.notEqual(await vapid.header("https://0.example"), first);
});

Deno.test("the example of RFC 8292 is good, and what is changed of it is not", () => {
  const now = 1_453_523_768_000 - 3_600_000;
  const origin = "https://push.example.net";
  const header =
    "vapid t=eyJ0eXAiOiJKV1QiLCJhbGciOiJFUzI1NiJ9.eyJhdWQiOiJodHRwczovL3B1c2guZXhhbXBsZS5uZXQiLCJle" +
    "HAiOjE0NTM1MjM3NjgsInN1YiI6Im1haWx0bzpwdXNoQGV4YW1wbGUuY29tIn0.i3CYb7t4xfxCDquptFOepC9GAu_HLGk" +
    "MlMuCGSK2rpiUfnK9ojFwDXb1JrErtmysazNjjvW2L9OkSSHzvoD1oA, " +
    "k=BA1Hxzyi1RUM1b5wjxsn7nGxAszw2u61m164i3MrAIxHF6YK5h4SDYic-dRuU_RCPCfA5aq9ojSwk5Y2EmClBPs";
  const { claims } = verifiedSender(header, { origin, now });
  assert.deepEqual(claims, { aud: origin, exp: 1_453_523_768, sub: "mailto:push@example.com" });
  assert.throws(() => verifiedSender(header.replace("i3CY", "i3CX"), { origin, now }));
  assert.throws(() => verifiedSender(header, { origin: "https://push.example.org", now }));
});

Deno.test("what says who sends has the claims of RFC 8292, as its example has them", async () => {
  const exp = 1_453_523_768;
  const { privateKey, publicKey } = newVapidPair();
  const keys = new VapidKeys(privateKey, NOWHERE);
  const now = (exp - 13 * 3600) * 1000;
  const vapid = new Vapid(keys, "mailto:push@example.com", () => now);
  const origin = "https://push.example.net";
  const { claims, key } = verifiedSender(await vapid.header(origin), { origin, now });
  assert.deepEqual(claims, { aud: origin, exp, sub: "mailto:push@example.com" });
  assert.equal(key, publicKey);
});

Deno.test("a key of the settings goes before that of the database, and makes the same public key", async () => {
  const pair = newVapidPair();
  const keys = new VapidKeys(pair.privateKey, NOWHERE);
  assert.equal((await keys.load()).publicKey, pair.publicKey);
  assert.deepEqual(vapidPair(pair.privateKey), pair);
});

Deno.test("without a database there is no key, and the push waits", async () => {
  await using service = new WebPushService();
  let isAway = true;
  const database = {
    ...NOWHERE,
    transaction: () => isAway ? Promise.reject(new Error("away")) : Promise.resolve("A".repeat(43)),
  } as unknown as Database;
  const push = opened({ keys: new VapidKeys(undefined, database) });
  assert.equal((await send(push, service.subscribe(), shown())).result, "later");
  isAway = false;
  assert.equal((await send(push, service.subscribe(), shown())).result, "taken");
});

Deno.test("check() says what Apple wants", async () => {
  assert.deepEqual(await opened().check(), []);
  const [note] = await opened({ vapid: { privateKey: "A", subject: undefined } }).check();
  assert.equal(note?.level, "warning");
});

const NOWHERE = {} as Database;

const ECDH = createECDH("prime256v1");
ECDH.generateKeys();

/** The same keys of a subscription by either alphabet. */
function keysOf(encoding: "base64" | "base64url"): SubscriptionJson["keys"] {
  const auth = Buffer.from("0123456789>?>?>?");
  return { p256dh: ECDH.getPublicKey().toString(encoding), auth: auth.toString(encoding) };
}

function opened(changes: Partial<WebPushOptions> = {}): WebPush {
  return new WebPush({
    keys: new VapidKeys(newVapidPair().privateKey, NOWHERE),
    vapid: { privateKey: undefined, subject: SUBJECT },
    privateTargets: ["127.0.0.1"],
    now: Date.now,
    ...changes,
  });
}

async function send(
  push: WebPush,
  subscription: SubscriptionJson,
  message: DeviceMessage,
  signal = AbortSignal.timeout(30_000),
): Promise<PushResult> {
  const device = deviceOf("web_push", push.tokenOf(subscription));
  return await push.send(device, message, signal);
}
