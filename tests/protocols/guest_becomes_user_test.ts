/**
 * A plain client of an open server that says who it is only after it was a guest: from then on it is that user, in the
 * rooms where it is, on both listeners and both stores.
 */
import assert from "node:assert/strict";
import { DISCONNECTS } from "../../lib/base/errors.ts";
import { Manager } from "../support/manager.ts";
import { RawSocket } from "../support/raw_socket.ts";
import { join, OPCODES, text, wireFrame } from "../support/wire_frame.ts";
import { Program } from "../support/program.ts";
import { RedisServer } from "../support/redis.ts";
import { RoomsFile } from "../support/rooms_file.ts";
import { type Frame, TestClient } from "../support/test_client.ts";
import { waitFor } from "../support/wait.ts";

const ROOMS = ["1", "lobby"];

for (const listener of ["deno", "node"]) {
  for (const store of ["SQLite", "Redis"]) {
    Deno.test(`${listener} listener, ${store}: a guest who says who it is is that user in all its rooms`, async (t) => {
      const rooms = [{ pattern: "narrow-*", maxClients: 2 }]; // these are entered in two steps
      await using file = await RoomsFile.write({ rooms });
      const env = { APP_LISTENER: listener, APP_ROOMS: file.path };
      await using place = await Place.open(store, env);
      await t.step("with what waits for the user, and nothing missed", () => talk(place.program));
      await t.step("at once after much else", () => hurry(place.program));
    });
  }
}

async function talk(program: Program): Promise<void> {
  const { webSocketUrl: url } = program;
  await using alice = await TestClient.join(url, { user: 1, room: "1", name: "Alice" });
  await using guest = await TestClient.connect(url);
  for (const room of ROOMS) {
    alice.send({ type: "keepalive", user_id: 1, room });
    alice.send({ type: "presence", room });
  }
  await alice.get("presence", 2);
  for (const room of ROOMS) {
    guest.send({ type: "keepalive", room, name: "Anonymous", message: "..." });
  }
  const joined = await alice.get("join", 2);
  const [id] = joined.map(({ user_id }) => String(user_id));
  assert.match(id ?? "", /^guest-/);
  assert.deepEqual(joined.map(({ room, name }) => `${room} ${name}`).sort(), [
    "1 Anonymous",
    "lobby Anonymous",
  ]);
  await guest.settled();
  await notify(program, id, { id: "order-0001", room: "1", message: "the guest's" });
  assert.equal((await guest.get("direct_message"))[0]?.["message"], "the guest's");
  for (const room of ROOMS) {
    await notify(program, 42, { id: `order-000${room.length}`, room, message: `for ${room}` });
  }

  for (let each = 0; each < 20; each++) {
    alice.send({ type: "usermsg", user_id: 1, room: "lobby", message: `${each}` });
    if (each !== 10) continue;
    guest.send({ type: "usermsg", user_id: "42", name: "Bob", room: "1", message: "Hello!" });
  }
  const hello = await waitFor("it is heard", () => said(alice, "1").at(-1));
  assert.partialDeepStrictEqual(hello, { user_id: 42, name: "Bob", message: "Hello!" });
  const waited = (await guest.get("direct_message", 3)).slice(1);
  assert.deepEqual(waited.map(({ message }) => message).sort(), ["for 1", "for lobby"]);
  await waitFor("it has missed nothing", () => said(guest, "lobby").length >= 20);
  assert.deepEqual(
    said(guest, "lobby").map(({ message }) => message),
    Array.from({ length: 20 }, (_, each) => String(each)),
  );

  const changes = [...await alice.get("join", 4), ...await alice.get("leave", 2)].slice(2);
  const told = changes.map(({ type, room, user_id, name }) => [type, room, user_id, name]);
  assert.deepEqual(
    told.sort(),
    ROOMS.flatMap((room) => [["join", room, 42, "Bob"], ["leave", room, id, "Anonymous"]])
      .sort(),
  );
  for (const room of ROOMS) {
    const users = await usersIn(program, room);
    assert.deepEqual(users, [[1, "Alice"], [42, "Bob"]]);
  }
  assert.equal(await notify(program, id, { room: "1", message: "nobody's" }), false);
  assert.equal(await notify(program, 42, { room: "lobby", message: "live" }), true);
  assert.equal((await guest.get("direct_message", 4))[3]?.["message"], "live");

  guest.send({ type: "keepalive", room: "attic" }); // still the same user
  guest.send({ type: "keepalive", user_id: 43, room: "1" });
  assert.equal((await guest.get("error"))[0]?.["code"], "user_mismatch");
  assert.deepEqual(await usersIn(program, "attic"), [[42, "Bob"]]);
  await guest.close();
  await alice.get("leave", 4);
  for (const room of ROOMS) assert.deepEqual(await usersIn(program, room), [[1, "Alice"]]);
  await waitFor("all left", async () => (await usersIn(program, "attic")).length === 0);
}

