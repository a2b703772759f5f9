/** What clients ask costs them what it costs the server, and no answer is too long for who asked for it. */
import assert from "node:assert/strict";
import { connect } from "../../lib/sdk/mod.ts";
import { LONG, notify, range, stats } from "../support/full_inbox.ts";
import { Program } from "../support/program.ts";
import { RedisServer } from "../support/redis.ts";
import { type Frame, TestClient } from "../support/test_client.ts";
import { waitFor } from "../support/wait.ts";

/** Characters that one answer has at most, and a little for what stands around them. */
const MAX_ANSWER = 252_000;
const IDS = Array.from({ length: 1000 }, (_, index) => `unknown-${index}`);

/** Questions whose answers are long, and what each costs at least beside its frame. */
const QUESTIONS: Readonly<Record<string, [frame: (epoch: string) => Frame, frames: number]>> = {
  "history": [() => ({ type: "history", room: "lobby", limit: 1000 }), 11],
  "history since": [(epoch) => ({
    ...{ type: "history", room: "lobby", limit: 1000 },
    since: { offset: 0, epoch },
  }), 11],
  "subscribe since": [(epoch) => ({
    ...{ type: "subscribe", room: "lobby", since: { offset: 0, epoch } },
  }), 11],
  "inbox": [() => ({ type: "inbox", limit: 1000 }), 11],
  "inbox since": [() => ({ type: "inbox", since: { offset: 0, epoch: "-" } }), 11],
  "connect": [() => ({ type: "connect", user_id: 1 }), 11],
  "presence": [() => ({ type: "presence", room: "lobby" }), 1],
  "ack": [() => ({ type: "ack", ids: IDS }), 10],
  "read": [() => ({ type: "read", ids: IDS }), 10],
  "read all": [() => ({ type: "read", all: true }), 10],
  "archive": [() => ({ type: "archive", ids: IDS }), 10],
  "delete": [() => ({ type: "delete", ids: IDS }), 10],
};

for (const engine of ["embedded", "redis"]) {
  Deno.test(`${engine} engine: a question costs its client frames by what is read for it`, async () => {
    await using redis = engine === "redis" ? await RedisServer.start() : undefined;
    const env = { ...redis?.env, APP_RATE_MESSAGES: "1/100", APP_RATE_MESSAGES_USER: "off" };
    await using program = await Program.start({ env });
    await Promise.all(range(40).map(() => notify(program, { user: 1 })));
    const epoch = await fillRoom(program, "lobby", 40);
    for (const [name, [frame, frames]] of Object.entries(QUESTIONS)) {
      await using client = await TestClient.connectV2(program.webSocketUrl);
      await client.command("connect", { user_id: 2 }); // whose inbox is empty
      await client.command("subscribe", { room: "lobby" });
      await using asking = name.includes("inbox") || name === "connect"
        ? await TestClient.connectV2(program.webSocketUrl)
        : undefined;
      if (asking !== undefined && name !== "connect") {
        await asking.command("connect", { user_id: 1 });
      }
      const asker = asking ?? client;
      for (const ref of range(100)) asker.send({ ref, ...frame(epoch) });
      const replies = await asker.get("reply", 100);
      const taken = replies.filter(({ success }) => success !== false).length;
      const refused = replies.filter(({ code }) => code === "rate_limited").length;
      assert.ok(
        refused > 0 && refused + taken >= 100,
        `${name}: ${refused} refused, ${taken} taken`,
      );
      const most = 100 / (frames + 1) + 4; // and what comes back in some seconds
      assert.ok(taken <= most, `${name}: ${taken} taken, of ${most} at most`);
    }
    const { dropped_slow } = await stats(program);
    assert.equal(dropped_slow, 0);
  });

  Deno.test(`${engine} engine: a page of the inbox is cut to what one answer bears, and the next goes on`, async () => {
    await using redis = engine === "redis" ? await RedisServer.start() : undefined;
    await using program = await Program.start({ env: { ...redis?.env } });
    for (const _ of range(6)) await Promise.all(range(20).map(() => notify(program, { user: 1 })));
    await using client = await TestClient.connectV2(program.webSocketUrl);
    await client.command("connect", { user_id: 1 });
    const offsets: number[] = [];
    for (let before = Number.MAX_SAFE_INTEGER;;) {
      const answer = await client.command("inbox", { limit: 1000, before });
      assert.ok(JSON.stringify(answer).length < MAX_ANSWER);
      const notifications = answer["notifications"] as { offset: number }[];
      assert.ok(notifications.length > 0);
      offsets.push(...notifications.map(({ offset }) => offset));
      before = notifications.at(-1)?.offset ?? 0;
      if (answer["more"] !== true) break;
    }
    assert.deepEqual(offsets, range(120).map((index) => 120 - index));
    const short = await client.command("inbox", { limit: 2 });
    assert.equal(
      "more" in short,
      false,
      "whoever asks for two and gets two knows that there may be more",
    );

    const library = connect({ url: program.webSocketUrl, userId: 1 });
    const page = await library.notifications.loadMore({ limit: 100 });
    library.close();
    assert.deepEqual(
      page.map(({ offset }) => offset),
      offsets.slice(0, 100),
      "the library reads on",
    );
  });
}

