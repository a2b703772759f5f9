/** Events to an endpoint: the real program tells a real receiver, on both engines, through failures and crashes of both. */
import assert from "node:assert/strict";
import { Program } from "../support/program.ts";
import { hookEnv, Receiver, type ToldEvent, verify } from "../support/receiver.ts";
import { RedisServer } from "../support/redis.ts";
import { TestClient } from "../support/test_client.ts";
import { waitFor } from "../support/wait.ts";

const ENGINES = ["embedded", "redis"] as const;

const BURST = 500;

for (const engine of ENGINES) {
  Deno.test(`an endpoint is told of what happens, signed and in order (${engine})`, async () => {
    await using redis = engine === "redis" ? await RedisServer.start() : undefined;
    await using receiver = new Receiver();
    const env = { ...redis?.env, ...hookEnv(receiver.url, { HOOK_EVENTS: "room.*, *.received" }) };
    await using program = await Program.start({ env });
    const ann = await connect(program, "ann");
    await ann.command("subscribe", { room: "lobby" });
    const { offset, epoch } = await ann.command("publish", {
      room: "lobby",
      message: "Hello",
      data: { mood: "good" },
      id: "message-1",
    });
    await ann.command("event", { room: "lobby", event: "typing" });
    await ann.command("unsubscribe", { room: "lobby" });
    const events = await receiver.getEvents(6);
    assert.deepEqual(events.map(({ event }) => event), [
      "room.occupied",
      "room.join",
      "message.received",
      "event.received",
      "room.leave",
      "room.vacated",
    ]);
    for (const { site, room, at, id } of events) {
      assert.deepEqual([site, room], ["default", "lobby"]);
      assert.ok(Math.abs(at - Date.now() / 1000) < 60);
      assert.match(id, /^[\w-]+$/);
    }
    const [occupied, join, message, typing] = events;
    assert.equal(occupied?.user_id, undefined);
    assert.partialDeepStrictEqual(join, { user_id: "ann", data: { name: "ann" } });
    assert.partialDeepStrictEqual(message, {
      user_id: "ann",
      data: { id: "message-1", name: "ann", message: "Hello", data: { mood: "good" } },
      offset,
      epoch,
    });
    assert.partialDeepStrictEqual(typing, { user_id: "ann", data: { event: "typing" } });
    for (const told of receiver.told) {
      assert.equal(verify(told), 1);
      assert.equal(JSON.parse(told.body).type, "events");
      assert.equal(told.headers.get("content-type"), "application/json");
    }
    await ann.close();
  });

  Deno.test(`a burst is told in few requests, in order, each once (${engine})`, async () => {
    await using redis = engine === "redis" ? await RedisServer.start() : undefined;
    await using receiver = new Receiver();
    const env = {
      ...redis?.env,
      ...hookEnv(receiver.url, { HOOK_EVENTS: "message.received" }),
      APP_RATE_FRAMES: "off",
    };
    await using program = await Program.start({ env });
    await using ann = await connect(program, "ann");
    await ann.command("subscribe", { room: "lobby" });
    const release = receiver.hold();
    // They are sent while one request is held up, which is given up after 10 s: more than these might take longer.
    const texts = Array.from({ length: BURST }, (_, index) => `message ${index}`);
    await Promise.all(texts.map((message) => ann.command("publish", { room: "lobby", message })));
    receiver.answer = () => new Response();
    release(204);
    const events = await receiver.getEvents(texts.length);
    assert.deepEqual(events.map(({ data }) => data["message"]), texts);
    assert.deepEqual(events.map(({ offset }) => offset), texts.map((_, index) => index + 1));
    assert.ok(receiver.told.length < BURST / 50, `${receiver.told.length} requests`);
    const told = receiver.told.flatMap(({ events }) => events);
    assert.equal(told.length, texts.length);
    await waitFor("all are counted", async () => (await stats(program))["hook_sent"] === BURST);
  });

  Deno.test(`a server killed with -9 tells the same when it is back, and forgets nothing (${engine})`, async () => {
    await using redis = engine === "redis" ? await RedisServer.start() : undefined;
    await using receiver = new Receiver();
    receiver.hold();
    const dataDir = await Deno.makeTempDir();
    const env = { ...redis?.env, ...hookEnv(receiver.url, { HOOK_EVENTS: "message.received" }) };
    {
      await using program = await Program.start({ env, dataDir });
      await using ann = await connect(program, "ann");
      await ann.command("publish", { room: "lobby", message: "one" });
      await receiver.get(1); // it is told, and not answered
      for (const message of ["two", "three"]) {
        await ann.command("publish", { room: "lobby", message });
      }
      program.kill("SIGKILL");
      await program.ended();
    }
    receiver.answer = () => new Response();
    {
      await using _program = await Program.start({ env, dataDir });
      const events = await receiver.getEvents(3);
      assert.deepEqual(messages(events), ["one", "two", "three"]);
      const [first, second] = receiver.told;
      assert.deepEqual([second?.id, second?.body], [first?.id, first?.body]);
    }
    await Deno.remove(dataDir, { recursive: true });
  });

  Deno.test(`what a server that was killed with -9 had begun has ended (${engine})`, async () => {
    await using redis = engine === "redis" ? await RedisServer.start() : undefined;
    await using receiver = new Receiver();
    const dataDir = await Deno.makeTempDir();
    const env = {
      ...redis?.env,
      ...(redis && { REDIS_LEASE_SECONDS: "5" }),
      ...hookEnv(receiver.url, { HOOK_EVENTS: "connection.*, room.*" }),
    };
    const lines = () =>
      receiver.events.map(({ event, user_id, room }) => [event, room, user_id].join(" "));
    {
      await using program = await Program.start({ env, dataDir });
      await using ann = await connect(program, "ann");
      await using gone = await connect(program, "bob");
      for (const client of [ann, gone]) await client.command("subscribe", { room: "lobby" });
      await gone.close();
      await waitFor("one has left", () => lines().includes("room.leave lobby bob"));
      await waitFor(
        "its end is told",
        () => lines().some((line) => line.startsWith("connection.close")),
      );
      program.kill("SIGKILL");
      await program.ended();
    }
    const before = receiver.events.length;
    {
      await using program = await Program.start({ env, dataDir });
      await waitFor("the room is vacated", () => lines().includes("room.vacated lobby "));
      const ended = ["connection.close  ", "room.leave lobby ann", "room.vacated lobby "];
      await waitFor("all has ended", () => receiver.events.length >= before + 3);
      assert.deepEqual(lines().slice(before).sort(), ended);
      await using _back = await connect(program, "ann");
      await waitFor("a client comes", () => receiver.events.length >= before + 4);
    }
    const opened = receiver.events.filter(({ event }) => event === "connection.open");
    const closed = receiver.events.filter(({ event }) => event === "connection.close");
    const idsOf = (events: ToldEvent[]) => events.map(({ data }) => data["client_id"]).sort();
    assert.equal(opened.length, 3);
    assert.deepEqual(idsOf(closed), idsOf(opened.slice(0, 2)), "each has ended once");
    await Deno.remove(dataDir, { recursive: true });
  });

  Deno.test(`past the limit the oldest are dropped, and the endpoint is told how many (${engine})`, async () => {
    await using redis = engine === "redis" ? await RedisServer.start() : undefined;
    await using receiver = new Receiver();
    receiver.answer = () => new Response(null, { status: 503 });
    const env = {
      ...redis?.env,
      ...hookEnv(receiver.url, { HOOK_EVENTS: "message.received", APP_LIMIT_HOOK: "10" }),
    };
    await using program = await Program.start({ env });
    await using ann = await connect(program, "ann");
    for (let index = 0; index < 25; index++) {
      await ann.command("publish", { room: "lobby", message: String(index) });
    }
    await program.line(({ message }) =>
      /events for the endpoint "hook" at .* were dropped: more than 10 wait/.test(message)
    );
    await waitFor("they are counted", async () => (await stats(program))["hook_dropped"] === 15);
    receiver.answer = () => new Response();
    await waitFor("the last is told", () => messages(receiver.events).includes("24"));
    const marker = receiver.events.find(({ event }) => event === "events.dropped");
    const taken = receiver.told.filter(({ events }) => events.length > 0).slice(-1)[0];
    assert.ok(Number(marker?.data["count"]) > 0);
    assert.equal(taken?.events.at(-1)?.data["message"], "24");
    const known = new Set(messages(receiver.events));
    for (let index = 15; index < 25; index++) {
      assert.ok(known.has(String(index)), `${index} is told`);
    }
  });
}

