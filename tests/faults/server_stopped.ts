/** SIGTERM under load: clients are told to come back, do so over some seconds, and miss nothing. */
import assert from "node:assert/strict";
import { RedisServer } from "../support/redis.ts";
import { waitFor } from "../support/wait.ts";
import type { FaultContext, Report, Scenario } from "./scenario.ts";
import { Stage } from "./stage.ts";
import { passed } from "./time.ts";

/** Of the disconnect codes: the server is shutting down. */
const SHUTDOWN = 3001;
/** The library comes back within 2 s of being told; the first and the last client are at least so far apart. */
const SPREAD_SECONDS = 1;

export const serverStopped: readonly Scenario[] = [
  { name: "server stopped by SIGTERM, embedded", run: (context) => run(context, 1, {}) },
  {
    name: "nodes stopped by SIGTERM in turn, redis",
    async run(context) {
      await using redis = await RedisServer.start("--appendonly", "yes");
      return await run(context, 2, redis.env);
    },
  },
];

async function run(
  context: FaultContext,
  nodes: number,
  env: Readonly<Record<string, string>>,
): Promise<Report> {
  const { seconds } = context;
  await using stage = await Stage.open(context, { nodes, env });
  const { cluster, audience: { endings }, audience } = stage;
  for (let node = 0; node < nodes; node++) {
    await passed(seconds / (nodes + 1));
    assert.equal(await cluster.kill(node, "SIGTERM"), 0, "the exit code");
    await cluster.restart(node);
    await waitFor("all are back", () => audience.onlineCount === audience.clients.length);
    stage.tell(`node ${node} stopped and started`);
  }
  await passed(seconds / (nodes + 1));
  // Later endings are of tries while the server was away; each client's first one is the server's word.
  const told = [...new Map(endings.toReversed().map((ending) => [ending.user, ending])).values()];
  assert.deepEqual([...new Set(told.map(({ code }) => code))], [SHUTDOWN]);
  const back = told.map(({ backAt }) => backAt);
  const spread = (Math.max(...back) - Math.min(...back)) / 1000;
  assert.ok(spread >= SPREAD_SECONDS, `the clients came back within ${spread.toFixed(2)} s`);
  return await stage.finish(`${told.length} clients back over ${spread.toFixed(1)} s`);
}
