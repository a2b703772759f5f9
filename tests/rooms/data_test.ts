/** `data` beside a text or in its place, and events: by every way in, on both listeners and both stores. */
import assert from "node:assert/strict";
import { Publisher } from "../../lib/publisher/publisher.ts";
import { connect, type Message, NotifyliError, type RoomEvent } from "../../lib/sdk/mod.ts";
import { run, taskCommand } from "../support/command.ts";
import { EventStream } from "../support/event_stream.ts";
import { Program } from "../support/program.ts";
import { RedisServer } from "../support/redis.ts";
import { RoomsFile } from "../support/rooms_file.ts";
import { type Frame, TestClient } from "../support/test_client.ts";
import { APP_KEY, connectionToken } from "../support/tokens.ts";
import { waitFor } from "../support/wait.ts";

const DATA = { id: 5, tags: ["a", null], by: { name: "Zoë" } };

/** A server, and the Redis that it is on, if any. */
interface Place {
  readonly program: Program;
  readonly redis: RedisServer | undefined;
}

const STORES: Readonly<Record<string, () => Promise<RedisServer | undefined>>> = {
  "SQLite": () => Promise.resolve(undefined),
  "Redis": () => RedisServer.start(),
};

/** Makes a test of both listeners on both stores. */
function everywhere(what: string, run: (place: Place) => Promise<void>): void {
  for (const listener of ["deno", "node"]) {
    for (const [store, openStore] of Object.entries(STORES)) {
      Deno.test(`${what}, on the ${listener} listener and ${store}`, async () => {
        await using stack = new AsyncDisposableStack();
        const redis = await openStore();
        if (redis !== undefined) stack.use(redis);
        const env = { APP_LISTENER: listener, ...redis?.env };
        const program = stack.use(await Program.start({ env }));
        if (redis !== undefined) await program.hearsRedis();
        await run({ program, redis });
      });
    }
  }
}

everywhere("a message carries data to all, live and from the history", async ({ program }) => {
  await using old = await TestClient.join(program.webSocketUrl, { user: 1, room: "lobby" });
  await using now = await v2(program, 2);
  await using plain = await EventStream.open(`${program.url}/sse?user_id=3&room=lobby`);
  await plain.get("subscribed");
  old.send({ type: "usermsg", user_id: 1, room: "lobby", message: "Look", data: DATA });
  old.send({ type: "usermsg", user_id: 1, room: "lobby", data: [] });
  await old.settled();
  await now.command("publish", { room: "lobby", data: 0 });
  await now.command("publish", { room: "lobby", message: "Text alone", data: null });
  const expected = [["Look", DATA], ["", []], ["", 0], ["Text alone", undefined]];
  for (const client of [old, now, plain]) {
    assert.deepEqual((await client.get("usermsg", 4)).map(saidIn), expected);
  }
  const { publications } = await now.command("history", { room: "lobby" });
  assert.deepEqual((publications as Frame[]).map(saidIn), expected);
});

everywhere("a notification carries data, by every way in", async ({ program, redis }) => {
  await using client = await v2(program, 7);
  const api = `${program.url}/api`;
  const json = { "content-type": "application/json" };
  const bodies: [string, BodyInit, Record<string, string>][] = [
    ["/notifications", JSON.stringify({ user_id: 7, message: "1", data: DATA }), json],
    ["/users/7/notifications", JSON.stringify({ data: DATA }), json],
    ["/users/7/notifications", new URLSearchParams({ data: JSON.stringify(DATA) }), {}],
  ];
  for (const [path, body, headers] of bodies) {
    assert.equal((await post(`${api}${path}`, body, headers)).status, 201);
  }
  const env = { APP_PORT: new URL(program.url).port, APP_DATA_DIR: program.dataDir, ...redis?.env };
  const sent = await run([...taskCommand("send"), "-u", "7", "-d", JSON.stringify(DATA)], { env });
  assert.equal(sent.code, 0, sent.stderr);
  let count = 4;
  if (redis !== undefined) {
    const text = JSON.stringify(DATA);
    const payload = JSON.stringify({ user_id: 7, room: "1", data: DATA });
    await redis.call("PUBLISH", "notifyli:messages", payload);
    await redis.call("XADD", "notifyli:notifications", "*", "user_id", "7", "data", text);
    await using publisher = new Publisher({ port: redis.port });
    await publisher.publish({ userId: 7, room: "1", data: DATA });
    count += 3;
  }
  const frames = await client.get("direct_message", count);
  assert.deepEqual(frames.map(({ data }) => data), frames.map(() => DATA));
  assert.deepEqual(new Set(frames.map(({ message }) => message)), new Set(["1", ""]));
  const { notifications } = await client.command("inbox", { before: 1000 });
  assert.deepEqual((notifications as Frame[]).map(({ data }) => data), frames.map(() => DATA));
});

