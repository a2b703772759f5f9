/** What a node knows of preferences, on both databases: read once, dropped when told, and never in the way of a notification. */
import assert from "node:assert/strict";
import { readConfig } from "../../lib/configuration.ts";
import { type Database, rows } from "../../lib/engines/database/database.ts";
import { Decisions } from "../../lib/preferences/decisions.ts";
import { KnownPreferences } from "../../lib/preferences/known_preferences.ts";
import { preferenceCounters } from "../../lib/preferences/metrics.ts";
import { holdReach, setReach } from "../../lib/preferences/reach.ts";
import type { Decision } from "../../lib/preferences/types.ts";
import { openPostgres, testDatabases } from "../support/databases.ts";
import { PostgresServer } from "../support/postgres.ts";
import { waitFor } from "../support/wait.ts";

const SITE = "default";
const NO_NEWS = { kinds: { news: { in_app: false } } };

/** A node's knowledge of a database, and how often it asked. */
function openKnown(database: Database) {
  const counters = preferenceCounters();
  let [asked, answered] = [0, 0];
  let held: Promise<void> | undefined;
  const counted: Database = {
    dialect: database.dialect,
    async query(...question) {
      asked++;
      const found = await database.query(...question);
      answered++;
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
    /** How many questions the database has answered, also where the answers are held back. */
    get answered() {
      return answered;
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

function comes(decision: Decision | Promise<Decision>): boolean {
  assert.ok(!(decision instanceof Promise), "it has to be read first");
  return decision.inApp === "deliver";
}

testDatabases("preferences are read once, those of many users together", async (database) => {
  const users = Array.from({ length: 600 }, (_, index) => `user-${index}`);
  for (const user of users.slice(0, 3)) await keep(database, user, NO_NEWS);
  const node = openKnown(database);
  const decided = await Promise.all(users.map((user) => node.decide(user)));
  assert.deepEqual(
    decided.map(({ inApp }) => inApp === "deliver"),
    users.map((_, index) => index > 2),
  );
  assert.equal(node.asked, 2 + 3, "of the site twice, and of 256 users at once");
  assert.equal(node.counters.reads.value, 600);
  users.forEach((user, index) => assert.equal(comes(node.decide(user)), index > 2));
  assert.equal(comes(node.decide("user-0", "order")), true);
  assert.equal(node.asked, 5);
});

testDatabases("a site where nobody has preferences costs one look", async (database) => {
  const node = openKnown(database);
  await node.decide("a");
  const { asked } = node;
  for (let user = 0; user < 1000; user++) assert.equal(comes(node.decide(String(user))), true);
  assert.equal(node.asked, asked);
  await keep(database, "first", NO_NEWS);
  node.known.changed({ site: SITE, user: "first" });
  assert.equal((await node.decide("first")).inApp, "withhold", "somebody has them now");
});

testDatabases(
  "what began to be read while changes were missed is not kept when they are heard again",
  async (database) => {
    await keep(database, "a", {});
    const node = openKnown(database);
    node.known.deaf();
    const goOn = node.hold();
    const before = node.decide("a");
    await waitFor("it is read", () => node.answered === 3);
    await keep(database, "a", NO_NEWS, 2);
    node.known.hearing();
    goOn();
    assert.equal((await before).inApp, "deliver", "it was asked for before the change");
    assert.equal((await node.decide("a")).inApp, "withhold", "and is not kept");
  },
);

testDatabases(
  "what has changed is read again, also where it was just being read",
  async (database) => {
    await keep(database, "a", {});
    await keep(database, "b", {});
    const node = openKnown(database);
    assert.equal((await node.decide("a")).inApp, "deliver");
    await keep(database, "a", NO_NEWS, 2);
    assert.equal(comes(node.decide("a")), true, "nobody has said so");
    node.known.changed({ site: SITE, user: "a" });
    assert.equal((await node.decide("a")).inApp, "withhold");

    const goOn = node.hold();
    const before = node.decide("b");
    await waitFor("it is being read", () => node.asked > 4);
    await keep(database, "b", NO_NEWS, 2);
    node.known.changed({ site: SITE, user: "b" });
    goOn();
    assert.equal((await before).inApp, "deliver", "it was asked for before the change");
    assert.equal((await node.decide("b")).inApp, "withhold", "and is not kept");
    const release = node.hold();
    node.known.changed({ site: SITE, user: "b" });
    const { asked } = node;
    const first = node.decide("b");
    await waitFor("it is being read again", () => node.asked > asked);
    await keep(database, "b", {}, 3);
    node.known.changed({ site: SITE, user: "b" });
    const second = node.decide("b");
    release();
    assert.deepEqual([(await first).inApp, (await second).inApp], ["withhold", "deliver"]);
    await keep(database, "b", NO_NEWS, 4);
    node.known.changed({ site: SITE, user: "b" });
    assert.equal((await node.decide("b")).inApp, "withhold");

    await database.transaction(() =>
      rows(
        "INSERT INTO kinds (site, kind, body, version) VALUES ($1, 'order', $2, 1)",
        ...[SITE, JSON.stringify({ in_app: false })],
      )
    );
    assert.equal(comes(node.decide("b", "order.paid")), true);
    node.known.changed({ site: SITE });
    assert.equal((await node.decide("b", "order.paid")).inApp, "withhold");
  },
);

testDatabases("a node that may miss changes keeps nothing", async (database) => {
  await keep(database, "a", {});
  const node = openKnown(database);
  assert.equal((await node.decide("a")).inApp, "deliver");
  const goOn = node.hold();
  const late = node.decide("b");
  await Promise.resolve();
  node.known.deaf();
  goOn();
  await late;
  await keep(database, "a", NO_NEWS, 2);
  assert.equal((await node.decide("a")).inApp, "withhold");
  await keep(database, "a", {}, 3);
  assert.equal((await node.decide("a")).inApp, "deliver");
  await keep(database, "a", NO_NEWS, 4);
  node.known.hearing();
  await node.decide("b");
  assert.equal(
    (await node.decide("a")).inApp,
    "withhold",
    "nothing is left of what was read meanwhile",
  );
  assert.equal(comes(node.decide("a")), false);
});

testDatabases(
  "the first preferences of a site count that come while it is being read",
  async (database) => {
    const node = openKnown(database);
    const goOn = node.hold();
    const before = node.decide("a");
    await waitFor("it is being read", () => node.asked > 2);
    await keep(database, "a", NO_NEWS);
    node.known.changed({ site: SITE, user: "a" });
    goOn();
    await before;
    assert.equal((await node.decide("a")).inApp, "withhold");
  },
);

testDatabases(
  "what was being read as a node began to miss changes is not kept, though it hears again",
  async (database) => {
    await keep(database, "a", {});
    await keep(database, "b", {});
    const node = openKnown(database);
    await node.decide("a");
    const goOn = node.hold();
    const { asked } = node;
    const late = node.decide("b");
    await waitFor("it is being read", () => node.asked > asked);
    node.known.deaf();
    await keep(database, "b", NO_NEWS, 2); // which nobody can tell this node
    node.known.hearing();
    goOn();
    await late;
    await node.decide("a"); // which reads the site
    assert.equal((await node.decide("b")).inApp, "withhold");
  },
);

testDatabases("what cannot be read of one user does not hold up the others", async (database) => {
  await keep(database, "far", { time_zone: "Atlantis/Poseidonis", ...NO_NEWS });
  await keep(database, "near", NO_NEWS);
  const node = openKnown(database);
  const [far, near] = await Promise.all([node.decide("far"), node.decide("near")]);
  assert.deepEqual([far.inApp, near.inApp], ["deliver", "withhold"]);
});

Deno.test("while PostgreSQL is away or silent, notifications come as if nobody had preferences", async () => {
  await using server = await PostgresServer.start();
  await using database = await openPostgres(server.url);
  await keep(database, "a", NO_NEWS);
  await keep(database, "b", NO_NEWS);
  const node = openKnown(database);
  assert.equal((await node.decide("a")).inApp, "withhold");
  await server.signal("SIGSTOP");
  let isAnswered = false;
  const silent = database.query("SELECT 1 AS one").catch(() => {}).finally(() => isAnswered = true);
  assert.equal((await node.decide("b")).inApp, "deliver", "it is silent");
  assert.equal(comes(node.decide("b")), true, "and nobody waits for it again at once");
  assert.equal(comes(node.decide("a")), false, "what is known goes on to count");
  assert.equal(node.counters.unknown.value, 2);
  assert.equal(isAnswered, false, "nobody has waited for the database to give up");
  await server.signal("SIGCONT");
  await silent;
  await waitFor("it is read", async () => (await node.decide("b")).inApp === "withhold");
  node.known.changed({ site: SITE, user: "b" });
  await server.stop("SIGKILL");
  assert.equal((await node.decide("b")).inApp, "deliver", "it is away");
  await server.restart();
  await waitFor("it is read again", async () => (await node.decide("b")).inApp === "withhold");
});

testDatabases(
  "a push is for who has a device, and who has none costs no question",
  async (database) => {
    await keep(database, "a", {});
    const node = openKnown(database);
    const pushed = async (user: string) => (await node.decide(user)).push;
    assert.deepEqual([await pushed("a"), await pushed("b")], [false, false]);
    const { asked } = node;
    assert.deepEqual([await pushed("a"), await pushed("b"), node.asked], [false, false, asked]);
    await database.transaction(function* () {
      yield* holdReach(SITE, "b");
      yield* setReach(SITE, "b", { push: true, mail: false });
    });
    node.known.changed({ site: SITE, user: "b", isReach: true });
    const { push, mail } = await node.decide("b");
    assert.deepEqual([push, mail, await pushed("a")], [true, false, false]);
    await keep(database, "b", { kinds: { news: { push: false, mail: true } } }, 2);
    node.known.changed({ site: SITE, user: "b" });
    const { push: isPushed, mail: isMailed, unpushed } = await node.decide("b");
    assert.deepEqual([isPushed, isMailed, unpushed], [false, false, "preferences"]);
    await database.transaction(() => setReach(SITE, "b", { push: false, mail: false }));
    node.known.changed({ site: SITE, user: "b", isReach: true });
    assert.equal((await node.decide("b")).unpushed, undefined);
  },
);
