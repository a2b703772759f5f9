/** What is kept of digests, throttles and timers, where two nodes come together or one comes late, on both databases. */
import assert from "node:assert/strict";
import type { Database } from "../../lib/engines/database/database.ts";
import {
  closeDigest,
  dropPasses,
  holdTimers,
  itemsOf,
  passThrottle,
  setTimer,
  takeTimers,
} from "../../lib/inbox/timing/store.ts";
import { Timing } from "../../lib/inbox/timing/timing.ts";
import { timingCounters } from "../../lib/inbox/timing/metrics.ts";
import { Beside } from "../support/beside.ts";
import { openPostgres, testDatabases } from "../support/databases.ts";
import { PostgresServer } from "../support/postgres.ts";

const SITE = "default";
const USER = "1";
const OWNER = { site: SITE, user: USER };

/** As a node that takes notifications of a kind that comes in digests, an hour later. */
function timingOn(database: Database): Timing {
  const decided = {
    inApp: "deliver",
    push: true,
    mail: false,
    digest: { kind: "order", seconds: 1 },
  };
  const decisions = { decide: () => decided, zoneOf: () => "UTC" };
  return new Timing({
    ...{ database, counters: timingCounters(), now: () => 1000 },
    decisions: decisions as never,
  });
}

const notification = (id: string) => ({
  ...{ ...OWNER, id, isCallersId: true, room: "1", at: 1, from: { name: "x" }, message: id },
  ...{ data: undefined, tags: undefined, expiresAt: undefined, claim: undefined },
});

async function take(database: Database, now: number) {
  return await database.transaction(() => takeTimers({ now, heldUntil: now + 10, limit: 10 }));
}

testDatabases("a node that closes a digest late leaves the next one alone", async (database) => {
  const timing = timingOn(database);
  await timing.take(notification("first-01"));
  const [late] = await take(database, 2000);
  const [other] = await take(database, 2011); // it was held for too short
  assert.ok(late !== undefined && other !== undefined);
  await database.transaction(() => closeDigest(other, "d1", 2011));
  await timing.take(notification("second-1"));
  await database.transaction(() => closeDigest({ ...late, dueAt: 1999 }, "d1", 2012));
  const items = await database.transaction(() => itemsOf(OWNER, "order", "d1"));
  assert.deepEqual(items.map(({ id }) => id), ["first-01"]);
  const due = await take(database, 3000);
  assert.deepEqual(due.map(({ what }) => what), ["digest", "digested"]);
});

testDatabases("a timer that is set again stays as it is", async (database) => {
  const timer = { ...OWNER, what: "alert", ref: "a", dueAt: 5, priority: 3, body: "" } as const;
  await database.transaction(() => setTimer(timer, 1));
  await database.transaction(() => setTimer({ ...timer, dueAt: 9, body: "x" }, 2));
  assert.deepEqual(await take(database, 10), [{ ...timer, setAt: 1 }]);
});

Deno.test("PostgreSQL: two nodes let no more pass of a kind than may", async () => {
  await using server = await PostgresServer.start();
  await using one = await openPostgres(server.url);
  await using two = await openPostgres(server.url);
  const kind = { kind: "ping", count: 5, seconds: 3600 };
  const passes = Array.from(
    { length: 100 },
    (_, index) =>
      (index % 2 === 0 ? one : two).transaction(
        () => passThrottle({ ...OWNER, id: `id-${index}` }, kind, 10_000),
        "one",
      ),
  );
  const passed = (await Promise.all(passes)).filter((until) => until === undefined);
  assert.equal(passed.length, 5);
});

Deno.test("PostgreSQL: what comes while another node closes a digest is in that or in the next one", async () => {
  await using server = await PostgresServer.start();
  await using one = await openPostgres(server.url);
  await using two = await openPostgres(server.url);
  const timing = timingOn(one);
  let [taken, closed] = [0, 0];
  await using closing = Beside.again(async () => {
    for (const timer of await take(two, 2000)) {
      if (timer.what !== "digest") continue;
      await two.transaction(() => closeDigest(timer, `d${closed++}`, 1e9));
    }
  });
  for (; taken < 300; taken++) await timing.take(notification(`order-${taken}`));
  await closing.end();
  const open = await one.query("SELECT id FROM digest_items WHERE digest = ''");
  const timers = await one.query("SELECT ref FROM notification_timers WHERE what = 'digest'");
  assert.equal(timers.length, Math.min(1, open.length), `${open.length} wait in no digest`);
  assert.equal((await one.query("SELECT id FROM digest_items")).length, 300);
});

testDatabases(
  "what is urgent comes first, also where two nodes do what is due",
  async (database) => {
    const set = (user: string, ref: string, priority: number) =>
      database.transaction(() =>
        setTimer({ site: SITE, user, what: "alert", ref, dueAt: 5, priority, body: "" }, 1)
      );
    for (let index = 0; index < 30; index++) await set(USER, `a${index}`, 1 + index % 5);
    await set("2", "b", 1);
    const first = await take(database, 10);
    assert.deepEqual(first.map(({ priority }) => priority), [5, 5, 5, 5, 5, 5, 4, 4, 4, 4]);
    // Another node leaves the rest of the same user's alone until those are done.
    const other = await take(database, 10);
    assert.deepEqual(other.map(({ user }) => user), ["2"]);
    const held = await database.transaction(() =>
      holdTimers(first.slice(0, 8), { before: 20, heldUntil: 40 })
    );
    assert.equal(held.length, 8);
    assert.deepEqual((await take(database, 30)).map(({ user }) => user), ["2"]);
    const later = await take(database, 41);
    assert.deepEqual(later.map(({ ref }) => ref), first.map(({ ref }) => ref));
    const late = await database.transaction(() => holdTimers(first, { before: 40, heldUntil: 60 }));
    assert.deepEqual(late, []);
  },
);

testDatabases("what passed a throttle is forgotten once it counts no more", async (database) => {
  const throttle = { kind: "ping", count: 1, seconds: 1 };
  await database.transaction(() => passThrottle({ ...OWNER, id: "p1" }, throttle, 1000));
  const count = async () =>
    Number((await database.query("SELECT count(*) AS n FROM notification_passes"))[0]?.["n"]);
  assert.equal(await count(), 2);
  await database.transaction(() => dropPasses(1000));
  assert.equal(await count(), 2);
  await database.transaction(() => dropPasses(1001));
  assert.equal(await count(), 0);
});
