/** Users who are online and offline, once on all nodes together, on both engines. */
import assert from "node:assert/strict";
import { Program } from "../support/program.ts";
import { hookEnv, Receiver } from "../support/receiver.ts";
import { RedisServer } from "../support/redis.ts";
import { TestClient } from "../support/test_client.ts";
import { waitFor } from "../support/wait.ts";

const ENGINES = ["embedded", "redis"] as const;

/** So long that no reload of a test takes longer. */
const LONG = "60";

for (const engine of ENGINES) {
  Deno.test(`a user is online by the first connection, and offline after the last one (${engine})`, async () => {
    await using redis = engine === "redis" ? await RedisServer.start() : undefined;
    await using receiver = new Receiver();
    await using program = await Program.start({ env: env(receiver, redis, "1") });
    const tabs = [await connect(program, "ann"), await connect(program, "ann")];
    const bob = await connect(program, 123);
    await tabs[0]!.close();
    await bob.close();
    const { events } = await told(receiver, "user.offline 123");
    assert.deepEqual(events, ["user.online ann", "user.online 123", "user.offline 123"]);
    await tabs[1]!.close();
    assert.equal((await told(receiver, "user.offline ann")).events.length, 4);
    await using _again = await connect(program, "ann");
    const { all } = await told(receiver, "user.online ann", 2);
    for (const { site, data, room } of all) {
      assert.deepEqual([site, data, room], ["default", {}, undefined]);
    }
  });

  Deno.test(`a reload does not blink, and neither does a server that starts anew (${engine})`, async () => {
    await using redis = engine === "redis" ? await RedisServer.start() : undefined;
    await using receiver = new Receiver();
    const dataDir = await Deno.makeTempDir();
    const settings = { env: env(receiver, redis, LONG), dataDir };
    {
      await using program = await Program.start(settings);
      await (await connect(program, "ann")).close();
      await using _back = await connect(program, "ann");
      await (await connect(program, "last")).close();
      await told(receiver, "user.online last");
      program.kill("SIGTERM");
      await program.ended();
    }
    {
      await using program = await Program.start(settings);
      await using _back = await connect(program, "ann");
      await using _other = await connect(program, "bob");
      const { events } = await told(receiver, "user.online bob");
      assert.deepEqual(events, ["user.online ann", "user.online last", "user.online bob"]);
    }
    await Deno.remove(dataDir, { recursive: true });
  });

  Deno.test(`who does not come back after a server was killed with -9 is offline (${engine})`, async () => {
    await using redis = engine === "redis" ? await RedisServer.start() : undefined;
    await using receiver = new Receiver();
    const dataDir = await Deno.makeTempDir();
    const settings = { env: env(receiver, redis, "3"), dataDir };
    {
      await using program = await Program.start(settings);
      await using _ann = await connect(program, "ann");
      await using _bob = await connect(program, "bob");
      await told(receiver, "user.online bob");
      program.kill("SIGKILL");
      await program.ended();
    }
    {
      await using program = await Program.start(settings);
      await using _back = await connect(program, "ann");
      const { events } = await told(receiver, "user.offline bob");
      assert.deepEqual(events, ["user.online ann", "user.online bob", "user.offline bob"]);
    }
    await Deno.remove(dataDir, { recursive: true });
  });
}

Deno.test("who comes and goes while the disk takes nothing is told of once it does", async () => {
  await using receiver = new Receiver();
  const dataDir = await Deno.makeTempDir();
  {
    const changes = { APP_KEEPALIVE_SECONDS: "1", APP_DEBUG: "true" };
    const settings = { ...env(receiver, undefined, "1"), ...changes };
    await using program = await Program.start({ env: settings, dataDir });
    const bob = await connect(program, "bob");
    await told(receiver, "user.online bob");
    const [file, away] = [`${dataDir}/notifyli.db`, `${dataDir}/away.db`];
    await Deno.rename(file, away);
    await using _ann = await connect(program, "ann");
    await bob.close();
    for (const what of [/^user failed/, /^look at who is offline failed/]) {
      await waitFor(`${what}`, () => program.log.some(({ message }) => what.test(message)));
    }
    await Deno.rename(away, file);
    await told(receiver, "user.online ann");
    await told(receiver, "user.offline bob");
  }
  await Deno.remove(dataDir, { recursive: true });
});

Deno.test("of two nodes, one tells of a user once, and a user of a node that dies is offline, or stays by the other", async () => {
  await using redis = await RedisServer.start();
  await using receiver = new Receiver();
  const settings = { env: env(receiver, redis, "1") };
  await using one = await Program.start(settings);
  await using two = await Program.start(settings);
  await using _here = await connect(one, "ann");
  await using _there = await connect(two, "ann");
  await using _bob = await connect(two, "bob");
  await told(receiver, "user.online bob");
  const moved = await connect(one, "carl");
  await using _moved = await connect(two, "carl");
  await moved.close();
  await told(receiver, "user.online carl");
  two.kill("SIGKILL");
  await told(receiver, "user.offline carl");
  const { events } = await told(receiver, "user.offline bob");
  assert.deepEqual(events.slice(0, 3), ["user.online ann", "user.online bob", "user.online carl"]);
  assert.deepEqual(events.slice(3).sort(), ["user.offline bob", "user.offline carl"]);
});

Deno.test("a guest is told of once it has become a user", async () => {
  await using receiver = new Receiver();
  await using program = await Program.start({ env: env(receiver, undefined, "1") });
  await using guest = await TestClient.connect(program.webSocketUrl);
  guest.send({ type: "keepalive", room: "lobby" });
  await guest.settled();
  await using _bob = await connect(program, "bob");
  guest.send({ type: "keepalive", room: "lobby", user_id: "ann" });
  const { events } = await told(receiver, "user.online ann");
  assert.deepEqual(events, ["user.online bob", "user.online ann"]);
});

Deno.test("a user is told of again when Redis has lost all its data", async () => {
  await using redis = await RedisServer.start();
  await using receiver = new Receiver();
  await using program = await Program.start({ env: env(receiver, redis, LONG) });
  // A client that knows its positions is told to come back; this one stays.
  await using ann = await TestClient.join(program.webSocketUrl, { user: "ann", room: "lobby" });
  await told(receiver, "user.online ann");
  await redis.call("FLUSHALL");
  await told(receiver, "user.online ann", 2);
  await ann.close();
  await waitFor(
    "the user is about to be offline",
    async () => await redis.call("ZCARD", "notifyli:offline") === "1",
  );
});

function env(
  receiver: Receiver,
  redis: RedisServer | undefined,
  seconds: string,
): Record<string, string> {
  const changes = { HOOK_EVENTS: "user.*", APP_OFFLINE_SECONDS: seconds };
  const lease: Record<string, string> = redis ? { REDIS_LEASE_SECONDS: "5" } : {};
  return { ...redis?.env, ...lease, ...hookEnv(receiver.url, changes) };
}

/** Resolves with all that was told, once a line is there so often. */
async function told(receiver: Receiver, line: string, times = 1) {
  const lines = () => receiver.events.map(({ event, user_id }) => `${event} ${user_id}`);
  await waitFor(
    `${times} of ${line}`,
    () => lines().filter((each) => each === line).length === times,
  );
  return { events: lines(), all: receiver.events };
}

async function connect(program: Program, user: string | number): Promise<TestClient> {
  const client = await TestClient.connectV2(program.webSocketUrl);
  await client.command("connect", { user_id: user });
  return client;
}
