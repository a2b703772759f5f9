/** Inboxes and rooms that are too much for one answer come in several, and slow nobody down. */
import assert from "node:assert/strict";
import type { StoredNotification } from "../../lib/inbox/store/store.ts";
import { cutTo, cutToLength } from "../../lib/inbox/page.ts";
import { connect } from "../../lib/sdk/mod.ts";
import { Program } from "../support/program.ts";
import { RedisServer } from "../support/redis.ts";
import { TestClient } from "../support/test_client.ts";
import { waitFor } from "../support/wait.ts";

const NOTIFICATIONS = 900;
const LONG = "x".repeat(9_000);
/** Characters of messages that one answer has at most, and a little for what stands around them. */
const MAX_ANSWER = 252_000;

Deno.test("cutTo() says where a page ends, and whether there is more", () => {
  const found = [stored(3), stored(5), stored(8)];
  assert.deepEqual(cutTo(found, 3, 9), { offset: 9, notifications: found });
  assert.deepEqual(cutTo(found, 2, 9), { offset: 5, more: true, notifications: found.slice(0, 2) });
  assert.deepEqual(cutTo([], 2, 9), { offset: 9, notifications: [] });
});

Deno.test("cutToLength() keeps one notification, however long", () => {
  const page = { offset: 9, notifications: [stored(3), stored(5), stored(8)] };
  assert.equal(cutToLength(page, "1", 402), page);
  assert.partialDeepStrictEqual(cutToLength(page, "1", 401), { offset: 5, more: true });
  assert.partialDeepStrictEqual(cutToLength(page, "1", 1), { offset: 3, more: true });
  const cut = cutToLength({ ...page, more: true as const }, "1", 268);
  assert.deepEqual(cut, { offset: 5, more: true, notifications: page.notifications.slice(0, 2) });
});

for (const engine of ["embedded", "redis"]) {
  Deno.test(`${engine} engine: a full inbox of long notifications comes whole, with what comes meanwhile`, async () => {
    await using redis = engine === "redis" ? await RedisServer.start() : undefined;
    await using program = await Program.start({ env: { ...redis?.env } });
    for (let index = 0; index < NOTIFICATIONS; index += 100) await notifyMany(program, index, 100);
    const got: number[] = [];
    const client = connect({ url: program.webSocketUrl, userId: 1 });
    client.on("notification", ({ message }) => void got.push(parseInt(message)));
    await waitFor("the first page", () => got.length > 0);
    await notifyMany(program, NOTIFICATIONS, 20);
    await waitFor("all of them", () => got.length >= NOTIFICATIONS + 20);
    client.close();
    assert.deepEqual(got, Array.from({ length: NOTIFICATIONS + 20 }, (_, index) => index));
    const { dropped_slow } = await (await fetch(`${program.url}/api/stats`)).json();
    assert.equal(dropped_slow, 0);
  });
}

Deno.test("what a room has that is too long for one answer is read page by page", async () => {
  await using program = await Program.start();
  await using alice = await TestClient.connectV2(program.webSocketUrl);
  await alice.command("connect", { user_id: 1 });
  const first = await alice.command("subscribe", { room: "lobby" });
  for (let index = 0; index < 60; index++) {
    await alice.command("publish", { room: "lobby", message: `${index} ${LONG}` });
  }
  const { epoch } = first;
  const since = { offset: 0, epoch };
  const tooMany = await alice.command("subscribe", { room: "lobby", since });
  assert.partialDeepStrictEqual(tooMany, {
    recovered: false,
    reason: "too_many",
    publications: [],
  });
  const page = await alice.command("history", { room: "lobby", since, limit: 60 });
  const { length } = page["publications"] as unknown[];
  assert.ok(length > 10 && length < 60, `${length}`);
  const last = await alice.command("history", { room: "lobby", limit: 60 });
  assert.equal(
    (last["publications"] as { offset: number }[]).at(-1)?.offset,
    60,
    "the newest ones",
  );

  const messages: number[] = [];
  const bob = connect({ url: program.webSocketUrl, userId: 2 });
  const { promise, resolve } = Promise.withResolvers<void>();
  bob.subscribe("lobby", ({ message }) => void messages.push(parseInt(message)), {
    since: { offset: 0, epoch: String(epoch) },
  }).on("subscribed", () => resolve());
  await promise;
  bob.close();
  assert.deepEqual(messages, Array.from({ length: 60 }, (_, index) => index));
});

Deno.test("an answer is cut by what it takes on the wire, where JSON writes a character as six", async () => {
  await using program = await Program.start();
  const [room, message] = ["r".repeat(128), "\u0001".repeat(9_000)];
  await using alice = await TestClient.connectV2(program.webSocketUrl);
  await alice.command("connect", { user_id: "u".repeat(64) });
  const { epoch } = await alice.command("subscribe", { room });
  for (let index = 0; index < 24; index++) await alice.command("publish", { room, message });
  for (let index = 0; index < 24; index++) {
    const answer = await fetch(`${program.url}/api/users/1/notifications`, {
      method: "POST",
      body: message,
    });
    await answer.body?.cancel();
  }
  const length = (answer: unknown) => JSON.stringify(answer).length;
  const since = { offset: 0, epoch };
  assert.equal((await alice.command("subscribe", { room, since }))["reason"], "too_many");
  assert.ok(length(await alice.command("history", { room, since, limit: 24 })) < MAX_ANSWER);
  assert.ok(length(await alice.command("history", { room, limit: 24 })) < MAX_ANSWER);
  await using bob = await TestClient.connectV2(program.webSocketUrl);
  const { inbox } = await bob.command("connect", { user_id: 1 });
  assert.partialDeepStrictEqual(inbox, { more: true });
  assert.ok(length(inbox) < MAX_ANSWER);
});

Deno.test("a position that comes back acknowledges what is before it", async () => {
  await using program = await Program.start();
  await notifyMany(program, 0, 3);
  const first = await TestClient.connectV2(program.webSocketUrl);
  const { inbox } = await first.command("connect", { user_id: 1 });
  await first.close();
  const { epoch } = inbox as { epoch: string };
  await using second = await TestClient.connectV2(program.webSocketUrl);
  await second.command("connect", { user_id: 1, inbox: { offset: 2, epoch } });
  await waitFor("two of three are delivered", async () => {
    const { notifications } = await second.command("inbox");
    const states = (notifications as { state: string }[]).map(({ state }) => state);
    return states.join() === "sent,delivered,delivered";
  });
});

/** Its frame is taken for 134 characters long. */
function stored(offset: number): StoredNotification {
  const [id, room] = [`n-${offset}`, "lobby"];
  const publication = { kind: "notification", id, room, at: 1, message: "0123456789" };
  return { id, room, offset, publication, queuedAt: 1 };
}

async function notifyMany({ url }: Program, first: number, count: number): Promise<void> {
  for (let index = first; index < first + count; index++) {
    const answer = await fetch(`${url}/api/users/1/notifications`, {
      method: "POST",
      body: `${index} ${LONG}`,
    });
    await answer.body?.cancel();
    assert.equal(answer.status, 201);
  }
}
