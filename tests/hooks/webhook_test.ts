/** Receipts by webhook: the real program tells a real receiver, through failures and crashes of both. */
import assert from "node:assert/strict";
import { Program } from "../support/program.ts";
import { Receiver, SECRET, verify, webhookEnv } from "../support/receiver.ts";
import { freePort } from "../support/free_port.ts";
import { RedisServer } from "../support/redis.ts";
import { TestClient } from "../support/test_client.ts";
import { waitFor } from "../support/wait.ts";

Deno.test("a webhook tells that a notification was delivered, then read, and is signed", async () => {
  await using receiver = new Receiver();
  await using program = await Program.start({ env: receiver.env });
  await using reader = await readerOf(program, 123);
  await notify(program, { user_id: 123, room: "/user/123", id: "order-12345" });
  await reader.command("ack", { ids: ["order-12345"] });
  const [delivered] = await receiver.get(1);
  await reader.command("read", { ids: ["order-12345"] });
  const told = await receiver.get(2);
  for (const each of told) {
    assert.equal(verify(each), 1);
    assert.equal(each.headers.get("content-type"), "application/json");
    assert.match(each.headers.get("user-agent") ?? "", /^notifyli\/\d/);
    assert.equal(each.path, "/hook/path-is-secret?query=too");
    assert.ok(Math.abs(Number(each.receipts[0]?.at) - Date.now() / 1000) < 60);
  }
  const receipt = { id: "order-12345", user_id: 123, room: "/user/123" };
  const at = delivered?.receipts[0]?.at;
  assert.deepEqual(JSON.parse(delivered?.body ?? ""), {
    type: "receipts",
    receipts: [{ ...receipt, state: "delivered", at }],
  });
  assert.partialDeepStrictEqual(told[1]?.receipts, [{ ...receipt, state: "read" }]);
  await waitFor("both are counted", async () => (await stats(program))["webhook_sent"] === 2);
});

Deno.test("a burst is told in few requests, in order, and what was read was delivered", async () => {
  await using receiver = new Receiver();
  await using program = await Program.start({ env: receiver.env });
  await using reader = await readerOf(program, "Alice");
  const ids = Array.from({ length: 250 }, (_, index) => `order-${index + 1000}`);
  for (const id of ids) await notify(program, { user_id: "Alice", id });
  await reader.command("read", { all: true });
  await waitFor("all are told", () => receiver.receipts.length === 500);
  assert.deepEqual(receiver.told.map(({ receipts }) => receipts.length), [100, 100, 100, 100, 100]);
  assert.equal(new Set(receiver.told.map(({ id }) => id)).size, 5);
  assert.deepEqual(
    receiver.receipts.map(({ id, state }) => `${id} ${state}`),
    ids.flatMap((id) => [`${id} delivered`, `${id} read`]),
  );
});

Deno.test("with two secrets a webhook has two signatures", async () => {
  await using receiver = new Receiver();
  const newer = `whsec_${btoa("another secret, of a new year...")}`;
  const env = { ...receiver.env, WEBHOOK_SECRET: `${newer} ${SECRET}` };
  await using program = await Program.start({ env });
  await deliverOne(program, "order-12345");
  const [told] = await receiver.get(1);
  for (const secret of [SECRET, newer]) assert.equal(verify(told!, secret), 2);
});

Deno.test("a failed webhook is sent again, the same under the same id, and its secrets are not logged", async () => {
  await using receiver = new Receiver();
  receiver.answer = () => new Response("no", { status: receiver.told.length < 3 ? 500 : 200 });
  await using program = await Program.start({ env: receiver.env });
  await deliverOne(program, "order-12345");
  await receiver.get(1);
  await deliverOne(program, "order-67890");
  const [first, ...again] = await receiver.get(3);
  for (const each of again) assert.deepEqual([each.id, each.body], [first?.id, first?.body]);
  for (const each of again) verify(each);
  await waitFor("the second is told", () => receiver.receipts.length === 2);
  assert.deepEqual(receiver.told.map(({ receipts }) => receipts.length), [1, 1, 1, 1]);
  await waitFor("it says so", () => logged(program, "takes receipts again"));
  assert.equal(program.log.filter(({ message }) => /takes no receipts/.test(message)).length, 1);
  assert.ok(
    logged(program, `127.0.0.1:${new URL(receiver.url).port} takes no receipts: status 500`),
  );
  assert.partialDeepStrictEqual(await stats(program), { webhook_sent: 2, webhook_failed: 2 });
  assert.doesNotMatch(program.output, /secret|query|whsec|order-/);
});

