/** Retention believes no jump of the clock: nothing that was to stay goes because a clock was wrong for a while. */
import assert from "node:assert/strict";
import { SteadyClock } from "../../lib/base/steady_clock.ts";
import { SqliteSweep } from "../../lib/inbox/store/sqlite_sweep.ts";
import { SqliteArrivals } from "../../lib/inbox/store/sqlite_arrivals.ts";
import { SqliteInboxStatements } from "../../lib/inbox/store/sqlite_inbox_statements.ts";
import { type FullEngine, message, openFullEmbedded, RETENTION } from "../support/engines.ts";
import { FakeClock } from "../support/fake_clock.ts";
import { Manager } from "../support/manager.ts";
import { Program } from "../support/program.ts";
import { RoomsFile } from "../support/rooms_file.ts";
import { TestClient } from "../support/test_client.ts";
import { waitFor } from "../support/wait.ts";
import type { EmbeddedEngine } from "../../lib/engines/embedded.ts";
import { SqliteHistory } from "../../lib/engines/sqlite/history.ts";

const DAY_MS = 24 * 3600 * 1000;
const JUMP_MS = 31 * DAY_MS;

const LOBBY = { site: "default", kind: "room", name: "lobby" };
const KEPT = { size: 9, seconds: 3600, persistent: true };

for (const restarts of [false, true]) {
  Deno.test(`a clock that jumps by 31 days${restarts ? " between two runs" : ""} removes nothing, and what is too old goes once it has stayed so`, async () => {
    const dataDir = await Deno.makeTempDir();
    using clocks = new Clocks();
    let engine = await openFullEmbedded({ dataDir });
    await engine.inbox.append({ site: "default", user: "1", id: "n-1", room: "r", message: "x" });
    await engine.broker.publish(LOBBY, message("m-1"), KEPT);
    await engine.revocations.add({
      ...{ site: "default", kind: "token", name: "t-1", at: Date.now() },
      expiresAt: Date.now() + DAY_MS,
    });
    await engine.storage.clock.note();
    if (restarts) await engine[Symbol.asyncDispose]();
    clocks.jump(JUMP_MS);
    if (restarts) engine = await openFullEmbedded({ dataDir });
    await sweep(engine);
    clocks.pass(60_000);
    await sweep(engine);
    await engine.revocations.add({ site: "default", kind: "token", name: "t-2", at: Date.now() });
    const revoked = await engine.revocations.list();
    assert.deepEqual(revoked.map(({ name }) => name), ["t-1", "t-2"]);
    clocks.jump(-JUMP_MS);
    assert.deepEqual(await left(engine), { notifications: 1, publications: 1 });
    clocks.jump(JUMP_MS);
    clocks.pass(2 * DAY_MS);
    await sweep(engine);
    assert.deepEqual(await left(engine), { notifications: 0, publications: 0 });
    await engine[Symbol.asyncDispose]();
    await Deno.remove(dataDir, { recursive: true });
  });
}

Deno.test("what is said while the clock is wrong takes the place of nothing that was said before", async () => {
  await using rooms = await RoomsFile.write({
    rooms: [{ pattern: "*", persistent: true, history: { size: 9, seconds: 3600 } }],
  });
  using clock = FakeClock.make();
  await using program = await Program.start({ env: { ...clock.env, APP_ROOMS: rooms.path } });
  await using client = await TestClient.connectV2(program.webSocketUrl);
  await client.command("connect", { user_id: 1 });
  const first = await client.command("publish", { room: "lobby", message: "before" });
  clock.set(JUMP_MS / 1000);
  await client.command("publish", { room: "lobby", message: "meanwhile" });
  clock.set(0);
  await client.command("publish", { room: "lobby", message: "after" });
  const since = { offset: first["offset"], epoch: first["epoch"] };
  const answer = await client.command("subscribe", { room: "lobby", since });
  assert.equal(answer["recovered"], true);
  const missed = answer["publications"] as { message: string }[];
  assert.deepEqual(missed.map(({ message }) => message), ["meanwhile", "after"]);
});

Deno.test("SteadyClock tells whole milliseconds, which is all that databases take, while it catches up", () => {
  const clock = new SteadyClock(Date.now() - DAY_MS);
  const told = Array.from({ length: 100 }, () => clock.now());
  assert.ok(clock.now() < Date.now() - DAY_MS / 2);
  assert.deepEqual(told.filter((each) => !Number.isInteger(each)), []);
});

