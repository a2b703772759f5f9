/** Revoked tokens and blocked users, against the running program: who is closed, who is refused, on every node. */
import assert from "node:assert/strict";
import { readiness } from "../../faults/readiness.ts";
import { EventStream } from "../../support/event_stream.ts";
import { KeyServer } from "../../support/key_server.ts";
import { Manager } from "../../support/manager.ts";
import { Program } from "../../support/program.ts";
import { UPGRADE } from "../../support/raw_socket.ts";
import { RedisServer } from "../../support/redis.ts";
import { TcpProxy } from "../../support/tcp_proxy.ts";
import { type Frame, TestClient } from "../../support/test_client.ts";
import {
  APP_KEY,
  type Claims,
  connectionToken,
  nowSeconds,
  subscriptionToken,
} from "../../support/tokens.ts";
import { waitFor } from "../../support/wait.ts";

const REVOKED = { code: 3503, reason: "the token was revoked" };
const BLOCKED = { code: 3504, reason: "the user is blocked" };
const DISCONNECTED = { code: 3015, reason: "disconnected by the server's operator" };

/** Of the user in these tests, and of another one whom nothing of it concerns. */
const ALICE = { sub: "123", jti: "token-1", sid: "session-1" };
const BOB = { sub: "7", jti: "token-2", sid: "session-2" };

const KINDS: [what: string, body: Claims][] = [
  ["a token", { token_id: "token-1" }],
  ["a session", { session_id: "session-1" }],
  ["a user's tokens", { user_id: 123 }],
  ["a site's tokens", { everyone: true }],
];

for (const [what, body] of KINDS) {
  Deno.test(`revoking ${what} closes its connections on all nodes, SSE too, and refuses it there`, async () => {
    await using cluster = await Cluster.start();
    const { nodes, manager } = cluster;
    const token = await tokenOf(ALICE);
    const other = await tokenOf(what === "a site's tokens" ? { ...BOB, site_id: "acme" } : BOB);
    await using alice = await Crowd.connect(nodes, token);
    await using bob = await Crowd.connect(nodes, other);
    const { expires_at, ...revoked } = await manager.done(nodes[0], "/revocations", body);
    assert.equal(expires_at, undefined);
    assert.deepEqual({ ...body, revoked_at: revoked["revoked_at"] }, revoked);
    await alice.closed(REVOKED);
    await bob.isThere();
    for (const node of nodes) {
      await waitFor("it is refused", async () => (await entry(node, token)).status === 401);
      for (const path of ["/ws", "/sse", "/sse?room=lobby"]) {
        const { status, code } = await entry(node, token, path);
        assert.deepEqual([status, code], [401, "revoked_token"], path);
        assert.equal((await entry(node, other, path)).code, undefined, path);
      }
      await using late = await TestClient.connectV2(node.webSocketUrl);
      assert.deepEqual(await refusal(late, { type: "auth", token }), ["revoked_token", REVOKED]);
      const { closed_revoked, refused_revoked } = await manager.stats(node);
      assert.equal(closed_revoked, 4, "two sockets, two streams");
      assert.ok(Number(refused_revoked) >= 4);
    }
    const { json } = await manager.call(nodes[1], "GET", "/revocations");
    assert.deepEqual(json, { revocations: [revoked] });
  });
}

Deno.test("disconnecting a user closes the connections on all nodes, and the user may come back", async () => {
  await using cluster = await Cluster.start();
  const { nodes, manager } = cluster;
  const token = await tokenOf(ALICE);
  await using alice = await Crowd.connect(nodes, token);
  await using bob = await Crowd.connect(nodes, await tokenOf(BOB));
  await manager.done(nodes[1], "/users/123/disconnect");
  await alice.closed(DISCONNECTED);
  await bob.isThere();
  await using again = await Crowd.connect(nodes, token);
  await again.isThere();
  assert.equal((await manager.stats(nodes[0]))["closed_disconnected"], 4);
});

