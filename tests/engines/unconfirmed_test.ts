/** What a sender is told where Redis' answer is late or lost: never that nothing was accepted where it may have been. */
import assert from "node:assert/strict";
import { Program } from "../support/program.ts";
import { functionCalls, RedisServer } from "../support/redis.ts";
import { TcpProxy } from "../support/tcp_proxy.ts";
import { run, taskCommand } from "../support/command.ts";
import { TestClient } from "../support/test_client.ts";
import { waitFor } from "../support/wait.ts";

Deno.test("a server that stood still for longer than a command may take answers as if it had not", async () => {
  await using redis = await RedisServer.start();
  await using proxy = new TcpProxy(redis.port);
  await using program = await Program.start({ env: through(proxy) });
  await using talker = await talkerAt(program);
  proxy.freezeAnswersFrom("inbox-order:{1}");
  const answers = Array.from({ length: 30 }, (_, index) => post(program, `my-own-${index}`));
  await waitFor(
    "Redis has stored all",
    async () => await redis.call("ZCARD", "notifyli:inbox-order:{1}") === "30",
  );
  talker.send({ type: "publish", ref: 1, room: "lobby", message: "Hello", id: "said-before" });
  await waitFor(
    "Redis has what was said",
    async () => await redis.call("XLEN", "notifyli:history:room:{lobby}") === "1",
  );
  program.kill("SIGSTOP");
  proxy.resume();
  const stoodStill = performance.now();
  await waitFor("a command is late", () => performance.now() - stoodStill > 6000);
  program.kill("SIGCONT");
  const codes = (await Promise.all(answers)).map(({ status }) => status);
  assert.deepEqual([...new Set(codes)], [201]);
  const reply = await waitFor(
    "the talker is told",
    () => talker.frames.find(({ ref }) => ref === 1),
  );
  assert.equal(reply["success"], true);
  assert.ok(!program.log.some(({ message }) => message.includes("cannot be reached")));
});

Deno.test("where an answer of Redis is lost, the sender is told so, and repeats with the same id", async () => {
  await using redis = await RedisServer.start();
  await using proxy = new TcpProxy(redis.port);
  await using program = await Program.start({ env: through(proxy) });
  await using talker = await talkerAt(program);
  proxy.freezeAnswersFrom("inbox-order:{1}");
  const later = { deliver_at: String(Math.floor(Date.now() / 1000) + 3600) };
  const asked = [post(program, "my-own-id"), post(program), post(program, "later-id", later)];
  await waitFor(
    "Redis has stored all",
    async () =>
      await redis.call("ZCARD", "notifyli:inbox-order:{1}") === "2" &&
      await redis.call("ZCARD", "notifyli:scheduled") === "1",
  );
  talker.send({ type: "publish", ref: 1, room: "lobby", message: "Hello", id: "said-once" });
  await waitFor(
    "Redis has what was said",
    async () => await redis.call("XLEN", "notifyli:history:room:{lobby}") === "1",
  );
  proxy.down();
  const answers = await Promise.all(asked);
  assert.deepEqual(answers.map(({ status }) => status), [503, 503, 503]);
  for (const { answer } of answers) {
    assert.equal(answer["code"], "unconfirmed");
    assert.match(String(answer["message"]), /not known.*the same id/);
    assert.ok(String(answer["message"]).includes(String(answer["id"])));
  }
  assert.deepEqual([answers[0]?.answer["id"], answers[2]?.answer["id"]], ["my-own-id", "later-id"]);
  const reply = await waitFor("it is told", () => talker.frames.find(({ ref }) => ref === 1));
  assert.deepEqual([reply["success"], reply["code"]], [false, "unconfirmed"]);
  assert.equal((await post(program, "not-sent-1")).answer["code"], "unavailable");

  proxy.resume();
  proxy.up();
  for (const [index, query] of [{}, {}, later].entries()) {
    const id = String(answers[index]?.answer["id"]);
    const again = await waitFor("it is taken", async () => {
      const { status } = await post(program, id, query);
      return status < 300 && status;
    });
    assert.equal(again, 200, "it was there before");
  }
  assert.equal(await redis.call("ZCARD", "notifyli:inbox-order:{1}"), "2");
  assert.equal(await redis.call("ZCARD", "notifyli:scheduled"), "1");
});

Deno.test("a question whose answer is lost is unavailable: nothing was to be accepted", async () => {
  await using redis = await RedisServer.start();
  await using proxy = new TcpProxy(redis.port);
  await using program = await Program.start({ env: through(proxy) });
  assert.equal((await post(program, "some-id-1")).status, 201);
  const calls = await functionCalls(redis);
  proxy.freezeAnswersFrom("connections:lobby");
  const asked = fetch(`${program.url}/api/rooms/lobby/connections/1`);
  await waitFor("it is under way", async () => await functionCalls(redis) > calls);
  proxy.down();
  const { code } = await (await asked).json();
  assert.equal(code, "unavailable");
});

function through(proxy: TcpProxy): Record<string, string> {
  return { REDIS_URL: `redis://127.0.0.1:${proxy.port}` };
}

/** A client of version 2 in the lobby. */
async function talkerAt(program: Program): Promise<TestClient> {
  const talker = await TestClient.connectV2(program.webSocketUrl);
  await talker.command("connect", { user_id: 2 });
  await talker.command("subscribe", { room: "lobby" });
  return talker;
}

Deno.test("send says that it does not know where the server does not answer", async () => {
  const server = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = server.addr as Deno.NetAddr;
  const hangUp = (async () => {
    for await (const connection of server) {
      await connection.read(new Uint8Array(65_536)).catch(() => {});
      connection.close();
    }
  })();
  const { code, stderr } = await run([...taskCommand("send"), "-u", "1", "-m", "x"], {
    env: { APP_PORT: String(port) },
  });
  server.close();
  await hangUp.catch(() => {});
  assert.match(stderr, /^Not confirmed: .*did not answer .*may have done it/);
  assert.equal(code, 1);
});

async function post(
  program: Program,
  id?: string,
  query: Record<string, string> = {},
): Promise<{ status: number; answer: Record<string, unknown> }> {
  const url = `${program.url}/api/users/1/notifications?${new URLSearchParams(query)}`;
  const headers = id === undefined ? undefined : { "idempotency-key": id };
  const response = await fetch(url, { method: "POST", body: "Hello", headers });
  return { status: response.status, answer: await response.json() };
}
