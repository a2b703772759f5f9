/** Sends to very many devices over a push service that is down for an hour, on both databases, by a clock of the test's own. */
import assert from "node:assert/strict";
import type { ServerClock } from "../../lib/base/clock.ts";
import { startTasks } from "../../lib/core/task.ts";
import {
  type Database,
  type Row,
  rows,
  type SqlValue,
} from "../../lib/engines/database/database.ts";
import { UnsubscribeLinks } from "../../lib/preferences/links.ts";
import { ReachFeed } from "../../lib/preferences/reach_feed.ts";
import { AnswerLinks } from "../../lib/push/answer_links.ts";
import { registerDevice } from "../../lib/push/device_store.ts";
import { Devices } from "../../lib/push/devices.ts";
import { Messages } from "../../lib/push/message.ts";
import { pushCounters, ResultCounters } from "../../lib/push/metrics.ts";
import type { PushProvider } from "../../lib/push/provider.ts";
import { Breakers } from "../../lib/push/providers/breaker.ts";
import { PushSender } from "../../lib/push/sender.ts";
import { addSends, holdSends, type Send, sendsOf, takeSends } from "../../lib/push/store.ts";
import { testDatabases } from "../support/databases.ts";
import { waitFor } from "../support/wait.ts";

const SITE = "default";
const ID = "to-all-0001";
const HOUR_MS = 3_600_000;
const HELD_MS = 10_000;

/** A clock that goes on when the test says so. */
class StoppedClock implements ServerClock {
  #now = Date.now();
  readonly #waiting = new Set<{ at: number; done: () => void }>();

  now = () => this.#now;

  pause(ms: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const each = { at: this.#now + ms, done: () => resolve() };
      this.#waiting.add(each);
      signal?.addEventListener("abort", () => {
        this.#waiting.delete(each);
        resolve();
      }, { once: true });
    });
  }

  /** Resolves when somebody waits for the clock to go on: until then it is worked on what was due. */
  async rests(): Promise<void> {
    do await new Promise((resolve) => setTimeout(resolve, 2)); while (this.#waiting.size === 0);
  }

  advance(ms: number): void {
    this.#now += ms;
    for (const each of this.#waiting) {
      if (each.at > this.#now) continue;
      this.#waiting.delete(each);
      each.done();
    }
  }
}

/** A push service on this machine, which is down or takes what comes, and what speaks to it. */
class PlainService implements AsyncDisposable {
  isDown = false;
  asked = 0;
  /** Those who ask wait for it. */
  held: Promise<void> | undefined;
  readonly taken: string[] = [];
  readonly #server = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen() {} },
    async (request) => {
      this.asked++;
      await this.held;
      if (this.isDown) return new Response(null, { status: 503 });
      this.taken.push(new URL(request.url).pathname.slice(1));
      return new Response(null, { status: 201 });
    },
  );

  get origin(): string {
    return `http://127.0.0.1:${this.#server.addr.port}`;
  }

  get provider(): PushProvider {
    return {
      name: "ntfy",
      closes: false,
      tokenOf: String,
      originOf: () => this.origin,
      send: async ({ token }, _message, signal) => {
        const response = await fetch(`${this.origin}/${token}`, { method: "POST", signal });
        await response.body?.cancel();
        return response.ok ? { result: "taken" } : { result: "later", why: "status 503" };
      },
      check: () => Promise.resolve([]),
    };
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#server.shutdown();
  }
}

