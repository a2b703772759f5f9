/** ntfy: what is published, to whom, and what answers mean. */
import assert from "node:assert/strict";
import { Ntfy } from "../../../lib/push/providers/ntfy.ts";
import type { DeviceMessage, PushResult } from "../../../lib/push/types.ts";
import { ntfyError, NtfyServer } from "../../support/push/ntfy_server.ts";
import { closing, deviceOf, shown } from "../../support/push/pushes.ts";
import { Receiver } from "../../support/receiver.ts";

Deno.test("a topic gets what a push says, with paths as whole addresses", async () => {
  await using server = new NtfyServer();
  const ntfy = opened([server]);
  const answerUrl = "https://shop.example/realtime/push/t";
  const result = await send(
    ntfy,
    server.topic(),
    shown({
      answerUrl,
      url: "/orders/7",
      icon: "/icon.png",
      image: "https://shop.example/7.png",
      priority: 5,
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
        { type: "reply", id: "say", label: "Say" },
      ],
    }),
  );
  assert.deepEqual(result, { result: "taken", ref: "id1" });
  const [{ sequence_id, ...message } = assert.fail()] = await server.get(1);
  assert.match(sequence_id, /^[\w-]{32}$/);
  assert.deepEqual(message, {
    topic: "ada-7f3k",
    title: "Order 7",
    message: "It was shipped",
    priority: 5,
    click: "https://shop.example/orders/7",
    icon: "https://shop.example/icon.png",
    attach: "https://shop.example/7.png",
    actions: [
      { action: "view", label: "Open", url: "https://shop.example/orders/7?open", clear: false },
      {
        ...{ action: "http", label: "Pay", url: answerUrl, method: "POST", clear: true },
        headers: { "content-type": "application/json" },
        body: '{"do":"act","action":"pay"}',
      },
    ],
  });
});

Deno.test("without an address of the server a path leads nowhere, and is left out", async () => {
  await using server = new NtfyServer();
  const action = {
    id: "pay",
    label: "Pay",
    url: "https://secret.example",
    method: "POST",
  } as const;
  const actions = [{ type: "http", ...action }, {
    type: "view",
    id: "a",
    label: "A",
    url: "/a",
  }] as const;
  await send(
    opened([server]),
    server.topic(),
    shown({ url: "/x", icon: "/i", actions, title: undefined }),
  );
  const [{ sequence_id: _, ...message } = assert.fail()] = await server.get(1);
  assert.deepEqual(message, { topic: "ada-7f3k", message: "It was shipped", priority: 3 });
});

Deno.test("the newest of a group takes its place, and what was read elsewhere is cleared", async () => {
  await using server = new NtfyServer();
  const ntfy = opened([server]);
  for (
    const message of [shown({ group: "g" }), shown({ id: "b", group: "g" }), shown({ id: "c" })]
  ) {
    await send(ntfy, server.topic(), message);
  }
  const [one, other, third] = (await server.get(3)).map(({ sequence_id }) => sequence_id);
  assert.equal(one, other);
  assert.notEqual(one, third);
  assert.deepEqual(await send(ntfy, server.topic(), closing("c")), { result: "taken", ref: "c1" });
  assert.deepEqual(server.cleared, [{ topic: "ada-7f3k", sequence: third }]);
  const unsure = await send(ntfy, server.topic(), closing("notification-1", "g"));
  assert.equal(unsure.result, "refused", "the newest of the group may be unread");
  await send(
    ntfy,
    server.topic(),
    { ...closing("notification-1", "g"), badge: 0 } as DeviceMessage,
  );
  assert.deepEqual(server.cleared.slice(1), [{ topic: "ada-7f3k", sequence: one }]);
});

Deno.test("a text that is too long is cut, so that it does not become a file", async () => {
  await using server = new NtfyServer();
  await send(opened([server]), server.topic(), shown({ text: "ü".repeat(60_000) }));
  const [{ message } = assert.fail()] = await server.get(1);
  assert.match(message, /^ü+…$/);
  assert.ok(new TextEncoder().encode(message).length <= 4096);
});

Deno.test("the token is shown to the first server, and to no other", async () => {
  await using first = new NtfyServer("tk_secret");
  await using second = new NtfyServer();
  const ntfy = opened([first, second], "tk_secret");
  for (const each of [first, second]) {
    assert.equal((await send(ntfy, each.topic(), shown())).result, "taken");
  }
  assert.deepEqual([first.authorizations, second.authorizations], [["Bearer tk_secret"], [null]]);
  assert.deepEqual(await send(opened([first]), first.topic(), shown()), {
    ...{ result: "later", why: "status 403 40301", isAlone: true, isDenied: true },
  });
});

