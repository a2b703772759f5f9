/** The bridge: what is published on the message channel, and a Redis that is away, lost and back. */
import assert from "node:assert/strict";
import { readiness } from "../faults/readiness.ts";
import { Program } from "../support/program.ts";
import { RedisServer } from "../support/redis.ts";
import { TestClient } from "../support/test_client.ts";
import { waitFor } from "../support/wait.ts";

const CHANNEL = "notifyli:messages";

Deno.test("bridge takes BOT_ROOM and 'system' where a payload names no room and no sender", async () => {
  await using redis = await RedisServer.start();
  await using program = await Program.start({ env: { ...redis.env, BOT_ROOM: "news" } });
  await using client = await TestClient.join(program.webSocketUrl, { user: "bob", room: "news" });
  await program.hearsRedis();
  await redis.call("PUBLISH", CHANNEL, `{"user_id":"bob","message":"Hi","timestamp":1700000000}`);
  const [frame] = await client.get("direct_message");
  assert.partialDeepStrictEqual(frame, {
    room: "news",
    name: "system",
    message: "Hi",
    user_id: "bob",
    timestamp: 1700000000,
  });
});

Deno.test("bridge logs and counts what it refuses, with the reason, and goes on", async () => {
  await using redis = await RedisServer.start();
  await using program = await Program.start({ env: redis.env });
  await using client = await TestClient.join(program.webSocketUrl, { user: 1, room: "1" });
  const refused: [payload: string, reason: RegExp][] = [
    ["not json", /8 characters that are not JSON/],
    [`[1]`, /not an object/],
    [`{"message":"x"}`, /Missing field 'user_id'/],
    [`{"user_id":true,"message":"x"}`, /'user_id': current value is true/],
    [`{"user_id":1.5,"message":"x"}`, /'user_id': current value is 1.5/],
    [`{"user_id":1}`, /Missing field 'message'/],
    [`{"user_id":1,"message":["secret"]}`, /'message' is not text/],
    [`{"user_id":1,"message":"x","room":{}}`, /'room': current value is {}/],
    [`{"user_id":1,"message":"x","timestamp":"now"}`, /'timestamp': current value is "now"/],
    [JSON.stringify({ user_id: 1, message: "x".repeat(10_001) }), /length is 10001/],
  ];
  await program.hearsRedis();
  for (const [payload] of refused) await redis.call("PUBLISH", CHANNEL, payload);
  await redis.call("PUBLISH", CHANNEL, `{"user_id":1,"message":"good"}`);
  await client.get("direct_message");
  const logged = program.log.filter(({ message }) => message.startsWith("a payload was refused"));
  assert.equal(logged.length, refused.length);
  for (const [index, [, reason]] of refused.entries()) {
    assert.match(logged[index]?.message ?? "", reason);
  }
  const stats = await (await fetch(`${program.url}/api/stats`)).json();
  assert.equal(stats.bridge_received, refused.length + 1);
  assert.equal(stats.bridge_refused, refused.length);
  assert.equal(stats.bridge_routed, 1);
});

Deno.test("bridge uses the configured prefix and channel", async () => {
  await using redis = await RedisServer.start();
  await using program = await Program.start({
    env: { ...redis.env, REDIS_PREFIX: "shop:", REDIS_MESSAGE_CHANNEL: "orders" },
  });
  await using client = await TestClient.join(program.webSocketUrl, { user: 1, room: "1" });
  await program.hearsRedis();
  await redis.call("PUBLISH", "orders", `{"user_id":1,"message":"x"}`);
  await client.get("direct_message");
  assert.equal(await redis.call("HEXISTS", "shop:connections:1", "user_1"), "1");
  assert.equal(await redis.call("KEYS", "notifyli:*"), "");
});

