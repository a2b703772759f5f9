/** Scheduled notifications: every way in, cancelling, and delivery exactly once through restarts, kills and clocks. */
import assert from "node:assert/strict";
import { inboxCounters } from "../../lib/inbox/metrics.ts";
import type { Released, Schedule } from "../../lib/inbox/store/store.ts";
import { CodedError } from "../../lib/base/errors.ts";
import { Publisher } from "../../lib/publisher/publisher.ts";
import { startTasks } from "../../lib/core/task.ts";
import { scheduler } from "../../lib/inbox/scheduler.ts";
import { run, taskCommand } from "../support/command.ts";
import { type FullEngine, openFullEmbedded, openFullRedis, QUIET } from "../support/engines.ts";
import { Program } from "../support/program.ts";
import { RedisServer } from "../support/redis.ts";
import { type Frame, TestClient } from "../support/test_client.ts";
import { waitFor } from "../support/wait.ts";

/** A store that outlives its servers, and how to start one on it. */
interface Target extends AsyncDisposable {
  /** With these settings `send` finds the server. */
  env(program: Program): Record<string, string>;
  start(): Promise<Program>;
  /** The engine alone; on SQLite, while no server runs. */
  open(): Promise<FullEngine>;
}

const ENGINES: [name: string, open: () => Promise<Target>][] = [
  ["embedded", async () => {
    const dataDir = await Deno.makeTempDir();
    return {
      env: ({ port }) => ({ APP_PORT: String(port) }),
      start: () => Program.start({ dataDir }),
      open: () => openFullEmbedded({ dataDir }),
      [Symbol.asyncDispose]: () => Deno.remove(dataDir, { recursive: true }),
    };
  }],
  ["redis", async () => {
    const redis = await RedisServer.start();
    return {
      env: () => redis.env,
      start: () => Program.start({ env: redis.env }),
      open: () => openEngine(redis),
      [Symbol.asyncDispose]: () => redis[Symbol.asyncDispose](),
    };
  }],
];

