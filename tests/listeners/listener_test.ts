/** The suite both listeners are held to, against the running program. */
import assert from "node:assert/strict";
import { rawSocket, UPGRADE } from "../support/raw_socket.ts";
import { Program } from "../support/program.ts";
import { type Frame, TestClient } from "../support/test_client.ts";
import { waitFor } from "../support/wait.ts";

for (const listener of ["deno", "node"]) {
  const start = (env: Record<string, string> = {}) =>
    Program.start({ env: { APP_LISTENER: listener, ...env } });

  Deno.test(`${listener} listener: what is said in a room goes to all in it, the sender too`, async () => {
    await using program = await start();
    await using alice = await TestClient.join(program.webSocketUrl, { user: 1, room: "lobby" });
    await using bob = await TestClient.join(program.webSocketUrl, { user: 2, room: "lobby" });
    await using eve = await TestClient.join(program.webSocketUrl, { user: 3, room: "elsewhere" });
    alice.send({ type: "usermsg", user_id: 1, room: "lobby", message: "Grüß Gott 🎉", name: "A" });
    for (const client of [alice, bob]) {
      const [frame] = await client.get("usermsg");
      assert.equal(frame?.["message"], "Grüß Gott 🎉");
      assert.equal(frame?.["user_id"], 1);
    }
    await eve.settled();
    assert.equal(eve.ofType("usermsg").length, 0);
  });

  Deno.test(`${listener} listener: keeps the order of many messages, of every length`, async () => {
    await using program = await start();
    await using alice = await TestClient.join(program.webSocketUrl, { user: 1, room: "lobby" });
    await using bob = await TestClient.join(program.webSocketUrl, { user: 2, room: "lobby" });
    const lengths = [1, 50, 125, 126, 127, 200, 4000, 9990];
    const messages = Array.from(
      { length: 400 },
      (_, index) => `${index} ${"ä".repeat(lengths[index % lengths.length] ?? 1)}`,
    );
    for (const message of messages) {
      alice.send({ type: "usermsg", user_id: 1, room: "lobby", message });
    }
    const frames = await bob.get("usermsg", messages.length);
    assert.deepEqual(frames.map((frame) => frame["message"]), messages);
  });

  Deno.test(`${listener} listener: a long frame whose payload needs the 64-bit length comes whole`, async () => {
    await using program = await start({ APP_LIMIT_MESSAGE: "off", APP_LIMIT_FRAME: "off" });
    await using alice = await TestClient.join(program.webSocketUrl, { user: 1, room: "lobby" });
    const message = "x".repeat(200_000);
    alice.send({ type: "usermsg", user_id: 1, room: "lobby", message });
    const [frame] = await alice.get("usermsg");
    assert.equal(frame?.["message"], message);
  });

  Deno.test(`${listener} listener: joins at once by the query, and says what is wrong with one`, async () => {
    await using program = await start();
    await using alice = await TestClient.connect(program.webSocketUrl, {
      user_id: "123",
      room: "lobby",
      name: "Alice",
    });
    alice.send({ type: "presence", room: "lobby" });
    const [presence] = await alice.get("presence");
    assert.partialDeepStrictEqual(presence, { users: [{ user_id: 123, name: "Alice" }] });

    await using bad = await TestClient.connect(program.webSocketUrl, { user_id: "1", room: "" });
    const [error] = await bad.get("error");
    assert.equal(error?.["code"], "missing_field");
    assert.equal(error?.["field"], "room");
    await bad.settled();
  });

  Deno.test(`${listener} listener: a binary message is an error, and the connection lives`, async () => {
    await using program = await start();
    await using client = await TestClient.connect(program.webSocketUrl);
    client.sendRaw(new Uint8Array([1, 2, 3]));
    const [error] = await client.get("error");
    assert.equal(error?.["code"], "invalid_frame");
    await client.settled();
  });

  Deno.test(`${listener} listener: a frame over the limit ends the connection, others live`, async () => {
    await using program = await start({ APP_LIMIT_FRAME: "1000" });
    await using other = await TestClient.connect(program.webSocketUrl);
    const client = await TestClient.connect(program.webSocketUrl);
    client.sendRaw(JSON.stringify({ type: "ping", padding: "x".repeat(1000) }));
    const { code } = await client.waitClosed();
    // ws refuses it by its announced length; Deno's server has received it by then.
    assert.equal(code, listener === "node" ? 1009 : 3509);
    await other.settled();
  });

  Deno.test(`${listener} listener: refuses an upgrade elsewhere than /ws`, async () => {
    await using program = await start();
    const response = await rawUpgrade(program.port, "/elsewhere");
    assert.match(response, /^HTTP\/1\.1 404 /);
    assert.match(response, /it is at \/ws/);
  });

  Deno.test(`${listener} listener: takes no upgrade but by GET, and is unharmed by others`, async () => {
    await using program = await start();
    for (const method of ["TRACE", "POST", "CONNECT"]) {
      using connection = await Deno.connect({ hostname: "127.0.0.1", port: program.port });
      const request = `${method} /ws HTTP/1.1\r\nHost: 127.0.0.1\r\n${UPGRADE}\r\n`;
      await connection.write(new TextEncoder().encode(request));
      const answer = new Uint8Array(12);
      await connection.read(answer);
      assert.notEqual(new TextDecoder().decode(answer), "HTTP/1.1 101", method);
    }
    await using client = await TestClient.connect(program.webSocketUrl);
    await client.settled();
    assert.deepEqual(program.errors, []);
  });

  Deno.test(`${listener} listener: a page of another site may connect only if it is named`, async () => {
    await using program = await start({ APP_ALLOWED_ORIGINS: "https://shop.example" });
    const status = async (origin: string) => {
      const answer = await rawUpgrade(program.port, "/ws", `Origin: ${origin}\r\n`);
      return answer.slice(9, 12);
    };
    assert.equal(await status("https://evil.example"), "403");
    assert.equal(await status("https://shop.example.evil.example"), "403");
    assert.equal(await status("null"), "403");
    assert.equal(await status("https://shop.example"), "101");
    assert.equal(await status(`http://127.0.0.1:${program.port}`), "101");
  });

  Deno.test(`${listener} listener: peers that vanished are noticed and their presence removed, and who answers stays`, async () => {
    // Alice, too, has so long for each answer, also on a busy machine.
    await using program = await start({ APP_KEEPALIVE_SECONDS: "3" });
    await using alice = await TestClient.join(program.webSocketUrl, { user: 1, room: "lobby" });
    alice.send({ type: "presence", room: "lobby" }); // from now on she is told who comes and goes
    await alice.get("presence");
    // One after the other, so that Alice has to answer several pings until the last one is gone.
    for (const [before, user] of [2, 3].entries()) {
      // A socket that upgrades and then never answers, as one whose network is gone.
      using silent = await rawSocket(
        program.port,
        `/ws?user_id=${user}&room=lobby&name=Silent`,
      );
      for (const what of ["join", "leave"]) {
        const frame = (await alice.get(what, before + 1)).at(-1);
        assert.partialDeepStrictEqual(frame, { user_id: user, name: "Silent" }, what);
      }
      assert.ok(silent);
    }
    alice.send({ type: "presence", room: "lobby" });
    const [, presence] = await alice.get("presence", 2);
    assert.deepEqual((presence?.["users"] as Frame[]).map(({ user_id }) => user_id), [1]);
  });

  Deno.test(`${listener} listener: a peer that stopped reading is dropped, and the others unharmed`, async () => {
    await using program = await start({ APP_LIMIT_QUEUE: "100000" });
    await using alice = await TestClient.join(program.webSocketUrl, { user: 1, room: "lobby" });
    using stuck = await rawSocket(program.port, "/ws?user_id=2&room=lobby&name=Stuck");
    await waitFor("the stuck one is in", async () => (await stats(program))["clients"] === 2);
    let sent = 0;
    await waitFor("the stuck one is dropped", async () => {
      for (let each = 0; each < 50; each++) {
        alice.send({ type: "usermsg", user_id: 1, room: "lobby", message: "x".repeat(9000) });
        sent++;
      }
      await alice.settled();
      return (await stats(program))["dropped_slow"] === 1;
    });
    await alice.get("usermsg", sent);
    assert.equal((await stats(program))["clients"], 1);
    assert.ok(stuck);
  });

  Deno.test(`${listener} listener: SIGTERM tells clients to come back, and the program exits 0`, async () => {
    await using program = await start();
    const client = await TestClient.join(program.webSocketUrl, { user: 1, room: "lobby" });
    program.kill("SIGTERM");
    assert.deepEqual(await client.waitClosed(), { code: 3001, reason: "server is shutting down" });
    assert.equal((await program.ended()).code, 0);
  });

  Deno.test(`${listener} listener: SIGINT with a peer that stopped reading exits 0 by the deadline`, async () => {
    await using program = await start({ APP_SHUTDOWN_SECONDS: "2", APP_LIMIT_QUEUE: "off" });
    await using alice = await TestClient.join(program.webSocketUrl, { user: 1, room: "lobby" });
    using stuck = await rawSocket(program.port, "/ws?user_id=2&room=lobby&name=Stuck");
    await waitFor("the stuck one is in", async () => (await stats(program))["clients"] === 2);
    for (let each = 0; each < 1000; each++) {
      alice.send({ type: "usermsg", user_id: 1, room: "lobby", message: "x".repeat(9000) });
    }
    await alice.settled();
    program.kill("SIGINT");
    const status = await program.ended();
    assert.equal(status.code, 0);
    assert.equal(status.signal, null);
    assert.ok(stuck);
  });
}

async function stats(program: Program): Promise<Record<string, number>> {
  return await (await fetch(`${program.url}/api/stats`)).json();
}

/** The server's answer to an upgrade, at least its head. */
async function rawUpgrade(port: number, path: string, headers = ""): Promise<string> {
  using connection = await Deno.connect({ hostname: "127.0.0.1", port });
  const request = `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n${headers}${UPGRADE}\r\n`;
  await connection.write(new TextEncoder().encode(request));
  const buffer = new Uint8Array(4096);
  let text = "";
  while (!/\r\n\r\n/.test(text) || text.startsWith("HTTP/1.1 404") && !text.includes("/ws")) {
    const length = await connection.read(buffer);
    if (length === null) break;
    text += new TextDecoder().decode(buffer.subarray(0, length));
  }
  return text;
}
