/**
 * One socket that sends as fast as it can: each frame costs it something, whatever is in it, and others have their turns
 * meanwhile. How long they wait is measured by `deno task bench --only floods`.
 */
import assert from "node:assert/strict";
import { pause } from "../../lib/base/clock.ts";
import { MAX_LINES } from "../../lib/core/frame_queue.ts";
import { Program } from "../support/program.ts";
import { RawSocket, rawSocket } from "../support/raw_socket.ts";
import { RedisServer } from "../support/redis.ts";
import { TestClient } from "../support/test_client.ts";
import { APP_KEY } from "../support/tokens.ts";
import { waitFor } from "../support/wait.ts";
import { close, join, OPCODES, text, wireFrame } from "../support/wire_frame.ts";

const MIB = 1_048_576;
const V2 = "Sec-WebSocket-Protocol: notifyli.v2\r\n";
const UNLIMITED = { APP_RATE_MESSAGES: "off", APP_RATE_MESSAGES_USER: "off" };

interface Flood {
  readonly name: string;
  readonly frame: Uint8Array<ArrayBuffer>;
  /** @default 2 */
  readonly version?: 1 | 2;
  /** What the connection may send at once, and as much again that is refused, and more. @default 5000 */
  readonly frames?: number;
  /** The runtime answers it by itself and tells of nothing. */
  readonly isHidden?: boolean;
}

const FLOODS: readonly Flood[] = [
  { name: "empty texts", frame: text("") },
  { name: "empty binary messages", frame: wireFrame({ opcode: OPCODES.binary }) },
  { name: "line breaks", frame: text("\n".repeat(900)), frames: 10 },
  { name: "more lines than may wait", frame: text("\n".repeat(60_000)), frames: 1 },
  { name: "pongs that nobody asked for", frame: wireFrame({ opcode: OPCODES.pong }) },
  { name: "pings", frame: wireFrame({ opcode: OPCODES.ping }), isHidden: true },
  { name: "no JSON", frame: text("x") },
  { name: "objects without a type", frame: text("{}") },
  { name: "commands", frame: text('{"type":"ping"}') },
  { name: "empty texts of version 1", frame: text(""), version: 1 },
  {
    name: "binary messages of version 1",
    frame: wireFrame({ opcode: OPCODES.binary, payload: "x" }),
    version: 1,
  },
  { name: "keepalives of nobody", frame: text('{"type":"keepalive"}'), version: 1 },
];

