/** The page's framework-free parts: frames, pauses, connection, outbox, store and session. */
import assert from "node:assert/strict";
import { mayReconnect } from "../lib/close_codes.ts";
import { reconnectPauseMs, restartPauseMs } from "../lib/page/backoff.ts";
import { DEFAULT_CONFIG, parseConfig } from "../lib/page/config.ts";
import {
  type Clock,
  Connection,
  type ConnectionState,
  type SocketLike,
} from "../lib/page/connection.ts";
import { parseServerFrame, type ServerFrame, toWireUserId } from "../lib/page/frames.ts";
import { problemOf } from "../lib/page/identity.ts";
import { newMessageId, SeenIds } from "../lib/sdk/ids.ts";
import {
  countTry,
  enqueue,
  fail,
  giveUpOnOverdue,
  MAX_TRIES,
  type Outbox,
  OUTBOX_LIMIT,
  remove,
  retry,
  unconfirmed,
} from "../lib/page/outbox.ts";
import { readPrefill, withoutPrefill } from "../lib/page/prefill.ts";
import { curlLine, redisLine } from "../lib/page/recipes.ts";
import { MESSAGE_LIMIT } from "../lib/page/rooms.ts";
import { Session } from "../lib/page/session.ts";
import { loadSettings, outboxKey, SETTINGS_KEY, storeOrMemory } from "../lib/page/storage.ts";
import { type Action, INITIAL_STATE, reduce, type State, Store } from "../lib/page/store.ts";
import { initials, splitLinks } from "../lib/page/text.ts";
import { rowsOf } from "../lib/page/timeline.ts";

const ME = { user_id: "123", name: "Alice" };

Deno.test("parseServerFrame() reads every frame of the protocol", () => {
  const publication = { id: "a1b2c3d4", room: "lobby", name: "Alice", message: "Hi", timestamp: 7 };
  for (const type of ["usermsg", "direct_message"]) {
    assert.deepEqual(parse({ type, user_id: 123, ...publication }), {
      type,
      user_id: "123",
      ...publication,
    });
  }
  const bob = { user_id: 7, name: "Bob" };
  assert.deepEqual(parse({ type: "presence", room: "lobby", users: [bob, null, "x"] }), {
    type: "presence",
    room: "lobby",
    users: [{ user_id: "7", name: "Bob" }],
  });
  for (const type of ["join", "leave"]) {
    assert.deepEqual(parse({ type, room: "lobby", ...bob, timestamp: 7 }), {
      type,
      room: "lobby",
      user_id: "7",
      name: "Bob",
    });
  }
  assert.deepEqual(parse({ type: "left", room: "lobby" }), { type: "left", room: "lobby" });
  assert.deepEqual(parse({ type: "pong", timestamp: 7 }), { type: "pong" });
  assert.deepEqual(parse({ type: "error", code: "c", message: "m", id: "a1b2c3d4" }), {
    type: "error",
    code: "c",
    message: "m",
    id: "a1b2c3d4",
  });
});

Deno.test("parseServerFrame() answers null for what is no frame, or an unknown one", () => {
  for (const text of ["", "{", "null", "[]", "1", '"pong"', "{}", '{"type":"later"}']) {
    assert.equal(parseServerFrame(text), null, text);
  }
  assert.equal(parse({ type: "usermsg", user_id: 1, room: "lobby", message: "no id" }), null);
  assert.equal(parse({ type: "join", room: "lobby" }), null);
  assert.equal(parse({ type: "__proto__" }), null);
});

Deno.test("parseServerFrame() names a nameless user by the user id", () => {
  const frame = parse({ type: "join", room: "lobby", user_id: "u7", name: " " });
  assert.deepEqual(frame, { type: "join", room: "lobby", user_id: "u7", name: "u7" });
});

