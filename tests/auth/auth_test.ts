/** Who may connect, as whom, and what they see: against the running program, on both listeners. */
import assert from "node:assert/strict";
import { EventStream } from "../support/event_stream.ts";
import { operatorKeyOf } from "../support/manager.ts";
import { Program } from "../support/program.ts";
import { rawRequest } from "../support/raw_http.ts";
import { UPGRADE } from "../support/raw_socket.ts";
import { sharedProgram } from "../support/shared_program.ts";
import { type Frame, TestClient } from "../support/test_client.ts";
import {
  APP_KEY,
  type Claims,
  connectionToken,
  nowSeconds,
  subscriptionToken,
} from "../support/tokens.ts";
import { waitFor } from "../support/wait.ts";

for (const listener of ["deno", "node"]) {
  const env = {
    APP_LISTENER: listener,
    APP_KEY,
    APP_PRIVATE_ROOMS: "vip, staff:*",
    APP_DEBUG: "true",
  };
  const shared = sharedProgram(env);
  const test = (name: string, run: (program: Program) => Promise<void>) =>
    Deno.test(`${name} (${listener})`, async () => {
      await run(shared());
      assertTellsNoSecret(shared());
    });
  /** What the server counts is of this test alone. */
  const testAlone = (name: string, run: (program: Program) => Promise<void>) =>
    Deno.test(`${name} (${listener})`, async () => {
      await using program = await Program.start({ env });
      await run(program);
      assertTellsNoSecret(program);
    });

  test("a token is taken as a subprotocol, a header or a cookie, by both protocols", async (program) => {
    const token = await connectionToken({ sub: "alice", name: "Alice" });
    const ways: { protocols: string[]; headers?: Record<string, string> }[] = [
      { protocols: ["notifyli.v2", `notifyli.token.${token}`] },
      { protocols: ["notifyli.v2"], headers: { authorization: `Bearer ${token}` } },
      {
        protocols: ["notifyli.v2"],
        headers: { cookie: `a=b; notifyli_token=${token}`, origin: program.url },
      },
    ];
    for (const way of ways) {
      await using client = await TestClient.connectAs(program.webSocketUrl, way);
      assert.equal(client.protocol, "notifyli.v2");
      const { user_id } = await client.command("connect");
      assert.equal(user_id, "alice");
    }
    const protocols = ["notifyli.v1", `notifyli.token.${token}`];
    await using old = await TestClient.connectAs(program.webSocketUrl, { protocols });
    assert.equal(old.protocol, "notifyli.v1");
    old.send({ type: "usermsg", room: "lobby", message: "Hello!", name: "Mallory" });
    const [message] = await old.get("usermsg");
    assert.deepEqual([message?.["user_id"], message?.["name"]], ["alice", "Alice"]);
  });

  test("a query joins at once, as the token's user", async (program) => {
    const token = await connectionToken();
    await using client = await TestClient.connectAs(`${program.webSocketUrl}?room=lobby`, {
      headers: { authorization: `Bearer ${token}` },
    });
    client.send({ type: "presence", room: "lobby" });
    const [presence] = await client.get("presence");
    assert.deepEqual((presence?.["users"] as Frame[]).map(({ user_id }) => user_id), [123]);
  });

  test("identity says whose the connection is, or a token, and changes nothing", async (program) => {
    await using client = await TestClient.connectV2(program.webSocketUrl);
    await assert.rejects(client.command("identity"), /^Error: unauthorized: /);
    const claims = { name: "Alice", sid: "s", rooms: ["vip", "staff:*"] };
    await client.command("auth", { token: await connectionToken(claims) });
    const before = await client.command("identity");
    const { fingerprint } = before;
    assert.match(String(fingerprint), /^[\w-]{22}$/);
    assert.deepEqual(before, { user_id: 123, site_id: "default", fingerprint });

    const of = async (change: Claims) =>
      await client.command("identity", { token: await connectionToken({ ...claims, ...change }) });
    const expires = nowSeconds() + 60;
    const same = await of({ jti: "another", exp: expires + 1, rooms: ["staff:*", "vip", "vip"] });
    assert.deepEqual(same, before);
    const ending = await of({ expire_at: expires });
    assert.ok(Math.abs(Number(ending["timestamp"]) - Date.now() / 1000) < 60);
    assert.deepEqual([ending["fingerprint"], ending["expires_at"]], [fingerprint, expires]);
    const others = await Promise.all([
      { sub: "7" },
      { site_id: "shop" },
      { sid: "t" },
      { sid: undefined },
      { rooms: ["vip"] },
      { name: "Bob" },
    ].map(of));
    assert.equal(new Set([fingerprint, ...others.map((each) => each["fingerprint"])]).size, 7);
    assert.deepEqual([others[0]?.["user_id"], others[1]?.["site_id"]], [7, "shop"]);
    await assert.rejects(of({ exp: 1 }), /^Error: expired_token: /);
    await assert.rejects(client.command("identity", { token: "x" }), /^Error: invalid_token: /);
    await assert.rejects(client.command("identity", { token: 7 }), /'token'/);

    assert.deepEqual(await client.command("identity"), before);
    assert.equal((await client.command("connect"))["fingerprint"], fingerprint);
    await using elsewhere = await Program.start({ env });
    const token = await connectionToken(claims);
    await using other = await TestClient.connectAs(elsewhere.webSocketUrl, {
      protocols: ["notifyli.v2", `notifyli.token.${token}`],
    });
    assert.deepEqual(await other.command("identity"), before, "on another node, too");
    assert.equal((await stats(elsewhere))["users"], 0, "it makes nobody known");
  });

  testAlone(
    "a bad token is refused before the upgrade, and the answer says why",
    async (program) => {
      const cases: [Record<string, string>, string][] = [
        [bearer(await connectionToken({ exp: nowSeconds() - 60 })), "expired_token"],
        [bearer(await connectionToken({ nbf: nowSeconds() + 60 })), "invalid_token"],
        [bearer(await connectionToken({}, { key: "x".repeat(32) })), "invalid_token"],
        [bearer(await connectionToken({ x: "x".repeat(10_000) })), "invalid_token"],
        [bearer(await subscriptionToken({ room: "lobby" })), "invalid_token"],
        [bearer(unsigned(await connectionToken())), "invalid_token"],
        [{ "Sec-WebSocket-Protocol": "notifyli.v2, notifyli.token.x" }, "invalid_token"],
        [{ Cookie: "notifyli_token=x", Origin: program.url }, "invalid_token"],
      ];
      for (const [headers, code] of cases) {
        for (const path of ["/ws", "/sse"]) {
          const answer = await handshake(program, path, headers);
          assert.equal(answer.status, 401, path);
          assert.equal(JSON.parse(answer.body).code, code);
          assert.equal(answer.headers.get("www-authenticate"), "Bearer");
          assert.doesNotMatch(answer.body, /eyJ/);
        }
      }
      const { auth_refused, connections } = await stats(program);
      assert.deepEqual([auth_refused, connections], [16, 0]);
    },
  );

  test("a token in the URL is refused, although it is good", async (program) => {
    for (const path of ["/ws?token=", "/sse?access_token="]) {
      const { status, body } = await handshake(program, path + await connectionToken(), {});
      assert.equal(status, 401);
      assert.match(JSON.parse(body).message, /^Cannot take a token from the URL/);
      assert.doesNotMatch(body, /eyJ/);
    }
  });

  test("a cookie counts for the server's own pages alone", async (program) => {
    const cookie = `notifyli_token=${await connectionToken()}`;
    const bare = { protocols: ["notifyli.v2"], headers: { cookie } };
    await using client = await TestClient.connectAs(program.webSocketUrl, bare);
    await assert.rejects(client.command("connect", { user_id: 123 }), /^Error: unauthorized/);

    const other = await handshake(program, "/ws", {
      Cookie: cookie,
      Origin: "https://evil.example",
    });
    assert.equal(other.status, 403);
    const read = await fetch(`${program.url}/sse?room=lobby`, {
      headers: { cookie, "sec-fetch-site": "cross-site" },
    });
    assert.equal(read.status, 401);
    await read.body?.cancel();
  });

  test("version 1: the first frame may bring the token, and before it nothing is taken", async (program) => {
    await using client = await TestClient.connect(program.webSocketUrl);
    client.send({ type: "keepalive", user_id: 123, room: "lobby" });
    assert.equal((await client.get("error"))[0]?.["code"], "unauthorized");
    await client.settled();
    client.send({ type: "auth", token: await connectionToken() });
    assert.deepEqual(await client.get("auth"), [{
      type: "auth",
      success: true,
      message: "Authentication successful",
      user_id: 123,
    }]);
    client.send({ type: "usermsg", room: "lobby", message: "Hello!" });
    await client.get("usermsg");
    client.send({ type: "usermsg", user_id: 7, room: "lobby", message: "I am Bob" });
    assert.equal((await client.get("error", 2))[1]?.["code"], "user_mismatch");
  });

  test("version 2: the first frame may bring the token, and before it nothing is taken", async (program) => {
    await using client = await TestClient.connectV2(program.webSocketUrl);
    for (
      const [type, fields] of Object.entries({
        connect: { user_id: 123 },
        subscribe: { room: "lobby" },
        publish: { room: "lobby", message: "Hello!" },
        inbox: {},
        history: { room: "lobby" },
        anything: {},
      })
    ) {
      await assert.rejects(client.command(type, fields), /^Error: unauthorized/, type);
    }
    await client.command("ping");
    assert.deepEqual(await client.command("auth", { token: await connectionToken() }), {
      user_id: 123,
    });
    await assert.rejects(client.command("connect", { user_id: 7 }), /^Error: user_mismatch/);
    assert.equal((await client.command("connect"))["user_id"], 123);
  });

  test("a token that is refused in a frame ends the connection", async (program) => {
    const cases: [string, string, number][] = [
      [await connectionToken({ exp: nowSeconds() - 60 }), "expired_token", 3501],
      [await connectionToken({}, { key: "x".repeat(32) }), "invalid_token", 3500],
      ["eyJnot-a-token", "invalid_token", 3500],
    ];
    for (const [token, code, closeCode] of cases) {
      await using client = await TestClient.connect(program.webSocketUrl);
      client.send({ type: "auth", token });
      const [error] = await client.get("error");
      assert.equal(error?.["code"], code);
      assert.equal((await client.waitClosed()).code, closeCode);
    }
    await using client = await TestClient.connect(program.webSocketUrl);
    client.sendRaw(`{"type":"auth","token":"${await connectionToken()}`); // a brace is missing
    assert.doesNotMatch(JSON.stringify(await client.get("error")), /eyJ/);
  });

  testAlone("who brings no token for five seconds is closed", async (program) => {
    await using client = await TestClient.connect(program.webSocketUrl);
    await using stream = await EventStream.open(`${program.url}/sse`);
    const before = performance.now();
    assert.deepEqual(await client.waitClosed(), { code: 3502, reason: "no token came in time" });
    assert.ok(performance.now() - before > 3000);
    assert.equal((await stream.named("close"))["code"], 3502);
    assert.equal((await stats(program))["auth_late"], 2);
  });

  test("a stream of events belongs to its token's user", async (program) => {
    const headers = bearer(await connectionToken({ sub: "alice", name: "Alice" }));
    const address = `${program.url}/sse?room=lobby&room=/user/alice`;
    await using stream = await EventStream.open(address, "", headers);
    assert.equal((await stream.get("connected"))[0]?.["user_id"], "alice");
    const [connected] = await stream.get("connected");
    const hello = JSON.stringify({ type: "publish", room: "lobby", message: "Hello!" });
    assert.equal(await post(`${program.url}/sse/${connected?.["session"]}`, hello), 202);
    assert.equal((await stream.get("usermsg"))[0]?.["name"], "Alice");

    for (const query of ["user_id=7&room=lobby", "user_id=7"]) {
      await assert.rejects(EventStream.open(`${program.url}/sse?${query}`), /401.*unauthorized/);
    }
    await using other = await EventStream.open(`${program.url}/sse?user_id=7`, "", headers);
    assert.equal((await other.get("error"))[0]?.["code"], "user_mismatch");
  });

  test("a session of events may bring the token by POST", async (program) => {
    await using stream = await EventStream.open(`${program.url}/sse`);
    const { session } = await stream.named("open");
    const commands = [
      { type: "auth", ref: 1, token: await connectionToken({ site_id: "shop" }) },
      { type: "connect", ref: 2 },
    ];
    const body = commands.map((command) => JSON.stringify(command)).join("\n");
    await post(`${program.url}/sse/${session}`, body);
    const replies = await stream.get("reply", 2);
    assert.deepEqual(replies.map(({ success }) => success), [true, true]);
    const again = await post(`${program.url}/sse/${session}`, "{}");
    assert.equal(again, 202, "the session is still known");
  });

  test("nothing of one site is seen by another", async (program) => {
    await using here = await v2(program, { sub: "alice", site_id: "one" });
    await using there = await v2(program, { sub: "bob", site_id: "two" });
    await using twin = await v2(program, { sub: "alice", site_id: "two" });
    for (const client of [here, there, twin]) await client.command("subscribe", { room: "lobby" });
    await here.command("publish", { room: "lobby", message: "ours", id: "message-1" });
    await here.get("usermsg");
    const history = await there.command("history", { room: "lobby" });
    assert.deepEqual(history["publications"], []);
    const { users } = await there.command("presence", { room: "lobby" });
    assert.deepEqual((users as Frame[]).map(({ user_id }) => user_id).sort(), ["alice", "bob"]);
    // The same id is another message there.
    await there.command("publish", { room: "lobby", message: "theirs", id: "message-1" });
    assert.equal((await twin.get("usermsg"))[0]?.["message"], "theirs");
    await here.settled();
    assert.deepEqual(here.ofType("usermsg").map(({ message }) => message), ["ours"]);

    await using main = await v2(program, { sub: "alice" });
    const key = await apiKey(program);
    assert.equal(await post(`${program.url}/api/users/alice/notifications`, "Yours"), 401);
    assert.equal(await post(`${program.url}/api/users/alice/notifications`, "Yours", key), 201);
    await main.get("direct_message");
    for (const client of [here, twin]) {
      await client.settled();
      assert.deepEqual(client.ofType("direct_message"), []);
      assert.equal((await client.command("inbox"))["unread"], 0);
    }
  });

  test("/user/{id} belongs to that user alone", async (program) => {
    await using alice = await v2(program, { sub: "alice" });
    await alice.command("subscribe", { room: "/user/alice" });
    await alice.command("publish", { room: "/user/alice", message: "to myself" });
    const others = ["/user/bob", "/user/", "/user/alice/", "/user/Alice", "/user/alice2"];
    for (const room of others) {
      for (const type of ["subscribe", "publish"]) {
        await assert.rejects(
          alice.command(type, { room, message: "x" }),
          /^Error: forbidden: Cannot use room "[^"]+": it belongs to another user/,
          `${type} ${room}`,
        );
      }
      await assert.rejects(alice.command("history", { room }), /not_in_room/);
      await assert.rejects(alice.command("presence", { room }), /not_in_room/);
    }
    await using old = await TestClient.connectAs(
      `${program.webSocketUrl}?room=/user/bob`,
      { headers: bearer(await connectionToken({ sub: "alice" })) },
    );
    old.send({ type: "keepalive", room: "/user/bob" });
    old.send({ type: "usermsg", room: "/user/bob", message: "x" });
    const errors = await old.get("error", 3);
    assert.deepEqual(errors.map(({ code }) => code), ["forbidden", "forbidden", "forbidden"]);
    const address = `${program.url}/sse?room=/user/bob`;
    await using stream = await EventStream.open(
      address,
      "",
      bearer(await connectionToken({ sub: "alice" })),
    );
    assert.equal((await stream.get("error"))[0]?.["code"], "forbidden");
  });

  test("a private room opens by a subscription token, to its user", async (program) => {
    await using alice = await v2(program, { sub: "alice", sid: "a" });
    await using bob = await v2(program, { sub: "bob", sid: "b" });
    for (const type of ["subscribe", "publish"]) {
      await assert.rejects(
        alice.command(type, { room: "vip", message: "x" }),
        /^Error: forbidden: Cannot use room "vip": it is private/,
      );
    }
    const token = await subscriptionToken({ sub: "alice", room: "vip" });
    await alice.command("subscribe", { room: "vip", token });
    await alice.command("subscribe", { room: "vip" }); // she is in it
    await alice.command("publish", { room: "vip", message: "between us" });
    await alice.get("usermsg");
    await alice.command("unsubscribe", { room: "vip" });
    await assert.rejects(alice.command("publish", { room: "vip", message: "x" }), /forbidden/);

    const refused: [string, string, string][] = [
      ["vip", token, "it is for another user"],
      ["staff:1", await subscriptionToken({ sub: "bob", room: "vip" }), "it is for another room"],
      ["vip", await subscriptionToken({ sub: "bob", room: "vip", sid: "a" }), "another session"],
      ["vip", await subscriptionToken({ sub: "bob", room: "vip", site_id: "x" }), "another site"],
      ["vip", await connectionToken({ sub: "bob", room: "vip" }), "aud"],
      [
        "vip",
        await subscriptionToken({ sub: "bob", room: "vip" }, { key: "x".repeat(32) }),
        "sign",
      ],
      ["lobby", token, "it is for another room"],
    ];
    for (const [room, token, why] of refused) {
      await assert.rejects(
        bob.command("subscribe", { room, token }),
        new RegExp(`^Error: invalid_token: .*${why}`),
      );
    }
    const late = { sub: "bob", room: "vip", exp: nowSeconds() - 60 };
    await assert.rejects(
      bob.command("subscribe", { room: "vip", token: await subscriptionToken(late) }),
      /^Error: expired_token/,
    );
    const theirs = await subscriptionToken({ sub: "bob", room: "/user/alice" });
    await assert.rejects(
      bob.command("subscribe", { room: "/user/alice", token: theirs }),
      /^Error: forbidden: .*belongs to another user/,
    );
    assert.equal(bob.closed, undefined, "a subscription that is refused ends nothing else");
  });

  test("a private room opens by a grant, and by version 1's frames, too", async (program) => {
    await using alice = await v2(program, { sub: "alice", rooms: ["staff:*"] });
    await alice.command("subscribe", { room: "staff:1" });
    await assert.rejects(alice.command("subscribe", { room: "vip" }), /^Error: forbidden/);
    const headers = bearer(await connectionToken({ sub: "bob" }));
    await using bob = await TestClient.connectAs(program.webSocketUrl, { headers });
    bob.send({ type: "usermsg", room: "staff:1", message: "x" });
    assert.equal((await bob.get("error"))[0]?.["code"], "forbidden");
    const token = await subscriptionToken({ sub: "bob", room: "staff:1" });
    bob.send({ type: "keepalive", room: "staff:1", token });
    bob.send({ type: "usermsg", room: "staff:1", message: "Hello!" });
    assert.equal((await alice.get("usermsg"))[0]?.["message"], "Hello!");
    bob.send({ type: "usermsg", room: "vip", message: "x", token });
    assert.match(String((await bob.get("error", 2))[1]?.["message"]), /it is for another room$/);
    const address = `${program.url}/sse?room=vip`;
    await using stream = await EventStream.open(address, "", headers);
    assert.equal((await stream.get("error"))[0]?.["code"], "forbidden");
  });

  testAlone("a session is announced to end, and ends", async (program) => {
    const end = nowSeconds() + 8;
    await using client = await v2(program, { expire_at: end });
    const [warning] = await client.get("session");
    assert.deepEqual(warning, { type: "session", expires_at: end });
    assert.ok(Date.now() < end * 1000);
    assert.deepEqual(await client.waitClosed(), { code: 3014, reason: "the session ended" });
    assert.ok(Date.now() >= end * 1000);
    await waitFor("it is counted", async () => (await stats(program))["auth_ended"] === 1);
  });

  test("a session may last longer than a timer", async (program) => {
    await using client = await v2(program, { expire_at: nowSeconds() + 60 * 86400 });
    for (let count = 0; count < 5; count++) await client.settled();
    assert.deepEqual([client.ofType("session"), client.closed], [[], undefined]);
  });

  test("a session is renewed in band, for the same user and site alone", async (program) => {
    const end = nowSeconds() + 8;
    await using client = await v2(program, { expire_at: end });
    const data = await client.command("auth", {
      token: await connectionToken({ expire_at: end + 60 }),
    });
    assert.deepEqual(data, { user_id: 123, expires_at: end + 60 });
    await waitFor("the first end has passed", () => Date.now() > (end + 0.2) * 1000);
    await client.settled();
    for (const claims of [{ sub: "7" }, { site_id: "other" }]) {
      await using other = await v2(program, {});
      const token = await connectionToken(claims);
      other.send({ type: "auth", token });
      assert.equal((await other.waitClosed()).code, 3500);
      assert.match(String(other.ofType("error")[0]?.["message"]), /it is for another user$/);
    }
    // With other rights, it has to come back and enter its rooms anew.
    client.send({ type: "auth", token: await connectionToken({ rooms: ["news:*"] }) });
    assert.equal((await client.waitClosed()).code, 3014);
  });
}