for (const [engine, open] of ENGINES) {
  Deno.test(`a notification with deliver_at comes then, not before (${engine})`, async () => {
    await using target = await open();
    await using program = await target.start();
    await using client = await TestClient.join(program.webSocketUrl, { user: 1, room: "lobby" });
    const deliver_at = soon();
    const { status, answer } = await post(program, { id: "order-12345", deliver_at });
    assert.deepEqual([status, answer], [201, {
      id: "order-12345",
      user_id: 1,
      room: "lobby",
      deliver_at,
    }]);
    assert.deepEqual(await receipt(program, "order-12345"), {
      id: "order-12345",
      state: "scheduled",
      deliver_at,
    });
    await post(program, { message: "at once", deliver_at: deliver_at - 60 });
    const [first, second] = await client.get("direct_message", 2);
    assert.ok(Date.now() >= deliver_at * 1000, "not before");
    assert.deepEqual([first?.["message"], first?.["offset"]], ["at once", 1]);
    assert.deepEqual([second?.["id"], second?.["offset"]], ["order-12345", 2]);
    const timestamp = Number(second?.["timestamp"]);
    assert.ok(
      timestamp >= deliver_at && timestamp < deliver_at + 30,
      `${timestamp} is its delivery`,
    );
    const { state, queued_at } = await receipt(program, "order-12345");
    assert.match(String(state), /queued|sent/);
    assert.ok(Number(queued_at) >= deliver_at, "queued when it came into the inbox");
  });

  Deno.test(`a deliver_at that is past or now is at once (${engine})`, async () => {
    await using target = await open();
    await using program = await target.start();
    for (const deliver_at of [0, 1_700_000_000, Math.floor(Date.now() / 1000)]) {
      const { status, answer } = await post(program, { deliver_at });
      assert.deepEqual([status, answer["online"], answer["deliver_at"]], [201, false, undefined]);
    }
  });

  Deno.test(`the same caller's id is scheduled once, at its first time (${engine})`, async () => {
    await using target = await open();
    await using program = await target.start();
    await using client = await TestClient.join(program.webSocketUrl, { user: 1, room: "lobby" });
    const deliver_at = soon();
    const first = await post(program, { id: "order-12345", deliver_at });
    for (const change of [{}, { deliver_at: deliver_at + 3600 }, { deliver_at: undefined }]) {
      const again = await post(program, { id: "order-12345", deliver_at, ...change });
      assert.deepEqual(again, { status: 200, answer: first.answer });
    }
    await client.get("direct_message");
    const { status, answer } = await post(program, { id: "order-12345", deliver_at });
    assert.deepEqual([status, answer["deliver_at"], answer["online"]], [200, undefined, true]);
    await client.settled();
    assert.equal(client.ofType("direct_message").length, 1);
  });

  Deno.test(`DELETE cancels what is scheduled, and takes back what was delivered (${engine})`, async () => {
    await using target = await open();
    await using program = await target.start();
    await using client = await TestClient.connectV2(program.webSocketUrl);
    await client.command("connect", { user_id: 1 });
    const deliver_at = soon();
    await schedule(program, { id: "cancelled-1", deliver_at });
    await schedule(program, { id: "delivered-1", deliver_at });
    assert.equal(await withdraw(program, "cancelled-1"), 204);
    assert.equal(await withdraw(program, "cancelled-1"), 404);
    const retried = await post(program, { id: "cancelled-1", deliver_at });
    assert.equal(retried.status, 200, "a retry does not bring it back");
    const [frame] = await client.get("direct_message");
    assert.equal(frame?.["id"], "delivered-1", "the one before it in the order is not delivered");
    assert.equal(await withdraw(program, "delivered-1"), 204);
    const [event] = await client.get("inbox");
    assert.partialDeepStrictEqual(event, { event: "delete", ids: ["delivered-1"], unread: 0 });
    assert.equal(await withdraw(program, "delivered-1"), 404);
    assert.equal(await withdraw(program, "never-there"), 404);
  });

  Deno.test(`what is scheduled survives a restart, and what was due meanwhile comes at once, in order (${engine})`, async () => {
    await using target = await open();
    let past: number;
    {
      await using program = await target.start();
      past = soon(8); // it is stopped before the first is due
      await schedule(program, { message: "third", deliver_at: past + 10 });
      await schedule(program, { message: "second", deliver_at: past });
      await schedule(program, { message: "first", deliver_at: past - 1 });
      program.kill("SIGTERM");
      assert.equal((await program.ended()).code, 0);
    }
    await waitFor("two are late", () => Date.now() > (past + 5.1) * 1000);
    await using program = await target.start();
    await using client = await TestClient.join(program.webSocketUrl, { user: 1, room: "lobby" });
    const frames = await client.get("direct_message", 3);
    assert.deepEqual(frames.map(({ message }) => message), ["first", "second", "third"]);
    const late = program.log.filter(({ logger }) => logger === "notifyli.schedule");
    assert.deepEqual(late.map((line) => [line.level, line["late"]]), [["warning", 2]]);
  });

  Deno.test(`a server killed with -9 while it delivers loses none and doubles none (${engine})`, async () => {
    await using target = await open();
    const users = ["1", "2", "3"];
    const expected = Array.from({ length: 200 }, (_, count) => `n${count}`);
    const deliver_at = soon(4);
    {
      await using engine = await target.open();
      await Promise.all(users.map((user) => fill(engine, { user, deliver_at }, expected)));
    }
    {
      await using program = await target.start();
      const killAt = deliver_at * 1000 + Math.random() * 60;
      await waitFor("it delivers", () => {
        while (Date.now() > killAt - 40 && Date.now() < killAt); // to the millisecond
        return Date.now() >= killAt;
      });
      program.kill("SIGKILL");
      await program.ended();
    }
    await using program = await target.start();
    for (const user of users) {
      await using client = await TestClient.join(program.webSocketUrl, { user, room: "lobby" });
      await client.get("direct_message", expected.length);
      await client.settled();
      const got = client.ofType("direct_message");
      assert.deepEqual(got.map(({ message }) => message), expected, "each once, in order");
      assert.deepEqual(got.map(({ offset }) => offset), expected.map((_, index) => index + 1));
    }
  });

  Deno.test(`deliver_at comes in by query, header and JSON for one user (${engine})`, async () => {
    await using target = await open();
    await using program = await target.start();
    await using client = await TestClient.join(program.webSocketUrl, { user: 1, room: "/user/1" });
    const deliver_at = soon();
    const api = `${program.url}/api/users/1/notifications`;
    const asked: [url: string, init: RequestInit][] = [
      [`${api}?deliver_at=${deliver_at}`, { body: "query" }],
      [api, { body: "header", headers: { "x-deliver-at": String(deliver_at) } }],
      [api, {
        body: JSON.stringify({ message: "json", deliver_at, timestamp: 5 }),
        headers: { "content-type": "application/json" },
      }],
    ];
    for (const [url, init] of asked) {
      const response = await fetch(url, { method: "POST", ...init });
      assert.deepEqual([response.status, (await response.json()).deliver_at], [201, deliver_at]);
    }
    const frames = await client.get("direct_message", 3);
    assert.ok(Date.now() >= deliver_at * 1000);
    assert.deepEqual(frames.map(({ message }) => message), ["query", "header", "json"]);
    assert.equal(frames[2]?.["timestamp"], 5, "the caller's own");
  });

  Deno.test(`send --at schedules, and says when in local time (${engine})`, async () => {
    await using target = await open();
    await using program = await target.start();
    const env = { ...target.env(program), TZ: "Asia/Kolkata" };
    const said = async (at: string) => {
      const command = [...SEND, "-u", "1", "-m", "x", "--at", at];
      const { code, stdout, stderr } = await run(command, { env });
      assert.deepEqual([code, stderr], [0, ""]);
      return stdout;
    };
    const hours = Math.floor(Date.now() / 3_600_000) + 2; // the next hour may begin at once
    const local = new Date((hours + 5.5) * 3_600_000).toISOString().slice(0, 16);
    for (const at of [`${hours * 3600}`, local, local.replace("T", " "), `${local}:00+05:30`]) {
      assert.equal(await said(at), `Scheduled for ${local}:00+05:30\n`);
    }
    await waitFor("all are scheduled", async () => {
      const { scheduled, notifications } = await (await fetch(`${program.url}/api/stats`)).json();
      return scheduled === 4 && notifications === 0;
    });
    assert.equal(await said("2026-01-01T09:00Z"), "User is offline - notification queued\n");
  });
}