Deno.test("toWireUserId() writes a number only where nothing is lost", () => {
  assert.equal(toWireUserId("123"), 123);
  for (const id of ["0123", "1.0", "1e3", "", "90071992547409931", "usr_1"]) {
    assert.equal(toWireUserId(id), id);
  }
});

Deno.test("parseConfig() takes what is well-formed and defaults for the rest", () => {
  assert.deepEqual(parseConfig(null), DEFAULT_CONFIG);
  assert.deepEqual(parseConfig({ bot_room: 7, keepalive_seconds: 0, open: "yes" }), {
    ...DEFAULT_CONFIG,
    bot_room: "7",
  });
  const config = {
    version: "0.1.0",
    bot_room: "bots",
    keepalive_seconds: 5,
    open: true,
    message_channel: "m",
  };
  assert.deepEqual(parseConfig(config), config);
});

Deno.test("reconnectPauseMs() grows from 1 to 30 seconds, with jitter that stays in these bounds", () => {
  const pauses = (random: number) =>
    [0, 1, 2, 3, 4, 5, 6, 60].map((attempt) => reconnectPauseMs(attempt, () => random));
  assert.deepEqual(pauses(0), [1000, 1500, 3000, 6000, 12000, 22500, 22500, 22500]);
  assert.deepEqual(pauses(1), [1250, 2500, 5000, 10000, 20000, 30000, 30000, 30000]);
  assert.equal(restartPauseMs(() => 0), 0);
  assert.equal(restartPauseMs(() => 1), 2000);
});

Deno.test("mayReconnect() follows the disconnect codes", () => {
  for (const code of [1000, 1001, 1006, 1011, 3000, 3001, 3499, 4000, 4499]) {
    assert.ok(mayReconnect(code), String(code));
  }
  for (const code of [1009, 3500, 3999, 4500, 4999]) assert.ok(!mayReconnect(code), String(code));
});

Deno.test("Connection says how it is doing, and sends only when it is open", () => {
  const { connection, sockets, states } = startConnection();
  assert.equal(connection.send({ type: "ping" }), false);
  sockets.last.open();
  assert.equal(connection.send({ type: "ping" }), true);
  assert.deepEqual(states.map(({ kind }) => kind), ["connecting", "online"]);
  assert.deepEqual(sockets.last.sent, [{ type: "ping" }]);
});

Deno.test("Connection comes back after growing pauses", () => {
  const { clock, sockets, states } = startConnection();
  const pauses = [];
  for (let attempt = 0; attempt < 6; attempt++) {
    sockets.last.drop(1006);
    const state = states.at(-1);
    assert.ok(state?.kind === "waiting");
    pauses.push(state.retryAt - clock.now());
    clock.pass(state.retryAt - clock.now());
    assert.equal(sockets.count, attempt + 2);
  }
  assert.deepEqual(pauses, [1000, 1500, 3000, 6000, 12000, 22500]);
});

Deno.test("Connection starts its pauses over after a connection that held", () => {
  const { clock, sockets, states } = startConnection();
  const dropAndCome = (heldMs: number) => {
    sockets.last.open();
    clock.pass(heldMs);
    sockets.last.drop(1006);
    const state = states.at(-1);
    assert.ok(state?.kind === "waiting");
    const pauseMs = state.retryAt - clock.now();
    clock.pass(pauseMs);
    return pauseMs;
  };
  assert.deepEqual([100, 100, 10_000].map(dropAndCome), [1000, 1500, 1000]);
});

Deno.test("Connection does not come back by itself from code 3500 on, but when it is told to", () => {
  const { connection, clock, sockets, states } = startConnection();
  sockets.last.open();
  sockets.last.drop(3501, "token expired");
  assert.deepEqual(states.at(-1), { kind: "stopped", code: 3501, reason: "token expired" });
  clock.pass(600_000);
  connection.wake();
  assert.equal(sockets.count, 1);
  connection.connect();
  assert.equal(sockets.count, 2);
});