Deno.test("Redis away at the start: the server runs on, says so once, and takes Redis up when it comes", async () => {
  await using redis = await RedisServer.stopped();
  await using program = await Program.start({ env: redis.env });
  assert.equal(await (await fetch(`${program.url}/healthz`)).text(), "ok\n");
  const readyz = await fetch(`${program.url}/readyz`);
  assert.equal(readyz.status, 503);
  assert.deepEqual(await readyz.json(), { ready: false, reason: "Redis cannot be reached" });
  await using client = await TestClient.join(program.webSocketUrl, { user: 1, room: "1" });
  client.send({ type: "usermsg", id: "my-message", user_id: 1, room: "1", message: "anyone?" });
  const [error] = await client.get("error");
  assert.partialDeepStrictEqual(error, { code: "unavailable", id: "my-message" });
  const refused = await fetch(`${program.url}/api/users/1/notifications`, {
    method: "POST",
    body: "x",
  });
  assert.equal(refused.status, 503);
  await refused.body?.cancel();

  await redis.restart();
  await waitFor("it is ready", async () => {
    const { ok, body } = await fetch(`${program.url}/readyz`);
    await body?.cancel();
    return ok;
  });
  await waitFor(
    "its presence is written",
    async () => await redis.call("HEXISTS", "notifyli:connections:1", "user_1") === "1",
  );
  await waitFor(
    "it hears the channel",
    async () => await redis.call("PUBLISH", CHANNEL, `{"user_id":1,"message":"x"}`) === "1",
  );
  await client.get("direct_message");
  const lines = program.log.filter(({ message }) => message.includes("cannot be reached"));
  const connections = new Set(lines.map(({ connection }) => connection));
  assert.equal(lines.length, connections.size, "one line a connection, not one a try");
});

Deno.test("Redis lost and back, empty: subscriptions and presence come back, and notifications go on", async () => {
  await using redis = await RedisServer.start();
  await using program = await Program.start({ env: redis.env });
  await using alice = await TestClient.join(program.webSocketUrl, { user: 1, room: "lobby" });
  await using bob = await TestClient.join(program.webSocketUrl, { user: 2, room: "lobby" });
  await redis.stop("SIGKILL");
  await waitFor("it is noticed", async () => {
    const { status, body } = await fetch(`${program.url}/readyz`);
    await body?.cancel();
    return status === 503;
  });
  await redis.restart();
  await waitFor(
    "presence is back",
    async () => await redis.call("HLEN", "notifyli:connections:lobby") === "2",
  );
  await waitFor(
    "the bridge is back",
    async () =>
      await redis.call("PUBLISH", CHANNEL, `{"user_id":2,"room":"lobby","message":"back"}`) === "1",
  );
  await bob.get("direct_message");
  alice.send({ type: "usermsg", user_id: 1, room: "lobby", message: "still here" });
  await bob.get("usermsg");
  await alice.get("usermsg");
  assert.equal(alice.ofType("usermsg").length, 1);
  const count = (what: string) =>
    program.log.filter(({ message }) => message.includes(what)).length;
  await waitFor("all five connections are back", () => count("is back") >= 5); // each by its own tries
  assert.deepEqual(
    [count("cannot be reached"), count("is back")],
    [5, 5],
    "once for each of its five connections",
  );
});

Deno.test("a Redis that refuses to write is no quiet loss: readiness, log and counter say so", async () => {
  await using redis = await RedisServer.start();
  const env = { ...redis.env, REDIS_LEASE_SECONDS: "3" };
  await using program = await Program.start({ env });
  await program.hearsRedis();
  await redis.call("CONFIG", "SET", "maxmemory", "1");
  const unready = await waitFor("it says that it is not ready", async () => {
    const response = await fetch(`${program.url}/readyz`);
    const body = await response.json();
    return response.status === 503 && body;
  });
  assert.match(unready.reason, /Redis refused: .*maxmemory/);
  await waitFor("what is published is refused aloud", async () => {
    await redis.call("PUBLISH", CHANNEL, `{"user_id":1,"message":"x"}`);
    const stats = await (await fetch(`${program.url}/api/stats`)).json();
    return stats.bridge_refused > 0;
  });
  await program.line(({ level, message }) => level === "error" && /maxmemory/.test(message));

  await redis.call("CONFIG", "SET", "maxmemory", "0");
  await waitFor("it is ready again", async () => {
    const response = await fetch(`${program.url}/readyz`);
    await response.body?.cancel();
    return response.ok;
  });
  await using client = await TestClient.join(program.webSocketUrl, { user: 1, room: "1" });
  await waitFor("it routes again", async () => {
    await redis.call("PUBLISH", CHANNEL, `{"user_id":1,"message":"again"}`);
    return client.ofType("direct_message").some(({ message }) => message === "again");
  });
});