Deno.test("a page of a site that is allowed may send its token to /sse, another not", async () => {
  await using program = await Program.start({
    env: { APP_KEY, APP_ALLOWED_ORIGINS: "https://shop.example" },
  });
  for (
    const [origin, status] of [["https://shop.example", 204], ["https://x.test", 403]] as const
  ) {
    const asked = await fetch(`${program.url}/sse`, { method: "OPTIONS", headers: { origin } });
    await asked.body?.cancel();
    assert.equal(asked.status, status);
    const allowed = asked.headers.get("access-control-allow-headers");
    assert.equal(allowed?.includes("authorization") ?? false, status === 204);
  }
  const headers = { ...bearer(await connectionToken()), origin: "https://shop.example" };
  await using stream = await EventStream.open(`${program.url}/sse?room=lobby`, "", headers);
  assert.equal((await stream.get("connected"))[0]?.["user_id"], 123);
});

function assertTellsNoSecret({ output }: Program): void {
  assert.doesNotMatch(output, /eyJ/, "no token is logged");
  assert.ok(!output.includes(APP_KEY));
}

/** Connects with protocol version 2 and such a token. */
async function v2({ webSocketUrl }: Program, claims: Claims): Promise<TestClient> {
  return await TestClient.connectWithToken(webSocketUrl, await connectionToken(claims));
}