Deno.test("each of several endpoints is told what it asks for, and one that is dead holds up no other", async () => {
  await using chat = new Receiver();
  await using all = new Receiver();
  await using dead = new Receiver();
  dead.hold();
  const dataDir = await Deno.makeTempDir();
  const secret = hookEnv("")["HOOK_SECRET"]!;
  const file = {
    endpoints: [
      { name: "dead", url: dead.url, secret, events: ["*"] },
      { name: "chat", url: chat.url, secret, events: ["message.*"], rooms: ["chat:*"] },
      { name: "all", url: all.url, secret, events: ["*"], sites: ["default"] },
      { name: "other-site", url: dead.url, secret, events: ["*"], sites: ["other"] },
    ],
  };
  await Deno.writeTextFile(`${dataDir}/hooks.json`, JSON.stringify(file));
  const env = { HOOK_FILE: `${dataDir}/hooks.json`, APP_OUTGOING_PRIVATE_IPS: "127.0.0.1" };
  {
    await using program = await Program.start({ env, dataDir });
    const ann = await connect(program, "ann");
    for (const room of ["lobby", "chat:1"]) await ann.command("publish", { room, message: room });
    await ann.close();
    assert.deepEqual(messages(await chat.getEvents(1)), ["chat:1"]);
    await waitFor(
      "the end is told",
      () => all.events.some(({ event }) => event === "connection.close"),
    );
    assert.deepEqual(messages(all.events.filter(({ event }) => event === "message.received")), [
      "lobby",
      "chat:1",
    ]);
    assert.ok(all.events.some(({ event }) => event === "connection.open"));
    assert.equal(dead.told.length, 1);
  }
  await Deno.remove(dataDir, { recursive: true });
});