Deno.test("a blocked user is closed and refused on all nodes, and comes back when unblocked", async () => {
  await using cluster = await Cluster.start();
  const { nodes, manager } = cluster;
  const [token, another] = [await tokenOf(ALICE), await tokenOf({ sub: "123" })];
  await using alice = await Crowd.connect(nodes, token);
  await using bob = await Crowd.connect(nodes, await tokenOf(BOB));
  const block = await manager.done(nodes[0], "/users/123/block");
  assert.deepEqual(block, { user_id: 123, blocked_at: block["blocked_at"] });
  await alice.closed(BLOCKED);
  await bob.isThere();
  for (const node of nodes) {
    for (const path of ["/ws", "/sse", "/sse?room=lobby"]) {
      await waitFor("it is refused", async () => (await entry(node, another, path)).status === 403);
      assert.equal((await entry(node, token, path)).code, "blocked");
    }
    await using late = await TestClient.connectV2(node.webSocketUrl);
    assert.deepEqual(await refusal(late, { type: "auth", token }), ["blocked", BLOCKED]);
  }
  assert.deepEqual((await manager.call(nodes[1], "GET", "/blocks")).json, { blocks: [block] });
  for (let count = 0; count < 2; count++) await manager.done(nodes[1], "/users/123/unblock");
  for (const node of nodes) {
    await waitFor("it is let in", async () => (await entry(node, token)).status === 101);
  }
  assert.deepEqual((await manager.call(nodes[0], "GET", "/blocks")).json, { blocks: [] });
});

Deno.test("in open mode a blocked user gets in by no protocol, and what is sent meanwhile is kept", async () => {
  await using program = await Program.start();
  const manager = await Manager.of(program);
  await using old = await TestClient.join(program.webSocketUrl, { user: 123, room: "lobby" });
  await using v2 = await TestClient.connectV2(program.webSocketUrl);
  await v2.command("connect", { user_id: 123 });
  await using stream = await EventStream.open(`${program.url}/sse?user_id=123&room=lobby`);
  await stream.get("connected");
  await using bob = await TestClient.join(program.webSocketUrl, { user: 7, room: "lobby" });

  await manager.done(program, "/users/123/block");
  assert.deepEqual(await old.waitClosed(), BLOCKED);
  assert.deepEqual(await v2.waitClosed(), BLOCKED);
  assert.deepEqual(await stream.named("close"), BLOCKED);
  await stream.ended();
  await bob.settled();

  await using again = await TestClient.connect(program.webSocketUrl);
  again.send({ type: "usermsg", user_id: 123, room: "lobby", message: "Hello!" });
  assert.equal((await again.get("error"))[0]?.["code"], "blocked");
  assert.deepEqual(await again.waitClosed(), BLOCKED);
  await using v2Again = await TestClient.connectV2(program.webSocketUrl);
  const connect = { type: "connect", user_id: 123 };
  assert.deepEqual(await refusal(v2Again, connect), ["blocked", BLOCKED]);
  const plain = await fetch(`${program.url}/sse?user_id=123`);
  assert.deepEqual([plain.status, (await plain.json())["code"]], [403, "blocked"]);
  assert.equal(bob.ofType("usermsg").length, 0);

  const sent = await manager.done(program, "/notifications", {
    user_id: 123,
    room: "lobby",
    message: "for later",
  });
  assert.equal(sent["online"], false);
  await manager.done(program, "/users/123/unblock");
  await using back = await TestClient.join(program.webSocketUrl, { user: 123, room: "lobby" });
  assert.equal((await back.get("direct_message"))[0]?.["message"], "for later");
  const { closed_blocked, refused_blocked } = await manager.stats(program);
  assert.deepEqual([closed_blocked, refused_blocked], [3, 3]);
});

Deno.test("a block ends when it was to, or when it is said anew", async () => {
  await using program = await Program.start();
  const manager = await Manager.of(program);
  const isLetIn = async () => {
    const response = await fetch(`${program.url}/sse?user_id=123`);
    await response.body?.cancel();
    return response.status === 200;
  };
  const until = nowSeconds() + 3600;
  const long = await manager.done(program, "/users/123/block", { until });
  assert.equal(long["until"], until);
  assert.equal(await isLetIn(), false);
  const short = await manager.done(program, "/users/123/block", { seconds: 1 });
  assert.ok(Number(short["until"]) <= nowSeconds() + 2);
  await waitFor("it is let in", isLetIn);
  assert.deepEqual((await manager.call(program, "GET", "/blocks")).json, { blocks: [] });
});