async function hurry(program: Program): Promise<void> {
  await using guest = await TestClient.connect(program.webSocketUrl);
  const rooms = Array.from({ length: 30 }, (_, each) => `${each % 2 ? "narrow" : "room"}-${each}`);
  for (const room of rooms) guest.send({ type: "keepalive", room });
  guest.send({ type: "keepalive", user_id: 77, room: rooms[7] });
  for (const room of rooms) {
    guest.send({ type: "keepalive", room });
    guest.send({ type: "usermsg", user_id: 77, room, message: "Hello!" });
  }
  const own = await guest.get("usermsg", 30);
  assert.ok(own.every(({ user_id, name }) => user_id === 77 && name === "77"));
  for (const room of rooms) assert.deepEqual(await usersIn(program, room), [[77, "77"]]);
  assert.deepEqual(guest.ofType("error"), []);
}

Deno.test("a guest who says who it is takes one of the user's places, and keeps its own in a full room", async () => {
  await using file = await RoomsFile.write({ rooms: [{ pattern: "lobby", maxClients: 2 }] });
  const env = { APP_ROOMS: file.path, APP_LIMIT_CONNECTIONS_USER: "2" };
  await using program = await Program.start({ env });
  const { webSocketUrl: url } = program;
  const beGuest = async (room = "1") => {
    const guest = await TestClient.connect(url);
    guest.send({ type: "keepalive", room });
    await guest.settled();
    return guest;
  };
  await using first = await beGuest("lobby");
  await using other = await TestClient.join(url, { user: 9, room: "lobby" });
  first.send({ type: "keepalive", user_id: 42, room: "lobby" });
  await first.settled();
  assert.deepEqual(await usersIn(program, "lobby"), [[9, "9"], [42, "42"]]);
  await using outside = await TestClient.join(url, { user: 10, room: "lobby" });
  assert.equal((await outside.get("error"))[0]?.["code"], "room_full");

  await using second = await beGuest();
  second.send({ type: "keepalive", user_id: 42, room: "1" });
  await second.settled();
  await using third = await beGuest();
  third.send({ type: "keepalive", user_id: 42, room: "1" });
  assert.equal((await third.get("error"))[0]?.["code"], "too_many_connections");
  assert.equal((await third.waitClosed()).code, DISCONNECTS.too_many_connections.code);
  await waitFor("its guest is gone", async () => (await usersIn(program, "1")).length === 1);
  await first.close();
  await waitFor("one place is free", async () => (await usersIn(program, "lobby")).length === 1);
  await using fourth = await TestClient.join(url, { user: 42, room: "1" });
  assert.deepEqual([...fourth.ofType("error"), ...other.ofType("error")], []);
});

Deno.test("a guest who says who it is while Redis is away is that user, and no guest, when Redis is back", async () => {
  await using redis = await RedisServer.start("--appendonly", "yes", "--appendfsync", "always");
  const env = { ...redis.env, REDIS_PLAIN_FIELDS: "true", REDIS_LEASE_SECONDS: "60" };
  await using program = await Program.start({ env });
  await using guest = await TestClient.connect(program.webSocketUrl);
  guest.send({ type: "keepalive", room: "lobby" });
  await guest.settled();
  const fields = async () => (await redis.call("HKEYS", "notifyli:connections:lobby")).split("\n");
  assert.match((await fields()).sort().join(), /^guest-.*,user_guest-/);
  await redis.stop("SIGKILL");
  await waitFor("it is away", async () => {
    const { status, body } = await fetch(`${program.url}/readyz`);
    await body?.cancel();
    return status === 503;
  });
  guest.send({ type: "keepalive", user_id: 42, room: "lobby" });
  guest.send({ type: "keepalive", user_id: 42, room: "lobby", name: "Bob" });
  await guest.settled();
  await redis.restart();
  await waitFor("only the user is there", async () => {
    const names = (await fields()).sort().join();
    return names === "42,user_42";
  });
});

