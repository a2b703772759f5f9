/** What the library asks and the server cannot answer now: it is asked again, and nothing is lost by that. */
import assert from "node:assert/strict";
import type { Frame } from "../support/fake_network.ts";
import {
  direct,
  EPOCH,
  message,
  offsets,
  roomData,
  start,
  watchRoom,
  type World,
} from "../support/client_world.ts";

/** What brings the library to ask each of its questions, in a client that is in a room with people. */
const QUESTIONS: readonly [type: string, ask: (world: World) => void, answer: Frame][] = [
  ["subscribe", ({ client }) => client.subscribe("another", () => {}), roomData(0)],
  ["presence", ({ client }) => client.subscribe("lobby", () => {}, { presence: true }), {
    users: [],
  }],
  ["publish", ({ client }) => void client.publish("lobby", "Hi").catch(() => {}), { id: "id" }],
  ["ack", ({ client, socket, clock }) => {
    client.on("notification", () => {});
    socket.receive(direct(1));
    clock.pass(0);
  }, {}],
  ["auth", ({ socket }) => socket.receive({ type: "session", expires_at: 1 }), {}],
  ["inbox", ({ socket }) => socket.receive(direct(3)), {
    offset: 3,
    epoch: EPOCH,
    unread: 3,
    recovered: true,
    notifications: [direct(1), direct(2), direct(3)],
  }],
  ["history", (world) => {
    world.comeBack({ ping: 10_000 });
    world.socket.reply("subscribe", roomData(9, { reason: "too_many" }));
  }, roomData(9, {}, [1, 2, 3, 4, 5, 6, 7, 8, 9].map(message))],
];

for (const [type, ask, answer] of QUESTIONS) {
  for (const code of ["unavailable", "internal", "rate_limited"]) {
    if (type === "publish" && code !== "rate_limited") continue; // its caller is told, and may ask again
    Deno.test(`'${type}' that is answered '${code}' is asked again, until it is answered`, () => {
      let tokens = 0;
      using world = start({ token: () => `token-${++tokens}` });
      world.online({ ping: 10_000, inbox: { offset: 0, epoch: EPOCH, notifications: [] } });
      watchRoom(world.client);
      world.socket.reply("subscribe", roomData(0));
      const count = () => world.socket.ofType(type).length;
      const before = count();
      ask(world);
      const asked = type === "history" ? 1 : before + 1;
      assert.equal(count(), asked);
      const [first] = world.socket.ofType(type).slice(-1);
      for (let refusals = 1; refusals <= 3; refusals++) {
        world.socket.refuse(type, code, code === "rate_limited" ? { retry_after_ms: 700 } : {});
        world.clock.pass(99);
        assert.equal(count(), asked + refusals - 1, "not at once");
        world.clock.pass(20_000);
        assert.equal(count(), asked + refusals);
      }
      const [last] = world.socket.ofType(type).slice(-1);
      if (type !== "auth") assert.deepEqual(last, first);
      world.socket.reply(type, answer);
      world.clock.pass(20_000);
      assert.equal(count(), asked + 3, "it is answered");
      assert.equal(world.client.state.kind, "online");
    });
  }
}

Deno.test("who is in a room is asked again for the next who wants to know, where it was not allowed", () => {
  using world = start();
  world.online({ ping: 10_000 });
  const errors: string[] = [];
  const watch = () => {
    const subscription = world.client.subscribe("lobby", () => {}, { presence: true });
    subscription.on("error", ({ code }) => errors.push(code));
    return subscription;
  };
  const subscription = watch();
  world.socket.reply("subscribe", roomData(0));
  world.socket.refuse("presence", "forbidden");
  world.clock.pass(600_000);
  assert.equal(world.socket.ofType("presence").length, 1);
  watch();
  world.socket.reply("presence", { users: [{ user_id: 7, name: "Bob" }] });
  assert.deepEqual(errors, ["forbidden"]);
  assert.deepEqual(subscription.users, [{ userId: "7", name: "Bob" }]);
});

Deno.test("all that was refused for being too much goes out in its order, and what came behind it after that", () => {
  using world = start();
  world.online({ ping: 10_000 });
  for (const room of ["a", "b", "c"]) world.client.subscribe(room, () => {});
  world.socket.refuse("subscribe", "rate_limited", { retry_after_ms: 700 });
  world.client.subscribe("d", () => {});
  world.socket.refuse("subscribe", "rate_limited", { retry_after_ms: 650 });
  world.socket.refuse("subscribe", "rate_limited");
  const rooms = () => world.socket.ofType("subscribe").map(({ room }) => room);
  assert.deepEqual(rooms(), ["a", "b", "c"]);
  world.clock.pass(700);
  assert.deepEqual(rooms(), ["a", "b", "c", "a", "b", "c", "d"]);
  world.socket.refuse("subscribe", "rate_limited");
  world.client.close();
  assert.equal(world.clock.size, 0);
});

Deno.test("messages that were too many to come at once are read on after a refusal, without a gap", () => {
  using world = start();
  world.online({ ping: 10_000 });
  const { messages, gaps } = watchRoom(world.client);
  world.socket.reply("subscribe", roomData(1));
  world.comeBack();
  world.socket.reply("subscribe", roomData(3, { reason: "too_many" }));
  world.socket.refuse("history", "unavailable");
  world.socket.receive(message(4));
  world.clock.pass(1_000);
  world.socket.reply("history", roomData(3, {}, [message(2), message(3)]));
  assert.deepEqual(offsets(messages), [2, 3, 4]);
  assert.deepEqual(gaps, []);
});
