/** Nodes that are cut off from Redis: none goes on with preferences that were changed meanwhile. */
import assert from "node:assert/strict";
import { Manager } from "../support/manager.ts";
import { PostgresServer } from "../support/postgres.ts";
import { Program } from "../support/program.ts";
import { RedisServer } from "../support/redis.ts";
import { TcpProxy } from "../support/tcp_proxy.ts";
import { APP_KEY, connectionToken } from "../support/tokens.ts";
import { waitFor } from "../support/wait.ts";

const DAY = new Date(Date.now() + 30 * 86_400_000).toISOString().slice(0, 10);

/** Two nodes, the first of which has its Redis behind a proxy. */
async function startNodes() {
  await using parts = new AsyncDisposableStack();
  const redis = parts.use(await RedisServer.start());
  const postgres = parts.use(await PostgresServer.start());
  const proxy = parts.use(new TcpProxy(redis.port));
  const env = { ...redis.env, ...postgres.env, APP_KEY, TZ: "UTC" };
  const far = parts.use(
    await Program.start({ env: { ...env, REDIS_URL: `redis://127.0.0.1:${proxy.port}` } }),
  );
  const near = parts.use(await Program.start({ env: { ...env, APP_LISTENER: "node" } }));
  const token = await connectionToken({ sub: "1" });
  const manager = await Manager.of(near);
  return {
    ...{ far, near, proxy },
    /** Changes the user's zone, as the user: a key would be looked up in Redis. */
    async setZone(program: Program, time_zone: string): Promise<void> {
      const answer = await fetch(`${program.url}/api/users/1/preferences`, {
        method: "PATCH",
        headers: { authorization: `Bearer ${token}` },
        body: JSON.stringify({ time_zone }),
      });
      assert.equal(answer.status, 200, await answer.text());
    },
    /** The hour in UTC of 12:00 on the user's clock, as the node knows it; `undefined` while it takes nothing. */
    async noon(program: Program): Promise<number | undefined> {
      const body = { user_id: 1, message: "Hi", deliver_at: `${DAY} 12:00` };
      const { json: { deliver_at: at } } = await manager.call(
        program,
        "POST",
        "/notifications",
        body,
      );
      return typeof at === "number" ? new Date(at * 1000).getUTCHours() : undefined;
    },
    [Symbol.asyncDispose]: (() => {
      const rest = parts.move();
      return () => rest.disposeAsync();
    })(),
  };
}

Deno.test("a node that is cut off from Redis tells the others when it is back", async () => {
  await using nodes = await startNodes();
  const { far, near, proxy, setZone, noon } = nodes;
  await setZone(near, "Asia/Tokyo");
  assert.equal(await noon(near), 3);
  await proxy.down();
  await waitFor("it is cut off", () => isUnready(far));
  await setZone(far, "Africa/Lagos"); // the database takes it
  assert.equal(await noon(near), 3, "which nobody can tell this node now");
  proxy.up();
  await waitFor("it is told", async () => await noon(near) === 11);
});

Deno.test("a node that is cut off from Redis goes on with nothing of before", async () => {
  await using nodes = await startNodes();
  const { far, near, proxy, setZone, noon } = nodes;
  await setZone(far, "Asia/Tokyo");
  assert.equal(await noon(far), 3);
  await proxy.down();
  await waitFor("it is cut off", () => isUnready(far));
  await setZone(near, "Africa/Lagos"); // which the other node does not hear
  proxy.up();
  assert.equal(await waitFor("it takes something", () => noon(far)), 11, "at once");
});

async function isUnready({ url }: Program): Promise<boolean> {
  const answer = await fetch(`${url}/readyz`);
  await answer.body?.cancel();
  return answer.status === 503;
}