Deno.test("Connection comes back within two seconds when the server restarts", () => {
  const { clock, sockets, states } = startConnection(0.5);
  sockets.last.open();
  sockets.last.drop(3001, "shutting down");
  assert.deepEqual(states.at(-1), {
    kind: "waiting",
    attempt: 1,
    retryAt: clock.now() + 1000,
    reason: "shutting down",
  });
});

Deno.test("Connection pings, and takes silence after a ping for a dead peer", () => {
  const { clock, sockets, states } = startConnection();
  const socket = sockets.last;
  socket.open();
  clock.pass(25_000);
  assert.deepEqual(socket.sent, [{ type: "ping" }]);
  clock.pass(9_999);
  socket.receive({ type: "pong" });
  clock.pass(15_001);
  assert.equal(socket.sent.length, 2);
  assert.equal(states.at(-1)?.kind, "online");
  clock.pass(10_000);
  assert.equal(states.at(-1)?.kind, "waiting");
  assert.ok(socket.isClosed);
});

Deno.test("Connection.wake() pings an open connection at once, with a shorter deadline", () => {
  const { connection, clock, sockets, states } = startConnection();
  sockets.last.open();
  connection.wake();
  assert.deepEqual(sockets.last.sent, [{ type: "ping" }]);
  clock.pass(5_000);
  assert.equal(states.at(-1)?.kind, "waiting");
  connection.wake();
  assert.equal(states.at(-1)?.kind, "connecting");
  assert.equal(sockets.count, 2);
});

Deno.test("Connection takes a close that comes twice for one", () => {
  const { sockets, states } = startConnection();
  sockets.last.open();
  sockets.last.drop(1006);
  const count = states.length;
  sockets.last.drop(1006);
  assert.equal(states.length, count);
});

Deno.test("Connection gives a handshake up that gets no answer", () => {
  const { clock, states } = startConnection();
  clock.pass(15_000);
  assert.equal(states.at(-1)?.kind, "waiting");
});

Deno.test("newMessageId() makes ids that the protocol allows, each another one", () => {
  assert.match(newMessageId(), /^[A-Za-z0-9_-]{8,64}$/);
  assert.notEqual(newMessageId(), newMessageId());
});

Deno.test("SeenIds forgets the oldest id when it is full", () => {
  const seen = new SeenIds(2);
  assert.deepEqual(["a", "a", "b", "c"].map((id) => seen.add(id)), [true, false, true, true]);
  assert.deepEqual([seen.add("c"), seen.add("a")], [false, true]);
});

Deno.test("the outbox keeps order, confirms, fails and tries again", () => {
  let outbox = ["a", "b", "c"].map(entry).reduce(enqueue, [] as Outbox);
  outbox = fail(remove(outbox, "a"), "b", "too fast");
  assert.deepEqual(unconfirmed(outbox).map(({ id }) => id), ["c"]);
  outbox = retry(outbox, "b", 9);
  assert.deepEqual(unconfirmed(outbox).map(({ id }) => id), ["c", "b"]);
  assert.equal(outbox.at(-1)?.timestamp, 9);
});

Deno.test("the outbox takes no more when it is full, and no id twice", () => {
  const full = Array.from({ length: OUTBOX_LIMIT + 5 }, (_, i) => entry(`id ${i}`))
    .reduce(enqueue, [] as Outbox);
  assert.equal(full.length, OUTBOX_LIMIT);
  assert.equal(enqueue([entry("a")], entry("a")).length, 1);
});

Deno.test("the outbox gives up on a message that was tried too often", () => {
  let outbox: Outbox = [entry("a")];
  for (let i = 0; i < MAX_TRIES; i++) {
    assert.equal(unconfirmed(giveUpOnOverdue(outbox)).length, 1);
    outbox = countTry(outbox, "a");
  }
  assert.equal(unconfirmed(giveUpOnOverdue(outbox)).length, 0);
});

