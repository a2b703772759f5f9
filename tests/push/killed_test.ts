/** Servers that are killed at each step of a push: each push comes, and once where a push service has answered. */
import assert from "node:assert/strict";
import { call } from "../inbox/worlds.ts";
import { PostgresServer } from "../support/postgres.ts";
import { Program } from "../support/program.ts";
import { WebPushService } from "../support/push/web_push_service.ts";
import { RedisServer } from "../support/redis.ts";
import { TestClient } from "../support/test_client.ts";
import { waitFor } from "../support/wait.ts";

/** A node that died is known to be dead after its lease, which is short here. */
const LEASE = { REDIS_LEASE_SECONDS: "2" };
const LEASE_MS = 60_000;

for (const store of ["SQLite", "Redis and PostgreSQL"] as const) {
  Deno.test(`pushes survive kills (${store})`, async (test) => {
    await using stack = new AsyncDisposableStack();
    const redis = store === "SQLite" ? undefined : stack.use(await RedisServer.start());
    const postgres = redis && stack.use(await PostgresServer.start());
    const dataDir = await Deno.makeTempDir();
    stack.defer(() => Deno.remove(dataDir, { recursive: true }));
    const start = () =>
      Program.start({
        dataDir,
        env: {
          ...{ APP_OUTGOING_PRIVATE_IPS: "127.0.0.1", APP_PUSH_AFTER: "1s" },
          ...{ ...redis?.env, ...postgres?.env, ...(redis && LEASE) },
        },
      });
    const killed = async (program: Program, before: () => Promise<unknown>) => {
      try {
        await before();
      } finally {
        await program.kill();
        await program[Symbol.asyncDispose]();
      }
    };
    const notify = (program: Program, user: number, id: string) =>
      call(program, "POST", "/notifications", { user_id: user, id, message: id });
    const states = async (program: Program, id: string) => {
      const { json } = await call(program, "GET", `/notifications/${id}`);
      return (json.pushes ?? []).map(({ state }: { state: string }) => state).join();
    };

    await test.step("before it is due", async () => {
      await using service = new WebPushService();
      const first = await start();
      await killed(first, async () => {
        await device(first, service, 1);
        await using client = await TestClient.connectV2(first.webSocketUrl);
        await client.command("connect", { user_id: 1 });
        await notify(first, 1, "killed-01");
      });
      assert.equal(service.taken.length, 0, "it waited for the user");
      await using again = await start();
      await waitFor("it is pushed", () => service.taken.length > 0, LEASE_MS);
      await waitFor("it is known", async () => await states(again, "killed-01") === "taken");
      assert.equal(service.taken.length, 1);
    });

    await test.step("while a push service fails", async () => {
      await using service = new WebPushService();
      service.answer = () => new Response(null, { status: 503 });
      const first = await start();
      await killed(first, async () => {
        await device(first, service, 2);
        await notify(first, 2, "killed-02");
        await waitFor("it waits", async () => await states(first, "killed-02") === "waiting");
      });
      service.answer = () => undefined;
      await using again = await start();
      await waitFor("it is pushed", () => service.taken.length > 0, LEASE_MS);
      await waitFor("it is known", async () => await states(again, "killed-02") === "taken");
      assert.equal(service.taken.length, 1);
    });

    await test.step("in the middle of a request: the same comes once more under the same name", async () => {
      await using service = new WebPushService();
      const asked = Promise.withResolvers<void>();
      const answered = Promise.withResolvers<Response>();
      service.answer = (push) => {
        service.answer = () => undefined;
        service.taken.push(push);
        asked.resolve();
        return answered.promise;
      };
      const first = await start();
      await killed(first, async () => {
        await device(first, service, 3);
        await notify(first, 3, "killed-03");
        await asked.promise;
      });
      answered.resolve(new Response(null, { status: 201 }));
      await using again = await start();
      await waitFor("it is pushed again", () => service.taken.length > 1, LEASE_MS);
      await waitFor("it is known", async () => await states(again, "killed-03") === "taken");
      const names = service.taken.map(({ headers }) => headers.get("topic"));
      assert.equal(names.length, 2);
      assert.equal(names[0], names[1]);
    });

    await test.step("in the middle of a request, and read before the next: it is closed", async () => {
      await using service = new WebPushService();
      const asked = Promise.withResolvers<void>();
      const answered = Promise.withResolvers<Response>();
      service.answer = () => {
        service.answer = () => undefined;
        asked.resolve();
        return answered.promise;
      };
      const first = await start();
      await killed(first, async () => {
        await device(first, service, 4);
        await notify(first, 4, "killed-04");
        await asked.promise;
        await using client = await TestClient.connectV2(first.webSocketUrl);
        await client.command("connect", { user_id: 4 });
        await client.command("read", { ids: ["killed-04"] });
      });
      answered.resolve(new Response(null, { status: 201 }));
      await using again = await start();
      await waitFor("it is closed", () => service.taken.length > 0, LEASE_MS);
      await waitFor("it is known", async () => await states(again, "killed-04") === "closed");
      assert.deepEqual(service.taken.map(({ text }) => JSON.parse(text).notifyli), [
        { close: ["killed-04"], badge: 0 },
      ]);
    });

    await test.step("after it was read, and before it is closed", async () => {
      await using service = new WebPushService();
      const first = await start();
      await killed(first, async () => {
        await device(first, service, 5);
        await notify(first, 5, "killed-05");
        await waitFor("it is taken", async () => await states(first, "killed-05") === "taken");
        await using client = await TestClient.connectV2(first.webSocketUrl);
        await client.command("connect", { user_id: 5 });
        await client.command("read", { ids: ["killed-05"] });
      });
      await using again = await start();
      await waitFor("it is closed", () => service.taken.length > 1, LEASE_MS);
      await waitFor("it is known", async () => await states(again, "killed-05") === "closed");
      assert.equal(service.taken.length, 2);
    });
  });
}

Deno.test("two nodes share what is to be pushed, and send each once", async () => {
  await using stack = new AsyncDisposableStack();
  const redis = stack.use(await RedisServer.start());
  const postgres = stack.use(await PostgresServer.start());
  const env = { ...redis.env, ...postgres.env, APP_OUTGOING_PRIVATE_IPS: "127.0.0.1" };
  const one = stack.use(await Program.start({ env }));
  const two = stack.use(await Program.start({ env }));
  await using service = new WebPushService();
  const users = Array.from({ length: 300 }, (_, index) => index + 1);
  for (let at = 0; at < users.length; at += 50) {
    await Promise.all(
      users.slice(at, at + 50).map((user) => device(user % 2 ? one : two, service, user)),
    );
  }
  await call(one, "POST", "/notifications", { user_ids: users, id: "to-all-01", message: "x" });
  await waitFor("all have it", () => service.taken.length >= users.length, 30_000);
  await waitFor("all is noted", async () => {
    const [first, second] = await Promise.all([one, two].map(async (program) => {
      const { json } = await call(program, "GET", "/stats");
      return json.pushes;
    }));
    return first + second >= users.length && first > 0 && second > 0;
  });
  assert.equal(new Set(service.taken.map(({ subscription }) => subscription)).size, users.length);
  assert.equal(service.taken.length, users.length);
});

/** Registers a device, as the user's page does. */
async function device(program: Program, service: WebPushService, user: number): Promise<void> {
  await using client = await TestClient.connectV2(program.webSocketUrl);
  await client.command("connect", { user_id: user });
  const token = service.subscribe();
  await client.command("register_device", { provider: "web_push", token });
}
