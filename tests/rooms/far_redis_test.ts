/** A Redis that is far away: the rooms of a client are entered beside each other, and what must keep its order keeps it. */
import assert from "node:assert/strict";
import { connect } from "../../lib/sdk/mod.ts";
import { EventStream } from "../support/event_stream.ts";
import { Program } from "../support/program.ts";
import { RedisServer } from "../support/redis.ts";
import { RoomsFile } from "../support/rooms_file.ts";
import { TcpProxy } from "../support/tcp_proxy.ts";
import { TestClient } from "../support/test_client.ts";
import { waitFor } from "../support/wait.ts";

/** Each way takes so long: an answer of Redis is there after twice that. */
const DELAY_MS = 25;

const ROOMS = Array.from({ length: 100 }, (_, index) => `room-${index}`);

/** How many pieces a node may write to Redis for all rooms together: one after the other they were 400. */
const MOST_PIECES = 100;

for (const listener of ["deno", "node"]) {
  const test = (what: string, run: (program: Program, proxy: TcpProxy) => Promise<void>) =>
    Deno.test(`with a Redis that is far away, on the ${listener} listener: ${what}`, async () => {
      await using redis = await RedisServer.start();
      await using proxy = new TcpProxy(redis.port);
      const env = { REDIS_URL: `redis://127.0.0.1:${proxy.port}`, APP_LISTENER: listener };
      await using program = await Program.start({ env });
      proxy.delayMs = DELAY_MS;
      await run(program, proxy);
    });

  test(
    "the library is in all its rooms after few round trips, and stays online",
    async (program, proxy) => {
      const client = connect({ url: program.webSocketUrl, userId: 1, name: "Alice" });
      try {
        const kinds: string[] = [];
        client.on("state", ({ kind }) => kinds.push(kind));
        await waitFor("it is online", () => client.state.kind === "online");
        const before = proxy.pieces;
        let entered = 0;
        const subscriptions = ROOMS.map((room) => {
          const subscription = client.subscribe(room, () => {}, { presence: true, history: 10 });
          subscription.on("subscribed", () => entered++);
          return subscription;
        });
        await waitFor(
          "it is in all rooms, and knows who is there",
          () => entered === ROOMS.length && subscriptions.every(({ users }) => users.length === 1),
        );
        const pieces = proxy.pieces - before;
        assert.ok(pieces < MOST_PIECES, `${pieces} pieces were written`);
        assert.deepEqual(kinds, ["online"]);
      } finally {
        client.close();
      }
    },
  );

  test(
    "a client of the base protocol is in all its rooms after few round trips",
    async (program, proxy) => {
      await using client = await TestClient.connect(program.webSocketUrl);
      const before = proxy.pieces;
      for (const room of ROOMS) client.send({ type: "keepalive", user_id: 1, room });
      client.send({ type: "usermsg", user_id: 1, room: ROOMS.at(-1), message: "I am in" });
      await client.get("usermsg");
      const pieces = proxy.pieces - before;
      assert.ok(pieces < MOST_PIECES, `${pieces} pieces were written`);
      const response = await fetch(`${program.url}/api/stats`);
      assert.equal((await response.json()).rooms, ROOMS.length);
    },
  );

  test(
    "a stream without commands is in all its rooms after few round trips",
    async (program, proxy) => {
      const before = proxy.pieces;
      const query = ROOMS.map((room) => `&room=${room}`).join("");
      await using stream = await EventStream.open(`${program.url}/sse?user_id=1${query}`);
      await stream.get("subscribed", ROOMS.length);
      const pieces = proxy.pieces - before;
      assert.ok(pieces < MOST_PIECES, `${pieces} pieces were written`);
    },
  );

  test("what a client says one after the other is done in that order", async (program) => {
    await using client = await TestClient.connectV2(program.webSocketUrl);
    const commands = [
      { type: "connect", user_id: 1 },
      { type: "subscribe", room: "a" },
      { type: "subscribe", room: "b" },
      { type: "publish", room: "a", message: "a1", id: "message-a1" },
      { type: "subscribe", room: "c" },
      { type: "publish", room: "b", message: "b1", id: "message-b1" },
      { type: "publish", room: "a", message: "a2", id: "message-a2" },
      { type: "presence", room: "a" },
      { type: "history", room: "a", limit: 10 },
      { type: "unsubscribe", room: "a" },
      { type: "history", room: "a", limit: 10 },
      { type: "subscribe", room: "a", replay: true },
      { type: "history", room: "b", limit: 10 },
      { type: "ping" },
      { type: "unsubscribe", room: "b" },
      { type: "publish", room: "c", message: "c1", id: "message-c1" },
    ];
    for (const [ref, command] of commands.entries()) client.send({ ref, ...command });
    await waitFor("all are answered", () => client.ofType("reply").length === commands.length);
    await client.get("usermsg", 4);
    const replies = new Map(client.ofType("reply").map((reply) => [reply["ref"], reply]));
    const refused = commands.flatMap((_, ref) => replies.get(ref)?.["success"] === true ? [] : ref);
    assert.deepEqual(refused, [10], "it is not in the room any more");
    const messagesIn = (ref: number) => {
      const { publications } = Object(replies.get(ref)?.["data"]);
      return publications.map(({ id }: { id: string }) => id);
    };
    assert.deepEqual(messagesIn(8), ["message-a1", "message-a2"]);
    assert.deepEqual(messagesIn(11), ["message-a2"]);
    assert.deepEqual(messagesIn(12), ["message-b1"]);

    const told = client.frames.flatMap(({ type, ref, id }) => type === "reply" ? ref : id ?? []);
    const only = (expected: readonly unknown[]) => told.filter((each) => expected.includes(each));
    const waitForAll = [0, 3, 5, 6, 13, 15];
    assert.deepEqual(only(waitForAll), waitForAll);
    // Redis tells a node what is published and what became of it on two connections, so these two come in any order.
    for (
      const heard of [[1, "message-a1", "message-a2", 10], [2, "message-b1"], [4, "message-c1"]]
    ) {
      assert.deepEqual(only(heard), heard);
    }
    const ofRoomA = [1, 3, 6, 7, 8, 9, 10, 11];
    assert.deepEqual(only(ofRoomA), ofRoomA);
    const ofOneType = [[1, 2, 4, 11], [8, 10, 12], [9, 14]];
    for (const refs of ofOneType) assert.deepEqual(only(refs), refs);
  });

  test("a client comes into no more rooms than it may, however many it asks for at once", async (program) => {
    await using client = await TestClient.connectV2(program.webSocketUrl);
    await client.command("connect", { user_id: 1 });
    for (const room of [...ROOMS, "one too many"]) {
      client.send({ type: "subscribe", ref: room, room });
    }
    await waitFor("all are answered", () => client.ofType("reply").length === ROOMS.length + 2);
    const refused = client.ofType("reply").filter(({ success }) => success !== true);
    assert.deepEqual(refused.map(({ code }) => code), ["too_many_rooms"]);
  });
}

Deno.test("a client comes into no more rooms with places than it may, however many it asks for at once", async () => {
  await using redis = await RedisServer.start();
  await using rules = await RoomsFile.write({
    unknown: "public",
    rooms: [{ pattern: "*", maxClients: 5 }],
  });
  const env = { ...redis.env, APP_ROOMS: rules.path, APP_LIMIT_ROOMS: "3" };
  await using program = await Program.start({ env });
  await using client = await TestClient.connectV2(program.webSocketUrl);
  await client.command("connect", { user_id: 1 });
  for (const room of ROOMS.slice(0, 10)) client.send({ type: "subscribe", ref: room, room });
  await waitFor("all are answered", () => client.ofType("reply").length === 11);
  const refused = client.ofType("reply").filter(({ success }) => success !== true);
  assert.deepEqual(refused.map(({ code }) => code), Array(7).fill("too_many_rooms"));
  const keys = await redis.call("KEYS", "notifyli:connections:*");
  assert.equal(keys.trim().split("\n").length, 3, "the places of the others are given back");
});
