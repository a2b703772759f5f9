/** The client library over Server-Sent Events, with transports and a `fetch` of the test's own. */
import assert from "node:assert/strict";
import { EventReader } from "../../lib/sdk/core/event_reader.ts";
import { fallbackTransport } from "../../lib/sdk/core/fallback_transport.ts";
import { sseTransport } from "../../lib/sdk/core/sse_transport.ts";
import type { OpenTransport, Transport, TransportEvents } from "../../lib/sdk/core/transport.ts";
import { waitFor } from "../support/wait.ts";

// --- Events ---

Deno.test("EventReader reads events however their bytes come", () => {
  const text = ": hello\n\nretry: 1000\n\nevent: open\ndata: {}\n\ndata: Grüße 🎉\r\n\r\n" +
    "id: 7\ndata:one\ndata: two\n\ndata\n\n";
  const expected = [
    { name: "open", data: "{}" },
    { name: "message", data: "Grüße 🎉" },
    { name: "message", data: "one\ntwo" },
    { name: "message", data: "" },
  ];
  const bytes = new TextEncoder().encode(text);
  for (const size of [1, 2, 3, 7, bytes.length]) {
    const reader = new EventReader();
    const events = [];
    for (let at = 0; at < bytes.length; at += size) {
      events.push(...reader.read(bytes.subarray(at, at + size)));
    }
    assert.deepEqual(events, expected, `${size} bytes at once`);
  }
});

// --- The transport ---

Deno.test("sseTransport() opens with its session, and tells frames and the close", async () => {
  const server = new FakeServer();
  const { told } = server.connect("wss://one.test/chat/ws");
  await waitFor("it asks", () => server.requests.length === 1);
  assert.deepEqual(server.requests, ["GET https://one.test/chat/sse"]);
  server.say('event: open\ndata: {"session":"s1"}\n\ndata: {"type":"pong"}\n\n');
  server.say('event: close\ndata: {"code":3001,"reason":"bye"}\n\ndata: {"too":"late"}\n\n');
  await waitFor("it is closed", () => told.length === 3);
  assert.deepEqual(told, ["opened", '{"type":"pong"}', "closed 3001 bye"]);
});

Deno.test("sseTransport() sends one POST after the other, with all that waits", async () => {
  const server = new FakeServer();
  const { transport } = server.connect("ws://one.test/ws");
  server.say('event: open\ndata: {"session":"s1"}\n\n');
  await waitFor("it is open", () => server.isOpen);
  transport.send("a");
  transport.send("b");
  await waitFor("the first goes", () => server.posts.length === 1);
  for (const text of ["c", "d", "e".repeat(20_000), "f"]) transport.send(text);
  for (let count = 2; count <= 4; count++) {
    server.answer(202);
    await waitFor("the next goes", () => server.posts.length === count);
  }
  server.answer(202);
  assert.deepEqual(server.posts, ["a\nb", "c\nd", "e".repeat(20_000), "f"]);
  assert.equal(server.requests.at(-1), "POST http://one.test/sse", "the session is in a header");
  await server.close(transport);
});

Deno.test("sseTransport() sends what comes in the moment in which a POST is answered", async () => {
  for (let turns = 0; turns < 20; turns++) {
    const server = new FakeServer();
    const { transport } = server.connect("ws://one.test/ws");
    server.say('event: open\ndata: {"session":"s1"}\n\n');
    await waitFor("it is open", () => server.isOpen);
    transport.send("a");
    await waitFor("the first goes", () => server.posts.length === 1);
    server.answer(202);
    for (let turn = 0; turn < turns; turn++) await undefined;
    transport.send("b");
    await waitFor("the second goes", () => server.posts.length === 2, 5_000);
    server.answer(202);
    await server.close(transport);
  }
});

Deno.test("sseTransport() sends each alone where the server takes no more at once", async () => {
  const server = new FakeServer();
  const { transport, told } = server.connect("ws://one.test/ws");
  server.say('event: open\ndata: {"session":"s1"}\n\n');
  await waitFor("it is open", () => server.isOpen);
  transport.send("a");
  transport.send("b");
  for (const [status, posts] of [[413, 2], [202, 3]] as const) {
    await waitFor("it is sent", () => server.posts.length === posts - 1);
    server.answer(status);
  }
  await waitFor("the second goes", () => server.posts.length === 3);
  assert.deepEqual(server.posts, ["a\nb", "a", "b"]);
  server.answer(413);
  await waitFor("it is closed", () => told.length === 2);
  assert.equal(told[1], "closed 3509 frame is too big");
});

Deno.test("sseTransport() is lost where its session is, or there is no stream", async () => {
  const server = new FakeServer();
  const { transport, told } = server.connect("ws://one.test/ws");
  server.say('event: open\ndata: {"session":"s1"}\n\n');
  await waitFor("it is open", () => server.isOpen);
  transport.send("a");
  await waitFor("it is sent", () => server.posts.length === 1);
  server.answer(404);
  await waitFor("it is closed", () => told.length === 2);
  assert.match(told[1] ?? "", /^closed 1006 /);

  const page = new Response("<html>", { headers: { "content-type": "text/html" } });
  for (const answer of [() => Promise.resolve(page), () => Promise.reject(new TypeError("no"))]) {
    const told: string[] = [];
    sseTransport(answer)("ws://one.test/ws", tellingTo(told));
    await waitFor("it is closed", () => told.length === 1);
    assert.match(told[0] ?? "", /^closed 1006 /);
  }
});

