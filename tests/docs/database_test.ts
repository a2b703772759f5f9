/** `docs/database.md`: where the database is, which nodes have it, and what goes on while it is away. */
import assert from "node:assert/strict";
import { Beside } from "../support/beside.ts";
import { ROOT } from "../support/paths.ts";
import { PostgresServer } from "../support/postgres.ts";
import { Program } from "../support/program.ts";
import { RedisServer } from "../support/redis.ts";
import { TestClient } from "../support/test_client.ts";
import { waitFor } from "../support/wait.ts";

const PAGE = await Deno.readTextFile(`${ROOT}docs/database.md`);

Deno.test("of two nodes without DATABASE_URL one has the database, whichever starts later", async () => {
  await using redis = await RedisServer.start();
  const dataDir = await Deno.makeTempDir();
  const { env } = redis;
  {
    await using first = await Program.start({ env, dataDir });
    await ready(first);
    assert.equal(await addContact(first, 2), 201);
  }
  await using other = await Program.start({ env });
  const line = await other.line(({ message }) =>
    message.startsWith("No conversations on this node")
  );
  assert.match(line.message, /another node of this Redis .* set DATABASE_URL/);
  assert.equal(await addContact(other, 3), 503);
  await waitFor("it is ready without", async () => await statusOf(`${other.url}/readyz`) === 200);
  await using again = await Program.start({ env, dataDir });
  await ready(again);
  assert.deepEqual(await contacts(again), [2]);
  assert.ok(PAGE.includes("`notifyli:database`"));
  await redis.call("DEL", "notifyli:database");
  await redis.call("CLIENT", "KILL", "TYPE", "normal");
  await redis.call("CLIENT", "KILL", "TYPE", "pubsub");
  await waitFor(
    "one of them has it again",
    async () => await redis.call("EXISTS", "notifyli:database") === "1",
  );
  await Deno.remove(dataDir, { recursive: true });
});

Deno.test("with DATABASE_URL all nodes have the same; while PostgreSQL is away, rooms go on", async () => {
  await using redis = await RedisServer.start();
  await using server = await PostgresServer.start();
  const env = { ...redis.env, DATABASE_URL: server.url };
  await using one = await Program.start({ env });
  await using two = await Program.start({ env });
  await ready(one);
  await ready(two);
  assert.equal(await addContact(one, 2), 201);
  assert.deepEqual(await contacts(two), [2]);
  const tables = await server.sql(
    "SELECT DISTINCT schemaname FROM pg_tables WHERE tablename = 'contacts'",
  );
  assert.equal(tables, "notifyli");

  await server.stop("SIGKILL");
  await waitFor("it is refused", async () => await addContact(one, 3) === 503);
  assert.equal(await gauge(one), 0);
  await waitFor("it is ready without", async () => await statusOf(`${one.url}/readyz`) === 200);
  await using client = await TestClient.join(one.webSocketUrl, { user: 1, room: "lobby" });
  client.send({ type: "usermsg", user_id: 1, room: "lobby", message: "still here" });
  await client.get("usermsg");
  await server.restart();
  await ready(one);
  await ready(two);
  assert.equal(await addContact(two, 4), 201);
  assert.deepEqual(await contacts(one), [2, 4]);
  await one.line(({ message }) => message === "PostgreSQL is back");
});

Deno.test("PostgreSQL that ends connections while they are used is reached again, however often", async () => {
  await using server = await PostgresServer.start();
  await using program = await Program.start({ env: { DATABASE_URL: server.url } });
  await ready(program);
  for (let round = 0; round < 10; round++) {
    await using busy = new Beside(async (signal) => {
      await Promise.all(Array.from({ length: 20 }, async (_, index) => {
        while (!signal.aborted) {
          if (index % 2 === 0) await addContact(program, index);
          else await statusOf(`${program.url}/api/contacts?user_id=1`);
        }
      }));
    });
    for (let cuts = 0; cuts < 3; cuts++) await server.cutConnections();
    await ready(program);
    await busy.end();
  }
  await ready(program);
  assert.equal(await addContact(program, 100), 201);
});

Deno.test("a wrong DATABASE_URL stops the start, and its password is not shown", async () => {
  const env = { DATABASE_URL: "mysql://me:secret@db/x" };
  await using program = await Program.spawn({ env });
  assert.notEqual((await program.ended()).code, 0);
  const { output } = program;
  assert.match(output, /DATABASE_URL.*mysql:\/\/\*\*\*@db\/x.*postgres:\/\/user:password@host/s);
  assert.doesNotMatch(output, /secret/);
});

async function ready(program: Program): Promise<void> {
  await waitFor("the database can be used", async () => await gauge(program) === 1);
}

async function gauge({ url }: Program): Promise<number> {
  const { database_up } = await (await fetch(`${url}/api/stats`)).json();
  return database_up;
}

function addContact({ url }: Program, user: number): Promise<number> {
  return statusOf(`${url}/api/contacts/${user}?user_id=1`, "PUT");
}

async function statusOf(url: string, method = "GET"): Promise<number> {
  const response = await fetch(url, { method });
  await response.body?.cancel();
  return response.status;
}

async function contacts({ url }: Program): Promise<number[]> {
  const response = await fetch(`${url}/api/contacts?user_id=1`);
  const { contacts } = await response.json();
  return contacts.map((each: { user_id: number }) => each.user_id);
}
