/** The server as a library, in the test's own process. */
import assert from "node:assert/strict";
import {
  NotifyliServer,
  type ServerEvent,
  type ServerOptions,
} from "../../lib/library/notifyli_server.ts";
import { RedisServer } from "../support/redis.ts";
import { type Frame, TestClient } from "../support/test_client.ts";
import { APP_KEY, connectionToken } from "../support/tokens.ts";
import { waitFor } from "../support/wait.ts";

/** A server whose users are known by `credentials` of the form `{ username, token: "secret of …" }`. */
function newServer(settings: ServerOptions["settings"] = {}): NotifyliServer {
  return new NotifyliServer({
    port: 0,
    env: false,
    log: false,
    // The timer of a body's deadline would outlive the test.
    settings: { APP_DATA_DIR: ":memory:", APP_REQUEST_SECONDS: "off", ...settings },
  }).setAuthenticator(({ username, token }) => token === `secret of ${username}`);
}

async function enter(server: NotifyliServer, username: string): Promise<TestClient> {
  const client = await TestClient.connectV2(`${server.url.replace("http", "ws")}/ws`);
  await client.command("auth", { credentials: { username, token: `secret of ${username}` } });
  await client.command("connect", {});
  return client;
}

/** Waits for a frame that has these fields. */
function frameOf(client: TestClient, fields: Frame): Promise<Frame> {
  const wanted = Object.entries(fields);
  return waitFor(
    JSON.stringify(fields),
    () => client.frames.find((frame) => wanted.every(([name, value]) => frame[name] === value)),
  );
}

Deno.test("a program makes rooms, hears what happens there, and speaks", async () => {
  await using server = newServer();
  await server.createChannel("general", { maxClients: 2, persistent: true });
  await server.createChannel("news:*", { publish: "server" });
  const heard: ServerEvent[] = [];
  server.on("room.*", (event) => void heard.push(event), "general");
  server.on("message.received", async ({ message, name }) => {
    if (message === "/hi") await server.broadcast(`hello ${name}`, "general");
  }, "general");
  await server.start();
  await using ann = await enter(server, "ann");
  for (const room of ["general", "news:1"]) await ann.command("subscribe", { room });
  await ann.command("publish", { room: "general", message: "/hi", data: { n: 1 } });
  const answer = await frameOf(ann, { type: "usermsg", message: "hello ann" });
  assert.partialDeepStrictEqual(answer, { room: "general", name: "system", offset: 2 });
  await assert.rejects(ann.command("publish", { room: "news:1", message: "x" }), /no client may/);
  await server.broadcast({ data: { goal: 1 }, name: "desk", userId: 7 }, "news:1");
  const told = await frameOf(ann, { type: "usermsg", room: "news:1" });
  assert.partialDeepStrictEqual(told, { data: { goal: 1 }, name: "desk", user_id: 7 });
  const occupied = await waitFor(
    "it is told",
    () => heard.find(({ event }) => event === "room.occupied"),
  );
  assert.partialDeepStrictEqual(occupied, { room: "general", site: "default" });
  const joined = await waitFor(
    "it is told",
    () => heard.find(({ event }) => event === "room.join"),
  );
  assert.partialDeepStrictEqual(joined, { room: "general", userId: "ann", name: "ann" });
  await using bob = await enter(server, "bob");
  await bob.command("subscribe", { room: "general" });
  await using cyd = await enter(server, "cyd");
  await assert.rejects(cyd.command("subscribe", { room: "general" }), /full/);
});

Deno.test("a program says who comes in, and puts out whom it does not want", async () => {
  await using server = newServer();
  await server.createChannel("support", { private: true, auth: true, members: ["ann"] });
  server.on("message.received", ({ message }, connection) => {
    if (message === "bad words") connection?.disconnect();
  });
  await server.start();
  await using stranger = await TestClient.connectV2(`${server.url.replace("http", "ws")}/ws`);
  await assert.rejects(stranger.command("connect", { user_id: "ann" }), /has not proved/);
  await assert.rejects(
    stranger.command("auth", { credentials: { username: "ann", token: "guess" } }),
  );
  await using ann = await enter(server, "ann");
  await ann.command("subscribe", { room: "support" });
  await using bob = await enter(server, "bob");
  await assert.rejects(bob.command("subscribe", { room: "support" }), /private/);
  bob.send({ type: "publish", room: "lobby", message: "bad words" });
  await waitFor("bob is out", () => bob.closed);
  assert.equal(ann.closed, undefined);
});

