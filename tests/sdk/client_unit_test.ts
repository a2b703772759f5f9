/** The client library with a clock, sockets and a server of the test's own; `client_test.ts` has the real ones. */
import assert from "node:assert/strict";
import fc from "fast-check";
import {
  type Client,
  connect,
  type ConnectOptions,
  type Gap,
  type KeyValueStore,
  type Message,
  type Notification,
  NotifyliError,
  type Position,
  type Published,
  type State,
} from "../../lib/sdk/mod.ts";
import { mayReconnect } from "../../lib/base/close_codes.ts";
import { webSocketTransport } from "../../lib/sdk/core/transport.ts";
import { FakeClock, FakeSocket, type Frame } from "../support/fake_network.ts";

const EPOCH = "e1";

// --- Connections ---

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

Deno.test("Client comes back after pauses of 1, 2, 4 ... 30 seconds", () => {
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
  assert.deepEqual(pauses, [1125, 2000, 4000, 8000, 16000, 26250, 26250]);
});

Deno.test("Client starts its pauses over after a connection that held", () => {
  for (const held of [1_000, 10_000]) {
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
    assert.equal(state.attempt, held < 10_000 ? 3 : 1);
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
  assert.deepEqual(pauses, [500, 1125, 500, 2000, 500]);
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

  using fixed = start({ token: "the only one" });
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

// --- Rooms ---

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
  world.socket.refuse("history", "unavailable");
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

// --- Publishing ---

Deno.test("publish() settles on the server's word", async () => {
  using world = start();
  world.online();
  const taken = world.client.publish("lobby", "Hello!", { id: "a1b2c3d4" });
  const refused = world.client.publish("lobby", "", { id: "b1b2c3d4" });
  assert.deepEqual(world.socket.ofType("publish")[0], {
    type: "publish",
    room: "lobby",
    message: "Hello!",
    id: "a1b2c3d4",
  });
  world.socket.reply("publish", { id: "a1b2c3d4", offset: 8, epoch: EPOCH });
  world.socket.refuse("publish", "missing_field", { field: "message" });
  assert.deepEqual(await taken, { id: "a1b2c3d4", offset: 8, epoch: EPOCH });
  await assert.rejects(refused, { code: "missing_field", field: "message", temporary: false });
});

Deno.test("publish() waits for a connection, and sends what waited in order", async () => {
  using world = start();
  const all = ["one", "two", "three"].map((text) => world.client.publish("lobby", text));
  world.online();
  const sent = world.socket.ofType("publish");
  assert.deepEqual(sent.map(({ message }) => message), ["one", "two", "three"]);
  for (const { id } of sent) world.socket.reply("publish", { id, offset: 1, epoch: EPOCH });
  assert.deepEqual((await Promise.all(all)).map(({ id }) => id), sent.map(({ id }) => id));
});

Deno.test("publish() sends again under the same id what a lost connection did not confirm", async () => {
  using world = start();
  world.online();
  const publishing = world.client.publish("lobby", "Hello!");
  assert.equal(world.client.publish("lobby", "x", { id: sentId(world, 0) }), publishing);
  const id = sentId(world, 0);
  world.comeBack();
  assert.equal(sentId(world, 0), id);
  world.socket.reply("publish", { id, offset: 3, epoch: EPOCH });
  assert.deepEqual(await publishing, { id, offset: 3, epoch: EPOCH });
  world.comeBack();
  assert.deepEqual(world.socket.ofType("publish"), []);
});

Deno.test("publish() keeps few messages on their way at once, and a bounded number waiting", async () => {
  const world = start();
  const all = Array.from({ length: 1_000 }, () => world.client.publish("lobby", "Hi"));
  await assert.rejects(world.client.publish("lobby", "one too many"), { code: "queue_full" });
  world.online();
  assert.equal(world.socket.ofType("publish").length, 20);
  world.socket.reply("publish", { id: sentId(world, 0) });
  assert.equal(world.socket.ofType("publish").length, 21);
  world.client.close();
  const outcomes = await Promise.allSettled(all);
  assert.equal(outcomes.filter(({ status }) => status === "fulfilled").length, 1);
  await assert.rejects(world.client.publish("lobby", "late"), { code: "closed" });
});

Deno.test("publish() gives a message up that ends the connection each time, and not its neighbours", async () => {
  using world = start();
  world.online();
  const [poison, good] = [world.client.publish("a", "poison"), world.client.publish("a", "good")];
  good.catch(() => {});
  for (let tries = 1; tries < 5; tries++) world.comeBack();
  const alone = world.socket.ofType("publish").map(({ message }) => message);
  assert.deepEqual(alone, ["poison"]);
  world.comeBack();
  await assert.rejects(poison, { code: "not_confirmed" });
  world.socket.reply("publish", { id: sentId(world, 0) });
  assert.ok(await good);
});

Deno.test("publish() waits as long as the server asks, and then goes on in the same order", async () => {
  using world = start();
  world.online();
  const texts = Array.from({ length: 30 }, (_, index) => `m${index}`);
  const all = texts.map((text) => world.client.publish("lobby", text));
  world.socket.reply("publish", { id: "id-of-m0" });
  for (let refused = 0; refused < 20; refused++) {
    world.socket.refuse("publish", "rate_limited", { retry_after_ms: 700 });
  }
  assert.equal(world.socket.ofType("publish").length, 21, "nothing is sent meanwhile");
  world.clock.pass(699);
  assert.equal(world.socket.ofType("publish").length, 21);
  world.clock.pass(1);
  const sent = () => world.socket.ofType("publish").map(({ message }) => message);
  assert.deepEqual(sent().slice(21), texts.slice(1, 21));
  while (sent().length < 21 + 29) world.socket.reply("publish", { id: "id" });
  assert.deepEqual(sent().slice(21), texts.slice(1));
  for (let left = 0; left < 20; left++) world.socket.reply("publish", { id: "id" });
  assert.equal((await Promise.all(all)).length, 30);
});

Deno.test("publish() is not given up however often it must wait, and ends with the client", async () => {
  const world = start();
  world.online();
  const waiting = world.client.publish("lobby", "Hi");
  for (let tries = 0; tries < 10; tries++) {
    world.socket.refuse("publish", "rate_limited", { retry_after_ms: 700 });
    world.clock.pass(700);
  }
  world.socket.refuse("publish", "rate_limited");
  world.client.close();
  await assert.rejects(waiting, { code: "closed" });
});

Deno.test("publish() rejects what waits when the server says not to come back", async () => {
  using world = start();
  world.online();
  const waiting = world.client.publish("lobby", "Hi");
  world.socket.drop(3509, "frame is too big");
  await assert.rejects(waiting, (error) => {
    assert.ok(error instanceof NotifyliError);
    return error.code === "stopped" && error.message.includes("3509 frame is too big");
  });
  await assert.rejects(world.client.publish("lobby", "Hi"), { code: "stopped" });
});

// --- Notifications ---

Deno.test("Client hands notifications over once, and acknowledges those of a tick in one frame", () => {
  using world = start();
  const { notifications } = watchInbox(world.client);
  world.online({ unread: 2, inbox: inboxData(2, {}, [direct(1), direct(2)]) });
  world.socket.receive(direct(3), direct(3));
  assert.deepEqual(offsets(notifications), [1, 2, 3]);
  assert.deepEqual(notifications.map(({ replayed }) => replayed), [true, true, false]);
  assert.equal(world.client.notifications.unread, 3);
  assert.deepEqual(world.socket.ofType("ack"), []);
  world.clock.pass(0);
  assert.deepEqual(world.socket.ofType("ack"), [{ type: "ack", ids: ["n-1", "n-2", "n-3"] }]);
});

Deno.test("Client acknowledges again after the time that the server asks to wait", () => {
  using world = start();
  watchInbox(world.client);
  world.online();
  world.socket.receive(direct(1));
  world.clock.pass(0);
  world.socket.refuse("ack", "rate_limited", { retry_after_ms: 700 });
  world.socket.receive(direct(2));
  world.clock.pass(699);
  assert.deepEqual(world.socket.ofType("ack").map(({ ids }) => ids), [["n-1"]]);
  world.clock.pass(1);
  assert.deepEqual(world.socket.ofType("ack").map(({ ids }) => ids), [["n-1"], ["n-1", "n-2"]]);
});

Deno.test("Client acknowledges again what a lost connection may not have brought over", () => {
  using world = start();
  watchInbox(world.client);
  world.online();
  world.socket.receive(direct(1));
  world.clock.pass(0);
  world.socket.receive(direct(2));
  world.clock.pass(0);
  assert.deepEqual(world.socket.ofType("ack").map(({ ids }) => ids), [["n-1"], ["n-2"]]);
  world.socket.reply("ack", {});
  world.comeBack({ inbox: inboxData(2, { recovered: true }) });
  world.clock.pass(0);
  assert.deepEqual(world.socket.ofType("ack"), [{ type: "ack", ids: ["n-2"] }]);
});

Deno.test("Client does not acknowledge what nobody listens for", () => {
  using world = start({ storage: memoryStore() });
  world.online({ inbox: inboxData(1, {}, [direct(1)]) });
  world.clock.pass(1_000);
  assert.deepEqual(world.socket.ofType("ack"), []);
  assert.deepEqual(offsets(world.client.notifications.list), [1]);
});

Deno.test("Client resumes the inbox where the last connection ended", () => {
  using world = start();
  const { notifications, gaps } = watchInbox(world.client);
  world.online({ inbox: inboxData(4) });
  world.socket.receive(direct(5));
  world.socket.drop(1006);
  world.clock.pass(2_000);
  world.socket.open();
  assert.deepEqual(world.socket.sent[0]?.inbox, { offset: 5, epoch: EPOCH });
  const inbox = inboxData(9, { recovered: true }, [direct(6), direct(8)]); // 7 and 9 were deleted
  world.socket.reply("connect", connectData({ inbox }));
  world.socket.receive(direct(10));
  assert.deepEqual(offsets(notifications), [5, 6, 8, 10]);
  assert.deepEqual(gaps, []);
});

Deno.test("Client asks for notifications that are missing between two", () => {
  using world = start();
  const { notifications } = watchInbox(world.client);
  world.online();
  world.socket.receive(direct(2));
  const since = { offset: 0, epoch: EPOCH };
  assert.deepEqual(world.socket.ofType("inbox"), [{ type: "inbox", since }]);
  world.socket.refuse("inbox", "unavailable");
  world.clock.pass(1_500);
  const data = inboxData(2, { recovered: true }, [direct(1), direct(2)]);
  world.socket.reply("inbox", { ...data, unread: 2 });
  assert.deepEqual(offsets(notifications), [1, 2]);
  assert.equal(world.client.notifications.unread, 2);
});

Deno.test("Client says aloud that the inbox was lost, and does not hand over again what it had", () => {
  using world = start();
  const { notifications, gaps } = watchInbox(world.client);
  world.online({ inbox: inboxData(2, {}, [direct(1), direct(2)]) });
  const lost = inboxData(2, { recovered: false, reason: "epoch", epoch: "e2" });
  world.comeBack({
    inbox: { ...lost, notifications: [direct(2), { ...direct(2), id: "another" }] },
  });
  assert.deepEqual(notifications.map(({ id }) => id), ["n-1", "n-2", "another"]);
  assert.deepEqual(gaps.map(({ reason }) => reason), ["epoch"]);
});

Deno.test("Client resumes the inbox over a reload, where it has a storage", () => {
  const storage = memoryStore();
  const before = start({ storage });
  watchInbox(before.client);
  before.online({ inbox: inboxData(4) });
  before.socket.receive(direct(5));
  before.client.close();
  using world = start({ storage });
  world.socket.open();
  assert.deepEqual(world.socket.sent[0]?.inbox, { offset: 5, epoch: EPOCH });
  using other = start({ storage, userId: "someone else" });
  other.socket.open();
  assert.equal(other.socket.sent[0]?.inbox, undefined);
});

Deno.test("Client does without a storage that fails", () => {
  const fail = () => {
    throw new Error("not allowed");
  };
  using world = start({ storage: { getItem: fail, setItem: fail } });
  const { notifications } = watchInbox(world.client);
  world.online();
  world.socket.receive(direct(1));
  assert.deepEqual(offsets(notifications), [1]);
});

Deno.test("notifications are read, archived and deleted by the server's word", async () => {
  using world = start();
  const counts: number[] = [];
  world.client.on("unread", (unread) => counts.push(unread));
  const inbox = inboxData(3, {}, [direct(1), direct(2), direct(3)]);
  world.online({ unread: 3, inbox });
  const { notifications } = world.client;
  const reading = notifications.markRead(["n-2"]);
  assert.deepEqual(world.socket.ofType("read"), [{ type: "read", ids: ["n-2"] }]);
  world.socket.receive({ type: "inbox", event: "read", ids: ["n-2"], unread: 2 });
  world.socket.reply("read", { unread: 2 });
  assert.equal(await reading, 2);
  assert.deepEqual(notifications.list.map(({ read }) => read), [false, true, false]);
  world.socket.receive({ type: "inbox", event: "archive", ids: ["n-1"], unread: 1 });
  world.socket.receive({ type: "inbox", event: "delete", ids: ["n-3"], unread: 0 });
  assert.deepEqual(offsets(notifications.list), [2]);
  assert.deepEqual(counts, [3, 2, 1, 0]);
  const all = notifications.markRead("all");
  world.comeBack();
  assert.deepEqual(world.socket.ofType("read"), [{ type: "read", all: true }]);
  world.socket.reply("read", { unread: 0 });
  assert.equal(await all, 0);
});

Deno.test("notifications.loadMore() gets older ones, page by page", async () => {
  using world = start();
  world.online({ inbox: inboxData(9, {}, [direct(8), direct(9)]) });
  const { notifications } = world.client;
  const loading = notifications.loadMore({ limit: 2 });
  assert.deepEqual(world.socket.ofType("inbox"), [{ type: "inbox", before: 8, limit: 2 }]);
  const stored = [{ ...direct(7), state: "read", read_at: 5 }, { ...direct(6), state: "sent" }];
  world.socket.reply("inbox", { notifications: stored, unread: 3 });
  assert.deepEqual((await loading).map(({ read }) => read), [true, false]);
  assert.deepEqual(offsets(notifications.list), [9, 8, 7, 6]);
});

Deno.test("notifications.loadMore() mends what others did while there was no connection", async () => {
  using world = start();
  const items = [1, 2, 3, 4].map(direct);
  world.online({ unread: 4, inbox: inboxData(4, {}, items) });
  world.comeBack({ unread: 1, inbox: inboxData(4, { recovered: true }) });
  const { notifications } = world.client;
  const loading = notifications.loadMore({ before: 100, limit: 3 });
  world.socket.receive(direct(5));
  const page = [direct(4), { ...direct(2), state: "read" }];
  world.socket.receive({ type: "inbox", event: "archive", ids: ["n-4"], unread: 1 });
  world.socket.reply("inbox", { notifications: page, unread: 2 });
  await loading;
  assert.deepEqual(notifications.list.map(({ offset, read }) => [offset, read]), [
    [5, false],
    [2, true],
  ]);
  assert.equal(notifications.unread, 1, "on the newer count");
});

Deno.test("notifications.loadMore() leaves alone what its page does not reach", async () => {
  using world = start();
  world.online({ unread: 3, inbox: inboxData(4, {}, [1, 3, 4].map(direct)) });
  const { notifications } = world.client;
  const loading = notifications.loadMore({ before: 100, limit: 2 });
  world.socket.reply("inbox", { notifications: [direct(4), direct(2)], unread: 3 });
  await loading;
  assert.deepEqual(offsets(notifications.list), [4, 2, 1]);
});

// --- Whatever happens ---

/** What happens to the network, the server and the client, one after the other. */
type Step =
  | { do: "publish" }
  | { do: "say" | "notify" | "forget" }
  | { do: "up" | "down"; count: number }
  | { do: "cut"; ups: number; downs: number }
  | { do: "lose" | "double" | "swap"; at: number }
  | { do: "wait"; ms: number };

const small = fc.nat({ max: 5 });
const busy: fc.Arbitrary<Step>[] = [
  fc.record({ do: fc.constantFrom("say", "notify", "publish") }),
  fc.record({ do: fc.constantFrom("up", "down"), count: fc.integer({ min: 1, max: 6 }) }),
  fc.record({ do: fc.constantFrom("up", "down"), count: fc.integer({ min: 1, max: 6 }) }),
  fc.record({ do: fc.constant("wait"), ms: fc.constantFrom(0, 1_000, 30_000) }),
];
const cut: fc.Arbitrary<Step> = fc.record({ do: fc.constant("cut"), ups: small, downs: small });
const faults: fc.Arbitrary<Step> = fc.record({
  do: fc.constantFrom("lose", "double", "swap"),
  at: small,
});
const forget: fc.Arbitrary<Step> = fc.record({ do: fc.constant("forget") });
const lostSubscribeReply: Step[] = [
  { do: "up", count: 1 },
  { do: "down", count: 1 },
  { do: "up", count: 1 },
  { do: "lose", at: 0 },
];
const lostEndOfEpoch: Step[] = [
  { do: "up", count: 1 },
  { do: "down", count: 1 },
  { do: "up", count: 1 },
  { do: "say" },
  { do: "forget" },
  { do: "lose", at: 1 },
];
const forgottenTwice: Step[] = [
  { do: "up", count: 1 },
  { do: "down", count: 1 },
  { do: "say" },
  { do: "up", count: 1 },
  { do: "forget" },
  { do: "say" },
  { do: "forget" },
];

Deno.test("handlers see every message once and in order, whatever the network does", async () => {
  const steps = fc.array(fc.oneof(...busy, cut, faults), { maxLength: 80 });
  await fc.assert(
    fc.asyncProperty(steps, async (steps) => {
      const server = new ModelServer();
      const { seen, gaps, notified, published, wanted } = await play(server, steps);
      assert.deepEqual(gaps, []);
      assert.deepEqual(seen, server.said.map(({ id }) => id));
      assert.deepEqual(notified, server.notified.map(({ id }) => id));
      assert.deepEqual(new Set(notified), server.acked);
      assert.equal(published.length, wanted);
      for (const { id, offset } of published) {
        assert.deepEqual(server.said.filter((each) => each.id === id).map(at), [offset]);
      }
    }),
    { numRuns: 500, examples: [[lostSubscribeReply]] },
  );
});

for (const carriesEpoch of [true, false]) {
  const kind = carriesEpoch ? "a network that does what it likes" : "connections that break";
  Deno.test(`handlers see every message once or a gap that covers it, with a short history and ${kind}`, async () => {
    const more = carriesEpoch ? [cut, faults, forget] : [cut, forget];
    const steps = fc.array(fc.oneof(...busy, ...more), { maxLength: 80 });
    await fc.assert(
      fc.asyncProperty(steps, async (steps) => {
        const server = new ModelServer({ kept: 3, carriesEpoch });
        const { seen, gaps, published, wanted } = await play(server, steps);
        const ids = server.said.map(({ id }) => id);
        assert.deepEqual(seen, ids.filter((id) => seen.includes(id)), "in order, and each once");
        for (const [index, id] of ids.entries()) {
          const isCovered = gaps.some(({ since, now }) =>
            server.indexOf(since) < index && index <= server.indexOf(now)
          );
          assert.ok(
            seen.includes(id) || isCovered || server.isTraceless(id, seen),
            `${id} is missing without a word`,
          );
        }
        assert.equal(published.length, wanted);
      }),
      { numRuns: 500, examples: [[carriesEpoch ? lostEndOfEpoch : forgottenTwice]] },
    );
  });
}

/** Plays the steps, then lets everything come to rest. */
async function play(server: ModelServer, steps: readonly Step[]) {
  const world = start({}, { onSocket: (socket) => server.accept(socket) });
  const { clock, client } = world;
  const notified = watchInbox(client).notifications;
  const { messages, gaps } = watchRoom(client);
  const published: Published[] = [];
  const failures: unknown[] = [];
  let wanted = 0;
  client.on("error", (error) => failures.push(error));
  for (const step of steps) {
    switch (step.do) {
      case "publish":
        wanted++;
        client.publish("lobby", "Hi").then((each) => published.push(each), (e) => failures.push(e));
        break;
      case "wait":
        clock.pass(step.ms);
        break;
      default:
        server.play(step);
    }
  }
  // At rest the next ping is the only timer: no answer is waited for, not even one that was lost.
  const isDone = () =>
    client.state.kind === "online" && clock.size === 1 && published.length === wanted &&
    !server.isBusy;
  // The last of each stream could have been lost without a trace: only the next one tells.
  for (const last of [false, true]) {
    if (last) { for (const what of ["say", "notify"] as const) server.play({ do: what }); }
    for (let round = 0; round < 40 && (round < 3 || !isDone()); round++) {
      server.play({ do: "up", count: 1_000 });
      server.play({ do: "down", count: 1_000 });
      clock.pass(isDone() ? 0 : 3_000);
      await Promise.resolve();
    }
  }
  assert.deepEqual(failures, []);
  client.close();
  assert.equal(clock.size, 0);
  return {
    seen: messages.map(({ id }) => id),
    gaps,
    notified: notified.map(({ id }) => id),
    published,
    wanted,
  };
}

// --- The world of these tests ---

interface World extends Disposable {
  readonly client: Client;
  readonly clock: FakeClock;
  readonly sockets: readonly FakeSocket[];
  readonly wake: EventTarget;
  /** The newest one. */
  readonly socket: FakeSocket;
  states(): State["kind"][];
  /** Accepts the newest socket. */
  online(data?: Frame): void;
  /** Breaks the connection, and accepts the next. */
  comeBack(data?: Frame): void;
}

interface StartOptions {
  readonly random?: () => number;
  readonly onSocket?: (socket: FakeSocket) => void;
}

function start(
  options: Partial<ConnectOptions> = {},
  { random, onSocket }: StartOptions = {},
): World {
  const clock = new FakeClock();
  const wake = new EventTarget();
  const sockets: FakeSocket[] = [];
  const WebSocket = class extends FakeSocket {
    constructor(url: string, protocols: string[]) {
      super(url, protocols);
      sockets.push(this);
      onSocket?.(this);
    }
  };
  const client = connect({
    url: "http://one.test/ws",
    userId: 123,
    name: "Alice",
    transport: webSocketTransport(WebSocket),
    environment: { clock, random: random ?? (() => 0.5), wakeSources: [wake] },
    ...options,
  });
  const states: State[] = [];
  client.on("state", (state) => states.push(state));
  const world = {
    client,
    clock,
    sockets,
    wake,
    get socket() {
      const socket = sockets.at(-1);
      assert.ok(socket);
      return socket;
    },
    states: () => states.map(({ kind }) => kind),
    online(data: Frame = {}) {
      world.socket.open();
      world.socket.reply("connect", connectData(data));
    },
    comeBack(data: Frame = { inbox: inboxData(0, { recovered: true }) }) {
      world.socket.drop(1006);
      const { state } = client;
      assert.ok(state.kind === "waiting");
      clock.pass(state.retryAt - clock.now());
      world.online(data);
    },
    [Symbol.dispose]: () => client.close(),
  };
  return world;
}

function watchRoom(client: Client) {
  const messages: Message[] = [];
  const gaps: Gap[] = [];
  const errors: NotifyliError[] = [];
  const subscription = client.subscribe("lobby", (message) => messages.push(message));
  subscription.on("gap", (gap) => gaps.push(gap));
  subscription.on("error", (error) => errors.push(error));
  return { subscription, messages, gaps, errors };
}

function watchInbox(client: Client) {
  const notifications: Notification[] = [];
  const gaps: Gap[] = [];
  client.on("notification", (notification) => notifications.push(notification));
  client.on("gap", (gap) => gaps.push(gap));
  return { notifications, gaps };
}

interface Said {
  readonly id: string;
  readonly epoch: string;
  readonly offset: number;
}

/** A server with one room and one inbox, on a network that the test is in charge of. */
class ModelServer {
  readonly said: Said[] = [];
  readonly notified: Said[] = [];
  readonly acked = new Set<string>();
  readonly #lost = new Set<unknown>();
  readonly #kept: number;
  readonly #carriesEpoch: boolean;
  #epoch = 1;
  #offset = 0;
  #lastId = 0;
  #socket: FakeSocket | undefined;
  #isOpen = false;
  #ups: Frame[] = [];
  #downs: Frame[] = [];
  #isIn = false;
  #isConnected = false;

  constructor({ kept = Infinity, carriesEpoch = false } = {}) {
    this.#kept = kept;
    this.#carriesEpoch = carriesEpoch;
  }

  get isBusy(): boolean {
    return this.#ups.length + this.#downs.length > 0;
  }

  accept(socket: FakeSocket): void {
    this.#socket = socket;
    this.#isOpen = this.#isIn = this.#isConnected = false;
    this.#ups = [];
    this.#downs = [];
    socket.onsend = (frame) => {
      if (socket === this.#socket && !socket.closed) this.#ups.push(frame);
    };
  }

  /** Of what was said, which was the last at this position. */
  indexOf(position: Position | undefined): number {
    if (position === undefined) return -1;
    const { offset, epoch } = position;
    const before = this.said.filter((each) => Number(each.epoch) < Number(epoch)).length;
    return before + offset - 1;
  }

  /** Whether it was lost and nothing of its epoch came after it: offsets start anew with the next one. */
  isTraceless(id: string, seen: readonly string[]): boolean {
    const index = this.said.findIndex((each) => each.id === id);
    const later = this.said.slice(index + 1).filter((e) => e.epoch === this.said[index]?.epoch);
    return this.#lost.has(id) && !later.some((each) => seen.includes(each.id));
  }

  play(step: Exclude<Step, { do: "publish" | "wait" }>): void {
    const socket = this.#socket;
    switch (step.do) {
      case "say":
        return void this.#say(`other-${++this.#lastId}`);
      case "notify":
        return this.#notify();
      case "forget":
        this.#epoch++;
        this.#offset = 0;
        return;
      case "up":
        if (socket && !socket.closed && !this.#isOpen) socket.open();
        this.#isOpen = true;
        for (const frame of this.#ups.splice(0, step.count)) this.#handle(frame);
        return;
      case "down":
        for (const frame of this.#downs.splice(0, step.count)) socket?.receive(frame);
        return;
      case "cut":
        this.play({ do: "up", count: step.ups });
        this.play({ do: "down", count: step.downs });
        this.#ups = [];
        this.#downs = [];
        this.#isIn = this.#isConnected = false;
        return socket?.closed ? undefined : socket?.drop(1006);
      case "lose":
      case "double":
      case "swap":
        return this.#disturb(step);
    }
  }

  /** Replies may be lost as well: the client then gives the connection up. */
  #disturb({ do: what, at }: Extract<Step, { do: "lose" | "double" | "swap" }>): void {
    const [frame, next] = this.#downs.slice(at, at + 2);
    if (frame === undefined) return;
    if (what === "lose") {
      this.#downs.splice(at, 1);
      this.#lost.add(frame.id);
    }
    if (what === "double") this.#downs.push(frame);
    if (what === "swap" && next !== undefined) this.#downs.splice(at, 2, next, frame);
  }

  #say(id: string): Said {
    const known = this.said.find((each) => each.id === id);
    if (known !== undefined) return known;
    const said = { id, epoch: String(this.#epoch), offset: ++this.#offset };
    this.said.push(said);
    if (this.#isIn) this.#downs.push(this.#frame(said));
    return said;
  }

  #notify(): void {
    const offset = this.notified.length + 1;
    const said = { id: `n-${offset}`, epoch: EPOCH, offset };
    this.notified.push(said);
    if (this.#isConnected) this.#downs.push(direct(offset));
  }

  #handle(frame: Frame): void {
    const { type, ref } = frame;
    if (type === "ping") return void this.#downs.push({ type: "pong", timestamp: 1 });
    const data = this.#answer(frame);
    this.#downs.push({ type: "reply", ref, success: true, data });
  }

  #answer({ type, since, inbox, id, ids }: Frame): Frame {
    switch (type) {
      case "connect":
        this.#isConnected = true;
        return connectData({ inbox: this.#inbox(inbox as Position | undefined) });
      case "inbox":
        return { ...this.#inbox(since as Position), unread: 0 };
      case "subscribe":
        this.#isIn = true;
        return this.#room(since as Position | undefined);
      case "publish":
        return { ...this.#say(String(id)) };
      case "ack":
        for (const id of ids as string[]) this.acked.add(id);
        return {};
      default:
        throw new Error(`The model knows no '${type}'`);
    }
  }

  #inbox(since: Position | undefined): Frame {
    const missed = this.notified.slice(since?.offset ?? 0).map(({ offset }) => direct(offset));
    return inboxData(this.notified.length, { recovered: since !== undefined }, missed);
  }

  #room(since: Position | undefined): Frame {
    const [offset, epoch] = [this.#offset, String(this.#epoch)];
    const no = (reason: string) => roomData(offset, { epoch, recovered: false, reason });
    if (since === undefined) return this.said.length === 0 ? no("new") : this.#fromTheStart();
    if (since.epoch !== epoch) return no("epoch");
    const missed = this.#log.filter((each) => each.offset > since.offset);
    if (missed.length > this.#kept) return no("expired");
    return roomData(offset, { epoch, recovered: true }, missed.map((each) => this.#frame(each)));
  }

  /** To those who come for the first time, so that all that was said has to be seen. */
  #fromTheStart(): Frame {
    const all = this.said.map((each) => this.#frame(each));
    return roomData(this.#offset, { epoch: String(this.#epoch), reason: "new" }, all);
  }

  get #log(): readonly Said[] {
    return this.said.filter(({ epoch }) => epoch === String(this.#epoch));
  }

  #frame({ id, offset, epoch }: Said): Frame {
    return { ...message(offset), id, ...(this.#carriesEpoch ? { epoch } : {}) };
  }
}

function message(offset: number): Frame {
  return {
    type: "usermsg",
    id: `lobby-${offset}`,
    room: "lobby",
    user_id: 7,
    name: "Bob",
    message: String(offset),
    timestamp: 1_700_000_000,
    offset,
  };
}

function direct(offset: number): Frame {
  return {
    ...message(offset),
    type: "direct_message",
    id: `n-${offset}`,
    room: "/user/123",
    user_id: 123,
    name: "Shop",
  };
}

function connectData(more: Frame = {}): Frame {
  return { client_id: "c1", version: "0", ping: 25, unread: 0, inbox: inboxData(0), ...more };
}

function inboxData(offset: number, more: Frame = {}, notifications: Frame[] = []): Frame {
  const reason = more.recovered === true ? {} : { reason: "new" };
  return { offset, epoch: EPOCH, recovered: false, ...reason, ...more, notifications };
}

function roomData(offset: number, more: Frame = {}, publications: Frame[] = []): Frame {
  return { room: "lobby", offset, epoch: EPOCH, recovered: false, ...more, publications };
}

function memoryStore(): KeyValueStore {
  const values = new Map<string, string>();
  return {
    getItem: (key) => values.get(key) ?? null,
    setItem: (key, value) => void values.set(key, value),
  };
}

function offsets(items: readonly { offset?: number }[]): (number | undefined)[] {
  return items.map(at);
}

function at({ offset }: { offset?: number }): number | undefined {
  return offset;
}

function sentId(world: World, index: number): string {
  return String(world.socket.ofType("publish")[index]?.id);
}