Deno.test("reduce() shows a message once and counts it where nobody looks", () => {
  const hello = usermsg("m1", "lobby", "7");
  let state = after([signedIn("lobby", "orders"), received(hello), received(hello)]);
  assert.equal(room(state, "lobby").messages.length, 1);
  assert.equal(room(state, "lobby").unread, 0);
  state = after(
    [received(usermsg("m2", "orders", "7")), received(usermsg("m3", "orders", "123"))],
    state,
  );
  assert.equal(room(state, "orders").unread, 1);
  state = after([received(usermsg("m4", "lobby", "7"), false)], state);
  assert.equal(room(state, "lobby").unread, 1);
  state = after([{ type: "room_activated", room: "orders" }], state);
  assert.equal(room(state, "orders").unread, 0);
});

Deno.test("reduce() keeps the newest messages of a room", () => {
  const frames = Array.from(
    { length: MESSAGE_LIMIT + 3 },
    (_, i) => usermsg(`m${i}`, "lobby", "7"),
  );
  const { messages } = room(after([signedIn("lobby"), ...frames.map((f) => received(f))]), "lobby");
  assert.equal(messages.length, MESSAGE_LIMIT);
  assert.equal(messages[0]?.id, "m3");
});

Deno.test("reduce() takes an own message out of the outbox with its echo, or fails it with its error", () => {
  let state = after([
    signedIn("lobby"),
    { type: "message_written", entry: entry("m1") },
    { type: "message_written", entry: entry("m2") },
    received(usermsg("m1", "lobby", "123")),
    received({ type: "error", code: "too_fast", message: "Too fast", id: "m2" }),
  ]);
  assert.deepEqual(state.outbox.map(({ id, failure }) => [id, failure]), [["m2", "Too fast"]]);
  assert.equal(state.alert, null);
  state = after([received({ type: "error", code: "other", message: "Other" })], state);
  assert.equal(state.alert, "Other");
});

Deno.test("reduce() applies presence, join and leave however often they come", () => {
  const bob = { room: "lobby", user_id: "7", name: "Bob" };
  const join: ServerFrame = { type: "join", ...bob };
  const leave: ServerFrame = { type: "leave", ...bob };
  const presence: ServerFrame = { type: "presence", room: "lobby", users: [bob, ME, ME] };
  let state = after([signedIn("lobby"), received(presence), received(join), received(join)]);
  assert.deepEqual(room(state, "lobby").users.map(({ name }) => name), ["Alice", "Bob"]);
  state = after([received(leave), received(leave)], state);
  assert.deepEqual(room(state, "lobby").users, [ME]);
});

Deno.test("reduce() raises a toast and an unread notice, and no chat message", () => {
  let state = after([
    signedIn("lobby"),
    ...["n1", "n2", "n3", "n4", "n4"].map((id) => received(notification(id, "lobby"))),
  ]);
  assert.deepEqual(state.notices.map(({ id }) => id), ["n4", "n3", "n2", "n1"]);
  assert.deepEqual(state.toasts, ["n2", "n3", "n4"]);
  assert.equal(room(state, "lobby").messages.length, 0);
  state = after([{ type: "toast_dismissed", id: "n3" }, { type: "notice_read", id: "n2" }], state);
  assert.deepEqual(state.toasts, ["n2", "n4"]);
  assert.deepEqual(state.notices.map(({ read }) => read), [false, false, true, false]);
  state = after([{ type: "all_notices_read" }], state);
  assert.ok(state.notices.every(({ read }) => read));
  assert.deepEqual(state.toasts, []);
});

Deno.test("reduce() activates a neighbour when the active room is closed", () => {
  let state = after([signedIn("a", "b", "c"), { type: "room_activated", room: "b" }]);
  const active = ["b", "c", "a"].map((room) => {
    state = after([{ type: "room_closed", room }], state);
    return state.activeRoom;
  });
  assert.deepEqual(active, ["c", "a", ""]);
});

