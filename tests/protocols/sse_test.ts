/** Streams of Server-Sent Events, on both listeners and both engines. */
import assert from "node:assert/strict";
import { EventStream } from "../support/event_stream.ts";
import { Program } from "../support/program.ts";
import { RedisServer } from "../support/redis.ts";
import { type Frame, TestClient } from "../support/test_client.ts";
import { waitFor } from "../support/wait.ts";

for (const listener of ["deno", "node"]) {
  const test = (what: string, run: (start: Start) => Promise<void>) =>
    Deno.test(`SSE on the ${listener} listener: ${what}`, () =>
      run((env = {}) => Program.start({ env: { APP_LISTENER: listener, ...env } })));

  test("a stream without commands has the user's rooms and notifications", async (start) => {
    await using program = await start({ APP_KEEPALIVE_SECONDS: "1" });
    const query = "user_id=123&room=lobby&room=/user/123&name=Alice";
    await using stream = await EventStream.open(`${program.url}/sse?${query}`);
    await stream.get("subscribed", 2);
    await notify(program, 123, "Order shipped!");
    await using bob = await TestClient.join(program.webSocketUrl, { user: 7, room: "lobby" });
    bob.send({ type: "usermsg", user_id: 7, room: "lobby", message: "Hello,\nAlice!" });
    const [message] = await stream.get("usermsg");
    assert.equal(message?.["message"], "Hello,\nAlice!");
    const [notification] = await stream.get("direct_message");
    assert.equal(notification?.["message"], "Order shipped!");
    const presence = await (await fetch(`${program.url}/api/rooms/lobby/connections`)).text();
    assert.match(presence, /"name":"Alice"/);
    await waitFor("comments keep it alive", () => stream.comments > 1);
    assert.ok(stream.retryMs !== undefined && stream.retryMs >= 1000 && stream.retryMs <= 3000);
    assert.equal(stream.headers.get("content-type"), "text/event-stream");
    assert.match(stream.headers.get("cache-control") ?? "", /no-store/);
    assert.equal(stream.headers.get("x-accel-buffering"), "no");
  });

  test("a client that is gone is not in its rooms any more", async (start) => {
    await using program = await start();
    const stream = await EventStream.open(`${program.url}/sse?user_id=123&room=lobby`);
    await stream.get("subscribed");
    await stream[Symbol.asyncDispose]();
    await waitFor("it has left", async () => {
      const { clients, rooms, users } = await stats(program);
      return clients === 0 && rooms === 0 && users === 0;
    });
    const head = await fetch(`${program.url}/sse?user_id=123&room=lobby`, { method: "HEAD" });
    assert.equal(head.headers.get("content-type"), "text/event-stream");
    assert.equal((await stats(program))["clients"], 0, "HEAD opens nothing");
  });

  test("a session takes commands by POST, and answers on the stream", async (start) => {
    await using program = await start();
    await using stream = await EventStream.open(`${program.url}/sse`);
    const { session } = await stream.named("open");
    await post(program, session, [
      { type: "connect", ref: 1, user_id: 123, name: "Alice" },
      { type: "subscribe", ref: 2, room: "lobby" },
      { type: "publish", ref: 3, room: "lobby", message: "Hello!" },
    ]);
    const replies = await stream.get("reply", 3);
    assert.deepEqual(replies.map(({ ref, success }) => [ref, success]), [
      [1, true],
      [2, true],
      [3, true],
    ]);
    assert.equal((await stream.get("usermsg")).length, 1);
    assert.equal(stream.lastEventId, "", "a client with commands keeps its own positions");
  });

  test("a session may be named in a header, so that it is in no log of requests", async (start) => {
    await using program = await start({ APP_ALLOWED_ORIGINS: "https://shop.example" });
    await using stream = await EventStream.open(`${program.url}/sse`);
    const { session } = await stream.named("open");
    const send = async (headers: Record<string, string>) => {
      const body = '{"type":"ping","ref":1}';
      const answer = await fetch(`${program.url}/sse`, { method: "POST", headers, body });
      await answer.body?.cancel();
      return answer.status;
    };
    assert.equal(await send({ "x-session": String(session) }), 202);
    await stream.get("reply");
    assert.deepEqual([await send({ "x-session": "A".repeat(22) }), await send({})], [404, 400]);
    const asked = await fetch(`${program.url}/sse`, {
      method: "OPTIONS",
      headers: { origin: "https://shop.example" },
    });
    assert.match(asked.headers.get("access-control-allow-headers") ?? "", /x-session/);
  });

  test("says what is wrong with a request", async (start) => {
    await using program = await start({ APP_LIMIT_FRAME: "100", APP_LIMIT_ROOMS: "2" });
    await using stream = await EventStream.open(`${program.url}/sse`);
    const { session } = await stream.named("open");
    const asked: [string, RequestInit, number, string][] = [
      [`/sse/${session}`, { method: "POST", body: "x".repeat(101) }, 413, "too_long"],
      [`/sse/${"A".repeat(22)}`, { method: "POST", body: "{}" }, 404, "not_found"],
      ["/sse/x%0Ay", { method: "POST", body: "{}" }, 404, "not_found"],
      [`/sse/${session}`, {}, 405, "method_not_allowed"],
      ["/sse?room=lobby", {}, 400, "missing_field"],
      ["/sse?user_id=1&room=a&room=b&room=c", {}, 429, "too_many_rooms"],
      ["/sse?user_id=1&room=", {}, 400, "missing_field"],
    ];
    for (const [path, init, status, code] of asked) {
      const response = await fetch(`${program.url}${path}`, init);
      assert.deepEqual([response.status, (await response.json()).code], [status, code], path);
    }
    await post(program, session, [{ type: "nonsense", ref: 1 }]);
    assert.partialDeepStrictEqual(await stream.get("reply"), [{ code: "unknown_type" }]);
  });

  test("a page of another site may use it only if it is named", async (start) => {
    await using program = await start({ APP_ALLOWED_ORIGINS: "https://shop.example" });
    await using stream = await EventStream.open(`${program.url}/sse`);
    const { session } = await stream.named("open");
    for (const [origin, isAllowed] of [["https://shop.example", true], ["https://x.test", false]]) {
      const headers = { origin: String(origin) };
      for (
        const [path, method, status] of [
          ["/sse?user_id=1", "HEAD", 200],
          [`/sse/${session}`, "POST", 202],
        ] as const
      ) {
        const response = await fetch(`${program.url}${path}`, { method, headers });
        await response.body?.cancel();
        assert.equal(response.status, isAllowed ? status : 403);
        const allowed = response.headers.get("access-control-allow-origin");
        assert.equal(allowed, isAllowed ? origin : null);
      }
    }
  });

  test("what was missed comes first, and what came back is acknowledged", async (start) => {
    await using program = await start();
    const address = `${program.url}/sse?user_id=123&room=lobby`;
    const first = await EventStream.open(address);
    await first.get("subscribed");
    const got = await notify(program, 123, "one");
    await first.get("direct_message");
    await first[Symbol.asyncDispose]();
    const missed = await notify(program, 123, "two");
    await using second = await EventStream.open(address, first.lastEventId);
    const [frame] = await second.get("direct_message");
    assert.equal(frame?.["id"], missed);
    await second.get("subscribed");
    assert.equal(second.ofType("direct_message").length, 1);
    assert.partialDeepStrictEqual(second.ofType("connected"), [{
      unread: 2,
      inbox: { recovered: true },
    }]);
    await waitFor("the one that came back is delivered", async () => {
      return await state(program, got) === "delivered";
    });
    assert.notEqual(await state(program, missed), "delivered");
    const byQuery = `${address}&last_event_id=${encodeURIComponent(second.lastEventId)}`;
    await using third = await EventStream.open(byQuery);
    await third.get("subscribed");
    assert.deepEqual(third.ofType("direct_message"), []);
  });

  test("says aloud what it cannot bring back", async (start) => {
    await using program = await start({ APP_HISTORY: "short=2/3600,none=0/60,*=100/300" });
    const address = `${program.url}/sse?user_id=123&room=short&room=none`;
    const first = await EventStream.open(address);
    assert.partialDeepStrictEqual(await first.get("subscribed", 2), [
      { room: "short", recovered: false, reason: "new" },
      { room: "none", recovered: false, reason: "no_history" },
    ]);
    await first[Symbol.asyncDispose]();
    await using bob = await TestClient.join(program.webSocketUrl, { user: 7, room: "short" });
    for (const message of ["a", "b", "c"]) {
      bob.send({ type: "usermsg", user_id: 7, room: "short", message });
    }
    await bob.get("usermsg", 3);
    const reasonOf = async (lastEventId: string) => {
      await using stream = await EventStream.open(address, lastEventId);
      const [subscribed] = await stream.get("subscribed");
      const [connected] = stream.ofType("connected");
      assert.deepEqual(stream.ofType("usermsg"), []);
      const { reason } = connected?.["inbox"] as Frame;
      return [reason, subscribed?.["reason"], subscribed?.["recovered"]];
    };
    assert.deepEqual(await reasonOf(first.lastEventId), [undefined, "expired", false]);
    const ofAnotherTime = first.lastEventId.replaceAll(/[0-9a-f]{8}(?=~|$)/g, "00000000");
    assert.deepEqual(await reasonOf(ofAnotherTime), ["epoch", "epoch", false]);
    for (const text of ["41", "1~x", "2~a.1.b", `1~${"9".repeat(20)}.1.x`]) {
      assert.deepEqual(await reasonOf(text), ["invalid_id", "invalid_id", false], text);
    }
    await using bobs = await EventStream.open(
      address.replace("user_id=123", "user_id=7"),
      first.lastEventId,
    );
    const [connected] = await bobs.get("connected");
    assert.equal((connected?.["inbox"] as Frame)["reason"], "new", "an inbox is its user's alone");
  });

  test("a peer that stopped reading is closed, and the others unharmed", async (start) => {
    await using program = await start({ APP_LIMIT_QUEUE: "100000" });
    using stuck = await openRaw(program, "/sse?user_id=1&room=lobby");
    await stuck.read(new Uint8Array(100));
    await using reader = await EventStream.open(`${program.url}/sse?user_id=2&room=lobby`);
    await reader.get("subscribed");
    await using bob = await TestClient.join(program.webSocketUrl, { user: 7, room: "lobby" });
    let sent = 0;
    await waitFor("it is closed", async () => {
      for (let count = 0; count < 50; count++, sent++) {
        bob.send({ type: "usermsg", user_id: 7, room: "lobby", message: "x".repeat(9000) });
      }
      await reader.get("usermsg", sent);
      return (await stats(program))["dropped_slow"] === 1;
    });
    assert.equal((await stats(program))["clients"], 2);
  });

  test("a slow stream has its place until its connection has ended", async (start) => {
    await using program = await start({ APP_LIMIT_QUEUE: "100000", APP_LIMIT_CONNECTIONS: "2" });
    using stuck = await openRaw(program, "/sse?user_id=1&room=lobby");
    await stuck.read(new Uint8Array(100));
    await using bob = await TestClient.join(program.webSocketUrl, { user: 7, room: "lobby" });
    await waitFor("it is closed", async () => {
      for (let count = 0; count < 50; count++) {
        bob.send({ type: "usermsg", user_id: 7, room: "lobby", message: "x".repeat(9000) });
      }
      await bob.settled();
      return (await stats(program))["dropped_slow"] === 1;
    });
    assert.equal((await stats(program))["clients"], 1, "it gets nothing more");
    const another = async () => {
      const { status, body } = await fetch(`${program.url}/sse?user_id=3&room=lobby`);
      await body?.cancel();
      return status;
    };
    if (listener === "node") {
      await waitFor("the server ends the connection", async () => await another() === 200);
    } else {
      // The server waits five seconds for a peer to take what it was told last.
      await new Promise((resolve) => setTimeout(resolve, 6000));
      assert.equal(await another(), 429);
      stuck.close();
      await waitFor("the place is free", async () => await another() === 200);
    }
  });

  test("SIGTERM tells clients to come back, and the program exits 0", async (start) => {
    await using program = await start({ APP_SHUTDOWN_SECONDS: "60" });
    await using plain = await EventStream.open(`${program.url}/sse?user_id=123&room=lobby`);
    await using session = await EventStream.open(`${program.url}/sse`);
    await plain.get("subscribed");
    await session.named("open");
    const stoppedAt = performance.now();
    program.kill("SIGTERM");
    for (const stream of [plain, session]) {
      assert.partialDeepStrictEqual(await stream.named("close"), { code: 3001 });
      await stream.ended();
    }
    assert.equal((await program.ended()).code, 0);
    assert.ok(performance.now() - stoppedAt < 30_000, "nothing was waited for");
    assert.deepEqual(program.errors, []);
  });

  test("SIGTERM with a peer that stopped reading exits 0 by the deadline", async (start) => {
    await using program = await start({ APP_SHUTDOWN_SECONDS: "1" });
    using stuck = await openRaw(program, "/sse?user_id=1&room=lobby");
    await stuck.read(new Uint8Array(100));
    await using bob = await TestClient.join(program.webSocketUrl, { user: 7, room: "lobby" });
    for (let count = 0; count < 700; count++) {
      bob.send({ type: "usermsg", user_id: 7, room: "lobby", message: "x".repeat(9000) });
    }
    await bob.settled();
    const stoppedAt = performance.now();
    program.kill("SIGTERM");
    assert.equal((await program.ended()).code, 0);
    assert.ok(performance.now() - stoppedAt < 30_000);
  });

  test("a session that says nothing any more is closed", async (start) => {
    await using program = await start({ APP_KEEPALIVE_SECONDS: "1" });
    await using silent = await EventStream.open(`${program.url}/sse`);
    await using plain = await EventStream.open(`${program.url}/sse?user_id=123`);
    const { session } = await silent.named("open");
    await post(program, session, [{ type: "connect", user_id: 1 }]);
    assert.partialDeepStrictEqual(await silent.named("close"), { code: 3009 });
    await silent.ended();
    const { clients, dropped_stalled } = await stats(program);
    assert.deepEqual([clients, dropped_stalled, plain.hasEnded], [1, 1, false]);
  });
}