Deno.test("of a user's tokens those count that were issued later, and no other", async () => {
  await using program = await Program.start({ env: { APP_KEY } });
  const manager = await Manager.of(program);
  const status = async (claims: Claims) =>
    (await entry(program, await connectionToken({ sub: "123", ...claims }))).status;
  await using never = await connected(program, await connectionToken({ sub: "123" }));
  const { revoked_at } = await manager.done(program, "/revocations", { user_id: "123" });
  assert.deepEqual(await never.waitClosed(), REVOKED, "one that does not say when it was issued");
  const second = Number(revoked_at);
  assert.equal(await status({}), 401);
  assert.equal(await status({ iat: second - 60 }), 401);
  assert.equal(await status({ iat: second }), 401, "of the same second");
  assert.equal(await status({ iat: second + 1 }), 101);
  assert.equal(await status({ iat: second - 60, sub: "1234" }), 101, "another user's");

  await using renewed = await connected(program, await connectionToken({ iat: second + 1 }));
  await manager.done(program, "/revocations", { token_id: "nobody's" });
  await renewed.settled();
  const old = { type: "auth", token: await connectionToken({ iat: second - 60 }) };
  assert.deepEqual(await refusal(renewed, old), ["revoked_token", REVOKED], "in band, too");
});

Deno.test("what a revoked subscription token opened is closed, and it opens nothing more", async () => {
  await using program = await Program.start({ env: { APP_KEY, APP_PRIVATE_ROOMS: "vip" } });
  const manager = await Manager.of(program);
  const token = await subscriptionToken({ room: "vip", jti: "room-1" });
  await using v2 = await connected(program, await tokenOf(ALICE));
  await v2.command("subscribe", { room: "vip", token });
  await using outside = await connected(program, await tokenOf(ALICE));
  await manager.done(program, "/revocations", { token_id: "room-1" });
  assert.deepEqual(await v2.waitClosed(), REVOKED);
  await assert.rejects(
    outside.command("subscribe", { room: "vip", token }),
    /^Error: revoked_token/,
  );
  const another = await subscriptionToken({ room: "vip", jti: "room-2" });
  await outside.command("subscribe", { room: "vip", token: another });
});

Deno.test("a token that is revoked while it is verified opens nothing", async () => {
  await using keys = new KeyServer();
  const signing = await keys.add("one");
  const { promise, resolve } = Promise.withResolvers<void>();
  keys.held = promise;
  await using program = await Program.start({
    env: {
      APP_TOKEN_ALGORITHM: "ES256",
      APP_TOKEN_JWKS_URL: keys.url,
      APP_OUTGOING_PRIVATE_IPS: "127.0.0.1",
    },
  });
  const manager = await Manager.of(program);
  const token = await connectionToken(ALICE, signing);
  await using frame = await TestClient.connectV2(program.webSocketUrl);
  const authenticating = refusal(frame, { type: "auth", token });
  const handshake = entry(program, token);
  const streaming = entry(program, token, "/sse?room=lobby");
  await waitFor("the key is asked for", () => keys.fetches > 0);
  await manager.done(program, "/revocations", { token_id: "token-1" });
  resolve();
  assert.equal((await handshake).code, "revoked_token");
  assert.equal((await streaming).code, "revoked_token");
  assert.deepEqual(await authenticating, ["revoked_token", REVOKED]);
});

Deno.test("the embedded engine keeps blocks and revocations over a restart", async () => {
  const dataDir = await Deno.makeTempDir();
  const tokens = [await tokenOf(ALICE), await tokenOf(BOB), await tokenOf({ sub: "8" })];
  const statuses = (program: Program) =>
    Promise.all(tokens.map(async (token) => (await entry(program, token)).status));
  let manager: Manager;
  {
    await using program = await Program.start({ dataDir, env: { APP_KEY } });
    manager = await Manager.of(program);
    assert.deepEqual(await statuses(program), [101, 101, 101]);
    await manager.done(program, "/users/123/block");
    await manager.done(program, "/revocations", { token_id: BOB.jti });
    program.kill("SIGKILL");
    await program.ended();
  }
  {
    await using program = await Program.start({ dataDir, env: { APP_KEY } });
    assert.deepEqual(await statuses(program), [403, 401, 101]);
    await manager.done(program, "/users/123/unblock");
    assert.deepEqual(await statuses(program), [101, 401, 101]);
  }
  await Deno.remove(dataDir, { recursive: true });
});