function bearer(token: string): Record<string, string> {
  return { authorization: `Bearer ${token}` };
}

/** The same claims with `alg: none`. */
function unsigned(token: string): string {
  const header = btoa('{"alg":"none"}').replaceAll("=", "");
  return `${header}.${token.split(".")[1]}.`;
}

function handshake({ port }: Program, path: string, headers: Record<string, string>) {
  const upgrade = path.startsWith("/ws") ? UPGRADE.trimEnd().split("\r\n") : [];
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  return rawRequest(port, [
    `GET ${path} HTTP/1.1`,
    `Host: 127.0.0.1:${port}`,
    ...upgrade,
    ...lines,
  ]);
}

/** A key, made with the operator's. */
async function apiKey(program: Program): Promise<string> {
  const body = JSON.stringify({ name: "test", scopes: ["publish", "read"] });
  const headers = { authorization: `Bearer ${operatorKeyOf(program)}` };
  const response = await fetch(`${program.url}/api/keys`, { method: "POST", headers, body });
  return (await response.json())["key"];
}

/** Resolves with the status. */
async function post(address: string, body: string, key?: string): Promise<number> {
  const headers = new Headers(key === undefined ? {} : { authorization: `Bearer ${key}` });
  const response = await fetch(address, { method: "POST", body, headers });
  await response.body?.cancel();
  return response.status;
}

async function stats(program: Program): Promise<Record<string, number>> {
  const headers = { authorization: `Bearer ${await apiKey(program)}` };
  return await (await fetch(`${program.url}/api/stats`, { headers })).json();
}