for (const engine of ["embedded", "redis"]) {
  Deno.test(`SSE on the ${engine} engine: no reconnection loses or doubles anything`, async () => {
    await using redis = engine === "redis" ? await RedisServer.start() : undefined;
    await using program = await Program.start({ env: { ...redis?.env } });
    const rooms = ["lobby", "a room", "/user/123"];
    const query = rooms.map((room) => `room=${encodeURIComponent(room)}`).join("&");
    const address = `${program.url}/sse?user_id=123&${query}`;
    const first = await EventStream.open(address);
    await first.get("subscribed", rooms.length);

    const publishing = new AbortController();
    const published = publish(program, rooms, publishing.signal);
    const got: Frame[] = [];
    let { lastEventId } = first;
    await first[Symbol.asyncDispose]();
    for (let round = 0; round < 15; round++) {
      const stream = await EventStream.open(address, lastEventId);
      await waitFor("some came", () => content(stream).length > round * 2);
      await stream[Symbol.asyncDispose]();
      assert.ok(stream.ofType("subscribed").every(({ recovered }) => recovered === true));
      got.push(...content(stream));
      lastEventId = stream.lastEventId;
    }
    publishing.abort();
    const sent = await published;
    await using last = await EventStream.open(address, lastEventId);
    await waitFor("all came", () => got.length + content(last).length >= sent.length);
    got.push(...content(last));
    const streams = (frames: readonly Frame[]) =>
      Map.groupBy(
        frames.map(({ type, room, message }) => ({
          stream: type === "usermsg" ? room : type,
          message,
        })),
        ({ stream }) => stream,
      );
    assert.deepEqual([...streams(got)].sort(), [...streams(sent)].sort());
  });
}

