/** Rooms and bad input over the base protocol, against the running program. */
import assert from "node:assert/strict";
import { Program } from "../support/program.ts";
import { type Frame, TestClient } from "../support/test_client.ts";
import { waitFor } from "../support/wait.ts";

Deno.test("every bad frame gets an error that names the field and its value, and the connection lives", async () => {
  await using program = await Program.start({
    env: {
      APP_LIMIT_MESSAGE: "20",
      APP_LIMIT_NAME: "10",
      APP_LIMIT_ROOM: "10",
      APP_LIMIT_USER_ID: "10",
    },
  });
  await using client = await TestClient.connect(program.webSocketUrl);
  const good = { type: "usermsg", user_id: 1, room: "lobby", message: "hi", name: "A" };
  const bad: [frame: unknown, code: string, field: string | undefined, message: RegExp][] = [
    [[1], "invalid_frame", undefined, /current value is \[1\]/],
    [null, "invalid_frame", undefined, /current value is null/],
    ["text", "invalid_frame", undefined, /current value is "text"/],
    [5, "invalid_frame", undefined, /current value is 5/],
    [{}, "missing_field", "type", /'type'/],
    [{ ...good, type: 5 }, "invalid_field", "type", /current value is 5/],
    [{ ...good, type: "shout" }, "unknown_type", "type", /current value is "shout"/],
    [{ ...good, type: "direct_message" }, "forbidden_type", "type", /"direct_message"/],
    [{ ...good, type: "error" }, "forbidden_type", "type", /"error"/],
    [{ ...good, room: undefined }, "missing_field", "room", /Missing field 'room'/],
    [{ ...good, room: null }, "missing_field", "room", /Missing field 'room'/],
    [{ ...good, room: "" }, "missing_field", "room", /current value is ""/],
    [{ ...good, room: "  " }, "invalid_field", "room", /current value is " {2}"/],
    [{ ...good, room: 5 }, "invalid_field", "room", /current value is 5/],
    [{ ...good, room: {} }, "invalid_field", "room", /current value is \{\}/],
    [{ ...good, room: "a\nb" }, "invalid_field", "room", /a\\nb/],
    [{ ...good, room: "x".repeat(11) }, "too_long", "room", /length is 11, the limit is 10/],
    [{ ...good, user_id: undefined }, "missing_field", "user_id", /Missing field 'user_id'/],
    [{ ...good, user_id: "" }, "missing_field", "user_id", /current value is ""/],
    [{ ...good, user_id: true }, "invalid_field", "user_id", /current value is true/],
    [{ ...good, user_id: 1.5 }, "invalid_field", "user_id", /current value is 1.5/],
    [{ ...good, user_id: [1] }, "invalid_field", "user_id", /current value is \[1\]/],
    [{ ...good, user_id: "x".repeat(11) }, "too_long", "user_id", /length is 11/],
    [{ ...good, message: undefined }, "missing_field", "message", /Missing field 'message'/],
    [{ ...good, message: "" }, "missing_field", "message", /current value is ""/],
    [{ ...good, message: 5 }, "invalid_field", "message", /current value is 5/],
    [{ ...good, message: "x".repeat(21) }, "too_long", "message", /length is 21, the limit is 20/],
    [{ ...good, message: "\ud800" }, "invalid_field", "message", /well-formed/],
    [{ ...good, name: 5 }, "invalid_field", "name", /current value is 5/],
    [{ ...good, name: "x".repeat(11) }, "too_long", "name", /length is 11, the limit is 10/],
    [{ ...good, id: "short" }, "invalid_field", "id", /current value is "short"/],
    [{ type: "keepalive", user_id: 1 }, "missing_field", "room", /Missing field 'room'/],
    [{ type: "leave" }, "missing_field", "room", /Missing field 'room'/],
    [{ type: "leave", room: "nowhere" }, "not_in_room", "room", /"nowhere"/],
    [{ type: "presence", room: "nowhere" }, "not_in_room", "room", /"nowhere"/],
  ];
  for (const [frame] of bad) client.send(frame);
  const errors = await client.get("error", bad.length);
  for (const [index, [frame, code, field, message]] of bad.entries()) {
    const error = errors[index];
    const what = JSON.stringify(frame);
    assert.equal(error?.["code"], code, what);
    assert.equal(error["field"], field, what);
    assert.match(String(error["message"]), message, what);
  }
  client.sendRaw("{not json");
  const [, ...rest] = (await client.get("error", bad.length + 1)).slice(-2);
  assert.equal(rest[0]?.["code"], "invalid_json");
  client.send(good);
  await client.get("usermsg");
});

