/** Two nodes that change the same conversations at the same time, in transactions of several conversations each. */
import assert from "node:assert/strict";
import { openPostgres } from "../support/databases.ts";
import { PostgresServer } from "../support/postgres.ts";
import { waitFor } from "../support/wait.ts";
import { as, World } from "./world.ts";

const [alice, bob, carol] = [as("1"), as("2"), as("3")];

/** A deadlock is not ended by PostgreSQL as long as the test looks. */
const SETTINGS = { deadlock_timeout: "60s" };

/** Connections that wait for a lock. */
const WAITING =
  "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'notifyli' AND wait_event_type = 'Lock'";

/** Connections of which each waits for the other. */
const MUTUAL = `SELECT count(*) FROM pg_stat_activity a JOIN pg_stat_activity b
  ON a.pid = ANY(pg_blocking_pids(b.pid)) AND b.pid = ANY(pg_blocking_pids(a.pid))`;

Deno.test("what is said in the same conversations waits in one order on all nodes", async () => {
  await using server = await PostgresServer.start({ settings: SETTINGS });
  await using one = await openPostgres(server.url);
  await using two = await openPostgres(server.url);
  await using first = await World.open(one);
  await using second = await World.open(two);
  const { message } = await first.chat.send(alice, { to: "2", text: "first" });
  const { message: other } = await first.chat.send(alice, { to: "3", text: "other" });
  const [conversation, held] = [message.conversation, other.conversation];
  const count = async (sql: string) => Number(await server.sql(sql));
  await using holder = await hold(server, held);
  const changes = [
    first.chat.send(bob, { conversation, text: "answer", replyTo: message.id }), // it asks for more before it writes
    first.chat.send(carol, { conversation: held, text: "plain" }),
  ];
  await waitFor("the first node waits", async () => await count(WAITING) === 1);
  for (const each of [conversation, held]) {
    changes.push(second.chat.send(alice, { conversation: each, text: "plain" }));
  }
  await waitFor("the other one, too", async () => await count(WAITING) === 2);
  await holder[Symbol.asyncDispose]();
  let [isDone, isMutual] = [false, false];
  void Promise.allSettled(changes).then(() => isDone = true);
  await waitFor("all is done, or each waits for the other", async () => {
    return isDone || (isMutual = await count(MUTUAL) > 0);
  });
  assert.ok(!isMutual, "two nodes wait for each other");
  await Promise.all(changes);
});

/** Holds a conversation until it is disposed of. */
async function hold(server: PostgresServer, conversation: number): Promise<AsyncDisposable> {
  const name = "SET application_name = 'holder'";
  const held = `SELECT id FROM conversations WHERE id = ${conversation} FOR UPDATE`;
  const holding = server.sql(
    `SET search_path TO notifyli; ${name}; BEGIN; ${held}; SELECT pg_sleep(600)`,
  )
    .catch(() => {}); // it is ended
  const asleep = "application_name = 'holder' AND wait_event = 'PgSleep'";
  const found = `SELECT count(*) FROM pg_stat_activity WHERE ${asleep}`;
  await waitFor("it is held", async () => await server.sql(found) === "1");
  return {
    async [Symbol.asyncDispose]() {
      await server.sql(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE ${asleep}`);
      await holding;
    },
  };
}
