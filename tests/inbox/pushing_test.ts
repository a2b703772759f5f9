/** What is to be pushed is written down once the database is there again, and comes as it would have come. */
import assert from "node:assert/strict";
import type { Database } from "../../lib/engines/database/database.ts";
import { timingCounters } from "../../lib/inbox/timing/metrics.ts";
import { type PushBody, type Pushes, QUIET_ROUND } from "../../lib/inbox/timing/pushes.ts";
import { Timing } from "../../lib/inbox/timing/timing.ts";
import { PushQueue } from "../../lib/push/queue.ts";
import type { Decision } from "../../lib/preferences/types.ts";
import { openPostgres } from "../support/databases.ts";
import { PostgresServer } from "../support/postgres.ts";
import { waitFor } from "../support/wait.ts";

const PUSHED: Decision = { inApp: "deliver", push: true, mail: false };
const QUIET: Decision = { ...PUSHED, inApp: "silent", quiet: "quiet_hours", alertAt: 1e12 };

function timingOn(database: Database, decide: () => Decision): Timing {
  const counters = timingCounters();
  const decisions = { decide } as never;
  const timing = new Timing({ database, counters, now: () => 1000, decisions });
  const pushes: Partial<Pushes> = { isOn: true, dueAt: (_notification, now) => now };
  timing.pushing.by(pushes as Pushes);
  return timing;
}

const notification = (id: string) => ({
  ...{ site: "default", user: "1", id, isCallersId: true, room: "1", at: 1, message: id },
  ...{ from: { name: "x" }, data: undefined, tags: undefined, expiresAt: undefined },
  claim: undefined,
});

Deno.test("PostgreSQL: what came while the database was away is pushed, and after quiet hours what came in these", async () => {
  await using server = await PostgresServer.start();
  await using database = await openPostgres(server.url);
  let decided: Decision = PUSHED;
  const timing = timingOn(database, () => decided);
  await server.stop();
  await timing.take(notification("loud-0001"));
  decided = QUIET;
  await timing.take(notification("quiet-0001"));
  decided = { ...PUSHED, push: false, isUnknown: true };
  await timing.take(notification("unknown-01"));
  await timing.pushing.writeUnwritten().catch(() => {});
  await server.restart();
  await waitFor("it is back", () => database.whyNotReady() === undefined);
  decided = QUIET;
  await timing.pushing.writeUnwritten();
  const timers = await database.query("SELECT ref, body FROM notification_timers ORDER BY ref");
  const bodies = timers.map(({ ref, body }) => {
    const { round, wasQuiet }: PushBody = JSON.parse(String(body));
    return [ref, round, wasQuiet];
  });
  assert.deepEqual(bodies, [
    ["loud-0001", 0, undefined],
    ["quiet-0001", QUIET_ROUND, true],
    ["unknown-01", QUIET_ROUND, true],
  ]);
});

Deno.test("PostgreSQL: what was seen while the database was away is closed on devices once it is back", async () => {
  await using server = await PostgresServer.start();
  await using database = await openPostgres(server.url);
  const timing = timingOn(database, () => PUSHED);
  await server.stop();
  const decisions = { reachOf: () => undefined } as never;
  const queue = new PushQueue({
    ...{ database, decisions, pushing: timing.pushing, providers: new Map(), now: () => 1000 },
    ...{ inbox: undefined!, online: undefined!, counters: undefined!, wake() {} },
    config: { afterMs: 0, ttlMs: 60_000, hasText: true, devices: 20 },
  });
  await queue.changing("default", "1");
  await timing.pushing.writeUnwritten().catch(() => {});
  await server.restart();
  await waitFor("it is back", () => database.whyNotReady() === undefined);
  await timing.pushing.writeUnwritten();
  const timers = await database.query("SELECT user_id, what FROM notification_timers");
  assert.deepEqual(timers.map(({ user_id, what }) => [user_id, what]), [["1", "seen"]]);
});
