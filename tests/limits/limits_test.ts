/** The limits of `docs/limits.md` against the running program, on both listeners: reached, and just not reached. */
import assert from "node:assert/strict";
import { DISCONNECTS, ERRORS } from "../../lib/base/errors.ts";
import { connect } from "../../lib/sdk/mod.ts";
import { KNOWN } from "../../lib/configuration.ts";
import { ROOT } from "../support/paths.ts";
import { Program } from "../support/program.ts";
import { rawRequest } from "../support/raw_http.ts";
import { startHere } from "../support/server_here.ts";
import { knock, RawSocket, rawSocket } from "../support/raw_socket.ts";
import { type Frame, TestClient } from "../support/test_client.ts";
import { waitFor } from "../support/wait.ts";
import { text as textFrame } from "../support/wire_frame.ts";

/** The test is a proxy of this server's: what it says of a client's address counts. */
const PROXIED = { APP_TRUSTED_PROXIES: "127.0.0.1", APP_OPEN: "true" };

for (const listener of ["deno", "node"]) {
  const start = (env: Record<string, string> = {}) =>
    Program.start({ env: { APP_LISTENER: listener, ...env } });
  const test = (name: string, run: () => Promise<void>) =>
    Deno.test(`limits on the ${listener} listener: ${name}`, run);

  test("frames of one connection, at once and in time", async () => {
    await using program = await start({ APP_RATE_MESSAGES: "1/5" });
    await using client = await TestClient.connectV2(program.webSocketUrl);
    await using other = await TestClient.connectV2(program.webSocketUrl);
    const frames = [{ type: "connect", ref: 0, user_id: 1 }, ...pings(7)];
    client.sendRaw(frames.map((frame) => JSON.stringify(frame)).join("\n"));
    const replies = await client.get("reply", 8);
    const refused = replies.filter(({ success }) => success === false);
    assert.deepEqual(refused.map(({ ref }) => ref), [5, 6, 7], "those behind the first five");
    for (const { code, retry_after_ms: wait } of refused) {
      assert.equal(code, "rate_limited");
      assert.ok(Number(wait) > 0 && Number(wait) <= 1000, `wait ${wait} ms`);
    }
    await other.settled();
    const until = performance.now() + Number(refused.at(-1)?.["retry_after_ms"]);
    await waitFor("the time that it was told", () => performance.now() > until);
    await client.command("ping");
    const { refused_rate, dropped_flood } = await stats(program);
    assert.deepEqual([refused_rate, dropped_flood], [3, 0]);
  });

  test("a plain client is told which of its messages must wait", async () => {
    await using program = await start({ APP_RATE_MESSAGES: "1/1" });
    await using client = await TestClient.connect(program.webSocketUrl);
    for (const id of ["message-1", "message-2"]) {
      client.send({ type: "usermsg", id, user_id: 1, room: "lobby", message: id });
    }
    const [error] = await client.get("error");
    assert.partialDeepStrictEqual(error, { code: "rate_limited", id: "message-2" });
    assert.ok(Number(error?.["retry_after_ms"]) > 0);
    assert.deepEqual((await client.get("usermsg")).map(({ id }) => id), ["message-1"]);
  });

  test("who goes on and on is closed, who stops in time is not", async () => {
    await using program = await start({ APP_RATE_MESSAGES: "1/5" });
    await using client = await TestClient.connectV2(program.webSocketUrl);
    client.sendRaw(lines(pings(10)));
    await client.get("reply", 10);
    assert.equal(client.closed, undefined);
    client.sendRaw(lines(pings(30)));
    assert.equal((await client.waitClosed()).code, 3010);
    assert.equal((await stats(program))["dropped_flood"], 1);
  });

  test("the client library waits and goes on, in order, and is never closed", async () => {
    await using program = await start({ APP_RATE_MESSAGES: "20/20" });
    const got: string[] = [];
    const client = connect({ url: program.webSocketUrl, userId: 1 });
    client.subscribe("lobby", ({ message }) => void got.push(message));
    const texts = Array.from({ length: 60 }, (_, index) => `m${index}`);
    await Promise.all(texts.map((text) => client.publish("lobby", text)));
    await waitFor("all of them", () => got.length >= texts.length);
    assert.deepEqual(got, texts);
    const { refused_rate, connections } = await stats(program);
    assert.ok(Number(refused_rate) > 0);
    assert.equal(connections, 1);
    client.close();
  });

  test("frames of all connections of one user", async () => {
    await using program = await start({ APP_RATE_MESSAGES_USER: "1/6" });
    const join = async (user: number) => {
      const client = await TestClient.connectV2(program.webSocketUrl);
      await client.command("connect", { user_id: user });
      return client;
    };
    await using one = await join(1);
    await using two = await join(1);
    await using other = await join(2);
    one.sendRaw(lines(pings(6)));
    assert.deepEqual(codes(await one.get("reply", 7)), [], "six and the connect");
    two.sendRaw(lines(pings(6)));
    assert.ok(codes(await two.get("reply", 7)).includes("rate_limited"));
    other.sendRaw(lines(pings(6)));
    assert.deepEqual(codes(await other.get("reply", 7)), []);
  });

  test("connections in all, sockets and streams of events", async () => {
    await using program = await start({ APP_LIMIT_CONNECTIONS: "2" });
    await using first = await TestClient.join(program.webSocketUrl, { user: 1, room: "lobby" });
    const stream = new AbortController();
    const events = await fetch(`${program.url}/sse`, { signal: stream.signal });
    assert.equal(events.status, 200);
    using refused = await knock(program.port);
    assert.equal(refused.status, 429);
    assert.equal(refused.json()["code"], "too_many_connections");
    assert.match(refused.text, /\r\nretry-after: 5\r\n/i);
    const answer = await fetch(`${program.url}/sse`);
    assert.equal(answer.status, 429);
    assert.equal(answer.headers.get("retry-after"), "5");
    assert.equal((await answer.json()).code, "too_many_connections");
    assert.equal((await stats(program))["refused_connections"], 2);
    stream.abort();
    await waitFor("there is a place again", async () => {
      using next = await knock(program.port);
      return next.status === 101;
    });
    await first.settled();
  });

  test("connections of one address, and of one /64 of IPv6", async () => {
    await using program = await start({ ...PROXIED, APP_LIMIT_CONNECTIONS_IP: "2" });
    await using stack = new AsyncDisposableStack();
    const status = async (from?: string) => stack.use(await knock(program.port, { from })).status;
    assert.equal(await status("2001:db8:1:2::1"), 101);
    assert.equal(await status("2001:db8:1:2:ffff::1"), 101);
    assert.equal(await status("2001:db8:1:2:3:4:5:6"), 429);
    assert.equal(await status("2001:db8:1:3::1"), 101);
    assert.deepEqual([await status("203.0.113.7"), await status("::ffff:203.0.113.7")], [101, 101]);
    const sse = await fetch(`${program.url}/sse`, {
      headers: { "x-forwarded-for": "203.0.113.7" },
    });
    assert.equal(sse.status, 429);
    await sse.body?.cancel();
    assert.deepEqual([await status("garbage"), await status("<>"), await status("")], [
      ...[101, 101, 429],
    ], "who cannot be told are one");
    for (let count = 0; count < 4; count++) assert.equal(await status(), 101, "this machine's own");
    assert.equal((await stats(program))["refused_connections"], 3);
  });

  test("connects a second, of one address and in all", async () => {
    await using program = await start({
      ...PROXIED,
      APP_RATE_CONNECTS_IP: "1/3",
      APP_RATE_CONNECTS: "1/12",
    });
    const untilRefused = async (from?: string) => {
      for (let accepted = 0; accepted < 40; accepted++) {
        using answer = await knock(program.port, { from });
        if (answer.status === 101) continue;
        assert.equal(answer.status, 429);
        assert.equal(answer.json()["code"], "rate_limited");
        assert.match(answer.text, /\r\nretry-after: 1\r\n/i);
        return accepted;
      }
      throw new Error(`${from} was never refused`);
    };
    assert.ok(await untilRefused("203.0.113.7") >= 3);
    assert.ok(await untilRefused("203.0.113.8") >= 3, "another address has its own");
    assert.ok(await untilRefused() > 3, "this machine's own have the limit over all alone");
    assert.ok(Number((await stats(program))["refused_rate"]) >= 3);
  });

  test("connections of one user", async () => {
    await using program = await start({ APP_LIMIT_CONNECTIONS_USER: "2" });
    const { webSocketUrl: url } = program;
    await using first = await TestClient.join(url, { user: 1, room: "lobby" });
    await using second = await TestClient.connectV2(url);
    await second.command("connect", { user_id: "1" });
    await using third = await TestClient.connectV2(url);
    third.send({ type: "connect", ref: 1, user_id: 1 });
    assert.partialDeepStrictEqual((await third.get("reply"))[0], { code: "too_many_connections" });
    assert.equal((await third.waitClosed()).code, 3012);
    await using plain = await TestClient.connect(url);
    plain.send({ type: "keepalive", user_id: 1, room: "lobby" });
    assert.equal((await plain.waitClosed()).code, 3012);
    assert.equal((await plain.get("error"))[0]?.["code"], "too_many_connections");
    await using other = await TestClient.join(url, { user: 2, room: "lobby" });
    await first.close();
    await waitFor("there is a place again", async () => {
      await using again = await TestClient.connectV2(url);
      return await again.command("connect", { user_id: 1 }).catch(() => undefined);
    });
    await Promise.all([second.settled(), other.settled()]);
    assert.ok(Number((await stats(program))["refused_connections"]) >= 2);
  });

  test("time to say who one is", async () => {
    await using program = await start({ APP_AUTH_SECONDS: "3" });
    const who = { user_id: "1", room: "lobby" };
    await using known = await TestClient.connect(program.webSocketUrl, who);
    await using silent = await TestClient.connect(program.webSocketUrl);
    await silent.settled(); // which says nothing of who it is
    const stream = await (await fetch(`${program.url}/sse`)).text();
    assert.match(stream, /event: close\ndata: {"code":3013,/);
    assert.equal((await silent.waitClosed()).code, 3013);
    await known.settled();
    assert.equal((await stats(program))["dropped_unidentified"], 2);
  });

  test("addresses that are denied", async () => {
    await using program = await start({
      ...PROXIED,
      APP_DENY_IPS: "203.0.113.0/24, 2001:db8::/32",
    });
    for (
      const from of ["203.0.113.9", "::ffff:203.0.113.9", "2001:db8::9", "1.1.1.1, 203.0.113.9"]
    ) {
      using refused = await knock(program.port, { from });
      assert.equal(refused.status, 403, from);
      assert.equal(refused.json()["code"], "address_denied");
    }
    for (const path of ["/healthz", "/", "/sse?user_id=1"]) {
      const answer = await fetch(`${program.url}${path}`, {
        headers: { "x-forwarded-for": "203.0.113.9" },
      });
      assert.equal(answer.status, 403, path);
      assert.equal((await answer.json()).code, "address_denied");
    }
    for (const from of ["203.0.112.9", "203.0.113.9, 198.51.100.1", undefined]) {
      using accepted = await knock(program.port, { from });
      assert.equal(accepted.status, 101, String(from));
    }
    assert.equal((await stats(program))["refused_address"], 7);
  });

  test("addresses that are not allowed", async () => {
    await using program = await start({ ...PROXIED, APP_ALLOW_IPS: "198.51.100.0/24,127.0.0.1" });
    const statuses = await Promise.all(
      ["198.51.100.7", undefined, "203.0.113.9", "garbage"].map(async (from) => {
        using answer = await knock(program.port, { from });
        return answer.status;
      }),
    );
    assert.deepEqual(statuses, [101, 101, 403, 403]);
    assert.equal((await stats(program))["refused_address"], 2);
  });

  test("nobody but a trusted proxy says whom it speaks for", async () => {
    await using program = await start({
      ...PROXIED,
      APP_TRUSTED_PROXIES: "192.0.2.1",
      APP_DENY_IPS: "203.0.113.9",
    });
    using accepted = await knock(program.port, { from: "203.0.113.9" });
    assert.equal(accepted.status, 101);
  });

  test("notifications that one caller sends", async () => {
    await using program = await start({ APP_RATE_PUBLISH: "1/3" });
    for (let sent = 0;; sent++) {
      const answer = await fetch(`${program.url}/api/users/1/notifications`, {
        method: "POST",
        body: "Hello!",
      });
      const body = await answer.json();
      if (answer.status === 201 && sent < 40) continue;
      assert.deepEqual([answer.status, body.code], [429, "rate_limited"]);
      assert.ok(body.retry_after_ms > 0 && body.retry_after_ms <= 1000);
      assert.equal(answer.headers.get("retry-after"), "1");
      assert.ok(sent >= 3);
      break;
    }
    assert.deepEqual(
      Object.entries(await stats(program)).filter(([name]) => name === "refused_rate"),
      [["refused_rate", 1]],
    );
  });

  test("length and characters of names, messages and bodies, and rooms of a client", async () => {
    await using program = await start({
      APP_LIMIT_NAME: "4",
      APP_LIMIT_ROOM: "5",
      APP_LIMIT_USER_ID: "3",
      APP_LIMIT_MESSAGE: "6",
      APP_LIMIT_ROOMS: "1",
      APP_LIMIT_FRAME: "1000",
    });
    await using client = await TestClient.connect(program.webSocketUrl);
    const good = {
      type: "usermsg",
      user_id: "abc",
      room: "lobby",
      name: "Anna",
      message: "Hello!",
    };
    client.send(good);
    assert.equal((await client.get("usermsg"))[0]?.["name"], "Anna");
    const bad: [fields: Frame, code: string][] = [
      [{ user_id: "abcd" }, "too_long"],
      [{ room: "lobby1" }, "too_long"],
      [{ name: "Annas" }, "too_long"],
      [{ message: "Hello!!" }, "too_long"],
      [{ name: "A\nna" }, "invalid_field"],
      [{ room: "a\u0000" }, "invalid_field"],
      [{ room: "two" }, "too_many_rooms"],
    ];
    for (const [fields] of bad) client.send({ ...good, ...fields });
    const errors = await client.get("error", bad.length);
    assert.deepEqual(errors.map(({ code }) => code), bad.map(([, code]) => code));
    const tooLong = await fetch(`${program.url}/api/notifications`, {
      method: "POST",
      body: "x".repeat(1001),
    });
    assert.deepEqual([tooLong.status, (await tooLong.json()).code], [413, "too_long"]);
    const { refused_too_long, refused_invalid, refused_rooms } = await stats(program);
    assert.deepEqual([refused_too_long, refused_invalid, refused_rooms], [5, 2, 1]);
  });

  test("bytes of a frame", async () => {
    await using program = await start({ APP_LIMIT_FRAME: "1000" });
    await using client = await TestClient.connect(program.webSocketUrl);
    const padded = (length: number) => `{"type":"ping"}${" ".repeat(length - 15)}`;
    client.sendRaw(padded(1000));
    await client.get("pong");
    client.sendRaw(padded(1001));
    await client.waitClosed();
    await waitFor("it is counted", async () => (await stats(program))["dropped_too_big"] === 1);
  });

  test("time of a request's body", async () => {
    await using program = await start({ APP_REQUEST_SECONDS: "1" });
    const bodies: [header: string, more: string][] = [
      ["Content-Length: 1000", "x"],
      ["Transfer-Encoding: chunked", "1\r\nx\r\n"],
    ];
    const paths = ["/api/notifications", "/api/users/1/notifications", `/sse/${"x".repeat(22)}`];
    const answers = await Promise.all(
      paths.flatMap((path) =>
        bodies.map(([header, more]) =>
          slowRequest(
            program.port,
            `POST ${path} HTTP/1.1\r\nHost: 127.0.0.1:${program.port}\r\n${header}\r\n\r\n`,
            more,
          )
        )
      ),
    );
    assert.deepEqual(answers.map((answer) => answer.slice(9, 12)), Array(6).fill("408"));
    const { refused_too_slow } = await stats(program);
    // `node:http` may be the first to see it.
    assert.ok(refused_too_slow === 6 || listener === "node");
    assert.deepEqual(program.errors, []);
  });

  test("pages of other sites, by every way to connect", async () => {
    await using program = await start();
    const headers = { origin: "https://evil.example" };
    for (const protocol of [undefined, "notifyli.v2"]) {
      using refused = await knock(program.port, {
        headers: protocol === undefined
          ? headers
          : { ...headers, "sec-websocket-protocol": protocol },
      });
      assert.equal(refused.status, 403);
      assert.equal(refused.json()["code"], "forbidden");
    }
    const session = "x".repeat(22);
    for (
      const [path, method] of [["/sse", "GET"], ["/sse?user_id=1", "GET"], [
        `/sse/${session}`,
        "POST",
      ]]
    ) {
      const answer = await fetch(`${program.url}${path}`, { method, headers });
      assert.equal(answer.status, 403, String(path));
      await answer.body?.cancel();
    }
    assert.equal((await stats(program))["refused_forbidden"], 5);
  });
}

Deno.test("docs/limits.md: its tables are of the code", async () => {
  const page = await Deno.readTextFile(`${ROOT}docs/limits.md`);
  const rows = ["connections", "messages", "kept", "requests"].flatMap((name) => {
    const lines = page.split(`<!-- table: ${name} -->`)[1]?.trim().split("\n") ?? [];
    const end = lines.findIndex((line) => !line.startsWith("|"));
    return lines.slice(2, end).map((line) => line.split("|").map((cell) => cell.trim()));
  });
  assert.ok(rows.length > 20);
  await using server = await startHere();
  const counters = server.metrics.values();
  const plain = (cell = "") => cell.replaceAll("`", "");
  for (const [, limit, setting, value, , code, counter] of rows) {
    if (setting !== "") {
      assert.equal(plain(value), KNOWN.get(plain(setting))?.default, String(limit));
    }
    if (/^\d{4}$/.test(code ?? "")) {
      assert.ok(
        Object.values(DISCONNECTS).some((each) => String(each.code) === code),
        String(code),
      );
    } else if (code?.startsWith("`")) assert.ok(plain(code) in ERRORS, code);
    if (counter !== "") assert.ok(plain(counter) in counters, String(counter));
  }
  const named = new Set(rows.map(([, , setting]) => plain(setting)));
  const missing = KNOWN.names.filter((name) => /^APP_(LIMIT|RATE)_/.test(name))
    .filter((name) => !named.has(name));
  assert.deepEqual(missing, []);
});

Deno.test("limits on the node listener: time and size of a request's headers, time of its body", async () => {
  await using program = await Program.start({
    env: {
      APP_LISTENER: "node",
      APP_HEADERS_SECONDS: "1",
      APP_REQUEST_SECONDS: "2",
      APP_LIMIT_HEADERS: "4096",
    },
  });
  const host = `Host: 127.0.0.1:${program.port}`;
  const answers = await Promise.all([
    slowRequest(program.port, `GET /healthz HTTP/1.1\r\n${host}\r\n`, "X-More: x\r\n"),
    slowRequest(
      program.port,
      `POST /api/notifications HTTP/1.1\r\n${host}\r\nContent-Length: 1000\r\n\r\n`,
      "x",
    ),
  ]);
  assert.deepEqual(answers.map((answer) => answer.slice(9, 12)), ["408", "408"]);
  const withHeader = (length: number) =>
    rawRequest(program.port, ["GET /healthz HTTP/1.1", host, `X-Long: ${"x".repeat(length)}`]);
  assert.equal((await withHeader(3900)).status, 200);
  assert.equal((await withHeader(4096)).status, 431);
  assert.deepEqual(program.errors, []);
});

Deno.test("limits on the deno listener: a connection that cannot be dropped has its place until it ends", async () => {
  await using program = await Program.start({
    env: {
      APP_LISTENER: "deno",
      APP_LIMIT_CONNECTIONS: "2",
      APP_LIMIT_FRAME: "20000",
      APP_LIMIT_QUEUE: "off",
      APP_RATE_MESSAGES: "off",
      APP_RATE_MESSAGES_USER: "off",
      APP_KEEPALIVE_SECONDS: "3",
    },
  });
  await using speaker = await TestClient.join(program.webSocketUrl, { user: 1, room: "lobby" });
  const keepsPlaceUntil = async (end: () => void) => {
    const answer = await knock(program.port);
    answer[Symbol.dispose]();
    assert.equal(answer.status, 429);
    end();
    await waitFor("there is a place again", async () => {
      using next = await knock(program.port);
      return next.status === 101;
    });
    await waitFor("it is free", async () => (await stats(program))["clients"] === 1);
  };

  const big = await RawSocket.open(program.port, "/ws?user_id=2&room=lobby");
  await big.write(textFrame("x".repeat(20_001)));
  await waitFor("it is counted", async () => (await stats(program))["dropped_too_big"] === 1);
  assert.equal((await stats(program))["clients"], 1);
  await keepsPlaceUntil(() => big[Symbol.dispose]());

  const deaf = await rawSocket(program.port, "/ws?user_id=3&room=lobby");
  const message = { type: "usermsg", user_id: 1, room: "lobby", message: "x".repeat(9900) };
  for (let count = 0; count < 1500; count++) speaker.send(message);
  await waitFor("it is given up", async () => (await stats(program))["dropped_stalled"] === 1);
  await keepsPlaceUntil(() => deaf.close());
});

Deno.test("limits on the node listener: connections that are not yet clients", async () => {
  await using program = await Program.start({
    env: { APP_LISTENER: "node", APP_LIMIT_CONNECTIONS: "1", APP_HEADERS_SECONDS: "60" },
  });
  const open = await Promise.all(
    Array.from({ length: 1001 }, () => Deno.connect({ hostname: "127.0.0.1", port: program.port })),
  );
  using late = await Deno.connect({ hostname: "127.0.0.1", port: program.port });
  assert.equal(await late.read(new Uint8Array(1)).catch(() => null), null, "it is dropped at once");
  for (const connection of open) connection.close();
  await waitFor("there is a place again", async () => {
    const answer = await fetch(`${program.url}/healthz`);
    await answer.body?.cancel();
    return answer.ok;
  });
});

function pings(count: number): Frame[] {
  return Array.from({ length: count }, (_, index) => ({ type: "ping", ref: index + 1 }));
}

function lines(frames: readonly Frame[]): string {
  return frames.map((frame) => JSON.stringify(frame)).join("\n");
}

/** The codes of the replies that refuse. */
function codes(replies: readonly Frame[]): unknown[] {
  return replies.filter(({ success }) => success === false).map(({ code }) => code);
}

async function stats(program: Program): Promise<Record<string, number>> {
  return await (await fetch(`${program.url}/api/stats`)).json();
}

/** Begins a request, and adds a little again and again until there is an answer; resolves with its head. */
async function slowRequest(port: number, start: string, more: string): Promise<string> {
  using connection = await Deno.connect({ hostname: "127.0.0.1", port });
  const encoder = new TextEncoder();
  await connection.write(encoder.encode(start));
  const trickle = setInterval(() => {
    connection.write(encoder.encode(more)).catch(() => clearInterval(trickle));
  }, 100);
  const decoder = new TextDecoder();
  const buffer = new Uint8Array(4096);
  let text = "";
  try {
    for (;;) {
      const length = await connection.read(buffer).catch(() => null);
      if (length === null) return text;
      text += decoder.decode(buffer.subarray(0, length));
      if (text.includes("\r\n\r\n")) return text;
    }
  } finally {
    clearInterval(trickle);
  }
}
