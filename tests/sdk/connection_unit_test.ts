/** The library's connection with a clock and sockets of the test's own: pauses, servers in turn, pings, ends. */
import assert from "node:assert/strict";
import { mayReconnect } from "../../lib/base/close_codes.ts";
import { connect } from "../../lib/sdk/mod.ts";
import { connectData, start } from "../support/client_world.ts";

Deno.test("connect() introduces itself in protocol version 2, and is online when the server says so", () => {
  const world = start();
  assert.equal(world.socket.url, "ws://one.test/ws");
  assert.deepEqual(world.socket.protocols, ["notifyli.v2"]);
  world.socket.open();
  assert.deepEqual(world.socket.sent, [{ type: "connect", user_id: 123, name: "Alice", ref: 1 }]);
  assert.equal(world.client.state.kind, "connecting");
  world.socket.reply("connect", connectData());
  assert.deepEqual(world.client.state, {
    kind: "online",
    url: "ws://one.test/ws",
    clientId: "c1",
  });
  world.client.close();
  assert.deepEqual(world.states(), ["online", "closed"]);
});

Deno.test("connect() refuses what is no address", () => {
  for (const url of ["ftp://one.test", "/ws", "::"]) {
    assert.throws(() => connect({ url, userId: 1 }), TypeError, url);
  }
  assert.throws(() => connect({ urls: [], userId: 1 }), TypeError);
});

Deno.test("Client comes back after pauses of up to 1, 2, 4 ... 30 seconds", () => {
  using world = start();
  const pauses = [];
  for (let attempt = 0; attempt < 7; attempt++) {
    world.socket.drop(1006);
    const { state } = world.client;
    assert.ok(state.kind === "waiting");
    pauses.push(state.retryAt - world.clock.now());
    const before = world.sockets.length;
    world.clock.pass(pauses.at(-1)! - 1);
    assert.equal(world.sockets.length, before, "not before the pause is over");
    world.clock.pass(1);
    assert.equal(world.sockets.length, before + 1);
  }
  assert.deepEqual(pauses, [550, 1500, 3000, 6000, 12000, 22500, 22500]);
});

Deno.test("Client starts its pauses over after a connection that held", () => {
  for (const [held, attempt] of [[0, 3], [1_499, 3], [1_500, 1], [10_000, 1]] as const) {
    using world = start();
    world.socket.drop(1006);
    world.clock.pass(1_200);
    world.socket.drop(1006);
    world.clock.pass(4_000);
    world.online();
    world.clock.pass(held);
    world.socket.drop(1006);
    const { state } = world.client;
    assert.ok(state.kind === "waiting");
    assert.equal(state.attempt, attempt, `it held for ${held} ms`);
  }
});

Deno.test("Clients whose server crashed come back over a whole second, and not later", () => {
  const quarters = [0, 0, 0, 0];
  const clients = 1_000;
  for (let client = 0; client < clients; client++) {
    using world = start({}, { random: () => client / (clients - 1) });
    world.online({ ping: 1_000 });
    world.clock.pass(60_000);
    world.socket.drop(1006);
    const { state } = world.client;
    assert.ok(state.kind === "waiting");
    const pauseMs = state.retryAt - world.clock.now();
    assert.ok(pauseMs >= 100 && pauseMs <= 1_000, `${pauseMs} ms`);
    quarters[Math.min(3, Math.floor(pauseMs / 250))]!++;
  }
  assert.ok(Math.max(...quarters) < clients * 0.3, quarters.join());
});

Deno.test("Client that is let in each time waits for seconds at the most, however soon it breaks", () => {
  for (const urls of [["ws://one.test/ws"], ["ws://one.test/ws", "ws://two.test/ws"]]) {
    for (const held of [0, 300, 2_000, 9_999]) {
      using world = start({ urls }, { random: () => 1 });
      for (let attempt = 0; attempt < 20; attempt++) {
        world.online();
        world.clock.pass(held);
        world.socket.drop(1006);
        const { state } = world.client;
        assert.ok(state.kind === "waiting");
        const pauseMs = state.retryAt - world.clock.now();
        const most = held >= 4_000 ? 1_000 : 4_000;
        assert.ok(pauseMs <= most, `${pauseMs} ms after ${held} ms, attempt ${attempt}`);
        world.clock.pass(pauseMs);
      }
    }
  }
});

Deno.test("Client tries its servers in turn, with short pauses within a round", () => {
  using world = start({ urls: ["http://one.test/ws", "wss://two.test/ws"], url: undefined });
  const tried = [];
  const pauses = [];
  for (let attempt = 0; attempt < 5; attempt++) {
    tried.push(world.socket.url);
    world.socket.drop(1006);
    const { state } = world.client;
    assert.ok(state.kind === "waiting");
    pauses.push(state.retryAt - world.clock.now());
    world.clock.pass(pauses.at(-1)!);
  }
  const [one, two] = ["ws://one.test/ws", "wss://two.test/ws"];
  assert.deepEqual(tried, [one, two, one, two, one]);
  assert.deepEqual(pauses, [500, 550, 500, 1500, 500]);
});

Deno.test("Client does not come back after the codes that say so, until it is told to", () => {
  for (const code of [1009, 3500, 3503, 3504, 3509, 3999, 4500, 4999]) {
    using world = start();
    world.online();
    world.socket.drop(code, "mend something");
    assert.deepEqual(world.client.state, { kind: "stopped", code, reason: "mend something" });
    world.clock.pass(3_600_000);
    assert.equal(world.sockets.length, 1);
    world.client.reconnect();
    world.online();
    assert.equal(world.client.state.kind, "online");
  }
  for (const code of [1000, 1001, 1006, 3001, 3015, 3499, 4000, 4499]) {
    assert.ok(mayReconnect(code));
  }
});

