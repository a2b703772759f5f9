/** Which timers have what came while it was quiet ask for attention, and in what order, on both engines and databases. */
import assert from "node:assert/strict";
import type { Database } from "../../lib/engines/database/database.ts";
import type { FullEngine } from "../support/engines.ts";
import { openFullEmbedded, openFullRedis, QUIET, RETENTION } from "../support/engines.ts";
import { openPostgres, openSqlite } from "../support/databases.ts";
import { FEATURES } from "../../lib/features.ts";
import { Alerts, LATE_MS, MOST_TOGETHER } from "../../lib/inbox/timing/alerts.ts";
import { inboxCounters } from "../../lib/inbox/metrics.ts";
import { scheduler } from "../../lib/inbox/scheduler.ts";
import { timingCounters } from "../../lib/inbox/timing/metrics.ts";
import { LAST_MS } from "../../lib/inbox/timing/quiet_ends.ts";
import { eraseTiming, setTimer } from "../../lib/inbox/timing/store.ts";
import { Timers } from "../../lib/inbox/timing/timers.ts";
import { silenced, Timing } from "../../lib/inbox/timing/timing.ts";
import { NO_PREFERENCES, type Preferences } from "../../lib/preferences/types.ts";
import { PostgresServer } from "../support/postgres.ts";
import { RedisServer } from "../support/redis.ts";
import { waitFor } from "../support/wait.ts";

const SITE = "default";
const BEGIN = Date.parse("2026-12-01T22:00:00Z");
const END = Date.parse("2026-12-02T07:00:00Z");

/** What one user has chosen, and a node that takes notifications of all users while it is quiet for each of them until `end`. */
class World implements AsyncDisposable {
  readonly database: Database;
  readonly inbox: FullEngine["inbox"];
  readonly schedule: FullEngine["schedule"];
  readonly counters = timingCounters();
  readonly timing: Timing;
  /** Which notifications have asked for attention, in this order. */
  readonly asked: string[] = [];
  now = BEGIN;
  isQuiet = true;
  end: number | undefined = END;
  chosen: Preferences = { ...NO_PREFERENCES };
  readonly #stack: AsyncDisposableStack;

  private constructor(stack: AsyncDisposableStack, engine: FullEngine, database: Database) {
    this.#stack = stack;
    this.database = database;
    this.inbox = engine.inbox;
    this.schedule = engine.schedule;
    const decide = () => ({
      ...{ inApp: this.isQuiet ? "silent" : "deliver", push: false, mail: false },
      ...(this.end !== undefined && { alertAt: this.end, by: this.chosen }),
    });
    this.timing = new Timing({
      ...{ database, counters: this.counters, now: () => this.now },
      decisions: { decide } as never,
    });
  }

  static async open(place: string): Promise<World> {
    await using stack = new AsyncDisposableStack();
    const options = { retention: { ...RETENTION, size: 5000 } };
    const isShared = place.startsWith("Redis");
    const engine = stack.use(
      isShared
        ? await openFullRedis(stack.use(await RedisServer.start()), options)
        : await openFullEmbedded(options),
    );
    await engine.run(QUIET);
    const database = isShared
      ? await openPostgres(stack.use(await PostgresServer.start()).url)
      : await openSqlite(FEATURES);
    stack.use(database);
    return new World(stack.move(), engine, database);
  }

  /** Takes a notification, then stores it, unless that is for later. */
  async send(user: string, id: string, priority = 3): Promise<void> {
    const store = await this.take(user, id, priority);
    await store();
  }

  /** Takes a notification. @returns what stores it */
  async take(user: string, id: string, priority = 3): Promise<() => Promise<boolean>> {
    const notification = {
      ...{ site: SITE, user, id, room: "lobby", message: id, details: { priority } },
    };
    const taking = await this.timing.take(notification);
    assert.ok(taking.held === undefined && taking.isSilent);
    return () => this.inbox.append(silenced(notification, taking));
  }