Deno.test("limits that are off take what is longer", async () => {
  await using program = await Program.start({
    env: { APP_LIMIT_MESSAGE: "off", APP_LIMIT_NAME: "off" },
  });
  await using client = await TestClient.connect(program.webSocketUrl);
  const message = "x".repeat(30_000);
  const name = "y".repeat(500);
  client.send({ type: "usermsg", user_id: 1, room: "lobby", message, name });
  const [frame] = await client.get("usermsg");
  assert.deepEqual([frame?.["message"], frame?.["name"]], [message, name]);
});

Deno.test("user_id 123 and '123' are one user, '0123' is another", async () => {
  await using program = await Program.start();
  await using number = await TestClient.join(program.webSocketUrl, { user: 123, room: "lobby" });
  await using text = await TestClient.join(program.webSocketUrl, { user: "123", room: "lobby" });
  await using zero = await TestClient.join(program.webSocketUrl, { user: "0123", room: "lobby" });
  number.send({ type: "usermsg", user_id: "123", room: "lobby", message: "as text" });
  text.send({ type: "usermsg", user_id: 123, room: "lobby", message: "as number" });
  const frames = await zero.get("usermsg", 2);
  assert.deepEqual(frames.map((frame) => frame["user_id"]), [123, 123]);
  zero.send({ type: "presence", room: "lobby" });
  const [presence] = await zero.get("presence");
  assert.deepEqual(
    (presence?.["users"] as Frame[]).map((user) => user["user_id"]).map(String).sort(),
    ["0123", "123"],
  );
});

Deno.test("a connection stays the user it first named", async () => {
  await using program = await Program.start();
  await using client = await TestClient.join(program.webSocketUrl, { user: 1, room: "lobby" });
  client.send({ type: "usermsg", user_id: 2, room: "lobby", message: "I am somebody else" });
  const [error] = await client.get("error");
  assert.equal(error?.["code"], "user_mismatch");
  assert.match(String(error["message"]), /current value is 2, this connection is user 1/);
});

Deno.test("a client is in several rooms, and leaves one of them", async () => {
  await using program = await Program.start();
  await using alice = await TestClient.join(program.webSocketUrl, { user: 1, room: "red" });
  alice.send({ type: "keepalive", user_id: 1, room: "blue" });
  await using bob = await TestClient.join(program.webSocketUrl, { user: 2, room: "red" });
  bob.send({ type: "keepalive", user_id: 2, room: "blue" });
  await bob.settled();
  alice.send({ type: "leave", room: "red" });
  await alice.get("left");
  bob.send({ type: "usermsg", user_id: 2, room: "red", message: "to red" });
  bob.send({ type: "usermsg", user_id: 2, room: "blue", message: "to blue" });
  await bob.get("usermsg", 2);
  await alice.get("usermsg");
  await alice.settled();
  assert.deepEqual(alice.ofType("usermsg").map((frame) => frame["message"]), ["to blue"]);
});

Deno.test("a client may be in as many rooms as the limit says", async () => {
  await using program = await Program.start({ env: { APP_LIMIT_ROOMS: "2" } });
  await using client = await TestClient.connect(program.webSocketUrl);
  for (const room of ["one", "two", "three"]) client.send({ type: "keepalive", user_id: 1, room });
  const [error] = await client.get("error");
  assert.equal(error?.["code"], "too_many_rooms");
  assert.match(String(error["message"]), /"three".*in 2 rooms/);
  client.send({ type: "leave", room: "one" });
  client.send({ type: "keepalive", user_id: 1, room: "three" });
  await client.settled();
  assert.equal(client.ofType("error").length, 1);
});

Deno.test("frames that come while a client is joining are worked on in order", async () => {
  await using program = await Program.start();
  await using client = await TestClient.connect(program.webSocketUrl);
  for (let index = 0; index < 50; index++) {
    client.send({ type: "usermsg", user_id: 1, room: `room-${index % 10}`, message: `${index}` });
  }
  const frames = await client.get("usermsg", 50);
  const expected = Array.from({ length: 50 }, (_, index) => `${index}`);
  assert.deepEqual(frames.map((frame) => frame["message"]), expected);
});