Deno.test("a Redis that vanished without a word is noticed, logged once, and taken up again", async () => {
  await using redis = await RedisServer.start();
  await using proxy = new BlackHole(redis.port);
  await using program = await Program.start({
    env: { REDIS_URL: `redis://127.0.0.1:${proxy.port}` },
  });
  await using client = await TestClient.join(program.webSocketUrl, { user: 1, room: "1" });
  proxy.swallow(); // what stands goes nowhere from now on; new connections are served
  await waitFor(
    "the loss is logged",
    () => program.log.some(({ message }) => message.includes("cannot be reached")),
  );
  await waitFor(
    "all five connections are back",
    () => program.log.filter(({ message }) => message.includes("is back")).length === 5,
  );
  const lost = program.log.filter(({ message }) => message.includes("cannot be reached"));
  assert.equal(lost.length, 5, "once for each connection");
  await waitFor("it routes again", async () => {
    await redis.call("PUBLISH", CHANNEL, `{"user_id":1,"message":"again"}`);
    return client.ofType("direct_message").length > 0;
  });
});

Deno.test("a bridge that may not subscribe says so, in its log and its readiness", async () => {
  await using redis = await RedisServer.start();
  await redis.call(
    "ACL",
    "SETUSER",
    "app",
    "on",
    ">secret",
    "~*",
    "+@all",
    "&notifyli:bridge-events",
    "&notifyli:revocation-events",
    "&notifyli:api-key-events",
    "&notifyli:made-room-events",
    "&notifyli:preference-events",
    "&notifyli:online-calls",
    "&notifyli:node-calls*",
    "&notifyli:user:*",
  );
  const REDIS_URL = `redis://app:secret@127.0.0.1:${redis.port}`;
  await using program = await Program.start({ env: { REDIS_URL } });
  await waitFor("it says that it is not ready", async () => {
    const { status, reason } = await readiness(program.url);
    return status === 503 && /Cannot subscribe to notifyli:messages: .*NOPERM/.test(reason);
  });
  await program.line(({ level, message }) => level === "error" && /NOPERM/.test(message));
});

Deno.test("a start while Redis refuses writes is made good once it takes them", async () => {
  await using redis = await RedisServer.start();
  await redis.call("CONFIG", "SET", "min-replicas-to-write", "1");
  await using program = await Program.start({ env: { ...redis.env, REDIS_LEASE_SECONDS: "3" } });
  assert.equal(await statusOf(`${program.url}/readyz`), 503);
  await redis.call("CONFIG", "SET", "min-replicas-to-write", "0");
  await waitFor("it is ready", async () => await statusOf(`${program.url}/readyz`) === 200);
  assert.equal(await redis.call("ZCARD", "notifyli:leases"), "1");
});

Deno.test("presence that could not be removed is removed later", async () => {
  await using redis = await RedisServer.start();
  await using program = await Program.start({
    env: { ...redis.env, APP_KEEPALIVE_SECONDS: "1", REDIS_LEASE_SECONDS: "60" },
  });
  const client = await TestClient.join(program.webSocketUrl, { user: 5, room: "ghost" });
  await redis.call("CONFIG", "SET", "min-replicas-to-write", "1");
  await client.close();
  await waitFor(
    "the removal has failed",
    () => program.log.some(({ message }) => /leave failed/.test(message)),
  );
  assert.equal(await redis.call("EXISTS", "notifyli:connections:ghost"), "1");
  await redis.call("CONFIG", "SET", "min-replicas-to-write", "0");
  await waitFor(
    "the user is gone",
    async () => await redis.call("EXISTS", "notifyli:connections:ghost") === "0",
  );
});