  /** Has a node do what is due at a time, until something is so. */
  async doUntil(now: number, what: string, isSo: () => unknown): Promise<void> {
    this.now = now;
    const stopping = new AbortController();
    const timers = new Timers({
      ...{ database: this.database, timing: this.timing, counters: this.counters, days: 30 },
      notifier: { notify: () => Promise.reject(new Error("nothing is sent")) },
      inbox: this.recording(),
      now: () => this.now,
    });
    const running = timers.run(stopping.signal);
    try {
      await waitFor(what, isSo, 30_000);
    } finally {
      stopping.abort();
      await running;
    }
  }

  /** The inboxes, which note who asks. */
  recording(): Pick<FullEngine["inbox"], "edit" | "get" | "sync"> {
    const { inbox, asked } = this;
    return {
      get: (...place) => inbox.get(...place),
      sync: (...place) => inbox.sync(...place),
      async edit(site, user, id, change) {
        const kept = await inbox.edit(site, user, id, change);
        if (kept !== undefined) asked.push(id);
        return kept;
      },
    };
  }

  async detailsOf(user: string, id: string) {
    return (await this.inbox.get(SITE, user, id))?.publication.details;
  }

  async timers(): Promise<unknown[]> {
    const found = await this.database.query(
      "SELECT user_id, what, ref, due_at, priority FROM notification_timers ORDER BY user_id, due_at, ref",
    );
    return found.map((each) =>
      ["user_id", "what", "ref", "due_at", "priority"].map((name) =>
        name === "due_at" || name === "priority" ? Number(each[name]) : each[name]
      )
    );
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#stack.disposeAsync();
  }
}

const PLACES = ["SQLite", "Redis and PostgreSQL"];

function testPlaces(what: string, run: (world: World) => Promise<void>): void {
  for (const place of PLACES) {
    Deno.test(`${place}: ${what}`, async () => {
      await using world = await World.open(place);
      await run(world);
    });
  }
}

/** Lets a timer be written no more unless it is written now. */
async function dropTimers(world: World, ...users: string[]): Promise<void> {
  for (const user of users) {
    await world.database.transaction(() => eraseTiming({ site: SITE, user }));
  }
}

testPlaces("what comes while it is quiet has one timer of its user's", async (world) => {
  await Promise.all([1, 2, 3].map((index) => world.send("1", `first-${index}`)));
  await world.send("2", "other", 2);
  await world.send("1", "urgent", 5);
  const ref = String(END);
  assert.deepEqual(await world.timers(), [
    ["1", "quiet_over", ref, END, 5],
    ["2", "quiet_over", ref, END, 2],
  ]);
  await dropTimers(world, "1", "2");
  await world.send("1", "known-1", 5);
  await world.send("2", "known-2", 1);
  assert.deepEqual(await world.timers(), [], "what is known is not written again");
  await world.send("2", "more-urgent");
  world.chosen = { ...NO_PREFERENCES };
  await world.send("1", "chosen-anew");
  assert.deepEqual(await world.timers(), [
    ["1", "quiet_over", ref, END, 3],
    ["2", "quiet_over", ref, END, 3],
  ]);
  world.end = undefined;
  await world.send("3", "for-good");
  world.end = END + 1000;
  await world.send("3", "longer");
  world.end = END;
  await world.send("3", "shorter");
  world.now = END - LAST_MS;
  await world.send("3", "last");
  assert.deepEqual((await world.timers()).slice(2), [
    ["3", "quiet_over", ref, END, 3],
    ["3", "alert", "last", END, 3],
    ["3", "quiet_over", String(END + 1000), END + 1000, 3],
  ]);
});

