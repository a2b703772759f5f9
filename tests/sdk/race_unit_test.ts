/** The library and servers that are silent: the next one is tried beside them, and one of them is kept. */
import assert from "node:assert/strict";
import { connectData, start, type World } from "../support/client_world.ts";

const URLS = Array.from({ length: 10 }, (_, index) => `ws://s${index}.test/ws`);

Deno.test("Client finds the one server of ten that answers, beside those that are silent in any way", () => {
  for (const isOpened of [false, true]) {
    using world = start({ urls: URLS });
    const startedAt = world.clock.now();
    for (let silent = 0; silent < 9; silent++) {
      assert.equal(world.socket.url, URLS[silent]);
      if (isOpened) world.socket.open();
      world.clock.pass(1_500);
    }
    assert.equal(world.clock.now() - startedAt, 13_500);
    assert.deepEqual(world.client.state, { kind: "connecting", url: URLS[9], attempt: 0 });
    world.online();
    const online = { kind: "online", url: URLS[9], clientId: "c1" };
    assert.deepEqual(world.client.state, online);
    const { sockets } = world;
    assert.deepEqual(sockets.map(({ closed }) => closed), URLS.map((_, index) => index < 9));
    assert.equal(
      sockets.filter((socket) => socket.ofType("connect").length > 0).length,
      isOpened ? 10 : 1,
    );

    for (const socket of sockets.slice(0, 9)) {
      socket.open();
      socket.drop(4500, "late");
    }
    world.client.subscribe("lobby", () => {});
    assert.deepEqual(sockets.map((socket) => socket.ofType("subscribe").length), [
      ...Array(9).fill(0),
      1,
    ]);
    assert.deepEqual(world.client.state, online);
  }
});

Deno.test("Client keeps a slow server that answers before the others, and closes them before it goes on", () => {
  using world = start({ urls: URLS.slice(0, 3) });
  const [slow] = world.sockets;
  assert.ok(slow);
  slow.open();
  world.clock.pass(1_500);
  world.socket.open();
  const other = world.socket;
  let wasClosed = false;
  world.client.on("state", () => wasClosed = other.closed);
  slow.reply("connect", connectData());
  assert.deepEqual([wasClosed, slow.closed, world.sockets.length], [true, false, 2]);
  world.clock.pass(20_000);
  assert.equal(world.sockets.length, 2, "no other is tried any more");
  slow.drop(1006);
  world.clock.pass(1_000);
  assert.equal(world.socket.url, URLS[1], "the turn goes on behind the one that had answered");
});

Deno.test("Client tries all servers of a round, then waits", () => {
  using world = start({ urls: URLS.slice(0, 3) });
  world.clock.pass(1_500);
  world.socket.drop(1006, "refused");
  assert.equal(world.states().at(-1), "connecting", "the first may still answer");
  world.clock.pass(500);
  assert.equal(world.sockets.length, 3, "the next one does not wait for the silent one");
  world.clock.pass(13_000);
  assert.equal(world.states().at(-1), "connecting");
  world.clock.pass(2_000);
  const { state } = world.client;
  assert.ok(state.kind === "waiting");
  assert.deepEqual([state.attempt, state.reason], [3, "No answer"]);
  assert.ok(world.sockets.every(({ closed }) => closed));
  world.clock.pass(1_000);
  assert.equal(world.socket.url, URLS[0]);
});

Deno.test("Client asks for one token for all servers of a round, and believes the first that refuses it", () => {
  let asked = 0;
  using world = start({ urls: URLS, token: () => `token-${++asked}` });
  world.clock.pass(3_000);
  assert.deepEqual([world.sockets.length, asked], [3, 1]);
  world.socket.drop(3500, "the token was refused");
  assert.equal(world.client.state.kind, "stopped");
  assert.ok(world.sockets.every(({ closed }) => closed));
  assert.equal(world.clock.size, 0);
});

Deno.test("Client that is closed in the middle of it leaves nothing behind", () => {
  const ways: ((world: World) => void)[] = [
    ({ client }) => client.close(),
    ({ client, clock }) => {
      client.on("state", () => client.close());
      clock.pass(1_500); // it is told that one more server is tried
    },
  ];
  for (const end of ways) {
    const world = start({ urls: URLS });
    world.clock.pass(1_500);
    world.socket.open();
    end(world);
    assert.ok(world.sockets.every(({ closed }) => closed));
    assert.deepEqual([world.clock.size, world.client.state.kind], [0, "closed"]);
  }
});