Deno.test("SIGTERM tells clients to come back at once, also while Redis is frozen", async () => {
  await using redis = await RedisServer.start();
  await using program = await Program.start({
    env: { ...redis.env, APP_SHUTDOWN_SECONDS: "2" },
  });
  const client = await TestClient.join(program.webSocketUrl, { user: 1, room: "1" });
  redis.signal("SIGSTOP");
  program.kill("SIGTERM");
  assert.equal((await client.waitClosed()).code, 3001);
  assert.equal((await program.ended()).code, 0);
  redis.signal("SIGCONT");
});

Deno.test("a start warns of a Redis that can lose what was accepted, and of no other", async () => {
  const warnings = async (...settings: string[]) => {
    await using redis = await RedisServer.start(...settings);
    await using program = await Program.start({ env: redis.env });
    await program.hearsRedis();
    return program.log.filter(({ level }) => level === "warning").map(({ message }) => message);
  };
  const [eviction, persistence] = await warnings(
    ...["--maxmemory", "100mb", "--maxmemory-policy", "allkeys-lru"],
  );
  assert.match(eviction ?? "", /maxmemory-policy is allkeys-lru.*noeviction/);
  assert.match(persistence ?? "", /appendonly is no/);
  assert.deepEqual(await warnings("--appendonly", "yes", "--maxmemory", "100mb"), []);
});

Deno.test("a Redis that stands still for longer than the lock lasts loses nothing that it heard", async () => {
  await using redis = await RedisServer.start();
  await using program = await Program.start({ env: redis.env });
  await program.hearsRedis();
  await using client = await TestClient.join(program.webSocketUrl, { user: 1, room: "1" });
  const publisher = redis.connect();
  const publishing: Promise<number>[] = [];
  const pace = setInterval(() => {
    if (publishing.length > 10_000) return; // as many as a busy machine can bear
    for (let each = 0; each < 20; each++) {
      const message = `n${publishing.length}`;
      publishing.push(publisher.publish(CHANNEL, JSON.stringify({ user_id: 1, message })));
    }
  }, 2);
  using _ = { [Symbol.dispose]: () => clearInterval(pace) };
  await waitFor("much is under way", () => publishing.length > 2000);
  redis.signal("SIGSTOP");
  const stoodStill = performance.now();
  await waitFor("the lock has run out", () => performance.now() - stoodStill > 3500);
  redis.signal("SIGCONT");
  clearInterval(pace);
  const heard = await Promise.all(publishing);
  const expected = heard.flatMap((count, index) => count > 0 ? [`n${index}`] : []);
  await client.get("direct_message", expected.length);
  await client.settled();
  const got = client.ofType("direct_message").map(({ message }) => message);
  assert.deepEqual(got, expected, "each once, in order");
  publisher.disconnect();
});

for (const nodes of [1, 2]) {
  Deno.test(`what was heard just before Redis hung for long is stored once it goes on, each once (${nodes} nodes)`, async () => {
    await using redis = await RedisServer.start("--enable-debug-command", "local");
    await using programs = new AsyncDisposableStack();
    const running: Program[] = [];
    // The client may be deaf for a moment, and the inbox must hold what comes meanwhile.
    const env = { ...redis.env, APP_LIMIT_INBOX: "off" };
    for (let each = 0; each < nodes; each++) {
      running.push(programs.use(await Program.start({ env })));
    }
    const numbers = async () => {
      const stats = running.map(async ({ url }) => await (await fetch(`${url}/api/stats`)).json());
      return await Promise.all(stats);
    };
    await using client = await TestClient.join(running[0]!.webSocketUrl, { user: 1, room: "1" });
    const publisher = redis.connect();
    publisher.on("error", () => {});
    const count = 5000;
    // Redis hears all of it at once and freezes itself for longer than any command may take.
    const pipeline = publisher.pipeline();
    for (let each = 0; each < count; each++) {
      pipeline.publish(CHANNEL, JSON.stringify({ user_id: 1, message: `n${each}` }));
    }
    pipeline.call("DEBUG", "SLEEP", "7");
    await waitFor("all nodes listen", async () => {
      return Number((await redis.call("PUBSUB", "NUMSUB", CHANNEL)).split("\n")[1]) === nodes;
    });
    await pipeline.exec();
    await client.get("direct_message", count);
    await client.settled();
    const got = client.ofType("direct_message").map(({ message }) => message);
    assert.deepEqual(got, Array.from({ length: count }, (_, each) => `n${each}`));
    for (const { bridge_refused } of await numbers()) assert.equal(bridge_refused, 0);
    publisher.disconnect();
  });
}