testPlaces("each asks for attention at the time that it waits for, once", async (world) => {
  await world.send("1", "low", 2);
  await world.send("1", "read");
  await world.send("1", "first");
  await world.send("1", "urgent", 5);
  await world.send("1", "second");
  world.end = END + 9000;
  await world.send("1", "later", 5);
  world.end = undefined;
  await world.send("1", "for-good", 5);
  await world.inbox.change(SITE, "1", "read", ["read"]);
  world.end = END;
  world.now = END - LAST_MS;
  await world.send("1", "last", 4);
  // As an earlier version has written it.
  await world.inbox.append({
    ...{ site: SITE, user: "1", id: "older", room: "lobby", message: "x" },
    details: { silent: true },
  });
  const timer = { site: SITE, user: "1", what: "alert", ref: "older", dueAt: END } as const;
  await world.database.transaction(() => setTimer({ ...timer, priority: 1, body: "" }, BEGIN));
  const due = ["urgent", "last", "first", "second", "low", "older"];
  await world.doUntil(END, "all have asked", () => world.asked.length === due.length);
  assert.deepEqual(world.asked, due);
  const { silent, alert_at, alerted_at, priority } = await world.detailsOf("1", "low") ?? {};
  assert.deepEqual([silent, alert_at, alerted_at, priority], [undefined, undefined, END / 1000, 2]);
  assert.equal((await world.detailsOf("1", "read"))?.["silent"], true);
  await world.doUntil(END + 9000, "the next has asked", () => world.asked.length > due.length);
  await world.doUntil(
    END + 9000 + LATE_MS,
    "all is done",
    async () => (await world.timers()).length === 0,
  );
  assert.deepEqual(world.asked.slice(due.length), ["later"]);
  assert.equal((await world.detailsOf("1", "for-good"))?.["silent"], true);
  assert.equal(world.counters.alerts.value, due.length + 1);
});

testPlaces("what was on its way for long asks a little later", async (world) => {
  await world.send("1", "there");
  const storeLate = await world.take("1", "on-its-way");
  await world.doUntil(END, "what is there has asked", () => world.asked.length === 1);
  await storeLate();
  await world.doUntil(
    END + LATE_MS,
    "the other one has, too",
    async () => world.asked.length === 2 && (await world.timers()).length === 0,
  );
  world.now = BEGIN; // a clock that is set back
  await world.send("1", "again");
  assert.equal((await world.timers()).length, 1, "it is known that the timer has ended");
});

testPlaces("one with very many holds up nobody, and they come in their order", async (world) => {
  const count = MOST_TOGETHER + 200;
  const ids = Array.from({ length: count }, (_, index) => `n-${index}`);
  for (let at = 0; at < count; at += 100) {
    await Promise.all(
      ids.slice(at, at + 100).map((id, index) => world.send("1", id, 1 + index * 7 % 5)),
    );
  }
  await world.send("2", "other", 1);
  world.now = END - LAST_MS;
  await world.send("1", "last-1", 1);
  world.now = END;
  const timer = {
    site: SITE,
    user: "1",
    what: "quiet_over",
    ref: String(END),
    dueAt: END,
  } as const;
  const alerts = new Alerts({ ...world, inbox: world.recording(), now: () => world.now });
  const mine = () => Promise.resolve(true);
  const isAll = await alerts.ask({ ...timer, priority: 5, setAt: BEGIN, body: "" }, mine);
  assert.deepEqual([isAll, world.asked.length], [false, MOST_TOGETHER]);
  await world.doUntil(END, "all have asked", () => world.asked.length === count + 2);
  assert.equal(new Set(world.asked).size, count + 2);
  assert.ok(world.asked.includes("other"));
  const own = world.asked.filter((id) => id !== "other");
  const priorities = await Promise.all(
    own.map(async (id) => Number((await world.detailsOf("1", id))?.["priority"])),
  );
  assert.deepEqual(priorities, priorities.toSorted((one, other) => other - one));
});

testPlaces("what a node looked at that died is looked at again when it comes", async (world) => {
  const details = { silent: true, alert_at: END, title: "T" };
  await world.schedule.add({
    ...{ site: SITE, user: "1", id: "scheduled", room: "lobby", message: "x", details },
    deliverAt: Date.now() - 1,
  });
  world.isQuiet = false;
  const stopping = new AbortController();
  const task = scheduler({
    ...{ schedule: world.schedule, timing: world.timing, counters: inboxCounters() },
    attachments: { giveBack: () => Promise.resolve(), giveBackAll: () => Promise.resolve() },
  });
  const running = task.run(stopping.signal);
  const found = await waitFor("it has come", () => world.detailsOf("1", "scheduled"));
  assert.deepEqual(found, { title: "T" });
  stopping.abort();
  await running;
});