Deno.test("a node that was cut off from Redis closes whom it missed once it is back", async () => {
  await using redis = await RedisServer.start();
  await using proxy = new TcpProxy(redis.port);
  await using near = await Program.start({ env: { ...redis.env, APP_KEY } });
  await using cut = await Program.start({
    env: { REDIS_URL: `redis://127.0.0.1:${proxy.port}`, APP_KEY },
  });
  const manager = await Manager.of(near);
  const [token, other] = [await tokenOf(ALICE), await tokenOf(BOB)];
  // Of version 1: they stay while Redis is away.
  await using alice = await connected(cut, token, "notifyli.v1");
  await using bob = await connected(cut, other, "notifyli.v1");
  await using blocked = await connected(cut, await tokenOf({ sub: "8" }), "notifyli.v1");
  for (const client of [alice, bob, blocked]) {
    client.send({ type: "keepalive", room: "lobby" });
    await client.settled();
  }
  proxy.down();
  await waitFor("it has noticed", async () => !await isReady(cut));
  await manager.done(near, "/revocations", { token_id: "token-1" });
  await manager.done(near, "/users/8/block");
  await alice.settled();
  proxy.up();
  assert.deepEqual(await alice.waitClosed(), REVOKED);
  assert.deepEqual(await blocked.waitClosed(), BLOCKED);
  await bob.settled();
  assert.equal((await entry(cut, token)).code, "revoked_token");
  const users = async () =>
    (await manager.call(near, "GET", "/rooms/lobby/connections")).json["connections"] as {
      user_id: number;
    }[];
  await waitFor(
    "only the others are in the room",
    async () => JSON.stringify((await users()).map(({ user_id }) => user_id)) === "[7]",
  );
});

Deno.test("a node whose Redis was too slow when it came back hears all the same what is said and revoked", async () => {
  await using redis = await RedisServer.start();
  await using proxy = new TcpProxy(redis.port);
  await using near = await Program.start({ env: { ...redis.env, APP_KEY } });
  await using slow = await Program.start({
    env: { REDIS_URL: `redis://127.0.0.1:${proxy.port}`, APP_KEY },
  });
  const manager = await Manager.of(near);
  const [token, other] = [await tokenOf(ALICE), await tokenOf(BOB)];
  await using alice = await connected(slow, token, "notifyli.v1");
  await using bob = await connected(slow, other, "notifyli.v1");
  for (const client of [alice, bob]) {
    client.send({ type: "keepalive", room: "lobby" });
    await client.settled();
  }
  proxy.holdOnce("revocation-events", 5500); // longer than a command waits for its answer
  proxy.cut();
  await waitFor("it is not ready", async () => !await isReady(slow));
  await manager.done(near, "/revocations", { token_id: "token-1" });
  await waitFor("it is ready", () => isReady(slow));
  assert.equal((await entry(slow, token)).code, "revoked_token");
  assert.deepEqual(await alice.waitClosed(), REVOKED);
  await using speaker = await connected(near, other, "notifyli.v1");
  speaker.send({ type: "usermsg", room: "lobby", message: "Hello!" });
  await bob.get("usermsg");
  await manager.done(near, "/users/7/block");
  assert.deepEqual(await bob.waitClosed(), BLOCKED);
});

Deno.test("a node that could never read the revocations takes no token until it can", async () => {
  await using redis = await RedisServer.stopped();
  await using program = await Program.start({ env: { ...redis.env, APP_KEY } });
  const token = await tokenOf(ALICE);
  for (const path of ["/ws", "/sse"]) {
    const { status, code } = await entry(program, token, path);
    assert.deepEqual([status, code], [503, "unavailable"]);
  }
  await redis.restart();
  await waitFor("it is let in", async () => (await entry(program, token)).status === 101);
});

Deno.test("a key revokes, blocks and disconnects in its own site alone", async () => {
  await using program = await Program.start({ env: { APP_KEY } });
  const manager = await Manager.of(program, "acme");
  const ours = await tokenOf({ ...ALICE, site_id: "acme" });
  const theirs = await tokenOf(ALICE);
  await using alice = await connected(program, theirs);
  for (const verb of ["disconnect", "block"]) await manager.done(program, `/users/123/${verb}`);
  for (const [, body] of KINDS) await manager.done(program, "/revocations", body);
  await alice.settled();
  assert.equal((await entry(program, theirs)).status, 101);
  assert.notEqual((await entry(program, ours)).status, 101);

  for (const path of ["/revocations", "/users/123/block", "/users/123/disconnect"]) {
    const body = { site: "default", everyone: true };
    const { status, json } = await manager.call(program, "POST", path, body);
    assert.deepEqual([status, json["code"]], [403, "forbidden"], path);
  }
  await alice.settled();
  const other = await Manager.of(program);
  for (const [path, name] of [["/blocks", "blocks"], ["/revocations", "revocations"]] as const) {
    assert.deepEqual((await other.call(program, "GET", path)).json, { [name]: [] });
    assert.equal((await manager.call(program, "GET", `${path}?site=default`)).status, 403);
  }
});

