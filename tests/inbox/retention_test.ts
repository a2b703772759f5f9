/** What retention drops is counted and logged, and what is unread goes last. */
import assert from "node:assert/strict";
import { Program } from "../support/program.ts";
import { RedisServer } from "../support/redis.ts";
import { TestClient } from "../support/test_client.ts";
import { waitFor } from "../support/wait.ts";

for (const engine of ["embedded", "redis"]) {
  Deno.test(`${engine} engine: a full inbox drops what is read first, counts it and logs it`, async () => {
    await using redis = engine === "redis" ? await RedisServer.start() : undefined;
    await using program = await Program.start({ env: { ...redis?.env, APP_LIMIT_INBOX: "5" } });
    await using client = await TestClient.connectV2(program.webSocketUrl);
    await client.command("connect", { user_id: 1 });
    for (let each = 1; each <= 5; each++) await notify(program, `order-000${each}`);
    await client.command("read", { ids: ["order-0004"] });
    await notify(program, "order-0006");
    assert.deepEqual(await inbox(client), ["order-0006", ...left(5, 3, 2, 1)]);
    await waitFor("it is logged", () => line(program, "1 notifications were dropped, 0 of them"));
    await client.close();
    for (let each = 7; each <= 9; each++) await notify(program, `order-000${each}`);
    const stats = await (await fetch(`${program.url}/api/stats`)).json();
    assert.partialDeepStrictEqual(stats, { dropped_taken: 4, dropped_queued: 0 });
    program.kill("SIGTERM");
    await program.ended();
    assert.ok(line(program, "3 notifications were dropped, 0 of them"), program.output);
  });
}

for (const engine of ["embedded", "redis"]) {
  Deno.test(`${engine} engine: an inbox with too many bytes drops what is read first, then the oldest`, async () => {
    await using redis = engine === "redis" ? await RedisServer.start() : undefined;
    await using program = await Program.start({
      env: { ...redis?.env, APP_LIMIT_INBOX_BYTES: "30000" },
    });
    await using client = await TestClient.connectV2(program.webSocketUrl);
    await client.command("connect", { user_id: 1 });
    const long = "ä".repeat(4000); // 8,000 bytes
    for (let each = 1; each <= 3; each++) await notify(program, `order-000${each}`, long);
    await client.command("read", { ids: ["order-0002"] });
    assert.deepEqual(await inbox(client), left(3, 2, 1));
    await notify(program, "order-0004", long);
    assert.deepEqual(await inbox(client), left(4, 3, 1));
    await client.command("delete", { ids: ["order-0003"] });
    await notify(program, "order-0005", long);
    assert.deepEqual(await inbox(client), left(5, 4, 1), "what is deleted leaves room");
    for (let each = 6; each <= 8; each++) await notify(program, `order-000${each}`, "short");
    assert.deepEqual(await inbox(client), left(8, 7, 6, 5, 4, 1));
    await notify(program, "order-0009", long);
    assert.deepEqual(await inbox(client), left(9, 8, 7, 6, 5, 4));
    const stats = await (await fetch(`${program.url}/api/stats`)).json();
    assert.equal(stats.dropped_taken + stats.dropped_queued, 2);
  });

  Deno.test(`${engine} engine: the last notification stays, however long it is`, async () => {
    await using redis = engine === "redis" ? await RedisServer.start() : undefined;
    await using program = await Program.start({
      env: { ...redis?.env, APP_LIMIT_INBOX_BYTES: "100" },
    });
    await using client = await TestClient.connectV2(program.webSocketUrl);
    await client.command("connect", { user_id: 1 });
    for (let each = 1; each <= 3; each++) {
      await notify(program, `order-000${each}`, "longer than that");
      assert.deepEqual(await inbox(client), left(each));
    }
  });
}

Deno.test("who is connected when the inbox in Redis has ended by its age gets what comes then", async () => {
  await using redis = await RedisServer.start();
  await using program = await Program.start({ env: redis.env });
  await using plain = await TestClient.join(program.webSocketUrl, { user: 1, room: "/user/1" });
  await notify(program, "order-0001");
  await notify(program, "order-0002");
  await plain.get("direct_message", 2);
  await using client = await TestClient.connectV2(program.webSocketUrl);
  await client.command("connect", { user_id: 1 });
  await using late = await TestClient.join(program.webSocketUrl, { user: 1, room: "/user/1" });
  const keys = await redis.call("KEYS", "notifyli:inbox-*:{1}");
  for (const key of keys.split("\n")) await redis.call("PEXPIRE", key, "1");
  await waitFor("they end", async () => await redis.call("KEYS", "notifyli:inbox-*:{1}") === "");
  await notify(program, "order-0003");
  for (const each of [plain, client, late]) {
    const frames = await waitFor("it comes", () => {
      const frames = each.ofType("direct_message");
      return frames.at(-1)?.["id"] === "order-0003" && frames;
    });
    assert.equal(frames.at(-1)?.["offset"], 1);
  }
});

function left(...numbers: number[]): string[] {
  return numbers.map((number) => `order-000${number}`);
}

function line(program: Program, text: string): boolean {
  return program.log.some(({ message }) => message.includes(text));
}

async function inbox(client: TestClient): Promise<unknown[]> {
  const { notifications } = await client.command("inbox");
  return (notifications as Record<string, unknown>[]).map(({ id }) => id);
}

async function notify({ url }: Program, id: string, body = "Hello"): Promise<void> {
  const answer = await fetch(`${url}/api/users/1/notifications`, {
    method: "POST",
    body,
    headers: { "idempotency-key": id },
  });
  await answer.body?.cancel();
  assert.equal(answer.status, 201);
}