for (const listener of ["deno", "node"] as const) {
  for (const { name, frame, version = 2, frames = 5000, isHidden } of FLOODS) {
    if (isHidden && listener === "deno") continue; // docs/listeners.md says so
    Deno.test(`${listener} listener: ${name} cost their sender the connection`, async () => {
      await using program = await Program.start({ env: { APP_LISTENER: listener } });
      await using healthy = await TestClient.connect(program.webSocketUrl);
      using socket = await RawSocket.open(program.port, "/ws", version === 2 ? V2 : "");
      await socket.write(repeated(frame, frames)).catch(() => {}); // cut off
      assert.match(await endOf(socket), /^(close 3010|end)$/);
      await waitFor("it has gone", async () => (await stats(program))["clients"] === 1);
      assert.equal((await stats(program))["dropped_flood"], 1);
      await healthy.settled();
      assert.deepEqual(program.errors, []);
    });
  }

  Deno.test(`${listener} listener: what comes behind its own close is not read`, async () => {
    await using program = await Program.start({ env: { APP_LISTENER: listener } });
    using socket = await rawSocket(program.port, "/ws", V2);
    const flood = repeated(text(""), 100_000);
    let sent = 0;
    try {
      for (; sent < 256 * MIB; sent += flood.length) await socket.write(flood);
    } catch {
      // cut off
    }
    assert.ok(sent < 256 * MIB, "all was taken");
    assert.equal((await stats(program))["dropped_flood"], 1);
  });

  Deno.test(`${listener} listener: who proves nothing and pings without end is gone soon after its time`, async () => {
    const env = { APP_LISTENER: listener, APP_KEY, APP_AUTH_SECONDS: "1", ...UNLIMITED };
    await using program = await Program.start({ env });
    using socket = await RawSocket.open(program.port, "/ws", V2);
    const pings = repeated(wireFrame({ opcode: OPCODES.ping }), 100);
    const reading = endOf(socket);
    const ended = await waitFor(
      "the server has ended it",
      () => socket.write(pings).then(() => false, () => true),
    );
    assert.ok(ended);
    assert.match(await reading, /^(close 3013|end)$/);
  });

  Deno.test(`${listener} listener: who has much to be worked on leaves others their turns`, async () => {
    await using program = await Program.start({ env: { APP_LISTENER: listener, ...UNLIMITED } });
    await using healthy = await TestClient.join(program.webSocketUrl, { user: 1, room: "lobby" });
    using busy = await RawSocket.open(program.port, "/ws?user_id=2&room=lobby");
    const count = 30_000;
    const said = { type: "usermsg", user_id: 2, room: "lobby", message: "busy" };
    const writing = busy.write(repeated(text(JSON.stringify(said)), count));
    await healthy.get("usermsg"); // it is at work, and has most before it
    healthy.send({ type: "usermsg", user_id: 1, room: "lobby", message: "healthy" });
    await writing;
    const heard = await healthy.get("usermsg", count + 1);
    const at = heard.findIndex(({ message }) => message === "healthy");
    assert.ok(at < count, "it was the last that was worked on");
  });

  Deno.test(`${listener} listener: what is said at once is heard whole and in order, also by who goes at once`, async () => {
    await using program = await Program.start({ env: { APP_LISTENER: listener, ...UNLIMITED } });
    await using listening = await TestClient.join(program.webSocketUrl, { user: 1, room: "lobby" });
    using socket = await RawSocket.open(program.port);
    const messages = Array.from({ length: 3000 }, (_, index) => `m${index}`);
    const frames = messages.map((message) =>
      text(JSON.stringify({ type: "usermsg", user_id: 2, room: "lobby", message }))
    );
    await socket.write(join([...frames, close(1000)]));
    const heard = await listening.get("usermsg", messages.length);
    assert.deepEqual(heard.map(({ message }) => message), messages);
  });

  Deno.test(`${listener} listener: who hangs up behind a close is heard whole`, async () => {
    await using program = await Program.start({ env: { APP_LISTENER: listener, ...UNLIMITED } });
    await using listening = await TestClient.join(program.webSocketUrl, { user: 1, room: "lobby" });
    const messages = [100, 500, 1000].flatMap((count) =>
      Array.from({ length: count }, (_, index) => `${count}: ${index}`)
    );
    for (const count of [100, 500, 1000]) {
      const own = messages.filter((message) => message.startsWith(`${count}:`));
      using socket = await RawSocket.open(program.port);
      await socket.write(join([...own.map(said), close(1000)]));
      await socket.hangUp();
      assert.equal(await endOf(socket), "close 1000");
    }
    await waitFor("they have gone", async () => (await stats(program))["clients"] === 1);
    await listening.settled();
    assert.deepEqual(listening.ofType("usermsg").map(({ message }) => message), messages);
  });

  Deno.test(`${listener} listener: who waits for a slow store is not silent`, async () => {
    await using redis = await RedisServer.start();
    const env = { ...redis.env, APP_LISTENER: listener, APP_KEEPALIVE_SECONDS: "2", ...UNLIMITED };
    await using program = await Program.start({ env });
    await program.hearsRedis();
    await using client = await TestClient.connectV2(program.webSocketUrl);
    await client.command("connect", { user_id: 1 });
    await client.command("subscribe", { room: "lobby" });
    redis.signal("SIGSTOP");
    const refs = Array.from({ length: 100 }, (_, index) => `publish ${index}`);
    for (const ref of refs) client.send({ type: "publish", room: "lobby", message: "-", ref });
    await pause(6000);
    redis.signal("SIGCONT");
    await waitFor("all are answered", () => client.closed ?? answersTo(client).length === 100);
    assert.deepEqual(answersTo(client), refs);
    await pause(4500); // and it is pinged again
    await client.settled();
  });

  Deno.test(`${listener} listener: as many lines as may wait are worked on, in one message`, async () => {
    await using program = await Program.start({ env: { APP_LISTENER: listener, ...UNLIMITED } });
    await using client = await TestClient.connectV2(program.webSocketUrl);
    client.sendRaw('{"type":"ping","ref":1}\n'.repeat(MAX_LINES));
    await client.get("reply", MAX_LINES);
    client.sendRaw('{"type":"ping","ref":1}\n'.repeat(MAX_LINES + 1));
    assert.equal((await client.waitClosed()).code, 3010);
  });
}

