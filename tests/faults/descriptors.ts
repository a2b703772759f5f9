/**
 * Idle connections take all file descriptors of a server under load, again and again, and its connections to Redis are
 * cut in the middle of it. Who is connected goes on, what was accepted arrives, and others get in afterwards.
 */
import assert from "node:assert/strict";
import { IdleCrowd } from "../support/idle_crowd.ts";
import { Program } from "../support/program.ts";
import { RedisServer } from "../support/redis.ts";
import { waitFor } from "../support/wait.ts";
import { Ledger } from "./ledger.ts";
import { Load } from "./load.ts";
import { OnlineUser, readInbox } from "./online_user.ts";
import type { FaultContext, Report, Scenario } from "./scenario.ts";

const ONLINE = ["on-1", "on-2", "on-3"];
const OFFLINE = ["off-1", "off-2", "off-3"];

const DESCRIPTORS = 300;
/** More than there are, however many the server has open. */
const CROWD = 350;
const ROUNDS = 3;
const RATE = 300;

const STOPPED = /^accepts no connection: /;

export const descriptors: readonly Scenario[] = ["deno", "node"].map((listener) => ({
  name: `no file descriptor left on the ${listener} listener`,
  run: (context) => runExhausted(listener, context),
}));

async function runExhausted(listener: string, context: FaultContext): Promise<Report> {
  const { random, seconds, progress } = context;
  await using redis = await RedisServer.start("--appendonly", "yes");
  await using program = await Program.start({
    env: { ...redis.env, APP_LISTENER: listener },
    wrapper: ["prlimit", `--nofile=${DESCRIPTORS}`],
  });
  const { port, webSocketUrl } = program;
  const ledger = new Ledger();
  using online = new DisposableStack();
  for (const user of ONLINE) {
    await online.use(new OnlineUser(webSocketUrl, user, ledger)).isOnline();
  }
  const users = [...ONLINE, ...OFFLINE];
  await using load = new Load({ ports: [port], users, ledger, random, rate: RATE });
  const accepts = async (count: number) => {
    const goal = load.accepted + count;
    await waitFor(`${count} more are accepted`, () => load.accepted >= goal);
  };

  for (let round = 0; round < ROUNDS; round++) {
    using crowd = new IdleCrowd(port);
    await crowd.grow(CROWD);
    await waitFor("no more get in", () => crowd.refused + crowd.ended > 0);
    if (random.pick([true, false])) await redis.call("CLIENT", "KILL", "TYPE", "normal");
    await accepts(RATE * seconds / ROUNDS / 2); // by the connections that it has
    crowd.leave();
    using fresh = new OnlineUser(webSocketUrl, `new-${round}`, ledger);
    await fresh.isOnline();
    await accepts(RATE * seconds / ROUNDS / 2);
    progress(`round ${round + 1}: ${load.accepted} accepted, ${load.refused} refused`);
  }
  await load.end();
  await waitFor("all online users have theirs", () => ledger.missing(ONLINE) === 0);
  for (const user of users) ledger.left(user, await readInbox(webSocketUrl, user));
  assert.deepEqual(program.errors, []);
  const stopped = program.log.filter(({ message }) => STOPPED.test(message)).length;
  return {
    ...ledger.check(),
    notes: `refused ${load.refused}; accepting stopped ${stopped} times`,
  };
}
