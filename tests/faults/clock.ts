/**
 * The clock is set back and forth by an hour under load, Redis' too, or that of the server alone by 31 days: offsets, order,
 * positions and what is kept do not care.
 */
import assert from "node:assert/strict";
import { type Client, connect, type Published } from "../../lib/sdk/mod.ts";
import { FakeClock } from "../support/fake_clock.ts";
import { Program } from "../support/program.ts";
import { RedisServer } from "../support/redis.ts";
import { TestClient } from "../support/test_client.ts";
import { waitFor } from "../support/wait.ts";
import { readInbox } from "./online_user.ts";
import { passed } from "./time.ts";
import type { FaultContext, Report, Scenario } from "./scenario.ts";
import { UsersUnderLoad } from "./users_under_load.ts";

const RATE = 200;
const HOUR_SECONDS = 3600;

/** Further ahead than inboxes are kept, for longer than it takes until all that keeps anything has looked for what is old. */
const AHEAD_SECONDS = 31 * 24 * HOUR_SECONDS;
const SWEPT_SECONDS = 65;
const AHEAD_RATE = 20;

/** Off the true time, one after the other. */
const JUMPS: readonly number[] = [-HOUR_SECONDS, HOUR_SECONDS, 0, -HOUR_SECONDS];

export const CLOCK_JUMPS_SQLITE: Scenario = {
  name: "clock set back and forth, SQLite",
  async run(context: FaultContext): Promise<Report> {
    using clock = FakeClock.make();
    await using program = await Program.start({ env: { ...clock.env, ...ENV } });
    return await jump(program, clock, context);
  },
};

export const CLOCK_JUMPS_REDIS: Scenario = {
  name: "clock set back and forth, Redis",
  async run(context: FaultContext): Promise<Report> {
    using clock = FakeClock.make();
    await using redis = await RedisServer.startAt(clock);
    await using program = await Program.start({ env: { ...clock.env, ...redis.env, ...ENV } });
    return await jump(program, clock, context);
  },
};

export const CLOCK_AHEAD_SQLITE: Scenario = {
  name: "clock 31 days ahead for a minute, SQLite",
  async run(context: FaultContext): Promise<Report> {
    using clock = FakeClock.make();
    await using program = await Program.start({ env: { ...clock.env, ...ENV } });
    return await runAhead(program, clock, context);
  },
};

export const CLOCK_AHEAD_REDIS: Scenario = {
  name: "clock 31 days ahead for a minute, Redis",
  async run(context: FaultContext): Promise<Report> {
    using clock = FakeClock.make();
    await using redis = await RedisServer.start(); // whose clock is right
    await using program = await Program.start({ env: { ...clock.env, ...redis.env, ...ENV } });
    return await runAhead(program, clock, context);
  },
};

const ENV = { APP_LIMIT_INBOX: "off", APP_HISTORY: `*=1000/${24 * HOUR_SECONDS}` };

async function jump(
  program: Program,
  clock: FakeClock,
  { random, seconds, progress }: FaultContext,
): Promise<Report> {
  const { url, webSocketUrl } = program;
  using room = new Talk(webSocketUrl);
  const start = await room.say("before");

  // It may not vanish before its time, wherever the clock is meanwhile.
  const expiresAt = Math.floor(Date.now() / 1000) + 2 * HOUR_SECONDS;
  assert.equal(await notify(url, { id: "expires-later", expires_at: expiresAt }), 201);
  await using users = await UsersUnderLoad.start(program, { random, rate: RATE });
  const { load, online } = users;
  for (const [index, secondsOff] of JUMPS.entries()) {
    await users.accepts(RATE * seconds / JUMPS.length);
    assert.equal(await notify(url, { id: `once-only-${index}` }), 201);
    clock.set(secondsOff);
    const off = await serverTime(webSocketUrl) - Date.now() / 1000;
    assert.ok(Math.abs(off - secondsOff) < 60, `the server's clock is ${off} s off`);
    assert.equal(await notify(url, { id: `once-only-${index}` }), 200, "the id is still known");
    await room.say(`${secondsOff} s off`);
    progress(`clock ${secondsOff} s off after ${load.accepted} accepted`);
  }
  await load.end();
  assert.equal(load.refused + load.unanswered, 0, "nothing was refused");

  const report = await users.counted();
  await room.check(start);
  const kept = ["expires-later", ...JUMPS.map((_, index) => `once-only-${index}`)];
  assert.deepEqual(await readInbox(webSocketUrl, "waiting"), kept);
  assert.deepEqual(online.flatMap(({ gaps }) => gaps), []);
  return report;
}