Deno.test("sseTransport() passes on why the server refuses it, and takes a proxy's answer for a loss", async () => {
  const refusals: [status: number, body: string, closed: RegExp][] = [
    [
      403,
      '{"code":"forbidden","message":"A page may not connect"}',
      /^closed 3499 A page may not connect$/,
    ],
    [404, '{"code":"not_found","message":"There is nothing"}', /^closed 3499 There is nothing$/],
    [429, '{"code":"rate_limited","message":"wait 5 ms"}', /^closed 3499 wait 5 ms$/],
    [401, '{"code":"unauthorized","message":"no token"}', /^closed 3500 no token$/],
    [401, '{"code":"expired_token","message":"too late"}', /^closed 3501 too late$/],
    [403, '{"code":"blocked","message":"not you"}', /^closed 3504 not you$/],
    [403, "<html>Forbidden</html>", /^closed 1006 .* answers 403/],
    [403, '{"error":"other"}', /^closed 1006 .* answers 403/],
    [401, "null", /^closed 1006 .* answers 401/],
    [502, "<html>Bad Gateway</html>", /^closed 1006 .* answers 502/],
  ];
  for (const [status, body, closed] of refusals) {
    const told: string[] = [];
    sseTransport(() => Promise.resolve(new Response(body, { status })))(
      "ws://one.test/ws",
      tellingTo(told),
    );
    await waitFor("it is closed", () => told.length === 1);
    assert.match(told[0] ?? "", closed);
  }
  const server = new FakeServer();
  const { transport, told } = server.connect("ws://one.test/chat/ws/");
  server.say('event: open\ndata: {"session":"s1"}\n\n');
  await waitFor("it is open", () => server.isOpen);
  transport.send("a");
  await waitFor("it is sent", () => server.posts.length === 1);
  server.answer(403, '{"code":"forbidden","message":"A page may not connect"}');
  await waitFor("it is closed", () => told.length === 2);
  assert.equal(told[1], "closed 3499 A page may not connect");
  assert.deepEqual(server.requests, [
    "GET http://one.test/chat/sse",
    "POST http://one.test/chat/sse",
  ]);
});

Deno.test("sseTransport() says nothing after close(), which lets what was sent go out", async () => {
  const server = new FakeServer();
  const { transport, told } = server.connect("ws://one.test/ws");
  server.say('event: open\ndata: {"session":"s1"}\n\n');
  await waitFor("it is open", () => server.isOpen);
  transport.send("the last");
  transport.close();
  server.say('data: {"type":"pong"}\n\n');
  await waitFor("it is sent", () => server.posts.length === 1);
  assert.equal(server.isCancelled, false);
  server.answer(202);
  await waitFor("the stream ends", () => server.isCancelled);
  assert.deepEqual(told, ["opened"]);
});

// --- The fallback ---

Deno.test("fallbackTransport() stays with the first where it opens", () => {
  const world = new World();
  const told = world.open();
  world.clock.pass(4_999);
  world.last.opened();
  world.last.received("frame");
  world.clock.pass(600_000);
  world.last.closed(3001, "bye");
  assert.deepEqual(told, ["opened", "frame", "closed 3001 bye"]);
  assert.deepEqual(world.started, ["first"]);
});

Deno.test("fallbackTransport() takes the second at once where the first is refused, and remembers it", () => {
  const world = new World();
  const told = world.open();
  world.last.closed(1006, "refused");
  assert.deepEqual(world.started, ["first", "second"]);
  world.last.opened();
  world.last.received("frame");
  world.last.closed(1006, "lost");
  assert.deepEqual(told, ["opened", "frame", "closed 1006 lost"]);
  world.open();
  assert.deepEqual(world.started.slice(2), ["second"]);
  world.last.opened();
  world.last.closed(1006, "lost");
  world.open("ws://two.test/ws");
  assert.deepEqual(world.started.slice(3), ["first"], "another server may be another case");
  world.attempt.close();
  world.clock.pass(600_000);
  world.open();
  assert.deepEqual(world.started.slice(4), ["first"], "it may pass by now");
});

Deno.test("fallbackTransport() forgets it where the second fails, too", () => {
  const world = new World();
  world.open();
  world.last.closed(1006, "refused");
  world.last.opened();
  world.last.closed(1006, "lost");
  const told = world.open();
  world.last.closed(1006, "down");
  assert.deepEqual(told, ["closed 1006 down"]);
  world.open();
  assert.equal(world.started.at(-1), "first");
});

Deno.test("fallbackTransport() tells of a server that is down without a delay of its own", () => {
  const world = new World();
  const told = world.open();
  world.last.closed(1006, "refused");
  world.last.closed(1006, "refused, too");
  assert.deepEqual(told, ["closed 1006 refused, too"]);
  assert.equal(world.clock.now(), 0);
  assert.equal(world.clock.size, 0, "no timer is left");
});