Deno.test("SSE: commands for a session reach its node through any other, in order", async () => {
  await using redis = await RedisServer.start();
  await using one = await Program.start({ env: redis.env });
  await using two = await Program.start({ env: { ...redis.env, APP_LISTENER: "node" } });
  await using stream = await EventStream.open(`${one.url}/sse`);
  const { session } = await stream.named("open");
  await post(two, session, [{ type: "connect", user_id: 123 }, { type: "subscribe", room: "a" }]);
  const expected = Array.from({ length: 100 }, (_, count) => `m${count}`);
  for (const [count, message] of expected.entries()) {
    await post(count % 3 === 0 ? one : two, session, [{ type: "publish", room: "a", message }]);
  }
  const frames = await stream.get("usermsg", expected.length);
  assert.deepEqual(frames.map(({ message }) => message), expected);
  await stream[Symbol.asyncDispose]();
  await waitFor("the session is over, for both", async () => {
    const answers = await Promise.all(
      [one, two].map(({ url }) => fetch(`${url}/sse/${session}`, { method: "POST", body: "{}" })),
    );
    for (const { body } of answers) await body?.cancel();
    return answers.every(({ status }) => status === 404);
  });
});

Deno.test("SSE: a stream resumes on another node", async () => {
  await using redis = await RedisServer.start();
  await using one = await Program.start({ env: redis.env });
  await using two = await Program.start({ env: redis.env });
  const query = "/sse?user_id=123&room=lobby";
  await using bob = await TestClient.join(one.webSocketUrl, { user: 7, room: "lobby" });
  const first = await EventStream.open(`${one.url}${query}`);
  await first.get("subscribed");
  await first[Symbol.asyncDispose]();
  bob.send({ type: "usermsg", user_id: 7, room: "lobby", message: "while away" });
  await bob.get("usermsg");
  await notify(one, 123, "for you");
  await using second = await EventStream.open(`${two.url}${query}`, first.lastEventId);
  assert.equal((await second.get("usermsg"))[0]?.["message"], "while away");
  assert.equal((await second.get("direct_message"))[0]?.["message"], "for you");
  assert.partialDeepStrictEqual(second.ofType("subscribed"), [{ recovered: true }]);
});