async function runAhead(
  program: Program,
  clock: FakeClock,
  { random, seconds, progress }: FaultContext,
): Promise<Report> {
  const { url, webSocketUrl } = program;
  using room = new Talk(webSocketUrl);
  const start = await room.say("before");
  assert.equal(await notify(url, { id: "kept-before" }), 201);
  await using users = await UsersUnderLoad.start(program, { random, rate: AHEAD_RATE });
  const { load, online } = users;
  await users.accepts(AHEAD_RATE * seconds / 2);
  clock.set(AHEAD_SECONDS);
  const off = await serverTime(webSocketUrl) - Date.now() / 1000;
  assert.ok(Math.abs(off - AHEAD_SECONDS) < 60, `the server's clock is ${off} s off`);
  await room.say("meanwhile");
  progress(`clock 31 days ahead after ${load.accepted} accepted`);
  await passed(SWEPT_SECONDS);
  clock.set(0);
  await room.say("after");
  await users.accepts(AHEAD_RATE * seconds / 2);
  await load.end();
  assert.equal(load.refused + load.unanswered, 0, "nothing was refused");

  const report = await users.counted();
  await room.check(start);
  assert.deepEqual(await readInbox(webSocketUrl, "waiting"), ["kept-before"]);
  assert.deepEqual(online.flatMap(({ gaps }) => gaps), []);
  return report;
}

/** What is said in a room, and what is heard there. */
class Talk implements Disposable {
  readonly #url: string;
  readonly #client: Client;
  readonly #said: string[] = [];
  readonly #heard: string[] = [];

  constructor(url: string) {
    this.#url = url;
    this.#client = connect({ url, userId: "talker" });
    this.#client.subscribe("lobby", ({ message }) => void this.#heard.push(message));
  }

  async say(text: string): Promise<Published> {
    this.#said.push(text);
    return await this.#client.publish("lobby", text);
  }

  /** All was heard, and who comes back with the position of the first message gets exactly the others. */
  async check(first: Published): Promise<void> {
    await waitFor("the room heard all", () => this.#heard.length >= this.#said.length);
    assert.deepEqual(this.#heard, this.#said);
    await using late = await TestClient.connectV2(this.#url);
    await late.command("connect", { user_id: "late" });
    const since = { offset: first.offset, epoch: first.epoch };
    const answer = await late.command("subscribe", { room: "lobby", since });
    assert.equal(answer["recovered"], true);
    const missed = answer["publications"] as { message: string }[];
    assert.deepEqual(missed.map(({ message }) => message), this.#said.slice(1));
  }

  [Symbol.dispose](): void {
    this.#client.close();
  }
}

/** To a user who is away; resolves with the status. */
async function notify(url: string, fields: { id: string; expires_at?: number }): Promise<number> {
  const answer = await fetch(`${url}/api/notifications`, {
    method: "POST",
    body: JSON.stringify({
      user_id: "waiting",
      room: "/user/waiting",
      message: "Hello!",
      ...fields,
    }),
  });
  await answer.body?.cancel();
  return answer.status;
}

/** Unix time in seconds. */
async function serverTime(url: string): Promise<number> {
  await using client = await TestClient.connectV2(url);
  return Number((await client.command("ping"))["timestamp"]);
}
