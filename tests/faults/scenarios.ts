/** All scenarios there are. */
import { nodeAlone } from "./node_alone.ts";
import { nodesKilled } from "./nodes_killed.ts";
import { redisBroken } from "./redis_broken.ts";
import { resources } from "./resources.ts";
import type { Scenario } from "./scenario.ts";
import { serverKilled } from "./server_killed.ts";
import { serverStopped } from "./server_stopped.ts";

export const SCENARIOS: readonly Scenario[] = [
  ...serverKilled,
  ...serverStopped,
  ...nodesKilled,
  ...redisBroken,
  ...nodeAlone,
  ...resources,
];