Deno.test("Session joins its rooms, and the silent ones without a tab", () => {
  const { sockets } = startSession();
  sockets.last.open();
  assert.deepEqual(sockets.last.sent, [
    { type: "keepalive", user_id: 123, name: "Alice", room: "lobby" },
    { type: "presence", room: "lobby" },
    { type: "keepalive", user_id: 123, name: "Alice", room: "/user/123" },
    { type: "keepalive", user_id: 123, name: "Alice", room: "1" },
  ]);
});

Deno.test("Session sends again after a reconnect what was not confirmed, in order", () => {
  const { session, sockets, store } = startSession();
  sockets.last.open();
  for (const text of ["one", "two", "three"]) session.say("lobby", text);
  const [one, two, three] = store.state.outbox.map(({ id }) => id);
  sockets.last.receive({ ...usermsg(one ?? "", "lobby", "123") });
  sockets.last.drop(1006);
  session.say("lobby", "four");
  session.wake();
  sockets.last.open();
  const four = store.state.outbox.at(-1)?.id;
  assert.deepEqual(idsSent(sockets.last), [two, three, four]);
});

Deno.test("Session has only so many messages on their way at once", () => {
  const { session, sockets } = startSession();
  for (let i = 0; i < 50; i++) session.say("lobby", `message ${i}`);
  sockets.last.open();
  const [first = "", second = "", ...others] = idsSent(sockets.last);
  assert.equal(others.length, 18);
  sockets.last.receive(usermsg(first, "lobby", "123"));
  sockets.last.receive({ type: "error", code: "x", message: "x", id: second });
  assert.equal(idsSent(sockets.last).length, 22);
});

Deno.test("Session shows a notification once, also after a reload", () => {
  const first = startSession();
  first.sockets.last.open();
  first.sockets.last.receive(notification("n1", "/user/123"));
  first.sockets.last.receive(notification("n1", "/user/123"));
  assert.equal(first.store.state.notices.length, 1);

  const second = startSession(first.storage);
  second.sockets.last.open();
  second.sockets.last.receive(notification("n1", "/user/123"));
  assert.equal(second.store.state.notices.length, 1);
  assert.deepEqual(second.store.state.toasts, []);
});

Deno.test("Session leaves a room whose tab is closed, but stays in the silent ones", () => {
  const { session, sockets } = startSession();
  sockets.last.open();
  session.openRoom("/user/123");
  const count = sockets.last.sent.length;
  session.closeRoom("/user/123");
  session.closeRoom("lobby");
  assert.deepEqual(sockets.last.sent.slice(count), [{ type: "leave", room: "lobby" }]);
});

Deno.test("Session leaves a closed room once what was written there is sent", () => {
  const { session, sockets } = startSession();
  session.say("lobby", "last words");
  session.closeRoom("lobby");
  sockets.last.open();
  const [id] = idsSent(sockets.last);
  sockets.last.receive(usermsg(id ?? "", "lobby", "123"));
  assert.deepEqual(sockets.last.sent.at(-1), { type: "leave", room: "lobby" });
});

Deno.test("Session goes on after a reload where it was, with what was not sent", () => {
  const first = startSession();
  first.session.openRoom("orders");
  first.session.say("orders", "kept");

  const second = newSession(first.storage);
  assert.ok(second.session.resume());
  assert.deepEqual(second.store.state.rooms.map(({ room }) => room), ["lobby", "orders"]);
  assert.equal(second.store.state.activeRoom, "orders");
  assert.equal(second.store.state.outbox[0]?.message, "kept");
  second.session.signOut();

  assert.ok(!newSession(first.storage).session.resume());
  const { signed_in: _, ...remembered } = loadSettings(first.storage);
  assert.deepEqual(remembered, { ...ME, rooms: ["lobby", "orders"], active_room: "orders" });
});