everywhere("another system says something in a room, once for each id", async ({ program }) => {
  await using client = await v2(program, 1);
  const rooms = `${program.url}/api/rooms`;
  const message = { message: "Sale!", name: "Shop", data: DATA, id: "order-00001" };
  for (const status of [201, 200]) {
    const answer = await post(`${rooms}/lobby/messages`, JSON.stringify(message), {});
    const { offset, epoch: _epoch, ...rest } = answer.json;
    assert.deepEqual([answer.status, offset, rest], [status, 1, { id: message.id, room: "lobby" }]);
  }
  await post(`${rooms}/messages?room=lobby&name=cron`, "only a text");
  const numbers = { message: 5, user_id: 9, name: 9.5, id: 42 };
  const { json } = await post(`${rooms}/lobby/messages`, JSON.stringify(numbers));
  assert.equal(json["id"], "42");
  const frames = await client.get("usermsg", 3);
  assert.deepEqual(
    frames.map(({ user_id, name, message, data }) => [user_id, name, message, data]),
    [
      ["", "Shop", "Sale!", DATA],
      ["", "cron", "only a text", undefined],
      [9, "9.5", "5", undefined],
    ],
  );
  const env = { APP_PORT: new URL(program.url).port, APP_DATA_DIR: program.dataDir };
  const publish = async (...options: string[]) => {
    const { code, stdout, stderr } = await run([...taskCommand("publish"), ...options], { env });
    return [code, `${stdout}${stderr}`.split("\n")[0]];
  };
  const [code, said] = await publish("-r", "lobby", "-m", "From a shell", "-d", "[1]");
  assert.match(`${code} ${said}`, /^0 Said, with the id \S+$/);
  assert.deepEqual(await publish("-r", "lobby", "-e", "reload"), [0, "Told"]);
  const wrong = 'Cannot take --data: current value is "{", allowed is JSON such as {"id":5}';
  assert.deepEqual(await publish("-r", "lobby", "-d", "{"), [2, wrong]);
  const [last] = (await client.get("usermsg", 4)).slice(-1);
  assert.deepEqual([last?.["message"], last?.["data"]], ["From a shell", [1]]);
  const [event] = await client.get("event");
  assert.deepEqual([event?.["event"], event?.["name"]], ["reload", "system"]);
});

everywhere("an event comes to the others in the room, and is not kept", async ({ program }) => {
  await using teller = await v2(program, 1);
  await using other = await v2(program, 2);
  await using same = await v2(program, 1);
  await using plain = await EventStream.open(`${program.url}/sse?user_id=3&room=lobby`);
  await plain.get("subscribed");
  await using old = await TestClient.join(program.webSocketUrl, { user: 4, room: "lobby" });
  await teller.command("event", { room: "lobby", event: "typing", data: DATA });
  await post(`${program.url}/api/rooms/lobby/events`, JSON.stringify({ event: "closed" }));
  await teller.command("publish", { room: "lobby", message: "after" });
  for (const client of [other, same, plain]) {
    const [typing, closed] = await client.get("event", 2);
    const { id: _id, timestamp: _timestamp, ...rest } = typing ?? {};
    const from = { user_id: 1, name: "1" };
    assert.deepEqual(rest, { type: "event", room: "lobby", ...from, event: "typing", data: DATA });
    assert.deepEqual([closed?.["event"], closed?.["name"]], ["closed", "system"]);
  }
  await old.get("usermsg");
  await teller.get("usermsg");
  assert.deepEqual(teller.ofType("event").map(({ event }) => event), ["closed"]);
  assert.deepEqual(old.ofType("event"), [], "the base protocol has no such frame");
  const { publications } = await other.command("history", { room: "lobby" });
  assert.equal((publications as Frame[]).length, 1);
});

for (const listener of ["deno", "node"]) {
  Deno.test(`what is wrong with data and events is said, on the ${listener} listener`, async () => {
    await using program = await Program.start({
      env: { APP_LISTENER: listener, APP_LIMIT_DATA: "20", APP_RATE_EVENTS: "1/2" },
    });
    await using client = await v2(program, 1);
    const deep = JSON.parse("[".repeat(101) + "]".repeat(101));
    const refused: [type: string, fields: Frame, error: RegExp][] = [
      ["publish", {}, /^Error: missing_field: Missing field 'message'/],
      ["publish", { message: "", data: null }, /missing_field/],
      [
        "publish",
        { data: "x".repeat(19) },
        /too_long: .*'data'.* is 21 bytes of JSON, the limit is 20/,
      ],
      ["publish", { data: "é".repeat(10) }, /too_long: .*is 22 bytes/],
      ["publish", { data: deep }, /invalid_field: .*'data'.*at most 100 values in each other/],
      ["publish", { message: 5, data: 1 }, /invalid_field: .*'message'/],
      ["event", {}, /missing_field: Missing field 'event'/],
      ["event", { event: "x".repeat(65) }, /too_long: .*the limit is 64/],
      ["event", { event: "a\nb" }, /invalid_field/],
      ["event", { event: "typing", data: "x".repeat(19) }, /too_long/],
      [
        "event",
        { event: "typing", room: "elsewhere" },
        /not_in_room: .*only who is in it may tell/,
      ],
    ];
    for (const [type, fields, error] of refused) {
      await assert.rejects(client.command(type, { room: "lobby", ...fields }), error);
    }
    const typing = { room: "lobby", event: "typing" };
    await client.command("event", typing);
    await client.command("event", typing);
    await assert.rejects(client.command("event", typing), /rate_limited: Cannot tell an event now/);
    await client.command("publish", { room: "lobby", data: "x".repeat(18) });
    const api = `${program.url}/api`;
    const bad = await post(`${api}/rooms/lobby/messages`, new URLSearchParams({ data: "{" }));
    assert.deepEqual([bad.status, bad.json["code"]], [400, "invalid_field"]);
    const none = await post(`${api}/rooms/lobby/messages`, "{}");
    assert.deepEqual([none.status, none.json["field"]], [400, "message"]);
    const stats = await (await fetch(`${api}/stats`)).json();
    assert.equal(stats.events, 2);
  });
}