Deno.test("an authenticator may say more of a user", async () => {
  await using server = newServer();
  server.setAuthenticator(({ key }) =>
    key === "good" && { userId: 5, name: "Ann", site: "shop", rooms: ["vip:*"] }
  );
  await server.createChannel("vip:*", { private: true, site: "shop" });
  await server.start();
  await using ann = await TestClient.connectV2(`${server.url.replace("http", "ws")}/ws`);
  await ann.command("auth", { credentials: { key: "good" } });
  const known = await ann.command("connect", {});
  assert.partialDeepStrictEqual(known, { user_id: 5, site_id: "shop" });
  await ann.command("subscribe", { room: "vip:1" });
  await server.createChannel("staff", { private: true, site: "shop" });
  await assert.rejects(ann.command("subscribe", { room: "staff" }), /private/);
  await server.broadcast({ message: "Welcome", site: "shop" }, "vip:1");
  await frameOf(ann, { type: "usermsg", message: "Welcome" });
});

Deno.test("a program notifies users and publishes in topics", async () => {
  await using server = newServer({ APP_KEY });
  await server.start();
  await server.notify(5, "Your order has shipped");
  await using client = await TestClient.connectV2(`${server.url.replace("http", "ws")}/ws`);
  await client.command("auth", {
    token: await connectionToken({ sub: "5", topics: ["Order_*", "sport"] }),
  });
  const connected = await client.command("connect", {});
  assert.equal(connected["unread"], 1);
  await client.command("subscribe", { topic: "Order_Changed", filter: { id: 5 } });
  for (const id of [4, 5]) await server.publishTopic("Order_Changed", { id });
  const event = await frameOf(client, { type: "event", topic: "Order_Changed" });
  assert.deepEqual(event["data"], { id: 5 });
  await assert.rejects(server.notify(5, { message: "late", id: "x" }), /'id'/);
  const id = await server.notifyMany({ userIds: [5, "ann"] }, { message: "To many", title: "All" });
  const toMany = await frameOf(client, { type: "direct_message", message: "To many" });
  assert.deepEqual([toMany["id"], toMany["title"]], [id, "All"]);
  await client.command("follow", { topic: "sport" });
  for (const to of [{ topic: "sport" }, { everyone: true }] as const) {
    const message = JSON.stringify(to);
    await server.notifyMany(to, message);
    await frameOf(client, { type: "direct_message", message });
  }
  await assert.rejects(server.notifyMany({ userIds: [] }, "x"), /'user_ids'/);
});

Deno.test("a handler that throws or rejects holds up nobody", async () => {
  await using server = newServer();
  let calls = 0;
  const end = server.on("connection.open", () => {
    calls++;
    throw new Error("a fault of the program");
  });
  server.on("connection.open", () => Promise.reject(new Error("another one")));
  await server.start();
  await using _ann = await enter(server, "ann");
  assert.equal(calls, 1);
  end();
  await using _bob = await enter(server, "bob");
  assert.equal(calls, 1);
});

Deno.test("a program is told what is wrong", async () => {
  await using server = newServer({ APP_PORT: "many" });
  assert.throws(() => server.on("room.gone", () => {}), /Cannot hear "room\.gone": the events are/);
  assert.throws(() => server.url, /before the server is started/);
  await assert.rejects(server.broadcast("hi", "general"), /before the server is started/);
  await using wrong = newServer({ APP_KEEPALIVE_SECONDS: "often" });
  await assert.rejects(wrong.start(), /Cannot use APP_KEEPALIVE_SECONDS: current value is "often"/);
  await using room = newServer();
  await room.createChannel("general", { maxClients: 0 });
  await assert.rejects(room.start(), /maxClients/);
  await using running = newServer();
  await running.setMaxClients(1000).setPingInterval(30).start();
  await assert.rejects(running.start(), /Cannot call start\(\) while the server runs/);
  assert.throws(() => running.setMaxClients(5), /Cannot call setMaxClients\(\)/);
  await assert.rejects(running.broadcast({}, "general"), /message/);
  await assert.rejects(running.createChannel("general", { maxClients: 0 }), /maxClients/);
});

