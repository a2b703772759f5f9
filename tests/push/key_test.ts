/** A server that gets another key of Web Push: whom it does not reach any more is known to be gone, and nobody else is. */
import assert from "node:assert/strict";
import { newVapidPair } from "../../lib/push/providers/vapid_keys.ts";
import { call } from "../inbox/worlds.ts";
import { PostgresServer } from "../support/postgres.ts";
import { Program } from "../support/program.ts";
import { WebPushService } from "../support/push/web_push_service.ts";
import { RedisServer } from "../support/redis.ts";
import { TestClient } from "../support/test_client.ts";
import { waitFor } from "../support/wait.ts";

for (const store of ["SQLite", "Redis and PostgreSQL"] as const) {
  Deno.test(`browsers that have subscribed with another key are gone once one with the new key is reached (${store})`, async () => {
    await using stack = new AsyncDisposableStack();
    const redis = store === "SQLite" ? undefined : stack.use(await RedisServer.start());
    const postgres = redis && stack.use(await PostgresServer.start());
    const dataDir = await Deno.makeTempDir();
    stack.defer(() => Deno.remove(dataDir, { recursive: true }));
    await using service = new WebPushService();
    const start = (key: string) =>
      Program.start({
        dataDir,
        env: {
          ...{ APP_OUTGOING_PRIVATE_IPS: "127.0.0.1", PUSH_VAPID_PRIVATE_KEY: key },
          ...{ ...redis?.env, ...postgres?.env },
        },
      });
    const [before, now] = [newVapidPair(), newVapidPair()];
    // One that says not which key it wants, as some distributors of UnifiedPush do.
    const anyKey = service.subscribe();
    const old = [service.subscribe(before.publicKey), service.subscribe(before.publicKey)];
    {
      await using program = await start(before.privateKey);
      await register(program, 1, old[0]);
      await register(program, 2, old[1]);
      await register(program, 4, anyKey);
    }
    await using program = await start(now.privateKey);
    await notify(program, 1, "by-the-new");
    const [waiting] = await waitFor("it is denied", async () => {
      const [push, ...more] = await pushes(program, "by-the-new");
      return push?.["why"] !== undefined && [push, ...more];
    });
    assert.equal(waiting?.["state"], "waiting", "the new key may be the wrong one");
    assert.match(String(waiting?.["why"]), /403.*another key of this server/);
    await register(program, 1, old[0]); // as an app does that keeps what it has got once
    await register(program, 3, service.subscribe(now.publicKey));
    await notify(program, 3, "to-the-new");
    await waitFor(
      "the new one is reached",
      async () => await state(program, "to-the-new") === "taken",
    );
    await waitFor("the old one is gone", async () => await state(program, "by-the-new") === "gone");
    await notify(program, 2, "to-the-other");
    await waitFor("the other is gone", async () => await state(program, "to-the-other") === "gone");
    await notify(program, 4, "to-any-key");
    await waitFor("any key is good", async () => await state(program, "to-any-key") === "taken");
    const left = await Promise.all([1, 2, 3, 4].map((user) => countOf(program, user)));
    assert.deepEqual(left, [0, 0, 1, 1]);
  });
}

/** Registers a device, as the user's page does. */
async function register(program: Program, user: number, token: unknown): Promise<void> {
  await using client = await TestClient.connectV2(program.webSocketUrl);
  await client.command("connect", { user_id: user });
  await client.command("register_device", { provider: "web_push", token });
}

async function countOf(program: Program, user: number): Promise<number> {
  await using client = await TestClient.connectV2(program.webSocketUrl);
  await client.command("connect", { user_id: user });
  const { devices } = await client.command("devices");
  return (devices as unknown[]).length;
}

async function notify(program: Program, user: number, id: string): Promise<void> {
  const { status } = await call(program, "POST", "/notifications", {
    ...{ user_id: user, id, message: id },
  });
  assert.equal(status, 201);
}

async function pushes(program: Program, id: string): Promise<Record<string, unknown>[]> {
  const { json } = await call(program, "GET", `/notifications/${id}`);
  return json.pushes ?? [];
}

async function state(program: Program, id: string): Promise<unknown> {
  return (await pushes(program, id))[0]?.["state"];
}