Deno.test("Client asks for another token some seconds after its own was revoked, once", () => {
  let asked = 0;
  using world = start({ token: () => `token-${++asked}` });
  world.online();
  world.socket.drop(3503, "the token was revoked");
  assert.equal(world.client.state.kind, "waiting");
  world.wake.dispatchEvent(new Event("online"));
  world.clock.pass(2_999);
  assert.equal(asked, 1, "one of the same second would be refused");
  world.clock.pass(1);
  assert.equal(asked, 2);
  world.socket.drop(3503, "the token was revoked");
  const stopped = { kind: "stopped", code: 3503, reason: "the token was revoked" };
  assert.deepEqual(world.client.state, stopped);
  world.client.reconnect();
  world.online();
  world.socket.drop(3503, "the token was revoked");
  assert.equal(world.client.state.kind, "waiting", "one was taken since");

  using fixed = start({ token: "the-only-one" });
  fixed.online();
  fixed.socket.drop(3503, "the token was revoked");
  assert.deepEqual(fixed.client.state, stopped);
});

Deno.test("Client comes back within 2 seconds after an announced restart", () => {
  using world = start({}, { random: () => 0.9 });
  world.online();
  world.socket.drop(3001);
  world.clock.pass(1_799);
  assert.equal(world.sockets.length, 1);
  world.clock.pass(1);
  assert.equal(world.sockets.length, 2);
});

Deno.test("Client stops when the server refuses it, and comes back when the server cannot help it now", () => {
  using world = start();
  world.socket.open();
  world.socket.refuse("connect", "unavailable");
  assert.equal(world.client.state.kind, "waiting");
  world.clock.pass(2_000);
  world.socket.open();
  world.socket.refuse("connect", "invalid_field");
  assert.deepEqual(world.client.state, {
    kind: "stopped",
    code: "invalid_field",
    reason: "No: invalid_field",
  });
});

Deno.test("Client does not take a server that speaks another protocol", () => {
  using world = start();
  world.socket.protocol = "";
  world.socket.open();
  assert.equal(world.client.state.kind, "waiting");
  assert.deepEqual(world.socket.sent, []);
});

Deno.test("Client pings at the interval the server told, and gives a silent server up after 10 seconds", () => {
  using world = start();
  world.online({ ping: 7 });
  world.clock.pass(6_999);
  assert.deepEqual(world.socket.ofType("ping"), []);
  world.clock.pass(1);
  assert.equal(world.socket.ofType("ping").length, 1);
  world.clock.pass(5_000);
  world.socket.receive({ type: "pong", timestamp: 1 });
  world.clock.pass(2_000);
  assert.equal(world.socket.ofType("ping").length, 2);
  world.clock.pass(9_999); // the third ping does not extend the deadline of the second
  assert.equal(world.client.state.kind, "online");
  world.clock.pass(1);
  assert.equal(world.client.state.kind, "waiting");
  assert.ok(world.socket.closed);
});

Deno.test("Client gives up a handshake without an end, and a command without an answer", () => {
  using world = start();
  world.clock.pass(15_000);
  assert.equal(world.client.state.kind, "waiting");
  world.clock.pass(2_000);
  world.socket.open();
  world.clock.pass(15_000);
  assert.equal(world.client.state.kind, "waiting");
  world.clock.pass(4_000);
  world.online({ ping: 1_000 });
  world.client.subscribe("lobby", () => {});
  world.clock.pass(30_000);
  assert.equal(world.client.state.kind, "waiting");
});

Deno.test("Client goes on as long as answers come, however long all of them take", () => {
  using world = start();
  world.online({ ping: 10_000 });
  const rooms = Array.from({ length: 100 }, (_, index) => `room-${index}`);
  const entered: string[] = [];
  for (const room of rooms) {
    world.client.subscribe(room, () => {}).on("subscribed", () => entered.push(room));
  }
  for (const room of rooms) {
    world.clock.pass(29_999);
    world.socket.reply("subscribe", { room, publications: [] });
  }
  assert.deepEqual([entered, world.states()], [rooms, ["online"]]);
  world.client.subscribe("one more", () => {});
  world.clock.pass(29_999);
  assert.equal(world.client.state.kind, "online");
  world.clock.pass(1);
  assert.equal(world.client.state.kind, "waiting");
});

Deno.test("Client connects at once when the network is back, and probes when it had not noticed", () => {
  using world = start();
  world.socket.drop(1006);
  world.wake.dispatchEvent(new Event("online"));
  assert.equal(world.sockets.length, 2);
  world.online();
  world.wake.dispatchEvent(new Event("visibilitychange"));
  assert.equal(world.socket.ofType("ping").length, 1);
  world.clock.pass(5_000);
  assert.equal(world.client.state.kind, "waiting");
  world.client.close();
  world.wake.dispatchEvent(new Event("online"));
  assert.equal(world.sockets.length, 2);
});

Deno.test("Client lets go of a lost socket: what it still says is not heard", () => {
  using world = start();
  world.online();
  const lost = world.socket;
  lost.drop(1006);
  world.clock.pass(2_000);
  assert.deepEqual([lost.onmessage, lost.onclose], [null, null]);
  lost.drop(4500, "late");
  assert.equal(world.client.state.kind, "connecting");
});

Deno.test("Client leaves no timer behind when it is closed", () => {
  const world = start();
  world.online();
  world.client.subscribe("lobby", () => {});
  world.client.publish("lobby", "Hi").catch(() => {});
  world.client.close();
  assert.equal(world.clock.size, 0);
  assert.throws(() => world.client.subscribe("lobby", () => {}), { code: "closed" });
});
