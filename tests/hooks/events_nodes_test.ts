/** Events of several nodes: each is told once, and nothing is forgotten while Redis is away. */
import assert from "node:assert/strict";
import { Program } from "../support/program.ts";
import { hookEnv, Receiver } from "../support/receiver.ts";
import { RedisServer } from "../support/redis.ts";
import { TestClient } from "../support/test_client.ts";
import { waitFor } from "../support/wait.ts";

Deno.test("of two nodes, a room is occupied and vacated once, and a user comes and leaves once", async () => {
  await using redis = await RedisServer.start();
  await using receiver = new Receiver();
  const env = {
    ...redis.env,
    ...hookEnv(receiver.url, { HOOK_EVENTS: "room.*, message.received" }),
    HOOK_STREAM: "room.*",
  };
  await using one = await Program.start({ env });
  await using two = await Program.start({ env });
  const ann = await TestClient.join(one.webSocketUrl, { user: "ann", room: "lobby" });
  const again = await TestClient.join(two.webSocketUrl, { user: "ann", room: "lobby" });
  const bob = await TestClient.join(two.webSocketUrl, { user: "bob", room: "lobby" });
  for (const [index, client] of [ann, again, bob].entries()) {
    client.send({
      type: "usermsg",
      user_id: index === 2 ? "bob" : "ann",
      room: "lobby",
      message: `m${index}`,
    });
    await client.get("usermsg", index + 1);
  }
  await ann.close();
  await again.close();
  await waitFor("ann's leave is told", () =>
    // nodes tell in no common order
    receiver.events.some(({ event }) => event === "room.leave"));
  await bob.close();
  await waitFor("all is told", () => receiver.events.at(-1)?.event === "room.vacated");
  const lines = receiver.events.map(({ event, user_id = "", data: { message = "" } }) =>
    `${event} ${user_id} ${message}`.trim()
  );
  assert.deepEqual(lines, [
    "room.occupied",
    "room.join ann",
    "room.join bob",
    "message.received ann m0",
    "message.received ann m1",
    "message.received bob m2",
    "room.leave ann",
    "room.leave bob",
    "room.vacated",
  ]);
  const told = receiver.told.flatMap(({ events }) => events);
  assert.equal(told.length, lines.length, "each comes once");
  const stream = (await redis.call("XRANGE", "notifyli:events", "-", "+")).split("\n");
  assert.deepEqual(stream.filter((word) => word.startsWith("room.")), [
    "room.occupied",
    "room.join",
    "room.join",
    "room.leave",
    "room.leave",
    "room.vacated",
  ]);
});

Deno.test("what happens while Redis is away is told once it is back, in order", async () => {
  await using redis = await RedisServer.start("--appendonly", "yes", "--appendfsync", "always");
  await using receiver = new Receiver();
  const env = { ...redis.env, ...hookEnv(receiver.url, { HOOK_EVENTS: "connection.*" }) };
  await using program = await Program.start({ env });
  const before = await TestClient.connect(program.webSocketUrl);
  await receiver.getEvents(1);
  await redis.stop("SIGKILL");
  const meanwhile = await TestClient.connect(program.webSocketUrl);
  await meanwhile.close();
  await before.close();
  await redis.restart();
  const events = await receiver.getEvents(4);
  const opened = events.filter(({ event }) => event === "connection.open");
  assert.deepEqual(
    events.map(({ event, data }) =>
      `${event} ${opened.findIndex((each) => each.data["client_id"] === data["client_id"])}`
    ),
    ["connection.open 0", "connection.open 1", "connection.close 1", "connection.close 0"],
  );
});

Deno.test("a redirect of an endpoint is not followed", async () => {
  await using receiver = new Receiver();
  await using other = new Receiver();
  receiver.answer = () => new Response(null, { status: 307, headers: { location: other.url } });
  await using program = await Program.start({ env: hookEnv(receiver.url) });
  await using _client = await TestClient.connect(program.webSocketUrl);
  await program.line(({ message }) =>
    /the endpoint "hook" at .* takes no events: status 307, and redirects are not followed/
      .test(message)
  );
  assert.equal(other.told.length, 0);
});