Deno.test("what was stored is not believed when it is broken", () => {
  const storage = memory();
  storage.setItem(SETTINGS_KEY, '{"signed_in":true,"user_id":5,"rooms":[1,"lobby"],"name":{}}');
  assert.deepEqual(loadSettings(storage).rooms, ["lobby"]);
  assert.ok(!newSession(storage).session.resume());
  storage.setItem(outboxKey("123"), '[{"id":1},null,"x"]');
  assert.deepEqual(startSession(storage).store.state.outbox, []);
});

Deno.test("rowsOf() groups one writer's messages, parts days, and ends with the outbox", () => {
  const day = 86_400;
  const state = after([
    signedIn("lobby"),
    received({ ...usermsg("m1", "lobby", "7"), timestamp: 10 * day + 40_000 }),
    received({ ...usermsg("m2", "lobby", "7"), timestamp: 10 * day + 40_060 }),
    received({ ...usermsg("m3", "lobby", "8"), timestamp: 10 * day + 40_070 }),
    received({ ...usermsg("m4", "lobby", "8"), timestamp: 12 * day + 40_000 }),
    { type: "message_written", entry: { ...entry("m5"), timestamp: 12 * day + 40_001 } },
  ]);
  const rows = rowsOf(room(state, "lobby"), state.outbox, ME);
  assert.deepEqual(
    rows.map((row) => row.kind === "day" ? "day" : [row.key, row.isFirst, row.delivery]),
    [
      "day",
      ["m1", true, "delivered"],
      ["m2", false, "delivered"],
      ["m3", true, "delivered"],
      "day",
      ["m4", true, "delivered"],
      ["m5", true, "pending"],
    ],
  );
});

Deno.test("splitLinks() finds http links and leaves the sentence around them alone", () => {
  assert.deepEqual(splitLinks("See (https://example.com/a?b=1)."), [
    { text: "See (" },
    { text: "https://example.com/a?b=1", href: "https://example.com/a?b=1" },
    { text: ")." },
  ]);
  assert.deepEqual(splitLinks("javascript:alert(1) <b>"), [{ text: "javascript:alert(1) <b>" }]);
  assert.deepEqual(splitLinks("http://"), [{ text: "http://" }]);
});

Deno.test("recipes quote for the shell", () => {
  assert.equal(
    curlLine("http://localhost:7000", "123"),
    'curl -d "Your order has shipped" http://localhost:7000/api/users/123/notifications',
  );
  assert.ok(
    curlLine("http://h", "o'neil").endsWith(`'http://h/api/users/o'\\''neil/notifications'`),
  );
  assert.ok(redisLine("notifyli:messages", "123").includes(`'{"user_id":123,"room":"/user/123",`));
});

Deno.test("problemOf names what is wrong with an answer", () => {
  assert.equal(problemOf.room("lobby"), null);
  assert.equal(problemOf.room("  "), "Enter a room.");
  assert.match(problemOf.name("x".repeat(65)) ?? "", /too long/);
  assert.match(problemOf.user_id("a\u0000b") ?? "", /control characters/);
});

Deno.test("the page's address fills the form in, and is cleaned afterwards", () => {
  assert.deepEqual(readPrefill("?user_id=5&room=a%20b&name="), { user_id: "5", room: "a b" });
  assert.equal(withoutPrefill("http://h/?user_id=5&room=a&x=1#y"), "/?x=1#y");
});

Deno.test("initials() stands for a name with one or two letters", () => {
  assert.deepEqual(["alice", "Bob van Stone", "", "👍 ok"].map(initials), ["A", "BS", "", "👍O"]);
});

function parse(frame: unknown): ServerFrame | null {
  return parseServerFrame(JSON.stringify(frame));
}

function usermsg(id: string, room: string, user_id: string) {
  return {
    type: "usermsg",
    id,
    room,
    user_id,
    name: user_id,
    message: "Hi",
    timestamp: 7,
  } as const;
}

