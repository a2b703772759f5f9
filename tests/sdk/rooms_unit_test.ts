/** Rooms of the library with a server of the test's own: order, what was missed, gaps, who is there. */
import assert from "node:assert/strict";
import type { Message } from "../../lib/sdk/mod.ts";
import { EPOCH, message, offsets, roomData, start, watchRoom } from "../support/client_world.ts";

Deno.test("subscribe() hands each message over once, in order", () => {
  using world = start();
  world.online();
  const { messages } = watchRoom(world.client);
  assert.deepEqual(world.socket.ofType("subscribe"), [{ type: "subscribe", room: "lobby" }]);
  world.socket.reply("subscribe", roomData(7));
  world.socket.receive(message(8), message(9));
  world.socket.receive(message(9));
  assert.deepEqual(offsets(messages), [8, 9]);
  assert.deepEqual(messages[0], {
    id: "lobby-8",
    room: "lobby",
    userId: "7",
    name: "Bob",
    message: "8",
    timestamp: 1_700_000_000,
    offset: 8,
    replayed: false,
  });
});

Deno.test("subscribe() resumes where the last connection ended", () => {
  using world = start();
  world.online();
  const { messages, subscription } = watchRoom(world.client);
  world.socket.reply("subscribe", roomData(7));
  world.socket.receive(message(8));
  world.comeBack();
  const since = { offset: 8, epoch: EPOCH };
  assert.deepEqual(world.socket.ofType("subscribe"), [{ type: "subscribe", room: "lobby", since }]);
  world.socket.receive(message(11)); // live, before the answer
  world.socket.reply("subscribe", roomData(10, { recovered: true }, [message(9), message(10)]));
  assert.deepEqual(offsets(messages), [8, 9, 10, 11]);
  assert.deepEqual(messages.map(({ replayed }) => replayed), [false, true, true, false]);
  assert.deepEqual(subscription.position, { offset: 11, epoch: EPOCH });
});

Deno.test("subscribe() asks for what is missing between two live messages", () => {
  using world = start();
  world.online();
  const { messages, gaps } = watchRoom(world.client);
  world.socket.reply("subscribe", roomData(7));
  world.socket.receive(message(8), message(11), message(10));
  assert.deepEqual(offsets(messages), [8]);
  assert.deepEqual(world.socket.ofType("subscribe").at(-1), {
    type: "subscribe",
    room: "lobby",
    since: { offset: 8, epoch: EPOCH },
  });
  world.socket.reply(
    "subscribe",
    roomData(11, { recovered: true }, [message(9), message(10), message(11)]),
  );
  world.socket.receive(message(12));
  assert.deepEqual(offsets(messages), [8, 9, 10, 11, 12]);
  assert.deepEqual(gaps, []);
});

Deno.test("subscribe() says aloud what the server cannot make up for", () => {
  for (const reason of ["epoch", "expired", "too_many"] as const) {
    using world = start();
    world.online();
    const { messages, gaps } = watchRoom(world.client);
    world.socket.reply("subscribe", roomData(7));
    world.comeBack();
    const epoch = reason === "epoch" ? "e2" : EPOCH;
    world.socket.reply("subscribe", roomData(20, { recovered: false, reason, epoch }));
    if (reason === "too_many") world.socket.reply("history", roomData(20));
    const since = { offset: 7, epoch: EPOCH };
    assert.deepEqual(gaps, [{ reason, since, now: { offset: 20, epoch } }]);
    world.socket.receive(message(21));
    assert.deepEqual(offsets(messages), [21]);
  }
});

Deno.test("subscribe() reads on in the history where too much was missed to come at once", () => {
  using world = start();
  world.online();
  const { messages, gaps } = watchRoom(world.client);
  world.socket.reply("subscribe", roomData(1));
  world.comeBack();
  world.socket.reply("subscribe", roomData(5, { recovered: false, reason: "too_many" }));
  world.socket.receive(message(6));
  world.socket.reply("history", roomData(5, {}, [message(2), message(3)]));
  assert.deepEqual(world.socket.ofType("history").at(-1)?.since, { offset: 3, epoch: EPOCH });
  world.socket.reply("history", roomData(5, {}, [message(4), message(5)]));
  assert.deepEqual(offsets(messages), [2, 3, 4, 5, 6]);
  assert.deepEqual(gaps, []);
});

