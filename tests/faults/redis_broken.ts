/** Redis killed, frozen, or its connections cut in the middle of a pipeline, under two nodes with load. */
import assert from "node:assert/strict";
import { RedisServer } from "../support/redis.ts";
import { TcpProxy } from "../support/tcp_proxy.ts";
import { RedisLoad } from "./redis_load.ts";
import type { FaultContext, Report, Scenario } from "./scenario.ts";
import { Stage } from "./stage.ts";
import { passed } from "./time.ts";

const NODES = 2;
const ADDING_RATE_PER_USER = 5;
const FROZEN_SECONDS = 10;
const CUTS = 8;

/** What Redis answered is on its disk. */
const DURABLE = ["--appendonly", "yes", "--appendfsync", "always"] as const;

interface Scene extends FaultContext {
  readonly redis: RedisServer;
  readonly proxy: TcpProxy;
  readonly stage: Stage;
}

export const redisBroken: readonly Scenario[] = [
  { name: "redis killed and restarted", run: (context) => run(context, kill) },
  { name: "redis frozen for 10 s", run: (context) => run(context, freeze) },
  { name: "redis connections cut mid-pipeline", run: (context) => run(context, cut) },
];

/** @param disturb resolves with notes, when all is as before */
async function run(
  context: FaultContext,
  disturb: (scene: Scene) => Promise<string>,
): Promise<Report> {
  await using redis = await RedisServer.start(...DURABLE);
  await using proxy = new TcpProxy(redis.port);
  const env = { REDIS_URL: `redis://127.0.0.1:${proxy.port}` };
  await using stage = await Stage.open(context, { nodes: NODES, env });
  const { users, ledger } = stage;
  await using adding = new RedisLoad({
    port: redis.port,
    way: "xadd",
    users,
    ledger,
    ratePerUser: ADDING_RATE_PER_USER,
  });
  const notes = await disturb({ ...context, redis, proxy, stage });
  await passed(context.seconds / 4);
  await adding.end();
  return await stage.finish(`${notes}; ${adding.accepted} by XADD`);
}

async function kill({ redis, stage, random, seconds }: Scene): Promise<string> {
  await passed(seconds / 4);
  await redis.stop("SIGKILL");
  await passed(random.between(0.2, 1));
  await redis.restart();
  stage.tell("Redis was killed and is back");
  return refusals(stage);
}

async function freeze({ redis, stage, seconds }: Scene): Promise<string> {
  await passed(seconds / 4);
  redis.signal("SIGSTOP");
  try {
    await passed(FROZEN_SECONDS);
  } finally {
    redis.signal("SIGCONT");
  }
  stage.tell("Redis was frozen and goes on");
  return refusals(stage);
}

async function cut({ proxy, stage, random, seconds }: Scene): Promise<string> {
  for (let count = 0; count < CUTS; count++) {
    await passed(random.between(0.5, 1.5) * seconds / CUTS);
    proxy.cut();
  }
  stage.tell(`${CUTS} cuts`);
  return refusals(stage);
}

/** What could not be stored was said to be refused: a scenario without that has broken nothing. */
function refusals({ load: { refused, unanswered } }: Stage): string {
  assert.ok(refused + unanswered > 0, "nothing was refused while Redis was away");
  return `${refused} refused`;
}