function notification(id: string, room: string) {
  return { ...usermsg(id, room, "123"), type: "direct_message" } as const;
}

function entry(id: string) {
  return { id, room: "lobby", message: "Hi", timestamp: 7, tries: 0 };
}

function signedIn(...rooms: string[]): Action {
  const activeRoom = rooms[0] ?? "";
  return { type: "signed_in", identity: ME, rooms, activeRoom, outbox: [], notices: [] };
}

function received(frame: ServerFrame, isWatched = true): Action {
  return { type: "frame_received", frame, isWatched };
}

function after(actions: Action[], state: State = INITIAL_STATE): State {
  return actions.reduce(reduce, state);
}

function room(state: State, name: string) {
  const room = state.rooms.find(({ room }) => room === name);
  assert.ok(room !== undefined);
  return room;
}

function idsSent(socket: FakeSocket): string[] {
  return socket.sent.flatMap((frame) => "id" in frame && frame.id ? [String(frame.id)] : []);
}

function memory() {
  return storeOrMemory(() => {
    throw new Error("forbidden");
  });
}

function newSession(storage = memory()) {
  const sockets = new FakeSockets();
  const store = new Store();
  const session = new Session(store, {
    shared: storage,
    own: storage,
    openSocket: () => sockets.open(),
    isWatched: () => true,
    clock: new FakeClock(),
  });
  return { session, sockets, store, storage };
}

function startSession(storage = memory()) {
  const started = newSession(storage);
  started.session.signIn({ ...ME, room: "lobby" });
  return started;
}

function startConnection(random = 0) {
  const clock = new FakeClock();
  const sockets = new FakeSockets();
  const states: ConnectionState[] = [];
  const connection = new Connection({
    openSocket: () => sockets.open(),
    pingIntervalMs: 25_000,
    onOpen: () => {},
    onFrame: () => {},
    onState: (state) => states.push(state),
    clock,
    random: () => random,
  });
  connection.connect();
  return { connection, clock, sockets, states };
}

class FakeClock implements Clock {
  #now = 0;
  #timers: { at: number; callback: () => void }[] = [];

  now(): number {
    return this.#now;
  }

  after(ms: number, callback: () => void): () => void {
    const timer = { at: this.#now + ms, callback };
    this.#timers.push(timer);
    return () => this.#timers = this.#timers.filter((other) => other !== timer);
  }

  pass(ms: number): void {
    const end = this.#now + ms;
    for (;;) {
      const next = this.#timers.toSorted((a, b) => a.at - b.at).find(({ at }) => at <= end);
      if (next === undefined) break;
      this.#timers = this.#timers.filter((timer) => timer !== next);
      this.#now = next.at;
      next.callback();
    }
    this.#now = end;
  }
}

class FakeSocket implements SocketLike {
  onopen: SocketLike["onopen"] = null;
  onmessage: SocketLike["onmessage"] = null;
  onclose: SocketLike["onclose"] = null;
  readonly sent: Record<string, unknown>[] = [];
  isClosed = false;

  open(): void {
    this.onopen?.(new Event("open"));
  }

  receive(frame: ServerFrame): void {
    this.onmessage?.(new MessageEvent("message", { data: JSON.stringify(frame) }));
  }

  drop(code: number, reason = ""): void {
    this.onclose?.(new CloseEvent("close", { code, reason }));
  }

  send(text: string): void {
    this.sent.push(JSON.parse(text));
  }

  close(): void {
    this.isClosed = true;
  }
}

class FakeSockets {
  readonly #all: FakeSocket[] = [];

  open(): FakeSocket {
    const socket = new FakeSocket();
    this.#all.push(socket);
    return socket;
  }

  get count(): number {
    return this.#all.length;
  }

  get last(): FakeSocket {
    const last = this.#all.at(-1);
    assert.ok(last !== undefined);
    return last;
  }
}