const SEND = taskCommand("send");
const STREAM = "notifyli:notifications";

Deno.test("what is wrong with deliver_at or expires_at is refused with its value", async () => {
  await using program = await Program.start();
  const now = Math.floor(Date.now() / 1000);
  const far = now + 366 * 24 * 3600 + 60;
  const wrong: [fields: Frame, field: string, value: string][] = [
    [{ deliver_at: "some day" }, "deliver_at", '"some day"'],
    [{ deliver_at: "2027-02-30T09:00:00Z" }, "deliver_at", '"2027-02-30T09:00:00Z"'],
    [{ deliver_at: "2027-02-28T24:00:00" }, "deliver_at", '"2027-02-28T24:00:00"'],
    [{ deliver_at: -1 }, "deliver_at", "-1"],
    [{ deliver_at: far }, "deliver_at", `${far}, .* at most 366 days ahead`],
    [{ deliver_at: now + 60, expires_at: now + 60 }, "expires_at", String(now + 60)],
    [{ deliver_at: now + 60, expires_at: now + 59 }, "expires_at", String(now + 59)],
  ];
  for (const [fields, field, value] of wrong) {
    const { status, answer } = await post(program, fields);
    assert.deepEqual([status, answer["code"], answer["field"]], [400, "invalid_field", field]);
    assert.match(String(answer["message"]), new RegExp(`current value is ${value}`));
  }
  const query = `${program.url}/api/users/1/notifications?deliver_at=soon`;
  const response = await fetch(query, { method: "POST", body: "x" });
  assert.deepEqual([response.status, (await response.json()).field], [400, "deliver_at"]);
  const allowed = { deliver_at: far - 120, expires_at: far };
  assert.equal((await post(program, allowed)).status, 201);
});

Deno.test("send --at with what is no time, or too far ahead, ends with code 2", async () => {
  const wrong = ["2026-13-01T09:00", "2027-02-30T09:00", "2027-02-30", "2027-02-28T24:00Z"];
  for (const at of [...wrong, "some day", "25:00", "", "99999999999"]) {
    const { code, stdout, stderr } = await run([...SEND, "-u", "1", "-m", "x", "--at", at]);
    assert.deepEqual([code, stdout], [2, ""], at);
    assert.match(stderr, /^(Cannot take --at|Not sent: Cannot take field 'deliver_at'): current/);
  }
});