Deno.test("what waits for an endpoint that is taken out of the settings is forgotten, and the others' is not", async () => {
  await using one = new Receiver();
  await using two = new Receiver();
  for (const each of [one, two]) each.answer = () => new Response(null, { status: 503 });
  const dataDir = await Deno.makeTempDir();
  const secret = hookEnv("")["HOOK_SECRET"]!;
  const endpoints = [
    { name: "one", url: one.url, secret, events: ["message.received"] },
    { name: "two", url: two.url, secret, events: ["message.received"] },
  ];
  const env = { HOOK_FILE: `${dataDir}/hooks.json`, APP_OUTGOING_PRIVATE_IPS: "127.0.0.1" };
  const runWith = async (names: readonly string[], say?: string) => {
    const used = endpoints.filter(({ name }) => names.includes(name));
    await Deno.writeTextFile(env.HOOK_FILE, JSON.stringify({ endpoints: used }));
    const program = await Program.start({ env, dataDir });
    await using ann = await connect(program, "ann");
    if (say !== undefined) await ann.command("publish", { room: "lobby", message: say });
    return program;
  };
  await (await runWith(["one", "two"], "first"))[Symbol.asyncDispose]();
  await (await runWith(["two"]))[Symbol.asyncDispose]();
  for (const each of [one, two]) each.answer = () => new Response();
  await using _program = await runWith(["one", "two"], "second");
  await waitFor(
    "both are told",
    () => messages(one.events).includes("second") && messages(two.events).includes("second"),
  );
  const taken = ({ told }: Receiver) => messages(told.at(-1)?.events ?? []);
  assert.ok(messages(two.events).includes("first"));
  assert.deepEqual(taken(one), ["second"]);
  await Deno.remove(dataDir, { recursive: true });
});

async function connect(program: Program, user: string): Promise<TestClient> {
  const client = await TestClient.connectV2(program.webSocketUrl);
  await client.command("connect", { user_id: user });
  return client;
}

function messages(events: readonly ToldEvent[]): unknown[] {
  return events.flatMap(({ data }) => data["message"] ?? []);
}

async function stats(program: Program): Promise<Record<string, number>> {
  return await (await fetch(`${program.url}/api/stats`)).json();
}
