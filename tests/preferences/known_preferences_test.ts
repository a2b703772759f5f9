/** What a node knows of preferences, on both databases: read once, dropped when told, and never in the way of a notification. */
import assert from "node:assert/strict";
import { readConfig } from "../../lib/configuration.ts";
import { type Database, rows } from "../../lib/engines/database/database.ts";
import { Decisions } from "../../lib/preferences/decisions.ts";
import { KnownPreferences } from "../../lib/preferences/known_preferences.ts";
import { preferenceCounters } from "../../lib/preferences/metrics.ts";
import type { Decision } from "../../lib/preferences/types.ts";
import { openPostgres, testDatabases } from "../support/databases.ts";
import { PostgresServer } from "../support/postgres.ts";
import { waitFor } from "../support/wait.ts";

const SITE = "default";
const NO_PUSH = { kinds: { news: { push: false } } };

/** A node's knowledge of a database, and how often it asked. */
function openKnown(database: Database) {
  const counters = preferenceCounters();
  let asked = 0;
  let held: Promise<void> | undefined;
  const counted: Database = {
    dialect: database.dialect,
    async query(...question) {
      asked++;
      const found = await database.query(...question);
      await held;
      return found;
    },
    transaction: (...work) => database.transaction(...work),
    whyNotReady: () => database.whyNotReady(),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
  const { config: { limits } } = readConfig({});
  const known = new KnownPreferences({ database: counted, counters, limits });
  known.hearing();
  const decisions = new Decisions(known, counters);
  return {
    known,
    counters,
    decide: (user: string, kind = "news") => decisions.decide({ site: SITE, user, kind }),
    get asked() {
      return asked;
    },
    /** Answers come, and are held back until the result is called. */
    hold() {
      const { promise, resolve } = Promise.withResolvers<void>();
      held = promise;
      return resolve;
    },
  };
}

async function keep(database: Database, user: string, body: object, version = 1): Promise<void> {
  await database.transaction(() =>
    rows(
      `INSERT INTO preferences (site, user_id, body, version) VALUES ($1, $2, $3, $4)
       ON CONFLICT (site, user_id) DO UPDATE SET body = excluded.body, version = excluded.version`,
      ...[SITE, user, JSON.stringify(body), version],
    )
  );
}

function isPushed(decision: Decision | Promise<Decision>): boolean {
  assert.ok(!(decision instanceof Promise), "it has to be read first");
  return decision.push;
}

testDatabases("preferences are read once, those of many users together", async (database) => {
  const users = Array.from({ length: 600 }, (_, index) => `user-${index}`);
  for (const user of users.slice(0, 3)) await keep(database, user, NO_PUSH);
  const node = openKnown(database);
  const decided = await Promise.all(users.map((user) => node.decide(user)));
  assert.deepEqual(decided.map(({ push }) => push), users.map((_, index) => index > 2));
  assert.equal(node.asked, 2 + 3, "of the site twice, and of 256 users at once");
  assert.equal(node.counters.reads.value, 600);
  users.forEach((user, index) => assert.equal(isPushed(node.decide(user)), index > 2));
  assert.equal(isPushed(node.decide("user-0", "order")), true);
  assert.equal(node.asked, 5);
});

testDatabases("a site where nobody has preferences costs one look", async (database) => {
  const node = openKnown(database);
  await node.decide("a");
  const { asked } = node;
  for (let user = 0; user < 1000; user++) assert.equal(isPushed(node.decide(String(user))), true);
  assert.equal(node.asked, asked);
  await keep(database, "first", NO_PUSH);
  node.known.changed({ site: SITE, user: "first" });
  assert.equal((await node.decide("first")).push, false, "somebody has them now");
});

testDatabases(
  "what has changed is read again, also where it was just being read",
  async (database) => {
    await keep(database, "a", {});
    await keep(database, "b", {});
    const node = openKnown(database);
    assert.equal((await node.decide("a")).push, true);
    await keep(database, "a", NO_PUSH, 2);
    assert.equal(isPushed(node.decide("a")), true, "nobody has said so");
    node.known.changed({ site: SITE, user: "a" });
    assert.equal((await node.decide("a")).push, false);

    const goOn = node.hold();
    const before = node.decide("b");
    await waitFor("it is being read", () => node.asked > 4);
    await keep(database, "b", NO_PUSH, 2);
    node.known.changed({ site: SITE, user: "b" });
    goOn();
    assert.equal((await before).push, true, "it was asked for before the change");
    assert.equal((await node.decide("b")).push, false, "and is not kept");
    const release = node.hold();
    node.known.changed({ site: SITE, user: "b" });
    const { asked } = node;
    const first = node.decide("b");
    await waitFor("it is being read again", () => node.asked > asked);
    await keep(database, "b", {}, 3);
    node.known.changed({ site: SITE, user: "b" });
    const second = node.decide("b");
    release();
    assert.deepEqual([(await first).push, (await second).push], [false, true]);
    await keep(database, "b", NO_PUSH, 4);
    node.known.changed({ site: SITE, user: "b" });
    assert.equal((await node.decide("b")).push, false);

    await database.transaction(() =>
      rows(
        "INSERT INTO kinds (site, kind, body, version) VALUES ($1, 'order', $2, 1)",
        ...[SITE, JSON.stringify({ push: false })],
      )
    );
    assert.equal(isPushed(node.decide("b", "order.paid")), true);
    node.known.changed({ site: SITE });
    assert.equal((await node.decide("b", "order.paid")).push, false);
  },
);

testDatabases("a node that may miss changes keeps nothing", async (database) => {
  await keep(database, "a", {});
  const node = openKnown(database);
  assert.equal((await node.decide("a")).push, true);
  const goOn = node.hold();
  const late = node.decide("b");
  await Promise.resolve();
  node.known.deaf();
  goOn();
  await late;
  await keep(database, "a", NO_PUSH, 2);
  assert.equal((await node.decide("a")).push, false);
  await keep(database, "a", {}, 3);
  assert.equal((await node.decide("a")).push, true);
  await keep(database, "a", NO_PUSH, 4);
  node.known.hearing();
  await node.decide("b");
  assert.equal((await node.decide("a")).push, false, "nothing is left of what was read meanwhile");
  assert.equal(isPushed(node.decide("a")), false);
});

testDatabases("what cannot be read of one user does not hold up the others", async (database) => {
  await keep(database, "far", { time_zone: "Atlantis/Poseidonis", ...NO_PUSH });
  await keep(database, "near", NO_PUSH);
  const node = openKnown(database);
  const [far, near] = await Promise.all([node.decide("far"), node.decide("near")]);
  assert.deepEqual([far.push, near.push], [true, false]);
});

Deno.test("while PostgreSQL is away or silent, notifications come as if nobody had preferences", async () => {
  await using server = await PostgresServer.start();
  await using database = await openPostgres(server.url);
  await keep(database, "a", NO_PUSH);
  await keep(database, "b", NO_PUSH);
  const node = openKnown(database);
  assert.equal((await node.decide("a")).push, false);
  await server.signal("SIGSTOP");
  let isAnswered = false;
  const silent = database.query("SELECT 1 AS one").catch(() => {}).finally(() => isAnswered = true);
  assert.equal((await node.decide("b")).push, true, "it is silent");
  assert.equal(isPushed(node.decide("b")), true, "and nobody waits for it again at once");
  assert.equal(isPushed(node.decide("a")), false, "what is known goes on to count");
  assert.equal(node.counters.unknown.value, 2);
  assert.equal(isAnswered, false, "nobody has waited for the database to give up");
  await server.signal("SIGCONT");
  await silent;
  await waitFor("it is read", async () => !(await node.decide("b")).push);
  node.known.changed({ site: SITE, user: "b" });
  await server.stop("SIGKILL");
  assert.equal((await node.decide("b")).push, true, "it is away");
  await server.restart();
  await waitFor("it is read again", async () => !(await node.decide("b")).push);
});