Deno.test("SteadyClock catches up with a clock that stays ahead, and follows one that is set back", () => {
  using clocks = new Clocks();
  const clock = new SteadyClock(Date.now());
  const behind = () => Date.now() - clock.now();
  assert.equal(behind(), 0);
  clocks.pass(DAY_MS);
  assert.equal(behind(), 0);
  clocks.jump(24 * DAY_MS);
  assert.equal(behind(), 24 * DAY_MS);
  clocks.pass(DAY_MS / 2);
  assert.equal(behind(), 24 * DAY_MS - 23 * DAY_MS / 2);
  clocks.pass(DAY_MS);
  assert.equal(behind(), 24 * DAY_MS - 23 * DAY_MS * 1.5 < 0 ? 0 : 1);
  clocks.jump(-DAY_MS);
  assert.equal(behind(), 0);
});

for (const restarts of [false, true]) {
  Deno.test(`a clock that was set back for a minute${restarts ? ", and was so at a start," : ""} is believed again at once`, async () => {
    const dataDir = await Deno.makeTempDir();
    using clocks = new Clocks();
    let engine = await openFullEmbedded({ dataDir });
    await engine.inbox.append({ site: "default", user: "1", id: "n-1", room: "r", message: "x" });
    clocks.pass(31 * DAY_MS);
    await engine.storage.clock.note();
    clocks.jump(-365 * DAY_MS);
    await sweep(engine);
    if (restarts) {
      await engine[Symbol.asyncDispose]();
      engine = await openFullEmbedded({ dataDir });
    }
    await sweep(engine);
    clocks.jump(365 * DAY_MS);
    assert.equal((await left(engine)).notifications, 1);
    await sweep(engine);
    assert.equal((await left(engine)).notifications, 0);
    await engine[Symbol.asyncDispose]();
    await Deno.remove(dataDir, { recursive: true });
  });
}

Deno.test("a block of some seconds ends in time, although the clock was set back meanwhile", async () => {
  using clock = FakeClock.make();
  await using program = await Program.start({ env: clock.env });
  const manager = await Manager.of(program);
  await manager.done(program, "/users/1/block", { seconds: 2 });
  const refusal = async () => {
    await using client = await TestClient.connectV2(program.webSocketUrl);
    return await client.command("connect", { user_id: 1 }).then(() => "", String);
  };
  clock.set(-365 * 24 * 3600);
  assert.match(await refusal(), /blocked/);
  clock.set(0);
  await waitFor("the user may come back", async () => await refusal() === "");
});

/** Does what the tasks of a server do once a minute. */
async function sweep(engine: EmbeddedEngine & FullEngine): Promise<void> {
  const { store, clock } = engine.storage;
  const retention = RETENTION;
  const arrivals = new SqliteArrivals(new SqliteInboxStatements(store), retention, () => {});
  await new SqliteSweep({ store, clock, arrivals, retention }).sweep();
  await new SqliteHistory(store, clock, () => {}).sweep();
  await clock.note();
}

async function left(
  { storage: { store } }: EmbeddedEngine,
): Promise<{ notifications: number; publications: number }> {
  await store.settled();
  const count = (table: string) =>
    Number(store.prepare(`SELECT count(*) AS count FROM ${table}`).get()?.["count"]);
  return { notifications: count("notifications"), publications: count("publications") };
}

/** The system's clock and the monotonic one, which tests move on. */
class Clocks implements Disposable {
  readonly #now = Date.now;
  readonly #monotonic = performance.now.bind(performance);
  readonly #startedAt = this.#monotonic();
  readonly #start = this.#now();
  #passed = 0;
  #ahead = 0;

  constructor() {
    Date.now = () => this.#start + this.#passed + this.#ahead;
    performance.now = () => this.#startedAt + this.#passed;
  }

  /** Time passes. */
  pass(ms: number): void {
    this.#passed += ms;
  }

  /** The system's clock is set forward; back where `ms` is negative. */
  jump(ms: number): void {
    this.#ahead += ms;
  }

  [Symbol.dispose](): void {
    Date.now = this.#now;
    performance.now = this.#monotonic;
  }
}
