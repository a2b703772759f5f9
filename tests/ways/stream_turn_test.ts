/** The turn at the stream: a node that cannot read it leaves it to one that can, and says that it is not ready. */
import assert from "node:assert/strict";
import { Program } from "../support/program.ts";
import { RedisServer } from "../support/redis.ts";
import { TcpProxy } from "../support/tcp_proxy.ts";
import { TestClient } from "../support/test_client.ts";
import { waitFor } from "../support/wait.ts";

const STREAM = "notifyli:notifications";

/** What is in the way of the connection on which a node reads. It has a name of its own; all others stand. */
const OBSTACLES: Readonly<Record<string, (proxy: TcpProxy) => void>> = {
  "is refused": (proxy) => proxy.refuse("-stream"),
  "carries nothing any more": (proxy) => proxy.mute("-stream"),
};

for (const [what, obstruct] of Object.entries(OBSTACLES)) {
  Deno.test(`a node whose connection to the stream ${what} passes the turn on`, async () => {
    await using redis = await RedisServer.start();
    await using proxy = new TcpProxy(redis.port);
    const far = { REDIS_URL: `redis://127.0.0.1:${proxy.port}` };
    await using one = await Program.start({ env: far });
    await using client = await TestClient.join(one.webSocketUrl, { user: 1, room: "lobby" });
    await add(redis, "first");
    await client.get("direct_message");
    await using two = await Program.start({ env: redis.env });
    await waitFor("both are ready", async () => await isReady(one) && await isReady(two));

    obstruct(proxy);
    for (const text of ["second", "third"]) {
      await add(redis, text);
      await client.get("direct_message", text === "second" ? 2 : 3);
    }
    await waitFor("it says that it cannot read", async () => !await isReady(one));
    assert.equal(await isReady(two), true);
    const { reason } = await (await fetch(`${one.url}/readyz`)).json();
    assert.match(reason, /stream/);

    proxy.refuse(undefined);
    proxy.mute(undefined);
    await waitFor("it can read again", () => isReady(one));
    two.kill("SIGTERM");
    await two.ended();
    await add(redis, "fourth");
    await client.get("direct_message", 4);
    await client.settled();
    const texts = client.ofType("direct_message").map(({ message }) => message);
    assert.deepEqual(texts, ["first", "second", "third", "fourth"]);
    await waitFor("the stream is empty", async () => await redis.call("XLEN", STREAM) === "0");
  });
}

Deno.test("a node that is alone reads on as soon as it can", async () => {
  await using redis = await RedisServer.start();
  await using proxy = new TcpProxy(redis.port);
  const env = { REDIS_URL: `redis://127.0.0.1:${proxy.port}` };
  await using program = await Program.start({ env });
  await using client = await TestClient.join(program.webSocketUrl, { user: 1, room: "lobby" });
  proxy.refuse("-stream");
  await add(redis, "while it cannot");
  await waitFor("it says that it cannot read", async () => !await isReady(program));
  assert.deepEqual(client.ofType("direct_message"), []);
  proxy.refuse(undefined);
  await client.get("direct_message");
  await waitFor("it is ready", () => isReady(program));
});

async function isReady(program: Program): Promise<boolean> {
  const response = await fetch(`${program.url}/readyz`);
  await response.body?.cancel();
  return response.ok;
}

async function add(redis: RedisServer, message: string): Promise<void> {
  await redis.call("XADD", STREAM, "*", "user_id", "1", "room", "lobby", "message", message);
}