testDatabases(
  "a push service that is down for an hour is asked seldom, and gets each push once then",
  async (database) => {
    await using service = new PlainService();
    service.isDown = true;
    const count = database.dialect === "sqlite" ? 10_000 : 2000;
    const clock = new StoppedClock();
    const { sender, provider } = senderOn(database, service, clock);
    await prepare(database, provider, { count, now: clock.now() });
    await using _running = startTasks([sender]);
    for (let passed = 0; passed < HOUR_MS; passed += 15_000) {
      clock.advance(15_000);
      await clock.rests();
    }
    assert.ok(service.asked > 5, `it was asked ${service.asked} times`);
    assert.ok(service.asked < 200, `it was asked ${service.asked} times`);
    assert.equal(service.taken.length, 0);
    service.isDown = false;
    // The clock stands while pushes are answered: on a busy machine, what is under way would be taken for left behind.
    let asked = 0;
    const ticking = setInterval(() => {
      if (asked === service.asked) clock.advance(1000);
      asked = service.asked;
    }, 10);
    try {
      await waitFor("all are sent", () => service.taken.length >= count, 120_000);
      await waitFor("all are noted", async () => {
        const [left] = await database.query(
          "SELECT count(*) AS count FROM push_sends WHERE due_at IS NOT NULL",
        );
        return Number(left?.["count"]) === 0;
      }, 30_000);
    } finally {
      clearInterval(ticking);
    }
    assert.equal(service.taken.length, count);
    assert.equal(new Set(service.taken).size, count);
    const [known] = await database.transaction(() => sendsOf(SITE, ID, "user-7"));
    assert.equal(known?.state, "taken");
  },
);

testDatabases(
  "what cannot be sent ends with its time, and one service that fails holds up no other",
  async (database) => {
    await using down = new PlainService();
    await using good = new PlainService();
    down.isDown = true;
    const clock = new StoppedClock();
    const { sender, provider } = senderOn(database, down, clock, good);
    await prepare(database, provider, { count: 300, now: clock.now(), lastsMs: HOUR_MS });
    await using _running = startTasks([sender]);
    await waitFor("the other has its pushes", () => good.taken.length === 150);
    for (let passed = 0; passed <= HOUR_MS; passed += 60_000) {
      clock.advance(60_000);
      await clock.rests();
    }
    const ticking = setInterval(() => clock.advance(60_000), 5);
    try {
      await waitFor("the rest have ended", async () => {
        const [left] = await database.query(
          "SELECT count(*) AS count FROM push_sends WHERE state = 'failed'",
        );
        return Number(left?.["count"]) === 150;
      });
    } finally {
      clearInterval(ticking);
    }
    assert.equal(good.taken.length, 150);
  },
);

testDatabases(
  "what is under way is taken by nobody, however late its answer is",
  async (database) => {
    await using service = new PlainService();
    const clock = new StoppedClock();
    const { sender, provider } = senderOn(database, service, clock);
    const answered = Promise.withResolvers<void>();
    service.held = answered.promise;
    await prepare(database, provider, { count: 1, now: clock.now() });
    await using _running = startTasks([sender]);
    await waitFor("it is asked", () => service.asked === 1);
    // A file has one server.
    await using _other = database.dialect === "postgres"
      ? startTasks([senderOn(database, service, clock).sender])
      : undefined;
    for (let passed = 0; passed < 3 * HELD_MS; passed += HELD_MS / 2) {
      clock.advance(HELD_MS / 2);
      await waitFor("it is held for longer", async () => {
        sender.wake(); // it may have begun to rest after the clock went on
        const [held] = await database.query("SELECT held_until FROM push_sends");
        return Number(held?.["held_until"]) > clock.now() + HELD_MS / 2;
      });
    }
    assert.equal(service.asked, 1);
    answered.resolve();
    await waitFor("it is noted", async () => await stateOf(database, "user-0") === "taken");
  },
);

testDatabases(
  "what a node is still sending it takes no second time, though others may",
  async (database) => {
    const now = Date.now();
    await prepare(database, { originOf: () => "a" }, { count: 2, now });
    const take = async (at: number, own: readonly Send[]) => {
      const taking = { now: at, heldUntil: at + HELD_MS, limit: 10, except: [], own };
      const taken = await database.transaction(() => takeSends(taking));
      return taken.toSorted((one, other) => one.user < other.user ? -1 : 1);
    };
    const [first, second] = await take(now, []);
    assert.deepEqual([first?.user, second?.user], ["user-0", "user-1"]);
    assert.deepEqual(await take(now, []), []);
    const late = now + HELD_MS + 1;
    assert.deepEqual((await take(late, [first!])).map(({ user }) => user), ["user-1"]);
    assert.deepEqual((await take(late, [])).map(({ user }) => user), ["user-0"]);
    const held = await database.transaction(() => holdSends([first!, second!], late));
    assert.deepEqual(held, [false, false], "others have them");
  },
);

