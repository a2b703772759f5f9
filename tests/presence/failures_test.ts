/** Presence where things break: a closed laptop, a node that is killed, a Redis without its data, a server that ends. */
import assert from "node:assert/strict";
import { Program } from "../support/program.ts";
import { RawSocket } from "../support/raw_socket.ts";
import { PostgresServer } from "../support/postgres.ts";
import { RedisServer } from "../support/redis.ts";
import { TestClient } from "../support/test_client.ts";
import { waitFor } from "../support/wait.ts";
import { text } from "../support/wire_frame.ts";

/** So long that no test takes longer. */
const LONG = "600";

Deno.test("a closed laptop is offline within two keepalives, whatever the grace, on both listeners", async () => {
  await Promise.all(["deno", "node"].map(async (APP_LISTENER) => {
    const env = { APP_LISTENER, APP_KEEPALIVE_SECONDS: "1", APP_OFFLINE_SECONDS: LONG };
    await using program = await Program.start({ env });
    using laptop = await RawSocket.open(program.port, "/ws", V2);
    await laptop.write(text('{"type":"connect","user_id":"bob"}'));
    await online(program, "bob");
    // It is there, and answers nothing more: no close, and no pong.
    await status(program, "bob", "offline");
    // Who says goodbye may come back within the grace.
    await (await connect(program, "carl")).close();
    await status(program, "carl", "online");
  }));
});

Deno.test("a user of a node that is killed is offline by another one, and when is kept over starts and Redis", async () => {
  const [ofRedis, ofPostgres] = await Promise.all([RedisServer.start(), PostgresServer.start()]);
  await using redis = ofRedis;
  await using postgres = ofPostgres;
  const env = {
    ...{ ...redis.env, ...postgres.env, REDIS_LEASE_SECONDS: "5", APP_OFFLINE_SECONDS: "1" },
  };
  const [first, second] = await Promise.all([Program.start({ env }), Program.start({ env })]);
  await using one = first;
  await using _here = await connect(one, "bob");
  {
    await using two = second;
    await using _bob = await connect(two, "bob");
    await using _carl = await connect(two, "carl");
    await online(one, "carl");
    two.kill("SIGKILL");
    const { last_seen } = await status(one, "carl", "offline");
    assert.ok(Math.abs(Number(last_seen) - Date.now() / 1000) < 60, `${last_seen}`);
    assert.equal((await ask(one, "bob"))["status"], "online"); // by the other node
  }

  // Redis comes back with nothing: who is here still is, nobody is told otherwise, and the database knows the rest.
  await using _base = await TestClient.join(one.webSocketUrl, { user: "eve", room: "lobby" });
  await online(one, "eve");
  await redis.stop("SIGKILL");
  await redis.restart();
  await waitFor(
    "the presence is written again",
    async () => await redis.call("EXISTS", "notifyli:online:eve") === "1",
  );
  assert.equal((await ask(one, "eve")).status, "online");
  await using three = await Program.start({ env });
  await waitFor("another node reads when", async () => (await ask(three, "carl"))["last_seen"]);
  assert.equal((await ask(three, "eve"))["status"], "online");
});

Deno.test("who does not come back after a server was killed with -9 is offline, and the next one follows from its start", async () => {
  const dataDir = await Deno.makeTempDir();
  const settings = { env: { APP_OFFLINE_SECONDS: "1" }, dataDir };
  {
    await using program = await Program.start(settings);
    await using _bob = await connect(program, "bob");
    await online(program, "bob");
    program.kill("SIGKILL");
    await program.ended();
  }
  let before: unknown;
  {
    await using program = await Program.start(settings);
    before = (await status(program, "bob", "offline"))["last_seen"];
    assert.ok(Number(before) > 0, `${before}`);
    program.kill("SIGTERM");
    await program.ended();
  }
  await using program = await Program.start(settings);
  assert.deepEqual(await ask(program, "bob"), {
    ...{ user_id: "bob", status: "offline", last_seen: before, devices: [] },
  });
  await program[Symbol.asyncDispose]();
  await Deno.remove(dataDir, { recursive: true });
});

const V2 = "Sec-WebSocket-Protocol: notifyli.v2\r\n";

type Presence = Record<string, unknown>;

async function connect(program: Program, user: string): Promise<TestClient> {
  const client = await TestClient.connectV2(program.webSocketUrl);
  await client.command("connect", { user_id: user });
  return client;
}

async function ask({ url }: Program, user: string): Promise<Presence> {
  const response = await fetch(`${url}/api/users/${user}/presence`);
  return await response.json();
}

async function status(program: Program, user: string, wanted: string): Promise<Presence> {
  return await waitFor(`${user} is ${wanted}`, async () => {
    const presence = await ask(program, user);
    return presence["status"] === wanted && presence;
  });
}

async function online(program: Program, user: string): Promise<void> {
  await status(program, user, "online");
}