Deno.test("deliver_at comes in by PUBLISH, XADD and the Publisher, each scheduled once on two nodes", async () => {
  await using redis = await RedisServer.start();
  await using one = await Program.start({ env: redis.env });
  await using two = await Program.start({ env: redis.env });
  await using client = await TestClient.join(two.webSocketUrl, { user: 1, room: "lobby" });
  await waitFor("one routes", () => one.log.some(({ message }) => message.includes("routes what")));
  await using publisher = new Publisher({ port: redis.port });
  const send = async (deliver_at: number, id: string) => {
    const payload = { user_id: 1, room: "lobby", message: "published", deliver_at };
    await redis.call("PUBLISH", "notifyli:messages", JSON.stringify(payload));
    const fields = ["user_id", "1", "room", "lobby", "message", "added"];
    await redis.call("XADD", STREAM, "*", ...fields, "deliver_at", `${deliver_at}`);
    const said = { userId: 1, room: "lobby", message: "by the Publisher", id };
    await publisher.publish({ ...said, deliverAt: deliver_at });
  };
  await send(soon(3600), "order-67890");
  const scheduled = () => redis.call("ZCARD", "notifyli:scheduled");
  await waitFor("all are scheduled", async () => await scheduled() === "3");
  assert.equal((await receipt(two, "order-67890"))["state"], "scheduled");
  const deliver_at = soon();
  await send(deliver_at, "order-12345");
  const frames = await client.get("direct_message", 3);
  assert.ok(Date.now() >= deliver_at * 1000);
  assert.deepEqual(frames.map(({ message }) => message).sort(), [
    "added",
    "by the Publisher",
    "published",
  ]);
  await client.settled();
  assert.equal(client.ofType("direct_message").length, 3);
  assert.equal(await scheduled(), "3", "those of the next hour are there still");
  assert.equal(await redis.call("HLEN", "notifyli:scheduled-frames"), "3");
});

Deno.test("three nodes deliver 300 of one second each once, in order, though one is killed then", async () => {
  await using redis = await RedisServer.start();
  const nodes = await Promise.all([1, 2, 3].map(() => Program.start({ env: redis.env })));
  await using stack = new AsyncDisposableStack();
  for (const node of nodes) stack.use(node);
  const [one, two, three] = nodes as [Program, Program, Program];
  const clients = await Promise.all(
    [two, three].map((node) => TestClient.join(node.webSocketUrl, { user: 1, room: "lobby" })),
  );
  const deliver_at = soon(3);
  const expected = Array.from({ length: 300 }, (_, count) => `n${count}`);
  {
    await using engine = await openEngine(redis);
    await fill(engine, { user: "1", deliver_at }, expected);
  }
  await waitFor("they are due", () => Date.now() >= deliver_at * 1000);
  one.kill("SIGKILL");
  for (const client of clients) {
    await client.get("direct_message", 300);
    await client.settled();
    const got = client.ofType("direct_message").map(({ message }) => message);
    assert.deepEqual(got, expected);
    await client.close();
  }
});

Deno.test("what is due while Redis is away comes once when it is back", async () => {
  await using redis = await RedisServer.start("--appendonly", "yes", "--appendfsync", "always");
  await using program = await Program.start({ env: redis.env });
  const deliver_at = soon(3);
  for (const message of ["first", "second"]) await schedule(program, { message, deliver_at });
  await redis.stop("SIGKILL");
  await waitFor("they are due", () => Date.now() >= (deliver_at + 0.5) * 1000);
  await redis.restart();
  const client = await waitFor("the server is back", async () => {
    const { status, body } = await fetch(`${program.url}/readyz`);
    await body?.cancel();
    return status === 200 && TestClient.join(program.webSocketUrl, { user: 1, room: "lobby" });
  });
  await client.get("direct_message", 2);
  await client.settled();
  const got = client.ofType("direct_message").map(({ message }) => message);
  assert.deepEqual(got, ["first", "second"]);
  await client.close();
});

Deno.test("a clock set back or forward loses no scheduled notification and doubles none", async () => {
  await using engine = await openFullEmbedded();
  const realNow = Date.now;
  const delivered = async (shiftMs: number) => {
    Date.now = () => realNow() + shiftMs;
    return (await engine.schedule.release(10)).delivered.length;
  };
  const hour = 3_600_000;
  try {
    for (const [id, ms] of [["n-1", hour], ["n-2", 2 * hour]] as const) {
      await engine.schedule.add({
        ...{ site: "default", user: "1", id, room: "lobby", message: "x" },
        deliverAt: realNow() + ms,
      });
    }
    assert.equal(await delivered(0), 0);
    assert.equal(await delivered(hour + 1000), 1, "set forward: what is due by it comes");
    assert.equal(await delivered(-hour), 0, "set back: what came does not come again");
    assert.equal(await delivered(hour + 1000), 0);
    assert.equal(await delivered(2 * hour + 1000), 1);
  } finally {
    Date.now = realNow;
  }
  const listed = await engine.inbox.list("default", "1", { limit: 9 });
  assert.deepEqual(listed.map(({ id, offset }) => [id, offset]), [["n-2", 2], ["n-1", 1]]);
});