Deno.test("a rule says who may tell of events, and a closed room hears nothing", async () => {
  await using file = await RoomsFile.write({
    unknown: "closed",
    rooms: [
      { pattern: "ticker", events: "server" },
      { pattern: "board", events: ["ann"] },
      { pattern: "open", events: "anyone" },
      { pattern: "usual" },
    ],
  });
  await using program = await Program.start({ env: { APP_KEY, APP_ROOMS: file.path } });
  const ann = await TestClient.connectWithToken(
    program.webSocketUrl,
    await connectionToken({ sub: "ann" }),
  );
  const ben = await TestClient.connectWithToken(
    program.webSocketUrl,
    await connectionToken({ sub: "ben" }),
  );
  await using _ann = ann;
  await using _ben = ben;
  for (const client of [ann, ben]) {
    for (const room of ["ticker", "board"]) await client.command("subscribe", { room });
  }
  const tell = (client: TestClient, room: string) =>
    client.command("event", { room, event: "typing" });
  await tell(ann, "board");
  await tell(ben, "open");
  await assert.rejects(tell(ben, "board"), /forbidden: .*this user may not tell of events there/);
  await assert.rejects(tell(ann, "ticker"), /forbidden: .*no client may tell of events there/);
  await assert.rejects(tell(ann, "usual"), /not_in_room/);
  await assert.rejects(tell(ann, "other"), /forbidden: .*no rule names it/);
});

for (const listener of ["deno", "node"]) {
  Deno.test(`the library has data and events, on the ${listener} listener`, async () => {
    await using program = await Program.start({
      env: { APP_LISTENER: listener, APP_RATE_EVENTS: "1/1" },
    });
    using stack = new DisposableStack();
    const [ann, ben] = [1, 2].map((userId) => {
      const client = connect({ url: program.webSocketUrl, userId, name: `N${userId}` });
      return stack.adopt(client, () => client.close());
    });
    assert.ok(ann && ben);
    const [messages, events]: [Message[], RoomEvent[]] = [[], []];
    await assert.rejects(ann.tell("lobby", "typing"), { code: "offline" });
    ann.subscribe("lobby", () => {});
    const heard = ben.subscribe("lobby", (message) => messages.push(message));
    heard.on("event", (event) => events.push(event));
    await waitFor("both are in", () => ann.state.kind === "online" && heard.position);
    await ann.publish("lobby", "", { data: DATA });
    await ann.tell("lobby", "typing", { until: 5 });
    await waitFor("Ben has both", () => messages.length + events.length === 2);
    assert.deepEqual([messages[0]?.message, messages[0]?.data], ["", DATA]);
    const { timestamp: _timestamp, ...event } = events[0] ?? assert.fail();
    const from = { userId: "1", name: "N1" };
    assert.deepEqual(event, { room: "lobby", event: "typing", ...from, data: { until: 5 } });
    const error = await ann.tell("lobby", "typing").catch((error: unknown) => error);
    assert.ok(error instanceof NotifyliError);
    assert.equal(error.code, "rate_limited", "it is told, and holds up nothing else");
    await ann.publish("lobby", "at once");
    await waitFor("Ben has it", () => messages.length === 2);
  });
}

/** A client of version 2 who is in the lobby. */
async function v2(program: Program, user: number): Promise<TestClient> {
  const client = await TestClient.connectV2(program.webSocketUrl);
  await client.command("connect", { user_id: user });
  await client.command("subscribe", { room: "lobby" });
  return client;
}

function saidIn({ message, data }: Frame): unknown[] {
  return [message, data];
}

async function post(
  url: string,
  body: BodyInit,
  headers: Record<string, string> = {},
): Promise<{ status: number; json: Frame }> {
  const response = await fetch(url, { method: "POST", body, headers });
  return { status: response.status, json: await response.json() };
}