Deno.test("a server can be stopped and started again, and its rooms are kept", async () => {
  const dataDir = await Deno.makeTempDir();
  try {
    await using server = newServer({ APP_DATA_DIR: dataDir });
    await server.createChannel("general", { publish: "server" });
    await server.start();
    await server.stop();
    await using other = newServer({ APP_DATA_DIR: dataDir });
    await other.start();
    await using ann = await enter(other, "ann");
    await ann.command("subscribe", { room: "general" });
    await assert.rejects(ann.command("publish", { room: "general", message: "x" }), /no client/);
    await other.deleteChannel("general");
    await ann.command("publish", { room: "general", message: "x" });
    await ann.close();
    await other.stop();
    await server.start();
    assert.ok(server.port > 0);
  } finally {
    await Deno.remove(dataDir, { recursive: true });
  }
});

Deno.test("what one node's program says and makes counts on all nodes", async () => {
  await using redis = await RedisServer.start();
  await using one = newServer(redis.env);
  await using other = newServer(redis.env);
  const heard: string[] = [];
  one.on("message.received", ({ message }) => void heard.push(`one: ${message}`));
  other.on("message.received", ({ message }) => void heard.push(`other: ${message}`));
  await Promise.all([one.start(), other.start()]);
  await one.createChannel("general", { publish: ["ann"] });
  await using ann = await enter(other, "ann");
  await ann.command("subscribe", { room: "general" });
  await one.broadcast("from the other node", "general");
  await frameOf(ann, { type: "usermsg", message: "from the other node" });
  await ann.command("publish", { room: "general", message: "hi" });
  await using bob = await enter(one, "bob");
  await assert.rejects(
    bob.command("publish", { room: "general", message: "x" }),
    /this user may not/,
  );
  assert.deepEqual(heard, ["other: hi"]);
});

Deno.test("starts and stops follow each other, whenever they are asked for", async () => {
  const dataDir = await Deno.makeTempDir();
  try {
    await using server = newServer({ APP_DATA_DIR: dataDir });
    const starting = server.start();
    await assert.rejects(server.start(), /Cannot call start\(\) while the server runs/);
    await Promise.all([server.stop(), server.stop(), starting]);
    assert.throws(() => server.url, /before the server is started/);
    await server.start();
    const stopping = server.stop();
    await server.start(); // its store is free by then
    await stopping;
    assert.equal(await (await fetch(`${server.url}/healthz`)).text(), "ok\n");
  } finally {
    await Deno.remove(dataDir, { recursive: true });
  }
});

Deno.test("what is made and heard while the server starts counts", async () => {
  await using redis = await RedisServer.start();
  await using server = newServer(redis.env);
  let [made, asked, heard] = [0, 0, 0];
  const starting = server.start();
  let isStarting = true;
  starting.then(() => isStarting = false);
  while (isStarting) {
    await server.createChannel(`room-${made++}`, { publish: "server" });
    server.on("connection.open", () => void heard++);
    asked++;
    await new Promise((resolve) => setTimeout(resolve));
  }
  await using ann = await enter(server, "ann");
  await waitFor("each handler is called", () => heard === asked);
  for (let room = 0; room < made; room++) {
    await assert.rejects(
      ann.command("publish", { room: `room-${room}`, message: "x" }),
      /no client/,
    );
  }
});

Deno.test("a start that fails holds nothing, and says which address is taken", async () => {
  const dataDir = await Deno.makeTempDir();
  try {
    await using first = newServer();
    await first.start();
    const taken = new NotifyliServer({
      port: first.port,
      env: false,
      log: false,
      settings: { APP_DATA_DIR: dataDir, APP_REQUEST_SECONDS: "off" },
    });
    await assert.rejects(taken.start(), {
      message: `Cannot start: address 127.0.0.1:${first.port} is in use (APP_HOST, APP_PORT)`,
    });
    await using third = newServer({ APP_DATA_DIR: dataDir });
    await third.start();
  } finally {
    await Deno.remove(dataDir, { recursive: true });
  }
});

Deno.test("a room's options may be undefined, and its site has to be one", async () => {
  await using server = newServer();
  await server.createChannel("general", { maxClients: undefined, history: undefined });
  await server.createChannel("support", { publish: "server" });
  await server.start();
  await assert.rejects(
    server.createChannel("general", { site: "a b" }),
    /Cannot take field 'site'/,
  );
  await server.deleteChannel("support");
  await server.stop();
  await server.start();
  await using ann = await enter(server, "ann");
  await ann.command("publish", { room: "support", message: "what was deleted is not made again" });
});

Deno.test("rooms may be private where a function says who comes in", async () => {
  await using server = newServer({ APP_PRIVATE_ROOMS: "staff:*" });
  await server.start();
  await using ann = await enter(server, "ann");
  await assert.rejects(ann.command("subscribe", { room: "staff:1" }), /private/);
});