Deno.test("what cannot be revoked is refused, and the answer names the field", async () => {
  await using program = await Program.start();
  const manager = await Manager.of(program);
  const whole = await tokenOf(ALICE);
  const past = nowSeconds() - 1;
  const cases: [path: string, body: unknown, code: string, says: RegExp][] = [
    ["/revocations", undefined, "missing_field", /exactly one of token_id, session_id, user_id/],
    ["/revocations", { token_id: "a", user_id: 1 }, "invalid_field", /given are 2/],
    ["/revocations", { everyone: false }, "invalid_field", /'everyone'.*false, allowed is true/],
    ["/revocations", { token_id: 7 }, "invalid_field", /'token_id'/],
    ["/revocations", { token_id: "x".repeat(257) }, "too_long", /'token_id'/],
    ["/revocations", { token_id: whole }, "invalid_field", /'jti' or 'sid', not the token/],
    ["/revocations", { session_id: "s", expires_at: past }, "invalid_field", /'expires_at'/],
    ["/revocations", "no JSON", "invalid_json", /body/],
    ["/users/123/block", { seconds: 0 }, "invalid_field", /'seconds'/],
    ["/users/123/block", { seconds: 1.5 }, "invalid_field", /'seconds'/],
    ["/users/123/block", { until: past }, "invalid_field", /'until'/],
    ["/users/123/block", { seconds: 5, until: past + 60 }, "invalid_field", /not both/],
    [`/users/${"x".repeat(300)}/block`, undefined, "too_long", /'user_id'/],
  ];
  for (const [path, body, code, says] of cases) {
    const { status, json } = await manager.call(program, "POST", path, body);
    assert.equal(json["code"], code, `${path} ${JSON.stringify(body)}: ${JSON.stringify(json)}`);
    assert.ok(status === 400 || status === 413);
    assert.match(String(json["message"]), says);
    assert.doesNotMatch(String(json["message"]), /eyJ/);
  }
  assert.deepEqual((await manager.call(program, "GET", "/blocks")).json, { blocks: [] });
  assert.deepEqual((await manager.call(program, "GET", "/revocations")).json, { revocations: [] });
});

Deno.test("each of these is one line of the audit log, without a token", async () => {
  await using program = await Program.start({ env: { APP_KEY, APP_DEBUG: "true" } });
  const manager = await Manager.of(program);
  await using alice = await connected(program, await tokenOf(ALICE));
  for (const [, body] of KINDS) await manager.done(program, "/revocations", body);
  const until = nowSeconds() + 60;
  await manager.done(program, "/users/123/block", { until });
  await manager.done(program, "/users/123/unblock");
  await manager.done(program, "/users/123/disconnect");
  await manager.call(program, "POST", "/users/123/block", { site: "acme" });
  await alice.waitClosed();
  const who = manager.key.split("_")[1];
  const audited = () =>
    program.log.filter(({ logger, action }) =>
      logger === "notifyli.audit" && action !== "key.create"
    );
  await waitFor("all are logged", () => audited().length >= 8);
  const address = "127.0.0.1";
  assert.deepEqual(
    audited().map((line) => [line["action"], line["who"], line["name"], line["address"]]),
    [
      ["revoke.token", who, "token-1", address],
      ["revoke.session", who, "session-1", address],
      ["revoke.user", who, "123", address],
      ["revoke.site", who, "everyone", address],
      ["user.block", who, "123", address],
      ["user.unblock", who, "123", address],
      ["user.disconnect", who, "123", address],
      ["POST /api/users/123/block", who, undefined, address],
    ],
  );
  assert.equal(audited()[4]?.["until"], new Date(until * 1000).toISOString());
  assert.equal(audited()[0]?.["site"], "default");
  assert.doesNotMatch(program.output, /eyJ/);
});

async function isReady({ url }: Program): Promise<boolean> {
  return (await readiness(url)).status === 200;
}

/** Two nodes on one Redis, one on each listener. */
class Cluster implements AsyncDisposable {
  readonly #parts: AsyncDisposableStack;
  readonly nodes: readonly [Program, Program];
  readonly manager: Manager;

  private constructor(
    parts: AsyncDisposableStack,
    nodes: readonly [Program, Program],
    manager: Manager,
  ) {
    this.#parts = parts;
    this.nodes = nodes;
    this.manager = manager;
  }