Deno.test("a second tab neither joins nor leaves again, and a watcher hears the last one go", async () => {
  await using program = await Program.start();
  await using watcher = await TestClient.join(program.webSocketUrl, { user: 1, room: "lobby" });
  watcher.send({ type: "presence", room: "lobby" });
  await watcher.get("presence");
  const tab = await TestClient.join(program.webSocketUrl, { user: 2, room: "lobby", name: "B" });
  const other = await TestClient.join(program.webSocketUrl, { user: 2, room: "lobby", name: "B" });
  await tab.close();
  await watcher.settled();
  assert.equal(watcher.ofType("leave").length, 0);
  await other.close();
  const [leave] = await watcher.get("leave");
  assert.partialDeepStrictEqual(leave, { room: "lobby", user_id: 2, name: "B" });
  assert.equal(watcher.ofType("join").length, 1);
});

Deno.test("notifications wait for a user who is away, and come once when the user joins the room", async () => {
  await using program = await Program.start();
  const send = async (message: string) => {
    const url = `${program.url}/api/users/123/notifications`;
    const response = await fetch(url, { method: "POST", body: message });
    return await response.json();
  };
  assert.equal((await send("first")).online, false);
  assert.equal((await send("second")).online, false);
  await using client = await TestClient.join(program.webSocketUrl, {
    user: 123,
    room: "/user/123",
  });
  const third = await send("third");
  assert.equal(third.online, true);
  const frames = await client.get("direct_message", 3);
  assert.deepEqual(frames.map((frame) => frame["message"]), ["first", "second", "third"]);
  await waitFor("it is marked as sent", async () => {
    const response = await fetch(`${program.url}/api/notifications/${third.id}`);
    return (await response.json()).state !== "queued";
  });
  await using later = await TestClient.join(program.webSocketUrl, { user: 123, room: "/user/123" });
  await later.settled();
  assert.deepEqual(later.ofType("direct_message"), []);
});

Deno.test("a killed server keeps what was queued", async () => {
  const dataDir = await Deno.makeTempDir();
  {
    await using program = await Program.start({ dataDir });
    const url = `${program.url}/api/users/123/notifications`;
    const response = await fetch(url, { method: "POST", body: "survives" });
    assert.equal(response.status, 201);
    await response.body?.cancel();
    program.kill("SIGKILL");
    await program.ended();
  }
  {
    await using program = await Program.start({ dataDir });
    await using client = await TestClient.join(program.webSocketUrl, {
      user: 123,
      room: "/user/123",
    });
    const [frame] = await client.get("direct_message");
    assert.equal(frame?.["message"], "survives");
  }
  await Deno.remove(dataDir, { recursive: true });
});

Deno.test("a client with a large inbox gets all of it, and is not taken for slow", async () => {
  await using program = await Program.start({ env: { APP_LIMIT_QUEUE: "100000" } });
  const message = "x".repeat(9000);
  for (let batch = 0; batch < 20; batch++) {
    await Promise.all(Array.from({ length: 50 }, async () => {
      const url = `${program.url}/api/users/123/notifications`;
      const response = await fetch(url, { method: "POST", body: message });
      assert.equal(response.status, 201);
      await response.body?.cancel();
    }));
  }
  await using client = await TestClient.join(program.webSocketUrl, {
    user: 123,
    room: "/user/123",
  });
  await client.settled();
  assert.equal(client.ofType("direct_message").length, 1000);
  assert.equal(client.closed, undefined);
});

Deno.test("a new name is seen by the others", async () => {
  await using program = await Program.start();
  await using client = await TestClient.join(program.webSocketUrl, {
    user: 1,
    room: "lobby",
    name: "Alice",
  });
  client.send({ type: "usermsg", user_id: 1, room: "lobby", message: "hi", name: "Alicia" });
  client.send({ type: "presence", room: "lobby" });
  const [presence] = await client.get("presence");
  assert.partialDeepStrictEqual(presence, { users: [{ user_id: 1, name: "Alicia" }] });
});

Deno.test("a message that is sent again under its id appears once, and its sender is told", async () => {
  await using program = await Program.start();
  await using alice = await TestClient.join(program.webSocketUrl, { user: 1, room: "lobby" });
  await using bob = await TestClient.join(program.webSocketUrl, { user: 2, room: "lobby" });
  const frame = { type: "usermsg", id: "once-only", user_id: 1, room: "lobby", message: "hi" };
  alice.send(frame);
  alice.send(frame);
  await alice.get("usermsg", 2);
  await bob.get("usermsg");
  await bob.settled();
  assert.equal(bob.ofType("usermsg").length, 1);
});
