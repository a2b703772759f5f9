/** The client for the HTTP API, with a real server: calls of every group, and what happens where one does not succeed. */
import assert from "node:assert/strict";
import { ApiError, CALLS, type NewNotification, NotifyliApi } from "../../lib/api/notifyli_api.ts";
import { ROOT } from "../support/paths.ts";
import { Manager } from "../support/manager.ts";
import { sharedProgram } from "../support/shared_program.ts";
import { APP_KEY, connectionToken } from "../support/tokens.ts";

const program = sharedProgram({ APP_KEY });

async function openApi(): Promise<NotifyliApi> {
  const { key } = await Manager.of(program());
  return new NotifyliApi({ url: program().url, key });
}

Deno.test("NotifyliApi has a method for every call that a program makes", async () => {
  const { paths } = JSON.parse(await Deno.readTextFile(`${ROOT}docs/openapi.json`));
  const ids = Object.entries<Record<string, { operationId: string; tags: string[] }>>(paths)
    .filter(([path]) => /^\/(api|files|readyz)/.test(path))
    .flatMap(([, methods]) => Object.values(methods))
    .filter(({ operationId, tags: [tag] }) => tag !== "streams" && operationId !== "watch")
    .map(({ operationId }) => operationId);
  const api = await openApi();
  assert.deepEqual(Object.keys(api).sort(), ids.sort());
  assert.deepEqual(Object.keys(CALLS).sort(), ids.sort());
});

Deno.test("NotifyliApi sends notifications and asks what became of them", async () => {
  const api = await openApi();
  const sent = await api.sendNotification({
    body: { user_id: 42, message: "Your order has shipped", title: "Order", priority: 4 },
    headers: { "Idempotency-Key": "order-8812-shipped" },
  });
  assert.equal(sent.id, "order-8812-shipped");
  const path = { id: sent.id };
  assert.equal((await api.getNotification({ path, query: { user_id: 42 } })).state, "queued");
  const edited = await api.editNotification({ path, body: { message: "It has arrived" } });
  assert.ok(edited.edited_at);
  const snoozed = await api.snoozeNotification({
    path: { user: 42, ...path },
    body: { until: "1h" },
  });
  assert.equal(snoozed.state, "snoozed");
  assert.equal(await api.unsnoozeNotification({ path: { user: 42, ...path } }), undefined);
  assert.equal(await api.withdrawNotification({ path }), undefined);
});

Deno.test("NotifyliApi speaks in rooms and topics", async () => {
  const api = await openApi();
  const path = { room: "news:a/b ü" };
  const made = await api.putRoom({ path, body: { history: { size: 10, seconds: 60 } } });
  assert.equal(made.room, path.room);
  const said = await api.sayInRoom({ path, body: { message: "Sale!", name: "Shop" } });
  assert.equal(said.offset, 1);
  assert.equal((await api.sayInRoom({ path, body: "A text" })).offset, 2);
  const { rooms } = await api.listRooms({ query: { pattern: "news:*", made: "true" } });
  assert.deepEqual(rooms.map(({ room }) => room), [path.room]);
  assert.deepEqual((await api.listRoomConnections({ path })).connections, []);
  const published = await api.publishTopic({
    path: { topic: "orders" },
    body: { data: { id: 5 } },
  });
  assert.equal(published.topic, "orders");
  await api.followTopic({ path: { user: 42, topic: "orders" } });
  const { topics } = await api.listFollowed({ path: { user: 42 }, query: { limit: 5 } });
  assert.equal(topics[0]?.topic, "orders");
});

Deno.test("NotifyliApi opens conversations and sends messages", async () => {
  const api = await openApi();
  const opened = await api.openConversation({
    body: { kind: "group", user_id: 1, members: [2], name: "Team" },
  });
  const path = { conversation: opened.id };
  const message = await api.sendMessage({ path, body: { user_id: 1, text: "Hello" } });
  const { messages } = await api.listMessages({ path, query: { user_id: 2, limit: 1 } });
  assert.equal(messages[0]?.text, "Hello");
  await api.addReaction({ path: { message: message.id, emoji: "👍" }, body: { user_id: 2 } });
  const found = await api.searchMessages({ query: { q: "hello", user_id: 1 } });
  assert.equal(found.messages.length, 1);
});

Deno.test("NotifyliApi changes contacts, privacy, preferences, kinds and devices", async () => {
  const api = await openApi();
  const query = { user_id: 1 };
  await api.putContact({ path: { contact: 2 }, query, body: { name: "Bob" } });
  assert.equal((await api.listContacts({ query })).contacts[0]?.name, "Bob");
  const privacy = await api.editPrivacy({ body: { user_id: 1, read_receipts: false } });
  assert.equal(privacy.read_receipts, false);
  await api.putKind({ path: { kind: "order.shipped" }, body: { name: "Shipping", mail: true } });
  const chosen = await api.editPreferences({
    path: { user: 1 },
    body: { kinds: { "order.shipped": { push: false } } },
  });
  assert.deepEqual(chosen.kinds["order.shipped"], { push: false });
  assert.deepEqual((await api.listDevices({ path: { user: 1 } })).devices, []);
  const presence = await api.getPresence({ path: { user: 1 } });
  assert.equal(presence.status, "offline");
});