Deno.test("subscribe() notices a new epoch that nobody announced", () => {
  using world = start();
  world.online();
  const { messages, gaps } = watchRoom(world.client);
  world.socket.reply("subscribe", roomData(7));
  world.socket.receive({ ...message(1), id: "fresh" });
  assert.deepEqual(offsets(messages), []);
  world.socket.reply("subscribe", roomData(1, { recovered: false, reason: "epoch", epoch: "e2" }));
  world.socket.receive(message(2));
  assert.deepEqual(messages.map(({ id }) => id), ["fresh", "lobby-2"]);
  assert.equal(gaps.length, 1);
});

Deno.test("subscribe() goes on without a gap where a live message says that its epoch is new", () => {
  using world = start();
  world.online();
  const { messages, gaps, subscription } = watchRoom(world.client);
  world.socket.reply("subscribe", roomData(7));
  world.socket.receive({ ...message(1), epoch: "e2" }, { ...message(2), epoch: "e2" });
  assert.deepEqual(offsets(messages), [1, 2]);
  assert.deepEqual(subscription.position, { offset: 2, epoch: "e2" });
  assert.deepEqual(gaps, []);
});

Deno.test("subscribe() says that a room without a history cannot be resumed", () => {
  using world = start();
  world.online();
  const { messages, gaps } = watchRoom(world.client);
  const { offset: _, ...unplaced } = message(1);
  world.socket.reply("subscribe", roomData(0));
  world.socket.receive(unplaced, { ...unplaced, id: "second" }, unplaced);
  assert.deepEqual(messages.map(({ id }) => id), ["lobby-1", "second"]);
  world.comeBack();
  assert.deepEqual(world.socket.ofType("subscribe"), [{ type: "subscribe", room: "lobby" }]);
  world.socket.reply("subscribe", { room: "lobby", publications: [] });
  assert.deepEqual(gaps, [{ reason: "no_history", since: undefined, now: undefined }]);
});

Deno.test("subscribe() does not ask for ever for what the server does not have", () => {
  using world = start();
  world.online({ ping: 10_000 });
  const { messages, gaps } = watchRoom(world.client);
  world.socket.reply("subscribe", roomData(7));
  world.socket.receive(message(9));
  for (let asked = 1; gaps.length === 0; asked++) {
    assert.ok(asked < 10);
    world.socket.reply("subscribe", roomData(7, { recovered: true }));
    world.clock.pass(20_000);
  }
  assert.deepEqual(offsets(messages), [9]);
  assert.equal(gaps[0]?.reason, "unrecoverable");
});

Deno.test("subscribe() holds a bounded number of messages, and asks for those it did not hold", () => {
  using world = start();
  world.online();
  const { messages } = watchRoom(world.client);
  for (let offset = 1; offset <= 1_500; offset++) world.socket.receive(message(offset));
  world.socket.reply("subscribe", roomData(0));
  assert.equal(messages.length, 1_000);
  const missing = Array.from({ length: 500 }, (_, index) => message(1_001 + index));
  world.socket.reply("subscribe", roomData(1_500, { recovered: true }, missing));
  assert.deepEqual(offsets(messages), Array.from({ length: 1_500 }, (_, index) => index + 1));
});

Deno.test("subscribe() starts from a position of the program's own, or the last message", () => {
  using world = start();
  world.online();
  const since = { offset: 3, epoch: EPOCH };
  world.client.subscribe("a", () => {}, { since });
  world.client.subscribe("b", () => {}, { replay: true });
  assert.deepEqual(world.socket.ofType("subscribe"), [
    { type: "subscribe", room: "a", since },
    { type: "subscribe", room: "b", replay: true },
  ]);
});

