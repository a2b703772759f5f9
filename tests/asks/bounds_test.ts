/** What questions cost is bounded: equal ones are asked once, answers are kept, and the number under way is limited. */
import assert from "node:assert/strict";
import { Application, type Asked } from "../support/application.ts";
import { Manager } from "../support/manager.ts";
import { Program } from "../support/program.ts";
import { TestClient } from "../support/test_client.ts";
import { waitFor } from "../support/wait.ts";

function knows({ credentials }: Asked): unknown {
  const { user, cache } = Object(credentials);
  if (user === undefined) return { allow: false, reason: "Nobody" };
  return { user_id: user, cache_seconds: cache };
}

async function authenticate(
  program: Program,
  credentials: Record<string, unknown>,
  headers: Record<string, string> = {},
): Promise<string> {
  const client = await TestClient.connectAs(program.webSocketUrl, {
    protocols: ["notifyli.v2"],
    headers,
  });
  try {
    return `user ${(await client.command("auth", { credentials }))["user_id"]}`;
  } catch (error) {
    return String(error);
  } finally {
    await client.close();
  }
}

Deno.test("equal questions at once are asked once, and an answer counts for as long as it says", async () => {
  await using application = new Application(knows);
  await using program = await Program.start({ env: application.env("connect") });
  const release = application.hold();
  const many = Array.from({ length: 20 }, () => authenticate(program, { user: 1 }));
  const other = authenticate(program, { user: 2 });
  await application.get("connect", 2);
  await waitFor("all have come", async () => {
    const stats = await (await Manager.of(program)).stats(program);
    return stats["clients"] === 21 && stats["asks_cached"] === 19;
  });
  release();
  assert.deepEqual(new Set(await Promise.all(many)), new Set(["user 1"]));
  assert.equal(await other, "user 2");
  assert.equal(application.asked.length, 2);
  await authenticate(program, { user: 1 });
  assert.equal(application.asked.length, 3, "it said nothing of keeping the answer");

  for (let count = 0; count < 3; count++) await authenticate(program, { user: 3, cache: 60 });
  assert.equal(application.asked.length, 4);
  await authenticate(program, { user: 4, cache: 0.5 });
  await waitFor("it is asked anew", async () => {
    await authenticate(program, { user: 4, cache: 0.5 });
    return application.asked.length > 5;
  });
});

Deno.test("a kept answer counts no more once its user is revoked", async () => {
  await using application = new Application(knows);
  await using program = await Program.start({ env: application.env("connect") });
  const manager = await Manager.of(program);
  await using client = await TestClient.connectV2(program.webSocketUrl);
  await client.command("auth", { credentials: { user: 1, cache: 600 } });
  await manager.done(program, "/revocations", { user_id: 1 });
  assert.equal((await client.waitClosed()).code, 3503);
  assert.equal(await authenticate(program, { user: 1, cache: 600 }), "user 1");
  assert.equal(application.asked.length, 2, "the application is asked anew");
  await manager.done(program, "/users/1/block");
  assert.match(await authenticate(program, { user: 1, cache: 600 }), /blocked/);
});

Deno.test("more questions than may be under way wait, and more than may wait are refused", async () => {
  await using application = new Application(knows);
  const env = { ...application.env("connect"), APP_LIMIT_ASKS: "2", HOOK_ASK_SECONDS: "20" };
  await using program = await Program.start({ env });
  const release = application.hold();
  const asked = Array.from(
    { length: 22 },
    (_, user) => authenticate(program, { user: user + 1 }),
  );
  await application.get("connect", 2);
  await waitFor("all have come", async () => {
    const stats = await (await Manager.of(program)).stats(program);
    return stats["clients"] === 22;
  });
  assert.match(await authenticate(program, { user: 99 }), /unavailable/);
  assert.equal(application.asked.length, 2);
  release();
  assert.equal(new Set(await Promise.all(asked)).size, 22);
});

Deno.test("an address that shows many wrong credentials is not asked about any more", async () => {
  await using application = new Application(knows);
  const env = { ...application.env("connect"), APP_TRUSTED_PROXIES: "127.0.0.1" };
  await using program = await Program.start({ env });
  const [one, other] = ["192.0.2.1", "192.0.2.2"].map((address) => ({
    "x-forwarded-for": address,
  }));
  for (let count = 0; count < 20; count++) {
    assert.match(await authenticate(program, { guess: count }, one), /forbidden: Nobody/);
  }
  assert.match(await authenticate(program, { guess: 21 }, one), /too_many_attempts/);
  assert.equal(application.asked.length, 20);
  assert.equal(await authenticate(program, { user: 1 }, other), "user 1");
  assert.equal(application.asked.at(-1)?.address, "192.0.2.2");

  // Whoever goes on trying on one connection is closed as anybody who proves nothing.
  await using client = await TestClient.connectAs(program.webSocketUrl, {
    protocols: ["notifyli.v2"],
    headers: one,
  });
  await waitFor("it is closed", async () => {
    await client.command("auth", { credentials: { guess: 22 } }).catch(() => {});
    return client.closed;
  }, 20_000);
  assert.equal(client.closed?.code, 3502);
});