Deno.test("a guest who says who it is is held to what holds for that user", async () => {
  await using program = await Program.start();
  const manager = await Manager.of(program);
  const named = async () => {
    const guest = await TestClient.connect(program.webSocketUrl);
    guest.send({ type: "keepalive", room: "lobby" });
    guest.send({ type: "keepalive", user_id: 42, room: "lobby" });
    guest.send({ type: "ping" });
    return guest;
  };
  await using first = await named();
  await first.get("pong");
  await manager.done(program, "/users/42/block");
  assert.equal((await first.waitClosed()).code, DISCONNECTS.blocked.code);
  await using second = await named();
  assert.equal((await second.get("error"))[0]?.["code"], "blocked");
});

Deno.test("what a guest has taken is not taken for the user's, whose notification may have the same id", async () => {
  await using program = await Program.start({ env: { APP_LISTENER: "node" } });
  using guest = await RawSocket.open(program.port);
  await guest.write(text('{"type":"keepalive","room":"1"}'));
  const [[id]] = await waitFor("it is there", async () => {
    const users = await usersIn(program, "1");
    return users.length === 1 && users as [[string]];
  });
  const same = { id: "order-0001", message: "Hello!" };
  await notify(program, id, { ...same, room: "1" });
  await notify(program, 42, { ...same, room: "attic" });
  let asked = await guest.read();
  while (typeof asked === "string" || asked.opcode !== OPCODES.ping) asked = await guest.read();
  await guest.write(text('{"type":"keepalive","room":"1","user_id":42}'));
  await waitFor("it is the user", async () => (await usersIn(program, "1"))[0]?.[0] === 42);
  const pong = wireFrame({ opcode: OPCODES.pong, payload: asked.payload });
  await guest.write(join([pong, text('{"type":"ping"}')]));
  await guest.read(); // the answer comes after what the pong has proved
  await using other = await TestClient.join(program.webSocketUrl, { user: 42, room: "attic" });
  assert.equal((await other.get("direct_message"))[0]?.["id"], same.id);
});

Deno.test("where there are tokens, a guest stays one: nobody is a user without", async () => {
  await using file = await RoomsFile.write({
    unknown: "closed",
    rooms: [{ pattern: "lobby", auth: false }],
  });
  const env = { APP_ROOMS: file.path, APP_KEY: "0123456789abcdef0123456789abcdef" };
  await using program = await Program.start({ env });
  await using guest = await TestClient.connect(program.webSocketUrl);
  guest.send({ type: "keepalive", room: "lobby" });
  guest.send({ type: "keepalive", room: "lobby", user_id: 42 });
  assert.equal((await guest.get("error"))[0]?.["code"], "user_mismatch");
});

/** A server on a store. */
class Place implements AsyncDisposable {
  private constructor(readonly program: Program, readonly redis: RedisServer | undefined) {}

  static async open(store: string, env: Record<string, string>): Promise<Place> {
    const redis = store === "Redis" ? await RedisServer.start() : undefined;
    return new Place(await Program.start({ env: { ...env, ...redis?.env } }), redis);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.program[Symbol.asyncDispose]();
    await this.redis?.[Symbol.asyncDispose]();
  }
}

function said(client: TestClient, room: string): Frame[] {
  return client.ofType("usermsg").filter((frame) => frame["room"] === room);
}

/** Sends a notification; says whether its user is in the room. */
async function notify(
  { url }: Program,
  user: unknown,
  fields: Record<string, string>,
): Promise<boolean> {
  const response = await fetch(`${url}/api/users/${user}/notifications`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(fields),
  });
  assert.equal(response.status, 201);
  return (await response.json()).online;
}

async function usersIn({ url }: Program, room: string): Promise<unknown[][]> {
  const response = await fetch(`${url}/api/rooms/${room}/connections`);
  const { connections } = await response.json() as { connections: Frame[] };
  return connections.map(({ user_id, name, clients }) => {
    assert.equal(clients, undefined, "one client");
    return [user_id, name];
  });
}