Deno.test("subscribe() brings the last messages first, each once, where it is asked to", () => {
  using world = start();
  world.online();
  const messages: Message[] = [];
  world.client.subscribe("lobby", (message) => messages.push(message), { history: 2 });
  world.socket.reply("subscribe", roomData(7, { reason: "new" }));
  assert.deepEqual(world.socket.ofType("history"), [{ type: "history", room: "lobby", limit: 2 }]);
  world.socket.receive(message(8)); // live, and in the answer as well
  world.socket.reply("history", roomData(8, {}, [message(7), message(8)]));
  world.socket.receive(message(9));
  assert.deepEqual(messages.map(({ offset, replayed }) => [offset, replayed]), [
    [7, true],
    [8, false],
    [9, false],
  ]);
  world.comeBack();
  world.socket.reply("subscribe", roomData(10, { recovered: true }, [message(10)]));
  assert.equal(
    world.socket.ofType("history").length,
    0,
    "what was missed is all there is to bring",
  );
  assert.deepEqual(offsets(messages), [7, 8, 9, 10]);
});

Deno.test("subscribe() brings the last messages behind a gap, where it is asked to", () => {
  for (const [reason, epoch] of [["expired", EPOCH], ["epoch", "e2"]] as const) {
    using world = start();
    world.online();
    const seen: unknown[] = [];
    const subscription = world.client.subscribe("lobby", ({ id }) => seen.push(id), { history: 3 });
    subscription.on("gap", (gap) => seen.push(gap.reason));
    world.socket.reply("subscribe", roomData(1, { reason: "new" }));
    world.socket.reply("history", roomData(1, {}, [message(1)]));
    world.comeBack();
    world.socket.reply("subscribe", roomData(9, { epoch, recovered: false, reason }));
    const last = [1, 8, 9].map((offset) => ({ ...message(offset), id: `${epoch} ${offset}` }));
    world.socket.reply("history", roomData(9, { epoch }, last));
    const isSame = epoch === EPOCH;
    const expected = last.slice(isSame ? 1 : 0).map(({ id }) => id);
    assert.deepEqual(seen, ["lobby-1", reason, ...expected]);
  }
});

Deno.test("subscribe() goes on where the last messages cannot be had", () => {
  using world = start();
  world.online();
  const seen: unknown[] = [];
  const subscription = world.client.subscribe("lobby", ({ id }) => seen.push(id), { history: 3 });
  subscription.on("error", ({ code }) => seen.push(code));
  world.socket.reply("subscribe", roomData(1, { reason: "new" }));
  world.socket.receive(message(2));
  for (let tries = 1; tries <= 4; tries++) {
    assert.deepEqual(seen, []);
    world.socket.refuse("history", "unavailable");
    world.clock.pass(5_000);
  }
  assert.deepEqual(seen, ["unavailable", "lobby-2"]);
});

Deno.test("subscribe() shares one room among its subscriptions, and leaves it with the last", () => {
  using world = start();
  world.online();
  const [first, second] = [watchRoom(world.client), watchRoom(world.client)];
  assert.equal(world.socket.ofType("subscribe").length, 1);
  world.socket.reply("subscribe", roomData(0));
  world.socket.receive(message(1));
  first.subscription.unsubscribe();
  first.subscription.unsubscribe();
  world.socket.receive(message(2));
  assert.deepEqual([offsets(first.messages), offsets(second.messages)], [[1], [1, 2]]);
  assert.deepEqual(world.socket.ofType("unsubscribe"), []);
  second.subscription.unsubscribe();
  assert.deepEqual(world.socket.ofType("unsubscribe"), [{ type: "unsubscribe", room: "lobby" }]);
  world.socket.receive(message(3));
  world.comeBack();
  assert.deepEqual(world.socket.ofType("subscribe"), []);
});

Deno.test("subscribe() knows who is in the room, also after a reconnection", () => {
  using world = start();
  world.online();
  const events: string[] = [];
  const subscription = world.client.subscribe("lobby", () => {}, { presence: true });
  subscription.on("join", ({ name }) => events.push(`${name} came`));
  subscription.on("leave", ({ name }) => events.push(`${name} left`));
  const plain = world.client.subscribe("lobby", () => {});
  world.socket.reply("subscribe", roomData(0));
  world.socket.reply("presence", { users: [{ user_id: 7, name: "Bob" }] });
  world.socket.receive({ type: "join", room: "lobby", user_id: 8, name: "Carol", timestamp: 1 });
  world.socket.receive({ type: "leave", room: "lobby", user_id: 7, name: "Bob", timestamp: 1 });
  assert.deepEqual(subscription.users, [{ userId: "8", name: "Carol" }]);
  assert.deepEqual([events, plain.users], [["Carol came", "Bob left"], []]);
  world.comeBack();
  world.socket.reply("subscribe", roomData(0, { recovered: true }));
  world.socket.reply("presence", { users: [] });
  assert.deepEqual(subscription.users, []);
});

