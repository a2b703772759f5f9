/** One server, killed with -9 again and again under load, on either engine. */
import { RedisServer } from "../support/redis.ts";
import type { FaultContext, Report, Scenario } from "./scenario.ts";
import { Stage } from "./stage.ts";
import { passed } from "./time.ts";

export const serverKilled: readonly Scenario[] = [
  {
    name: "server killed under load, embedded",
    run: (context) => run(context, {}),
  },
  {
    name: "server killed under load, redis",
    async run(context) {
      await using redis = await RedisServer.start("--appendonly", "yes");
      return await run(context, redis.env);
    },
  },
];

async function run(
  context: FaultContext,
  env: Readonly<Record<string, string>>,
): Promise<Report> {
  const { random, seconds } = context;
  await using stage = await Stage.open(context, { nodes: 1, env });
  let kills = 0;
  for (const endsAt = performance.now() + seconds * 1000; performance.now() < endsAt;) {
    await passed(random.between(0.3, 0.6) * seconds);
    await stage.cluster.kill(0);
    await stage.cluster.restart(0);
    stage.tell(`killed ${++kills} times`);
  }
  return await stage.finish(`${kills} kills`);
}