/** A whole second. */
const NOW = Math.floor(Date.now() / 1000) * 1000;

const ANSWERS: readonly [() => Response, PushResult][] = [
  [() => ntfyError(400, 40001), { result: "refused", why: "status 400 40001" }],
  [() => ntfyError(401, 40101), {
    ...{ result: "later", why: "status 401 40101", isAlone: true, isDenied: true },
  }],
  [() => ntfyError(404, 40401), { result: "refused", why: "status 404 40401" }],
  [() => ntfyError(413, 41301), { result: "refused", why: "status 413 41301" }],
  [() => ntfyError(429, 42901, { "retry-after": "5" }), {
    ...{ result: "later", why: "status 429 42901", at: NOW + 5000 },
  }],
  [() => ntfyError(507, 50701), { result: "later", why: "status 507 50701" }],
  [() => new Response("<html>\0", { status: 502 }), { result: "later", why: "status 502" }],
  [() => new Response("x".repeat(10_000_000)), { result: "taken" }],
];
Deno.test("an answer means what ntfy says by it", async () => {
  await using server = new NtfyServer();
  const ntfy = opened([server], undefined, () => NOW);
  for (const [answer, result] of ANSWERS) {
    server.answer = answer;
    assert.deepEqual(await send(ntfy, server.topic(), shown()), result);
  }
});

Deno.test("a redirect is not followed, and a server that is away is asked later", async () => {
  await using elsewhere = new Receiver();
  const server = new NtfyServer();
  const ntfy = opened([server], "tk_secret");
  server.answer = () => Response.redirect(elsewhere.url, 307);
  assert.equal((await send(ntfy, server.topic(), shown())).result, "refused");
  assert.equal(elsewhere.told.length, 0);
  await server[Symbol.asyncDispose]();
  const away = await send(ntfy, server.topic("topic-is-secret"), shown());
  assert.equal(away.result, "later");
  assert.doesNotMatch(JSON.stringify(away), /secret/);
});

Deno.test("a server that is no longer allowed gets nothing", async () => {
  await using server = new NtfyServer();
  const device = deviceOf("ntfy", "https://old.example/ada");
  const { result } = await opened([server]).send(device, shown(), AbortSignal.timeout(10_000));
  assert.equal(result, "refused");
});

Deno.test("tokenOf() takes a topic of a server that is allowed", () => {
  const servers = ["https://ntfy.sh", "http://127.0.0.1:8080"] as const;
  const config = { servers, token: undefined };
  const ntfy = new Ntfy({ config, privateTargets: [], now: Date.now });
  assert.equal(ntfy.tokenOf("https://NTFY.sh:443/Ada_7-x/"), "https://ntfy.sh/Ada_7-x");
  assert.equal(ntfy.tokenOf("http://127.0.0.1:8080/a"), "http://127.0.0.1:8080/a");
  const bad: unknown[] = [
    ...[undefined, 7, "", "ada", "https://ntfy.sh", "https://ntfy.sh/", "https://ntfy.sh/a/b"],
    ...[
      "https://secret.example/a",
      "http://ntfy.sh/a",
      "https://ntfy.sh/a?x=1",
      "https://u:p@ntfy.sh/a",
    ],
    ...[`https://ntfy.sh/${"secret".repeat(20)}`, "https://ntfy.sh/a%20b", {}],
  ];
  for (const each of bad) {
    assert.throws(
      () => ntfy.tokenOf(each),
      (error: Error) => !error.message.includes("secret"),
      String(each),
    );
  }
});

function opened(servers: readonly NtfyServer[], token?: string, now = Date.now): Ntfy {
  const [first = "", ...others] = servers.map(({ origin }) => origin);
  const config = { servers: [first, ...others], token } as const;
  return new Ntfy({ config, privateTargets: ["127.0.0.1"], now });
}

async function send(ntfy: Ntfy, topic: string, message: DeviceMessage): Promise<PushResult> {
  const device = deviceOf("ntfy", ntfy.tokenOf(topic));
  return await ntfy.send(device, message, AbortSignal.timeout(30_000));
}