Deno.test("a webhook waits for as long as Retry-After says", async () => {
  await using receiver = new Receiver();
  receiver.answer = () => {
    const isFirst = receiver.told.length === 1;
    return new Response(null, { status: isFirst ? 429 : 204, headers: { "retry-after": "3" } });
  };
  await using program = await Program.start({ env: receiver.env });
  await deliverOne(program, "order-12345");
  const [first, second] = await receiver.get(2);
  const seconds = (second!.cameAt - first!.cameAt) / 1000;
  assert.ok(seconds >= 2.9, `it came after ${seconds} s`);
});

Deno.test("a receiver that comes up later is told what happened before", async () => {
  const port = freePort();
  const env = webhookEnv(`http://127.0.0.1:${port}/secret`);
  await using program = await Program.start({ env });
  await deliverOne(program, "order-12345");
  await waitFor("it fails", async () => Number((await stats(program))["webhook_failed"]) > 0);
  await using receiver = new Receiver(port);
  const [told] = await receiver.get(1);
  assert.equal(told?.receipts[0]?.id, "order-12345");
  assert.ok(logged(program, `127.0.0.1:${port} takes no receipts: connect ECONNREFUSED`));
  assert.doesNotMatch(program.output, /secret/);
});

Deno.test("a receiver that does not answer is asked again after 10 s, and holds up nobody", async () => {
  await using receiver = new Receiver();
  receiver.hold();
  await using program = await Program.start({ env: receiver.env });
  await deliverOne(program, "order-12345");
  await receiver.get(1);
  await deliverMany(program, "more", 20);
  assert.equal(receiver.told.length, 1, "notifications and acknowledgements go on meanwhile");
  receiver.answer = () => new Response();
  const [first, second] = await receiver.get(2);
  assert.ok(second!.cameAt - first!.cameAt > 10_000);
  assert.deepEqual([second?.id, second?.body], [first?.id, first?.body]);
  await waitFor("the others are told", () => receiver.receipts.length === 21);
  assert.ok(logged(program, "takes no receipts: no answer within 10 s"));
});

for (const engine of ["embedded", "redis"] as const) {
  Deno.test(`a server killed with -9 (${engine}) tells the same when it is back`, async () => {
    await using redis = engine === "redis" ? await RedisServer.start() : undefined;
    await using receiver = new Receiver();
    receiver.hold();
    const dataDir = await Deno.makeTempDir();
    const env = { ...receiver.env, ...redis?.env };
    {
      await using program = await Program.start({ env, dataDir });
      await deliverOne(program, "order-12345");
      await receiver.get(1); // it is told, and not answered
      await deliverOne(program, "order-67890");
      program.kill("SIGKILL");
    }
    receiver.answer = () => new Response();
    {
      await using _program = await Program.start({ env, dataDir });
      await waitFor("both are told", () => receiver.receipts.length === 2);
      const [first, second, third] = await receiver.get(3);
      assert.deepEqual([second?.id, second?.body], [first?.id, first?.body]);
      assert.deepEqual(third?.receipts.map(({ id }) => id), ["order-67890"]);
    }
    await Deno.remove(dataDir, { recursive: true });
  });
}

Deno.test("a stop waits for the request under way, and then it is not told again", async () => {
  await using receiver = new Receiver();
  const answer = receiver.hold();
  const dataDir = await Deno.makeTempDir();
  {
    await using program = await Program.start({ env: receiver.env, dataDir });
    await deliverOne(program, "order-12345");
    await receiver.get(1);
    program.kill("SIGTERM");
    await waitFor("it is stopping", () => logged(program, "SIGTERM: stopping"));
    answer(204);
    assert.equal((await program.ended()).code, 0);
  }
  receiver.answer = () => new Response();
  {
    await using program = await Program.start({ env: receiver.env, dataDir });
    await deliverOne(program, "order-67890");
    const [, second] = await receiver.get(2);
    assert.deepEqual(second?.receipts.map(({ id }) => id), ["order-67890"]);
  }
  await Deno.remove(dataDir, { recursive: true });
});

