/**
 * Redis loses what it had, under load: all of it, or what was written since a snapshot. Nobody is told that nothing was missed
 * where something was, what comes afterwards is whole, and who was blocked stays out all the while.
 */
import assert from "node:assert/strict";
import { operatorKeyOf } from "../support/manager.ts";
import { Program } from "../support/program.ts";
import { RedisServer } from "../support/redis.ts";
import { type Frame, TestClient } from "../support/test_client.ts";
import { APP_KEY, connectionToken } from "../support/tokens.ts";
import { waitFor } from "../support/wait.ts";
import { Ledger } from "./ledger.ts";
import { Load } from "./load.ts";
import { OnlineUser, readInbox } from "./online_user.ts";
import { readiness } from "./readiness.ts";
import type { FaultContext, Report, Scenario } from "./scenario.ts";
import { ROOM, Talk } from "./talk.ts";
import { passed } from "./time.ts";

const RATE = 300;
const USERS = 5;
const BLOCKED = "123";
/** How often who is blocked tries to come in. */
const KNOCKS_A_SECOND = 50;

const ENV = { REDIS_LEASE_SECONDS: "2", APP_LIMIT_INBOX: "off", APP_HISTORY: "*=20000/300" };

/** Each takes what Redis had until then, or since the moment before the load went on. */
const WAYS: Readonly<Record<string, (redis: RedisServer) => Promise<void>>> = {
  "redis emptied (FLUSHALL)": async (redis) => void await redis.call("FLUSHALL"),
  "redis replaced by an empty one": async (redis) => {
    await redis.stop("SIGKILL");
    await redis.forget();
    await redis.restart();
  },
  "redis back from an older snapshot": async (redis) => {
    await redis.stop("SIGKILL");
    await redis.restart();
  },
};

export const redisForgets: readonly Scenario[] = Object.entries(WAYS).map(([name, forget]) => ({
  name,
  run: (context) => run(context, forget),
}));

async function run(
  { random, seconds, progress }: FaultContext,
  forget: (redis: RedisServer) => Promise<void>,
): Promise<Report> {
  await using redis = await RedisServer.start();
  const env = { ...redis.env, ...ENV };
  await using open = await Program.start({ env });
  await using guarded = await Program.start({ env: { ...env, APP_KEY } });
  await block(guarded);
  await using knocking = new Knocking(guarded, await connectionToken({ sub: BLOCKED }));

  const ledger = new Ledger();
  using online = new DisposableStack();
  const users = Array.from(
    { length: USERS },
    (_, index) => online.use(new OnlineUser(open.webSocketUrl, `on-${index}`, ledger)),
  );
  let told = 0;
  for (const { client, user } of users) client.on("gap", () => void (told += ledger.toldGap(user)));
  for (const user of users) await user.isOnline();
  await using talk = new Talk([open.webSocketUrl], random.fork());
  await talk.entered;
  const names = users.map(({ user }) => user);
  await using load = new Load({ ports: [open.port], users: names, ledger, random, rate: RATE });

  await passed(seconds / 4);
  await redis.call("SAVE");
  await passed(seconds / 4);
  const lost = await positions(open, names[0]);
  await forget(redis);
  progress(`Redis has forgotten, after ${load.accepted} accepted`);
  await waitFor("both are ready", async () => await isReady(open) && await isReady(guarded));
  await waitFor("offsets are higher than what was lost", async () => {
    const now = await positions(open, names[0]);
    return now.room.offset > lost.room.offset && now.inbox.offset > lost.inbox.offset;
  });
  const late = await positions(open, names[0], lost);
  assert.deepEqual([late.room.recovered, late.inbox.recovered], [false, false], "who comes late");

  await load.end();
  await talk.end();
  await waitFor("all users have theirs", () => ledger.missing(names) === 0);
  for (const user of names) ledger.left(user, await readInbox(open.webSocketUrl, user));
  await knocking.stopped();
  const room = `room: ${talk.ledger.acceptedCount} accepted, ${talk.ledger.gaps} gaps told`;
  const knocks = `${knocking.count} knocks of who is blocked`;
  return { ...ledger.check(), notes: `${told} lost and told; ${room}; ${knocks}` };
}

interface Position {
  readonly offset: number;
  readonly epoch: string;
  readonly recovered?: boolean;
}

interface Positions {
  readonly room: Position;
  readonly inbox: Position;
}

/** Where the room and a user's inbox are, as one is told who comes with the positions of before. */
async function positions(program: Program, user = "", since?: Positions): Promise<Positions> {
  await using client = await TestClient.connectV2(program.webSocketUrl);
  const connected = await client.command("connect", { user_id: user, inbox: at(since?.inbox) });
  const room = await client.command("subscribe", { room: ROOM, since: at(since?.room) });
  return { room: room as unknown as Position, inbox: connected["inbox"] as Position };
}

function at(position: Position | undefined): Frame | undefined {
  return position && { offset: position.offset, epoch: position.epoch };
}

async function block(program: Program): Promise<void> {
  const answer = await fetch(`${program.url}/api/users/${BLOCKED}/block`, {
    method: "POST",
    headers: { authorization: `Bearer ${operatorKeyOf(program)}` },
  });
  await answer.body?.cancel();
  assert.ok(answer.ok, String(answer.status));
}

async function isReady({ url }: Program): Promise<boolean> {
  return (await readiness(url)).status === 200;
}

/** Somebody who is blocked, and tries to come in all the time. */
class Knocking implements AsyncDisposable {
  count = 0;
  readonly #running: Promise<void>;
  #isEnding = false;

  constructor({ url }: Program, token: string) {
    this.#running = this.#knock(`${url}/sse`, { authorization: `Bearer ${token}` });
    this.#running.catch(() => {}); // it is told where it is stopped
  }

  /** Rejects where it was let in. */
  async stopped(): Promise<void> {
    await this[Symbol.asyncDispose]();
    await this.#running;
    assert.ok(this.count > 0);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isEnding = true;
    await this.#running.catch(() => {});
  }

  async #knock(url: string, headers: Record<string, string>): Promise<void> {
    while (!this.#isEnding) {
      const { status, body } = await fetch(url, { headers });
      await body?.cancel();
      assert.notEqual(status, 200, `who is blocked was let in, after ${this.count} knocks`);
      this.count++;
      await passed(1 / KNOCKS_A_SECOND);
    }
  }
}