  static async start(): Promise<Cluster> {
    await using parts = new AsyncDisposableStack();
    const redis = parts.use(await RedisServer.start());
    const start = (APP_LISTENER: string) =>
      Program.start({ env: { ...redis.env, APP_KEY, APP_LISTENER } });
    const [one, other] = await Promise.all([start("deno"), start("node")]);
    parts.use(one);
    parts.use(other);
    return new Cluster(parts.move(), [one, other], await Manager.of(one));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#parts.disposeAsync();
  }
}

/** On every node a client of each kind: both versions of the protocol, a stream with a session, a plain one. */
class Crowd implements AsyncDisposable {
  readonly #clients: TestClient[] = [];
  readonly #streams: EventStream[] = [];

  static async connect(nodes: readonly Program[], token: string): Promise<Crowd> {
    const crowd = new Crowd();
    const headers = { authorization: `Bearer ${token}` };
    for (const node of nodes) {
      crowd.#clients.push(await connected(node, token));
      const old = await connected(node, token, "notifyli.v1");
      old.send({ type: "keepalive", room: "lobby" });
      await old.settled();
      crowd.#clients.push(old);
      const session = await EventStream.open(`${node.url}/sse`, "", headers);
      await session.named("open");
      const plain = await EventStream.open(`${node.url}/sse?room=lobby`, "", headers);
      await plain.get("subscribed");
      crowd.#streams.push(session, plain);
    }
    return crowd;
  }

  /** All were closed, for this reason. */
  async closed(why: { code: number; reason: string }): Promise<void> {
    for (const client of this.#clients) assert.deepEqual(await client.waitClosed(), why);
    for (const stream of this.#streams) {
      assert.deepEqual(await stream.named("close"), why);
      await stream.ended();
    }
  }

  async isThere(): Promise<void> {
    for (const client of this.#clients) await client.settled();
    for (const stream of this.#streams) assert.equal(stream.hasEnded, false);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const part of [...this.#clients, ...this.#streams]) await part[Symbol.asyncDispose]();
  }
}

/** A token that was issued now. */
function tokenOf(claims: Claims): Promise<string> {
  return connectionToken({ iat: nowSeconds(), ...claims });
}

async function connected(
  program: Program,
  token: string,
  protocol = "notifyli.v2",
): Promise<TestClient> {
  const protocols = [protocol, `notifyli.token.${token}`];
  const client = await TestClient.connectAs(program.webSocketUrl, { protocols });
  if (protocol === "notifyli.v2") await client.command("connect");
  return client;
}

/** Sends a command that ends the connection: the code of its reply, and why the connection was closed. */
async function refusal(
  client: TestClient,
  command: Frame,
): Promise<[code: unknown, { code: number; reason: string }]> {
  client.send({ ref: 1, ...command });
  const closed = await client.waitClosed();
  return [client.ofType("reply").find(({ ref }) => ref === 1)?.["code"], closed];
}

/** What a handshake is answered: the status, and the code where it is refused. */
async function entry(
  program: Program,
  token: string,
  path = "/ws",
): Promise<{ status: number; code?: string }> {
  const authorization = `Bearer ${token}`;
  if (path === "/ws") return await upgrade(program, authorization);
  const response = await fetch(`${program.url}${path}`, { headers: { authorization } });
  const { status } = response;
  if (status !== 200) return { status, code: (await response.json()).code };
  await response.body?.cancel();
  return { status };
}

/** A handshake by hand: the runtime's `WebSocket` tells nothing of a refusal. */
async function upgrade(
  { port }: Program,
  authorization: string,
): Promise<{ status: number; code?: string }> {
  using connection = await Deno.connect({ hostname: "127.0.0.1", port });
  const request = `GET /ws HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n${UPGRADE}` +
    `Authorization: ${authorization}\r\n\r\n`;
  await connection.write(new TextEncoder().encode(request));
  const buffer = new Uint8Array(65536);
  for (let text = "";;) {
    const length = await connection.read(buffer);
    if (length === null) assert.fail(`the connection ended after ${text}`);
    text += new TextDecoder().decode(buffer.subarray(0, length));
    if (text.startsWith("HTTP/1.1 101")) return { status: 101 };
    const [, status, code] = /^HTTP\/1.1 (\d+) .*"code":"(\w+)".*\}/s.exec(text) ?? [];
    if (status !== undefined) return { status: Number(status), code };
  }
}