Deno.test("the scheduler goes on after a failure, and at once while there is more", async () => {
  const answers: (() => Promise<Released>)[] = [
    () => Promise.reject(new CodedError("unavailable", "the store is away")),
    () => Promise.resolve(released(200, true)),
    () => Promise.resolve(released(200, true)),
    () => Promise.resolve(released(7, false)),
  ];
  const asked: number[] = [];
  const counters = inboxCounters();
  {
    const schedule: Schedule = {
      ...UNUSED,
      release(limit) {
        asked.push(limit);
        return answers.shift()?.() ?? Promise.resolve(released(0, false));
      },
    };
    const attachments = { giveBack: () => Promise.resolve(), giveBackAll: () => Promise.resolve() };
    await using _scheduler = startTasks([
      scheduler({ schedule, counters, attachments, timing: AT_ONCE }),
    ]);
    await waitFor("it goes on, second by second", () => asked.length >= 6);
  }
  assert.equal(counters.delivered.value, 407);
  assert.ok(asked.every((limit) => limit === asked[0]), "each step is bounded");
});

/** What a scheduler does not call. */
/** Nobody has chosen anything. */
const AT_ONCE = { take: () => ({ isSilent: false }), pushing: { back: () => Promise.resolve() } };

const UNUSED: Omit<Schedule, "release"> = {
  count: () => Promise.resolve(0),
  due: () => Promise.resolve({ now: Date.now(), notifications: [], names: new Set() }),
  add: () => Promise.reject(new TypeError("not expected")),
  edit: () => Promise.reject(new TypeError("not expected")),
  dueAt: () => Promise.reject(new TypeError("not expected")),
  content: () => Promise.reject(new TypeError("not expected")),
  find: () => Promise.reject(new TypeError("not expected")),
  cancel: () => Promise.reject(new TypeError("not expected")),
};

function released(count: number, isMore: boolean): Released {
  const now = Date.now();
  return {
    now,
    delivered: Array.from({ length: count }, () => now),
    expired: 0,
    refused: [],
    isMore,
  };
}

/** Unix time in seconds, at least `seconds - 1` ahead: what a test does before then takes long on a busy machine. */
function soon(seconds = 6): number {
  return Math.floor(Date.now() / 1000) + seconds;
}

async function post(
  { url }: Program,
  fields: Frame,
): Promise<{ status: number; answer: Record<string, unknown> }> {
  const body = JSON.stringify({ user_id: 1, room: "lobby", message: "x", ...fields });
  const response = await fetch(`${url}/api/notifications`, { method: "POST", body });
  return { status: response.status, answer: await response.json() };
}

/** Schedules these messages, in their order. */
async function fill(
  { schedule }: FullEngine,
  { user, deliver_at }: { user: string; deliver_at: number },
  messages: readonly string[],
): Promise<void> {
  const room = "lobby";
  await Promise.all(messages.map((message) => {
    const id = `${user}-${message}`;
    const content = { from: { name: "test" }, message };
    return schedule.add({
      site: "default",
      user,
      id,
      room,
      ...content,
      deliverAt: deliver_at * 1000,
    });
  }));
}

async function openEngine(server: RedisServer): Promise<FullEngine> {
  const engine = await openFullRedis(server);
  await engine.run(QUIET);
  return engine;
}

/** Rejects where it came too late to be scheduled. */
async function schedule(program: Program, fields: Frame): Promise<void> {
  const { answer } = await post(program, fields);
  assert.equal(answer["deliver_at"], fields["deliver_at"], JSON.stringify(answer));
}

async function receipt({ url }: Program, id: string): Promise<Record<string, unknown>> {
  return await (await fetch(`${url}/api/notifications/${id}`)).json();
}

/** The status of the answer. */
async function withdraw({ url }: Program, id: string): Promise<number> {
  const { status, body } = await fetch(`${url}/api/notifications/${id}`, { method: "DELETE" });
  await body?.cancel();
  return status;
}