/** What became of the push to a user. */
async function stateOf(database: Database, user: string): Promise<string | undefined> {
  const [known] = await database.transaction(() => sendsOf(SITE, ID, user));
  return known?.state;
}

/** @param other has the devices with an odd number */
function senderOn(
  database: Database,
  service: PlainService,
  clock: ServerClock,
  other?: PlainService,
) {
  const isOther = (token: string) => other !== undefined && Number(token) % 2 === 1;
  const [own, others] = [service.provider, other?.provider ?? service.provider];
  const provider: PushProvider = {
    ...own,
    originOf: (device) => (isOther(device.token) ? others : own).originOf(device),
    send: (device, ...more) => (isOther(device.token) ? others : own).send(device, ...more),
  };
  const counters = pushCounters();
  const providers = new Map([["ntfy" as const, provider]]);
  const told = { tell: () => Promise.resolve(), flush: () => Promise.resolve() };
  const feed = new ReachFeed(told, { noteIncomplete() {} });
  const devices = new Devices({
    ...{ database, providers, feed, counters, limit: Infinity },
    now: () => clock.now(),
  });
  const config = { afterMs: 5000, ttlMs: 7 * 24 * HOUR_MS, hasText: true, devices: 20 };
  const sender = new PushSender({
    ...{ database, devices, providers, counters, clock, days: 30, heldMs: HELD_MS },
    // What is pushed here is in no inbox.
    inbox: { find: () => Promise.resolve(undefined), unread: () => Promise.resolve(0) },
    breakers: new Breakers(() => clock.now()),
    revocations: { refusal: () => undefined, blockOf: () => undefined, isLoaded: true },
    messages: new Messages({
      ...{ config, answers: new AnswerLinks(database, "") },
      links: new UnsubscribeLinks(database, ""),
    }),
    results: new ResultCounters(),
  });
  return { sender, provider };
}

/** Users with a device each, to whom the same is to be pushed. The first two are registered, and the others are as these. */
async function prepare(
  database: Database,
  { originOf }: Pick<PushProvider, "originOf">,
  { count, now, lastsMs = 24 * HOUR_MS }: { count: number; now: number; lastsMs?: number },
): Promise<void> {
  for (let number = 0; number < Math.min(2, count); number++) {
    const owner = { site: SITE, user: `user-${number}` };
    const token = String(number);
    const device = { ...owner, id: `device-${number}`, provider: "ntfy", token } as const;
    await database.transaction(function* () {
      yield* registerDevice({ ...device, tokenHash: token }, { limit: 20, replaces: true, now });
      yield* addSends({
        ...{ ...owner, id: ID, round: 0, priority: 3, expiresAt: now + lastsMs },
        group: "",
        body: JSON.stringify({ room: "1", message: "To all" }),
      }, { isMeant: () => true, originOf, now });
    });
  }
  await copy(database, "push_devices", count, (number) => ({
    ...{ id: `device-${number}`, user_id: `user-${number}` },
    ...{ token: String(number), token_hash: String(number) },
  }));
  await copy(database, "push_sends", count, (number) => ({
    ...{ device: `device-${number}`, user_id: `user-${number}` },
  }));
}

/** Adds rows to those of the first two users, each as that of the one whose number is as even or odd. */
async function copy(
  database: Database,
  table: string,
  count: number,
  own: (number: number) => Row,
): Promise<void> {
  const first = await database.query(`SELECT * FROM ${table} ORDER BY user_id`);
  const columns = Object.keys(first[0]!);
  for (let from = 2; from < count; from += 500) {
    const values: SqlValue[] = [];
    const copies = Array.from({ length: Math.min(500, count - from) }, (_, index) => {
      const number = from + index;
      const each: Row = { ...first[number % 2], ...own(number) };
      return `(${columns.map((column) => `$${values.push(each[column]!)}`).join(", ")})`;
    });
    const sql = `INSERT INTO ${table} (${columns.join(", ")}) VALUES ${copies.join(", ")}`;
    await database.transaction(() => rows(sql, ...values));
  }
}
