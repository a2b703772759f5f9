/** Made rooms where nodes are cut off, killed and started, and Redis loses its data: all nodes agree in the end. */
import assert from "node:assert/strict";
import { MadeRooms } from "../../lib/rooms/made/made_rooms.ts";
import { openMadeRoomStore } from "../../lib/rooms/made/open.ts";
import type { MadeChange } from "../../lib/rooms/made/store.ts";
import { RoomRules, roomsWithoutFile } from "../../lib/rooms/rules/room_rules.ts";
import { openFullRedis, QUIET } from "../support/engines.ts";
import { Manager } from "../support/manager.ts";
import { Program } from "../support/program.ts";
import { RedisServer } from "../support/redis.ts";
import { TestClient } from "../support/test_client.ts";
import { TcpProxy } from "../support/tcp_proxy.ts";
import { APP_KEY, connectionToken } from "../support/tokens.ts";
import { waitFor } from "../support/wait.ts";

const SITE = "default";

/** A node that hears of no change, as one that is cut off, and knows what was stored when it was made. */
async function cutOff(redis: RedisServer) {
  const engine = await openFullRedis(redis);
  await waitFor("it is connected", () => engine.storage.redis.status === "ready");
  const told: MadeChange[] = [];
  const store = await openMadeRoomStore(engine.storage, (change) => {
    told.push(change);
    made.take(change);
  });
  const made = new MadeRooms({
    store,
    rules: new RoomRules(roomsWithoutFile([]), []),
    limits: { rooms: 1000, bytes: Infinity },
    hasTokens: true,
  });
  await made.load();
  return { engine, made, told };
}

/** The store of a node that hears what the others do, and what it was told. */
async function hearing(redis: RedisServer) {
  const engine = await openFullRedis(redis);
  const changes: MadeChange[] = [];
  const store = await openMadeRoomStore(engine.storage, (change) => void changes.push(change));
  await engine.run(QUIET);
  return { store, changes, [Symbol.asyncDispose]: () => engine[Symbol.asyncDispose]() };
}

function room(pattern: string) {
  return { site: SITE, pattern };
}

function names(made: MadeRooms): string[] {
  return [...made.of(SITE)].map(({ pattern, fields }) => `${pattern} ${fields.maxClients}`).sort();
}

Deno.test("whom a node puts out it puts out once: who has come back since then stays", async () => {
  await using redis = await RedisServer.start();
  await using one = await hearing(redis);
  await using other = await hearing(redis);
  await waitFor("both hear", async () => {
    return (await redis.call("PUBSUB", "NUMSUB", "notifyli:made-room-events")).includes("2");
  });
  for (const room of ["one", "two"]) await one.store.putOut(SITE, room, "bob");
  await one.store.put(room("last"), {}, { most: 1 });
  // What the channel brings of those two comes before this.
  const isLast = (change: MadeChange) => change.type === "made";
  await waitFor("both have heard all", () => {
    return one.changes.filter(isLast).length === 2 && other.changes.some(isLast);
  });
  const out = ["one", "two"].map((room) => ({ type: "out", site: SITE, room, user: "bob" }));
  for (const { changes } of [one, other]) {
    assert.deepEqual(changes.filter(({ type }) => type === "out"), out);
  }
});

Deno.test("a node that was cut off writes back what Redis lost, and nothing that was deleted", async () => {
  await using redis = await RedisServer.start();
  const { engine: one, made } = await cutOff(redis);
  await using _one = one;
  for (const name of ["stays", "deleted", "anew", "changed"]) {
    await made.put(room(name), { maxClients: 1 });
  }
  const { engine: two, made: behind } = await cutOff(redis);
  await using _two = two;
  await made.delete(room("deleted"));
  await made.delete(room("anew"));
  await made.put(room("anew"), { maxClients: 2 });
  await made.put(room("changed"), { maxClients: 2 });
  await redis.call("HDEL", "notifyli:made-rooms", "stays");
  await behind.load();
  const expected = ["anew 2", "changed 2", "stays 1"];
  assert.deepEqual(names(behind), expected);
  await redis.call("FLUSHALL");
  await behind.load();
  await made.load();
  assert.deepEqual([names(made), names(behind)], [expected, expected]);
});

Deno.test("what is told late changes nothing, and two who change one room at once both count", async () => {
  await using redis = await RedisServer.start();
  const { engine, made, told } = await cutOff(redis);
  await using _engine = engine;
  await made.put(room("a"), { maxClients: 1 });
  await made.put(room("a"), { maxClients: 2 });
  await made.delete(room("a"));
  for (const change of [...told]) made.take(change);
  assert.deepEqual(names(made), []);
  await made.put(room("b"), { maxClients: 1 });
  const { engine: two, made: other } = await cutOff(redis);
  await using _two = two;
  await Promise.all([
    made.patch(room("b"), { maxClients: 5 }),
    other.patch(room("b"), { publish: "server" }),
    made.patch(room("b"), { presence: false }),
  ]);
  await made.load();
  assert.deepEqual(made.get(room("b"))?.fields, {
    maxClients: 5,
    publish: "server",
    presence: false,
  });
});

Deno.test("rooms are changed while nodes are killed and Redis is away: all agree in the end", async () => {
  await using redis = await RedisServer.start();
  await using proxy = new TcpProxy(redis.port);
  const start = (env: Record<string, string> = redis.env) =>
    Program.start({ env: { ...env, APP_KEY, REDIS_LEASE_SECONDS: "5" } });
  await using nodes = new AsyncDisposableStack();
  const far = nodes.use(await start({ REDIS_URL: `redis://127.0.0.1:${proxy.port}` }));
  const near = nodes.use(await start());
  const manager = await Manager.of(near);
  await using bob = await TestClient.connectWithToken(
    far.webSocketUrl,
    await connectionToken({ sub: "bob" }),
  );
  for (const name of ["closing", "open"]) await bob.command("subscribe", { room: name });

  proxy.down();
  const victim = await start();
  const changes = ["a", "b", "c", "d", "e", "f"].map((name) =>
    manager.call(victim, "PUT", `/rooms/${name}`, { maxClients: 7 }).catch(() => undefined)
  );
  await changes[0];
  victim.kill();
  await victim[Symbol.asyncDispose]();
  await Promise.all(changes);
  await manager.call(near, "PUT", "/rooms/closing", { private: true });
  await manager.call(near, "DELETE", "/rooms/a");
  proxy.up();

  const late = nodes.use(await start());
  const listed = async (node: Program) => {
    const { rooms } = (await manager.call(node, "GET", "/rooms?made=true")).json;
    return (rooms as { room: string }[] | undefined)?.map(({ room }) => room).join();
  };
  for (const node of [far, late]) {
    await waitFor("all agree", async () => {
      const [own, others] = [await listed(node), await listed(near)];
      return own !== undefined && own === others && own.includes("closing") && !own.includes("a,");
    });
  }
  // Who may come back is out by its end of the cut; who was not told of the change is put out of the room.
  await assert.rejects(
    TestClient.connectWithToken(far.webSocketUrl, await connectionToken({ sub: "bob" }))
      .then(async (client) => {
        await using again = client;
        await again.command("subscribe", { room: "closing" });
      }),
    /it is private/,
  );
});
