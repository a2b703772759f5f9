/**
 * Idle connections take all file descriptors of a server under load, again and again, and its connections to Redis are
 * cut in the middle of it. Who is connected goes on, what was accepted arrives, and others get in afterwards.
 */
import assert from "node:assert/strict";
import { IdleCrowd } from "../support/idle_crowd.ts";
import { Program } from "../support/program.ts";
import { RedisServer } from "../support/redis.ts";
import { waitFor } from "../support/wait.ts";
import { OnlineUser } from "./online_user.ts";
import type { FaultContext, Report, Scenario } from "./scenario.ts";
import { UsersUnderLoad } from "./users_under_load.ts";

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
    // Inboxes must hold a whole run: a fast machine accepts more than 1,000 for each user.
    env: { ...redis.env, APP_LISTENER: listener, APP_LIMIT_INBOX: "off" },
    wrapper: ["prlimit", `--nofile=${DESCRIPTORS}`],
  });
  const { port, webSocketUrl } = program;
  await using users = await UsersUnderLoad.start(program, { random, rate: RATE });
  const { load, ledger } = users;

  for (let round = 0; round < ROUNDS; round++) {
    using crowd = new IdleCrowd(port);
    await crowd.grow(CROWD);
    await waitFor("no more get in", () => crowd.refused + crowd.ended > 0);
    if (random.pick([true, false])) await redis.call("CLIENT", "KILL", "TYPE", "normal");
    await users.accepts(RATE * seconds / ROUNDS / 2); // by the connections that it has
    crowd.leave();
    using fresh = new OnlineUser(webSocketUrl, `new-${round}`, ledger);
    await fresh.isOnline();
    await users.accepts(RATE * seconds / ROUNDS / 2);
    progress(`round ${round + 1}: ${load.accepted} accepted, ${load.refused} refused`);
  }
  await load.end();
  const report = await users.counted();
  assert.deepEqual(program.errors, []);
  const stopped = program.log.filter(({ message }) => STOPPED.test(message)).length;
  return {
    ...report,
    notes: `refused ${load.refused}; accepting stopped ${stopped} times`,
  };
}