Deno.test("node listener: pongs that answer the server's pings are no frames of the client", async () => {
  await using program = await Program.start({
    env: { APP_LISTENER: "node", APP_RATE_MESSAGES: "1/5" },
  });
  await using client = await TestClient.connectV2(program.webSocketUrl);
  await client.command("connect", { user_id: 1 });
  for (let count = 1; count <= 30; count++) {
    await fetch(`${program.url}/api/users/1/notifications`, { method: "POST", body: "hello" })
      .then((response) => response.body?.cancel());
    await client.get("direct_message", count);
  }
  assert.equal((await stats(program))["refused_rate"], 0);
  assert.equal(client.closed, undefined);
});

Deno.test("node listener: who hangs up without a close is heard whole", async () => {
  await using program = await Program.start({ env: { APP_LISTENER: "node", ...UNLIMITED } });
  await using listening = await TestClient.join(program.webSocketUrl, { user: 1, room: "lobby" });
  const messages = Array.from({ length: 3000 }, (_, index) => `m${index}`);
  using socket = await RawSocket.open(program.port);
  await socket.write(join(messages.map(said)));
  await socket.hangUp();
  assert.equal(await endOf(socket), "end");
  const heard = await listening.get("usermsg", messages.length);
  assert.deepEqual(heard.map(({ message }) => message), messages);
});

Deno.test("node listener: a large message may come in as many fragments as it takes", async () => {
  const env = { APP_LISTENER: "node", APP_LIMIT_FRAME: String(4 * MIB) };
  await using program = await Program.start({ env });
  using socket = await RawSocket.open(program.port, "/ws", V2);
  const command = JSON.stringify({ type: "ping", ref: 1, padding: "x".repeat(3 * MIB) });
  const pieces = command.match(/.{1,8192}/g) ?? [];
  const frames = pieces.map((payload, index) =>
    wireFrame({
      opcode: index === 0 ? OPCODES.text : OPCODES.continuation,
      fin: index === pieces.length - 1,
      payload,
    })
  );
  await socket.write(join(frames));
  const frame = await socket.read();
  assert.ok(typeof frame !== "string" && frame.opcode === OPCODES.text, String(frame));
  assert.match(new TextDecoder().decode(frame.payload), /"success":true/);
});

Deno.test("node listener: a message in more fragments than anyone needs ends the connection", async () => {
  await using program = await Program.start({ env: { APP_LISTENER: "node" } });
  using socket = await RawSocket.open(program.port);
  await socket.write(wireFrame({ opcode: OPCODES.text, fin: false }));
  const empty = wireFrame({ opcode: OPCODES.continuation, fin: false });
  await socket.write(repeated(empty, 200)).catch(() => {});
  assert.equal(await endOf(socket), "close 1008");
});

/** A message of version 1 in the lobby. */
function said(message: string): Uint8Array<ArrayBuffer> {
  return text(JSON.stringify({ type: "usermsg", user_id: 2, room: "lobby", message }));
}

/** To which publishes it has answers, in their order. */
function answersTo(client: TestClient): unknown[] {
  return client.ofType("reply").map(({ ref }) => ref).filter((ref) =>
    /^publish /.test(String(ref))
  );
}

/** How the server ends the connection: by which code, or by no word. */
async function endOf(socket: RawSocket): Promise<string> {
  for (;;) {
    const frame = await socket.read();
    if (typeof frame === "string") return frame;
    if (frame.opcode !== OPCODES.close) continue;
    return `close ${new DataView(frame.payload.slice().buffer).getUint16(0)}`;
  }
}

function repeated(frame: Uint8Array, times: number): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(frame.length * times);
  for (let count = 0; count < times; count++) whole.set(frame, count * frame.length);
  return whole;
}

async function stats(program: Program): Promise<Record<string, number>> {
  return await (await fetch(`${program.url}/api/stats`)).json();
}
