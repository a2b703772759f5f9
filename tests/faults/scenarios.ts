/** All scenarios there are; each is a test, too, in `crash_test.ts` or `resources_test.ts`. */
import { MANY_MEMBERSHIPS } from "./many_memberships.ts";
import { nodeAlone } from "./node_alone.ts";
import { nodesKilled } from "./nodes_killed.ts";
import { redisBroken } from "./redis_broken.ts";
import { resources } from "./resources.ts";
import type { Scenario } from "./scenario.ts";
import { serverKilled } from "./server_killed.ts";
import { serverStopped } from "./server_stopped.ts";

/** Servers, nodes and Redis killed, stopped, frozen and cut off. */
export const crashes: readonly Scenario[] = [
  ...serverKilled,
  ...serverStopped,
  ...nodesKilled,
  ...redisBroken,
  ...nodeAlone,
  MANY_MEMBERSHIPS,
];

export const SCENARIOS: readonly Scenario[] = [...crashes, ...resources];