Deno.test("a stop does not wait for ever, and what was not confirmed is told again", async () => {
  await using receiver = new Receiver();
  receiver.hold();
  const dataDir = await Deno.makeTempDir();
  const env = { ...receiver.env, APP_SHUTDOWN_SECONDS: "3" };
  {
    await using program = await Program.start({ env, dataDir });
    await deliverOne(program, "order-12345");
    await receiver.get(1);
    const before = performance.now();
    program.kill("SIGTERM");
    assert.equal((await program.ended()).code, 0);
    assert.ok(performance.now() - before < 30_000);
    assert.ok(!logged(program, "takes no receipts"), "it did not fail");
  }
  receiver.answer = () => new Response();
  {
    await using _program = await Program.start({ env, dataDir });
    const [first, second] = await receiver.get(2);
    assert.deepEqual([second?.id, second?.body], [first?.id, first?.body]);
  }
  await Deno.remove(dataDir, { recursive: true });
});

Deno.test("of two nodes one tells, each receipt once, and the other goes on when it is killed", async () => {
  await using redis = await RedisServer.start();
  await using receiver = new Receiver();
  const env = { ...redis.env, ...receiver.env };
  await using one = await Program.start({ env });
  await using two = await Program.start({ env });
  for (let round = 0; round < 5; round++) {
    await Promise.all([deliverMany(one, `one${round}`, 20), deliverMany(two, `two${round}`, 20)]);
  }
  await waitFor("all are told", () => receiver.receipts.length >= 200);
  const told = receiver.told.flatMap(({ receipts }) => receipts.map(({ id }) => id));
  assert.equal(told.length, 200);
  assert.equal(new Set(told).size, 200);
  const sent = await waitFor("all are counted", async () => {
    const sent = [await sentBy(one), await sentBy(two)];
    return sent[0]! + sent[1]! === 200 && sent;
  });
  assert.ok(sent.includes(200), "by one of them");

  const [sender, other] = sent[0] === 200 ? [one, two] : [two, one];
  receiver.hold();
  const before = receiver.told.length;
  await deliverOne(other, "order-12345");
  await waitFor("it is told", () => receiver.told.length > before);
  sender.kill("SIGKILL");
  const killedAt = performance.now();
  receiver.answer = () => new Response();
  await deliverOne(other, "order-67890");
  await waitFor("the other goes on", () => receiver.receipts.length === 202);
  const [first, second, third] = receiver.told.slice(before);
  assert.ok(second!.cameAt - killedAt < 30_000, "within 10 s on a machine that is not busy");
  assert.deepEqual([second?.id, second?.body], [first?.id, first?.body]);
  assert.deepEqual(third?.receipts.map(({ id }) => id), ["order-67890"]);
});

Deno.test("a node that does not reach the webhook passes its turn on to one that does", async () => {
  await using redis = await RedisServer.start();
  await using receiver = new Receiver();
  const nowhere = `http://127.0.0.1:${freePort()}/hook`;
  await using one = await Program.start({
    env: { ...redis.env, ...receiver.env, WEBHOOK_URL: nowhere },
  });
  await deliverOne(one, "order-12345");
  await waitFor("it has the turn", async () => Number((await stats(one))["webhook_failed"]) > 0);
  await using two = await Program.start({ env: { ...redis.env, ...receiver.env } });
  await deliverOne(two, "order-67890");
  const told = await receiver.get(1);
  const ids = told.flatMap(({ receipts }) => receipts.map(({ id }) => id));
  assert.deepEqual(ids.slice(0, 1), ["order-12345"], "the order is kept");
  await waitFor("both are told", () => receiver.receipts.length === 2);
  assert.equal(await sentBy(one), 0);
  await deliverOne(one, "order-99999");
  await waitFor("the other one keeps the turn", () => receiver.receipts.length === 3);
});