Deno.test("NotifyliApi uploads files and reads them", async () => {
  const api = await openApi();
  const bytes = new TextEncoder().encode("Hello");
  const { id } = await api.uploadFile({ query: { name: "hello.txt" }, body: bytes });
  assert.equal((await api.getFile({ path: { file: id } })).bytes, 5);
  const response = await api.downloadFile({ path: { file: id } });
  assert.equal(await response.text(), "Hello");
  assert.equal(await api.deleteFile({ path: { file: id } }), undefined);
});

Deno.test("NotifyliApi manages keys, blocks and what is kept of a user", async () => {
  const api = await openApi();
  const { key, id } = await api.createKey({ body: { name: "reader", scopes: ["read"] } });
  const reader = new NotifyliApi({ url: `${program().url}/`, key });
  assert.ok(await reader.getStats());
  await assert.rejects(() => reader.listKeys(), { code: "forbidden", status: 403 });
  await api.revokeKey({ path: { id } });
  await assert.rejects(() => reader.getStats(), { code: "unauthorized", status: 401 });
  await api.blockUser({ path: { user: 66 }, body: { seconds: 60 } });
  assert.equal((await api.listBlocks()).blocks[0]?.user_id, 66);
  await api.unblockUser({ path: { user: 66 } });
  const lines = await (await api.exportUser({ path: { user: 66 } })).text();
  assert.match(lines, /"type":"user"/);
  assert.equal((await api.eraseUser({ path: { user: 66 } })).done, true);
  assert.ok((await api.getReadiness()).ready);
});

Deno.test("NotifyliApi calls as a user by a token that is made for each call", async () => {
  let count = 0;
  const token = () => {
    count++;
    return connectionToken({ sub: "7" });
  };
  const api = new NotifyliApi({ url: program().url, token });
  assert.deepEqual((await api.listConversations()).conversations, []);
  await api.getPrivacy();
  assert.equal(count, 2);
});

Deno.test("NotifyliApi rejects with the code, the field and the status of a refusal", async () => {
  const api = await openApi();
  const refused = await api.sendNotification({ body: { user_id: 42, message: "" } })
    .catch((error) => error);
  assert.ok(refused instanceof ApiError);
  const { code, field, status, message } = refused;
  assert.deepEqual({ code, field, status }, {
    code: "missing_field",
    field: "message",
    status: 400,
  });
  assert.match(message, /message/);
  // @ts-expect-error -- the types know that a priority is no list
  const priority: NewNotification["priority"] = [];
  const wrong = { body: { user_id: 1, message: "a", priority } };
  await assert.rejects(() => api.sendNotification(wrong), { code: "invalid_field" });
});

Deno.test("NotifyliApi says where nobody answers, where another one does, and where it takes too long", async () => {
  const nobody = new NotifyliApi({ url: "http://127.0.0.1:1", key: "nk" });
  await assert.rejects(() => nobody.getStats(), { code: "unreachable", status: 0 });
  await using proxy = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen() {} },
    async (request) => {
      if (request.url.endsWith("/keys")) await new Promise((resolve) => setTimeout(resolve, 200));
      return new Response("<h1>Bad gateway</h1>", { status: 502 });
    },
  );
  const url = `http://127.0.0.1:${proxy.addr.port}`;
  await assert.rejects(() => new NotifyliApi({ url }).getStats(), {
    ...{ code: "unexpected", status: 502 },
  });
  const hurried = new NotifyliApi({ url, timeoutMs: 20 });
  await assert.rejects(() => hurried.listKeys(), { code: "unreachable" });
  const stop = new AbortController();
  const called = new NotifyliApi({ url }).listKeys(undefined, { signal: stop.signal });
  stop.abort(new Error("enough"));
  await assert.rejects(() => called, /enough/);
});

Deno.test("NotifyliApi says where an answer breaks off, or does not come to its end", async () => {
  await using broken = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen() {}, onError: () => new Response() },
    (request) =>
      new Response(
        new ReadableStream({
          start(controller) {
            controller.enqueue(new TextEncoder().encode('{"keys":['));
            if (request.url.endsWith("/stats")) controller.error(new Error("gone"));
          },
        }),
        { status: request.url.endsWith("/rooms") ? 500 : 200 },
      ),
  );
  const url = `http://127.0.0.1:${broken.addr.port}`;
  await assert.rejects(() => new NotifyliApi({ url }).getStats(), { code: "unreachable" });
  const hurried = new NotifyliApi({ url, timeoutMs: 100 });
  await assert.rejects(() => hurried.listKeys(), { code: "unreachable", status: 0 });
  await assert.rejects(() => hurried.listRooms(), { code: "unreachable" });
  const stop = new AbortController();
  const called = new NotifyliApi({ url }).listKeys(undefined, { signal: stop.signal });
  setTimeout(() => stop.abort(new Error("enough")), 100);
  await assert.rejects(() => called, /enough/);
});