Deno.test("fallbackTransport() takes the one that opens first where the first hangs", () => {
  for (const winner of ["first", "second"] as const) {
    const world = new World();
    const told = world.open();
    world.clock.pass(5_000);
    assert.deepEqual(world.started, ["first", "second"]);
    world.get(winner).opened();
    assert.deepEqual(world.closed, winner === "first" ? ["second"] : ["first"]);
    world.attempt.send("hello");
    assert.deepEqual(world.sent, [`${winner}: hello`]);
    assert.deepEqual(told, ["opened"]);
  }
  const world = new World();
  const told = world.open();
  world.clock.pass(5_000);
  world.get("second").closed(1006, "refused");
  assert.deepEqual(told, [], "the first may still open");
  world.get("first").opened();
  assert.deepEqual(told, ["opened"]);
});

Deno.test("fallbackTransport() ends all it has begun when it is closed", () => {
  const world = new World();
  world.open();
  world.clock.pass(5_000);
  world.attempt.close();
  assert.deepEqual(world.closed, ["first", "second"]);
  const early = new World();
  early.open();
  early.attempt.close();
  assert.equal(early.clock.size, 0);
});

Deno.test("fallbackTransport() takes the second where the first cannot even be made", () => {
  const world = new World();
  world.throws = true;
  const told = world.open();
  assert.deepEqual(world.started, ["second"]);
  world.last.opened();
  assert.deepEqual(told, ["opened"]);
});

/** Two transports that do what the test says. */
class World {
  readonly clock = new StillClock();
  readonly started: string[] = [];
  readonly closed: string[] = [];
  readonly sent: string[] = [];
  throws = false;
  attempt!: Transport;
  readonly #events = new Map<string, TransportEvents>();
  readonly #open = fallbackTransport(
    this.#transport("first"),
    this.#transport("second"),
    this.clock,
  );

  get last(): TransportEvents {
    return this.get(this.started.at(-1) ?? "");
  }

  get(name: string): TransportEvents {
    return this.#events.get(name) ?? assert.fail(`'${name}' was not started`);
  }

  /** Answers what is told, from now on. */
  open(url = "ws://one.test/ws"): string[] {
    const told: string[] = [];
    this.attempt = this.#open(url, tellingTo(told));
    return told;
  }

  #transport(name: string): OpenTransport {
    return (_url, events) => {
      if (this.throws && name === "first") throw new TypeError("not from here");
      this.started.push(name);
      this.#events.set(name, events);
      return {
        send: (text) => void this.sent.push(`${name}: ${text}`),
        close: () => void this.closed.push(name),
      };
    };
  }
}

class StillClock {
  #now = 0;
  readonly #timers = new Map<() => void, number>();

  get size(): number {
    return this.#timers.size;
  }

  now(): number {
    return this.#now;
  }

  after(ms: number, callback: () => void): () => void {
    this.#timers.set(callback, this.#now + ms);
    return () => void this.#timers.delete(callback);
  }

  pass(ms: number): void {
    this.#now += ms;
    for (const [callback, at] of [...this.#timers]) {
      if (at > this.#now) continue;
      this.#timers.delete(callback);
      callback();
    }
  }
}

/** One stream, whose bytes and answers the test gives. */
class FakeServer {
  readonly requests: string[] = [];
  readonly posts: string[] = [];
  isOpen = false;
  isCancelled = false;
  #controller!: ReadableStreamDefaultController<Uint8Array>;
  #answer = (_status: number, _body?: string) => {};
  readonly #stream = new ReadableStream<Uint8Array<ArrayBuffer>>({
    start: (controller) => void (this.#controller = controller),
    cancel: () => void (this.isCancelled = true),
  });

  connect(url: string): { transport: Transport; told: string[] } {
    const told: string[] = [];
    const events = tellingTo(told);
    const transport = sseTransport((address, init) => this.#fetch(String(address), init))(url, {
      ...events,
      opened: () => {
        this.isOpen = true;
        events.opened();
      },
    });
    return { transport, told };
  }

  say(text: string): void {
    this.#controller.enqueue(new TextEncoder().encode(text));
  }

  answer(status: number, body?: string): void {
    this.#answer(status, body);
  }

  async close(transport: Transport): Promise<void> {
    transport.close();
    await waitFor("the stream ends", () => this.isCancelled);
  }

  #fetch(address: string, { method = "GET", body }: RequestInit = {}): Promise<Response> {
    this.requests.push(`${method} ${address}`);
    if (method === "GET") {
      const headers = { "content-type": "text/event-stream" };
      return Promise.resolve(new Response(this.#stream, { headers }));
    }
    this.posts.push(String(body));
    return new Promise((resolve) => {
      this.#answer = (status, body) => resolve(new Response(body ?? null, { status }));
    });
  }
}

function tellingTo(told: string[]): TransportEvents {
  return {
    opened: () => void told.push("opened"),
    received: (text) => void told.push(text),
    closed: (code, reason) => void told.push(`closed ${code} ${reason}`),
  };
}