Deno.test("an answer is no longer than a quarter of what may wait for a client", async () => {
  await using program = await Program.start({ env: { APP_LIMIT_QUEUE: "120000" } });
  await Promise.all(range(20).map(() => notify(program, { user: 1 })));
  const epoch = await fillRoom(program, "lobby", 20);
  await using client = await TestClient.connectV2(program.webSocketUrl);
  const { inbox } = await client.command("connect", { user_id: 1 });
  await client.command("subscribe", { room: "lobby" });
  const answers = [
    inbox,
    await client.command("inbox", { limit: 1000 }),
    await client.command("inbox", { since: { offset: 0, epoch: "-" } }),
    await client.command("history", { room: "lobby", limit: 1000 }),
    await client.command("history", { room: "lobby", since: { offset: 0, epoch }, limit: 1000 }),
  ];
  for (const answer of answers) {
    const { length } = JSON.stringify(answer);
    assert.ok(length > 15_000 && length < 32_000, `${length}`);
  }
});

Deno.test("who asks for much at once, and reads slowly, gets it all", async () => {
  await using program = await Program.start({ env: { APP_LIMIT_QUEUE: "300000" } });
  await fillRoom(program, "lobby", 40);
  await using client = await TestClient.connectV2(program.webSocketUrl);
  await client.command("connect", { user_id: 1 });
  await client.command("subscribe", { room: "lobby" });
  // These are 60 times 75 KB, of which no more than 2.4 MB may wait at any time.
  for (const ref of range(60)) client.send({ type: "history", ref, room: "lobby", limit: 1000 });
  const replies = await client.get("reply", 62);
  assert.deepEqual(replies.filter(({ success }) => success === false), []);
  assert.equal(client.closed, undefined);
});

Deno.test("the client library enters 100 rooms at once with what it missed there, and is never told to wait", async () => {
  await using program = await Program.start();
  const rooms = range(100).map((index) => `room-${index}`);
  await using speaker = await TestClient.connectV2(program.webSocketUrl);
  await speaker.command("connect", { user_id: 2 });
  const epochs = new Map<string, string>();
  for (const room of rooms) {
    const { epoch } = await speaker.command("subscribe", { room });
    epochs.set(room, String(epoch));
  }
  for (const room of rooms) {
    for (const index of range(12)) {
      speaker.send({ type: "publish", room, message: `${index} ${"x".repeat(200)}` });
    }
  }
  await speaker.get("usermsg", 1200);
  const got = new Map<string, number[]>(rooms.map((room) => [room, []]));
  const client = connect({ url: program.webSocketUrl, userId: 1 });
  const errors: unknown[] = [];
  client.on("error", (error) => void errors.push(error));
  for (const room of rooms) {
    client.subscribe(room, ({ message }) => void got.get(room)?.push(parseInt(message)), {
      since: { offset: 0, epoch: epochs.get(room) ?? "" },
      presence: true,
    });
  }
  await waitFor("all came", () => [...got.values()].every(({ length }) => length >= 12));
  client.close();
  assert.deepEqual([...got.values()], rooms.map(() => range(12)));
  assert.deepEqual(errors, []);
  const { refused_rate } = await stats(program);
  assert.equal(refused_rate, 0);
});

Deno.test("the client library that is told to wait waits, and misses nothing", async () => {
  await using program = await Program.start({ env: { APP_RATE_MESSAGES: "20/20" } });
  const epoch = await fillRoom(program, "lobby", 90);
  const got: number[] = [];
  const gaps: unknown[] = [];
  const client = connect({ url: program.webSocketUrl, userId: 1 });
  const subscription = client.subscribe(
    "lobby",
    ({ message }) => void got.push(parseInt(message)),
    {
      since: { offset: 0, epoch },
    },
  );
  subscription.on("gap", (gap) => void gaps.push(gap));
  await waitFor("all came", () => got.length >= 90 || gaps.length > 0);
  client.close();
  assert.deepEqual([gaps, got], [[], range(90)]);
  const { refused_rate } = await stats(program);
  assert.ok(Number(refused_rate) > 0);
});

/** Says long messages in a room; resolves with its epoch. */
async function fillRoom({ webSocketUrl }: Program, room: string, count: number): Promise<string> {
  for (let index = 0; index < count;) {
    await using speaker = await TestClient.connectV2(webSocketUrl);
    await speaker.command("connect", { user_id: 9 });
    for (const _ of range(10)) {
      if (index < count) await speaker.command("publish", { room, message: `${index++} ${LONG}` });
    }
    if (index < count) continue;
    const { epoch } = await speaker.command("subscribe", { room });
    return String(epoch);
  }
  return "";
}