Deno.test("what was taken while Redis was away is not told again when it is back", async () => {
  await using redis = await RedisServer.start("--appendonly", "yes", "--appendfsync", "always");
  await using receiver = new Receiver();
  const answer = receiver.hold();
  await using program = await Program.start({ env: { ...redis.env, ...receiver.env } });
  await deliverOne(program, "order-12345");
  await receiver.get(1);
  await redis.stop("SIGKILL");
  answer(204);
  receiver.answer = () => new Response();
  await waitFor("it is counted", async () => await sentBy(program) === 1);
  await redis.restart();
  await waitFor("the server is ready", async () => {
    const response = await fetch(`${program.url}/readyz`);
    await response.body?.cancel();
    return response.ok;
  });
  await deliverOne(program, "order-67890");
  const [, second] = await receiver.get(2);
  assert.deepEqual(second?.receipts.map(({ id }) => id), ["order-67890"]);
});

Deno.test("past 100,000 receipts the oldest are dropped, counted and logged", async () => {
  await using redis = await RedisServer.start();
  const add = "redis.call('XADD', KEYS[1], '*', 'site', 'default', 'user', '1', 'id', 'n-' .. i, " +
    "'room', 'r', 'state', 'read', 'at', ARGV[1])";
  const fill = `for i = 1, 100050 do ${add} end`;
  await redis.call("EVAL", fill, "1", "notifyli:receipts", String(Date.now()));
  await using receiver = new Receiver();
  receiver.hold();
  await using program = await Program.start({ env: { ...redis.env, ...receiver.env } });
  await waitFor(
    "they are dropped",
    () => logged(program, "50 receipts for the webhook at .* were dropped: more than 100000 wait"),
  );
  assert.equal(await redis.call("XLEN", "notifyli:receipts"), "100000");
  assert.equal((await stats(program))["webhook_dropped"], 50);
  const [told] = await receiver.get(1);
  assert.equal(told?.receipts[0]?.id, "n-51");
});

const BAD: [env: Record<string, string>, says: RegExp][] = [
  [{ WEBHOOK_URL: "http://127.0.0.1/hook" }, /Cannot use WEBHOOK_URL alone: WEBHOOK_SECRET is not/],
  [
    { WEBHOOK_URL: "http://127.0.0.1/hook", WEBHOOK_SECRET: "whsec_hunter2" },
    /Cannot use WEBHOOK_SECRET: current value is "\*\*\*", allowed is whsec_ and 24 to 64 bytes/,
  ],
  [{ WEBHOOK_URL: "ftp://127.0.0.1/hunter2", WEBHOOK_SECRET: SECRET }, /Cannot use WEBHOOK_URL/],
];
for (const [env, says] of BAD) {
  Deno.test(`a start with ${Object.keys(env).join(" and ")} that is wrong is refused: ${says}`, async () => {
    await using program = await Program.spawn({ env });
    assert.equal((await program.ended()).code, 2);
    assert.match(program.output, says);
    assert.doesNotMatch(program.output, /hunter2/);
  });
}

/** A client of version 2, which acknowledges and reads. */
async function readerOf(program: Program, user: number | string): Promise<TestClient> {
  const client = await TestClient.connectV2(program.webSocketUrl);
  await client.command("connect", { user_id: user });
  return client;
}

async function notify(program: Program, fields: Record<string, unknown>): Promise<void> {
  const response = await fetch(`${program.url}/api/notifications`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ room: "lobby", message: "Hello", ...fields }),
  });
  assert.equal(response.status, 201, await response.text());
}

/** Sends user 1 a notification, which is acknowledged when this resolves. */
async function deliverOne(program: Program, id: string): Promise<void> {
  await using reader = await readerOf(program, 1);
  await notify(program, { user_id: 1, id });
  await reader.command("ack", { ids: [id] });
}

/** The same for many, one after the other. */
async function deliverMany(program: Program, name: string, count: number): Promise<void> {
  await using reader = await readerOf(program, 1);
  for (let index = 0; index < count; index++) {
    const id = `${name}-order-${index}`;
    await notify(program, { user_id: 1, id });
    await reader.command("ack", { ids: [id] });
  }
}

async function stats(program: Program): Promise<Record<string, number>> {
  return await (await fetch(`${program.url}/api/stats`)).json();
}

async function sentBy(program: Program): Promise<number> {
  return (await stats(program))["webhook_sent"] ?? 0;
}

function logged(program: Program, pattern: string): boolean {
  return program.log.some(({ message }) => new RegExp(pattern).test(message));
}