Deno.test("subscribe() reads who is in the room page by page, and what happens meanwhile", () => {
  using world = start();
  world.online();
  const subscription = world.client.subscribe("lobby", () => {}, { presence: true });
  world.socket.reply("subscribe", roomData(0));
  const names = () => subscription.users.map(({ name }) => name);
  world.socket.reply("presence", { users: [{ user_id: 1, name: "A" }], count: 3, next: "1-3" });
  world.socket.receive({ type: "join", room: "lobby", user_id: 4, name: "D", timestamp: 1 });
  world.socket.receive({ type: "leave", room: "lobby", user_id: 1, name: "A", timestamp: 1 });
  assert.deepEqual(world.socket.ofType("presence").map(({ cursor }) => cursor), [undefined, "1-3"]);
  world.socket.reply("presence", { users: [{ user_id: 2, name: "B" }, { x: 1 }, null] });
  assert.deepEqual([names(), subscription.userCount], [["D", "B"], 2]);
});

Deno.test("subscribe() knows how many are in a room with too many to be named", () => {
  using world = start();
  world.online();
  const subscription = world.client.subscribe("lobby", () => {}, { presence: true });
  const counts: number[] = [];
  subscription.on("presence", (users) => counts.push(users.length, subscription.userCount));
  const plain = world.client.subscribe("lobby", () => {});
  world.socket.reply("subscribe", roomData(0));
  world.socket.reply("presence", { users: [{ user_id: 1, name: "A" }] });
  const presence = { type: "presence", room: "lobby" };
  world.socket.receive({ ...presence, users: [], count: 501 });
  world.socket.receive({ ...presence, users: [], count: 600 });
  world.socket.receive({ ...presence, room: "elsewhere", users: [], count: 7 });
  world.socket.receive({ ...presence, users: "broken" });
  assert.deepEqual([plain.users, plain.userCount], [[], 0]);
  world.socket.receive({ ...presence, users: [{ user_id: 2, name: "B" }] });
  world.socket.receive({ type: "join", room: "lobby", user_id: 4, name: "D", timestamp: 1 });
  assert.deepEqual(counts, [1, 1, 0, 501, 0, 600, 1, 1, 2, 2]);
});

Deno.test("subscribe() asks again where the server could not help, and says where it may not", () => {
  using world = start();
  world.online({ ping: 1_000 });
  const { errors, messages } = watchRoom(world.client);
  world.socket.refuse("subscribe", "unavailable");
  world.clock.pass(1_500);
  world.socket.refuse("subscribe", "room_full");
  world.clock.pass(3_000);
  world.socket.refuse("subscribe", "forbidden");
  world.clock.pass(60_000);
  assert.equal(world.socket.ofType("subscribe").length, 3);
  assert.deepEqual(errors.map(({ code }) => code), ["unavailable", "room_full", "forbidden"]);
  world.socket.receive({ type: "pong" });
  world.comeBack();
  world.socket.reply("subscribe", roomData(0));
  world.socket.receive(message(1));
  assert.deepEqual(offsets(messages), [1]);
});

Deno.test("Client goes on after a handler that throws", () => {
  using world = start();
  world.online();
  const seen: unknown[] = [];
  world.client.on("error", ({ code, cause }) => seen.push(code, cause));
  world.client.subscribe("lobby", ({ offset }) => {
    if (offset === 1) throw "a fit";
    seen.push(offset);
  });
  world.socket.reply("subscribe", roomData(0));
  world.socket.receive(message(1), message(2));
  assert.deepEqual(seen, ["handler_failed", "a fit", 2]);
});