Deno.test("a connected client gets all that comes after Redis came back empty", async () => {
  await using redis = await RedisServer.start();
  await using program = await Program.start({ env: redis.env });
  const send = async (count: number) => {
    for (let each = 0; each < count; each++) {
      const url = `${program.url}/api/users/1/notifications?room=lobby`;
      const response = await fetch(url, { method: "POST", body: `n${each}` });
      await response.body?.cancel();
      assert.equal(response.status, 201);
    }
  };
  await send(20);
  await using client = await TestClient.join(program.webSocketUrl, { user: 1, room: "lobby" });
  await client.get("direct_message", 20);
  await redis.stop("SIGKILL");
  await redis.restart();
  await waitFor(
    "it is back",
    async () => await redis.call("HEXISTS", "notifyli:connections:lobby", "user_1") === "1",
  );
  await send(25);
  await client.get("direct_message", 45);
});

async function statusOf(url: string): Promise<number> {
  const response = await fetch(url);
  await response.body?.cancel();
  return response.status;
}

/** A way to a server that can swallow all that goes over the connections there are. */
class BlackHole implements AsyncDisposable {
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #target: number;
  readonly #connections = new Set<Deno.TcpConn>();
  readonly #done: Promise<void>;
  /** Connections with a lower number are swallowed. */
  #swallowed = 0;
  #count = 0;

  constructor(target: number) {
    this.#target = target;
    this.#done = this.#accept();
  }

  get port(): number {
    return this.#listener.addr.port;
  }

  swallow(): void {
    this.#swallowed = this.#count;
  }

  async #accept(): Promise<void> {
    const running: Promise<void>[] = [];
    for await (const near of this.#listener) {
      const far = await Deno.connect({ hostname: "127.0.0.1", port: this.#target });
      const number = this.#count++;
      this.#connections.add(near).add(far);
      running.push(this.#carry(near, far, number), this.#carry(far, near, number));
    }
    await Promise.all(running);
  }

  async #carry(from: Deno.TcpConn, to: Deno.TcpConn, number: number): Promise<void> {
    const buffer = new Uint8Array(65536);
    try {
      for (;;) {
        const length = await from.read(buffer);
        if (length === null) break;
        if (number < this.#swallowed) continue;
        for (let sent = 0; sent < length;) sent += await to.write(buffer.subarray(sent, length));
      }
    } catch {
      // one of the two ends is closed
    }
    if (number >= this.#swallowed) this.#close(to);
  }

  #close(connection: Deno.TcpConn): void {
    if (this.#connections.delete(connection)) connection.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    for (const connection of [...this.#connections]) this.#close(connection);
    await this.#done;
  }
}

Deno.test("a node that comes does not route again what the one before it did, though that ends at once", async () => {
  await using redis = await RedisServer.start();
  await using one = await Program.start({ env: redis.env });
  await one.hearsRedis();
  const events: string[] = [];
  const listener = redis.connect();
  await listener.subscribe("notifyli:bridge-events");
  listener.on("message", (_channel, event) => events.push(event));
  await using two = await Program.start({ env: redis.env });
  await two.hearsRedis();
  await waitFor("it has a mark", () => {
    return events.slice(events.indexOf("asked for a mark") + 1 || Infinity).length > 0;
  });
  listener.disconnect();
  const stored = async () => Number(await redis.call("ZCARD", "notifyli:inbox-order:{1}"));
  const publish = (text: string) =>
    redis.call("PUBLISH", CHANNEL, JSON.stringify({ user_id: 1, message: text }));
  for (const text of ["one", "two", "three"]) await publish(text);
  await waitFor("they are stored", async () => await stored() === 3);
  one.kill("SIGTERM");
  await one.ended();
  await publish("four");
  await waitFor("it goes on", async () => await stored() > 3);
  assert.equal(await stored(), 4);
});