type Start = (env?: Record<string, string>) => Promise<Program>;

/** Messages and notifications, as they came. */
function content(stream: EventStream): Frame[] {
  return stream.frames.filter(({ type }) => type === "usermsg" || type === "direct_message");
}

/** Says and sends something all the time; resolves with all of it once the signal has come. */
async function publish(
  program: Program,
  rooms: readonly string[],
  signal: AbortSignal,
): Promise<Frame[]> {
  await using bob = await TestClient.connectV2(program.webSocketUrl);
  await bob.command("connect", { user_id: 7, name: "Bob" });
  const sent: Frame[] = [];
  for (let count = 0; !signal.aborted; count++) {
    const room = rooms[count % rooms.length] ?? "";
    const message = `m${count}`;
    sent.push({ type: "usermsg", room, message });
    await bob.command("publish", { room, message });
    if (count % 2 === 0) continue;
    sent.push({ type: "direct_message", message });
    await notify(program, 123, message);
  }
  return sent;
}

async function post(program: Program, session: unknown, commands: readonly Frame[]): Promise<void> {
  const body = commands.map((command) => JSON.stringify(command)).join("\n");
  const response = await fetch(`${program.url}/sse/${session}`, { method: "POST", body });
  assert.equal(response.status, 202, await response.text());
}

/** Sends a notification as another system does; resolves with its id. */
async function notify(program: Program, user: number, message: string): Promise<string> {
  const response = await fetch(`${program.url}/api/users/${user}/notifications?from=Shop`, {
    method: "POST",
    body: message,
  });
  assert.equal(response.status, 201, await response.clone().text());
  return (await response.json()).id;
}

async function state(program: Program, id: string): Promise<string> {
  return (await (await fetch(`${program.url}/api/notifications/${id}`)).json()).state;
}

async function stats(program: Program): Promise<Record<string, number>> {
  return await (await fetch(`${program.url}/api/stats`)).json();
}

/** A connection that reads only when it is told to. */
async function openRaw(program: Program, path: string): Promise<Deno.TcpConn> {
  const connection = await Deno.connect({ hostname: "127.0.0.1", port: program.port });
  const head = `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${program.port}\r\n\r\n`;
  await connection.write(new TextEncoder().encode(head));
  return connection;
}
