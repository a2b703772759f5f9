/** The page's state, how events change it, and the rows that it is shown as. */
import assert from "node:assert/strict";
import { MESSAGE_LIMIT } from "../../lib/page/state/rooms.ts";
import { type Action, INITIAL_STATE, reduce, type State } from "../../lib/page/state/store.ts";
import { rowsOf } from "../../lib/page/state/timeline.ts";
import type { Message } from "../../lib/sdk/mod.ts";

const ME = { user_id: "123", name: "Alice" };

Deno.test("reduce() shows a message once and counts it where nobody looks", () => {
  const hello = said("m1", "lobby");
  let state = after([signedIn("lobby", "orders"), received(hello), received(hello)]);
  assert.equal(room(state, "lobby").messages.length, 1);
  assert.equal(room(state, "lobby").unread, 0);
  const others = received(said("m1", "lobby", "8"));
  assert.equal(room(after([others], state), "lobby").messages.length, 2, "the id is its user's");
  const old = received(said("m3", "orders"), { isNews: false });
  state = after([received(said("m2", "orders")), old], state);
  assert.equal(room(state, "orders").unread, 1);
  state = after([received(said("m4", "lobby"), { isWatched: false })], state);
  assert.equal(room(state, "lobby").unread, 1);
  state = after([{ type: "room_activated", room: "orders" }], state);
  assert.equal(room(state, "orders").unread, 0);
});

Deno.test("reduce() keeps the newest messages of a room", () => {
  const all = Array.from({ length: MESSAGE_LIMIT + 3 }, (_, i) => said(`m${i}`, "lobby"));
  const { messages } = room(after([signedIn("lobby"), ...all.map((m) => received(m))]), "lobby");
  assert.equal(messages.length, MESSAGE_LIMIT);
  assert.equal(messages[0]?.id, "m3");
});

Deno.test("reduce() takes an own message out of the written ones when its room shows it, or fails it", () => {
  const state = after([
    signedIn("lobby"),
    { type: "message_written", entry: entry("m1") },
    { type: "message_written", entry: entry("m2") },
    received(said("m1", "lobby", "123"), { isNews: false }),
    received(said("m2", "lobby", "7")), // another's message with the same id takes nothing away
    { type: "message_failed", id: "m2", failure: "Too fast" },
  ]);
  assert.deepEqual(state.written.map(({ id, failure }) => [id, failure]), [["m2", "Too fast"]]);
});

Deno.test("reduce() goes on showing a message that was taken before its room is up to date", () => {
  const written = [signedIn("lobby"), { type: "message_written", entry: entry("m1") }] as const;
  const taken: Action = { type: "message_taken", id: "m1" };
  const joined: Action = { type: "room_joined", room: "lobby" };
  let state = after([...written, taken]);
  assert.equal(state.written[0]?.isTaken, true);
  state = after([joined], state);
  assert.deepEqual(state.written, [], "it is not among the last messages any more");

  const away: Action = {
    type: "connection_changed",
    connection: { kind: "connecting", url: "", attempt: 1 },
  };
  assert.deepEqual(after([...written, joined, taken]).written, []);
  assert.equal(after([...written, joined, away, taken]).written.length, 1);
  const closed: Action = { type: "room_closed", room: "lobby" };
  assert.deepEqual(after([...written, closed, taken]).written, []);
});

Deno.test("reduce() lists people by name", () => {
  const users = [{ userId: "7", name: "Bob" }, { userId: "123", name: "Alice" }];
  const state = after([signedIn("lobby"), { type: "people_changed", room: "lobby", users }]);
  assert.deepEqual(room(state, "lobby").users.map(({ name }) => name), ["Alice", "Bob"]);
  assert.equal(room(state, "lobby").userCount, 2);
  const many: Action = { type: "people_changed", room: "lobby", users: [], userCount: 501 };
  assert.equal(room(after([many], state), "lobby").userCount, 501);
});

Deno.test("reduce() activates a neighbour when the active room is closed", () => {
  let state = after([signedIn("a", "b", "c"), { type: "room_activated", room: "b" }]);
  const active = ["b", "c", "a"].map((room) => {
    state = after([{ type: "room_closed", room }], state);
    return state.activeRoom;
  });
  assert.deepEqual(active, ["c", "a", ""]);
});

Deno.test("rowsOf() groups one writer's messages, parts days, and ends with the written ones", () => {
  const day = 86_400;
  const state = after([
    signedIn("lobby"),
    received({ ...said("m1", "lobby"), timestamp: 10 * day + 40_000 }),
    received({ ...said("m2", "lobby"), timestamp: 10 * day + 40_060 }),
    received({ ...said("m3", "lobby", "8"), timestamp: 10 * day + 40_070 }),
    received({ ...said("m4", "lobby", "8"), timestamp: 12 * day + 40_000 }),
    { type: "message_written", entry: { ...entry("m5"), timestamp: 12 * day + 40_001 } },
  ]);
  const rows = rowsOf(room(state, "lobby"), state.written, ME);
  assert.deepEqual(
    rows.map((row) =>
      row.kind === "message" ? [row.key, row.isFirst, row.message.delivery] : row.kind
    ),
    [
      "day",
      ["m1 7", true, "delivered"],
      ["m2 7", false, "delivered"],
      ["m3 8", true, "delivered"],
      "day",
      ["m4 8", true, "delivered"],
      ["m5 123", true, "pending"],
    ],
  );
});

Deno.test("rowsOf() says where messages may be missing, and names the writer anew behind it", () => {
  const gap: Action = { type: "gap_found", room: "lobby" };
  const state = after([
    signedIn("lobby"),
    gap,
    received(said("m1", "lobby")),
    gap,
    gap,
    received(said("m2", "lobby")),
    gap,
  ]);
  assert.deepEqual(
    rowsOf(room(state, "lobby"), [], ME).map((row) =>
      row.kind === "message" ? [row.key, row.isFirst] : row.kind
    ),
    ["day", ["m1 7", true], "gap", ["m2 7", true], "gap"],
  );
});

function said(id: string, room: string, userId = "7"): Message {
  return { id, room, userId, name: userId, message: "Hi", timestamp: 7, replayed: false };
}

function entry(id: string) {
  return { id, room: "lobby", message: "Hi", timestamp: 7 };
}

function signedIn(...rooms: string[]): Action {
  return {
    type: "signed_in",
    identity: ME,
    rooms,
    activeRoom: rooms[0] ?? "",
    site: "",
    written: [],
  };
}

function received(message: Message, { isNews = true, isWatched = true } = {}): Action {
  return { type: "message_received", message, isNews, isWatched };
}

function after(actions: Action[], state: State = INITIAL_STATE): State {
  return actions.reduce(reduce, state);
}

function room(state: State, name: string) {
  const room = state.rooms.find(({ room }) => room === name);
  assert.ok(room !== undefined);
  return room;
}
