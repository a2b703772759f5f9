/** All scenarios there are. Those of `crash_test.ts`, `chat_test.ts`, `files_test.ts` and `resources_test.ts` are tests, too. */
import { APPLICATION_AWAY } from "./application_away.ts";
import { BACKUP_KILLED } from "./backup_killed.ts";
import { chatBroken } from "./chat_broken.ts";
import { CLOCK_AHEAD_REDIS, CLOCK_AHEAD_SQLITE } from "./clock.ts";
import { EAR_CLOSED } from "./ear_closed.ts";
import { EVENTS_TOLD } from "./events_told.ts";
import { filesKilled, filesStill } from "./files_killed.ts";
import { INBOX_BROKEN } from "./inbox_broken.ts";
import { MANY_AND_LATER } from "./many_and_later.ts";
import { MANY_MEMBERSHIPS } from "./many_memberships.ts";
import { MIGRATE_KILLED } from "./migrate_killed.ts";
import { nodeAlone } from "./node_alone.ts";
import { NODES_DRAINED } from "./nodes_drained.ts";
import { nodesKilled } from "./nodes_killed.ts";
import { PUBLISH_BURST } from "./publish_burst.ts";
import { PUSH_KILLED } from "./push_killed.ts";
import { rabbitBroken } from "./rabbit_broken.ts";
import { redisBroken } from "./redis_broken.ts";
import { redisForgets } from "./redis_forgets.ts";
import { reloaded } from "./reloaded.ts";
import { resources } from "./resources.ts";
import { ROOMS_CHANGED } from "./rooms_changed.ts";
import type { Scenario } from "./scenario.ts";
import { serverFrozen } from "./server_frozen.ts";
import { serverKilled } from "./server_killed.ts";
import { serverStopped } from "./server_stopped.ts";
import { STORE_LOST } from "./store_lost.ts";
import { topicsBroken } from "./topics_broken.ts";
import { traced } from "./traced.ts";
import { userDataKilled } from "./user_data_killed.ts";
import { WATCHED } from "./watched.ts";

/** Servers, nodes and Redis killed, stopped, frozen and cut off. */
export const crashes: readonly Scenario[] = [
  ...serverKilled,
  ...serverStopped,
  ...nodesKilled,
  NODES_DRAINED,
  BACKUP_KILLED,
  MIGRATE_KILLED,
  ...redisBroken,
  ...nodeAlone,
  ...topicsBroken,
  MANY_MEMBERSHIPS,
  EVENTS_TOLD,
  ROOMS_CHANGED,
  WATCHED,
  ...traced,
  ...reloaded,
];

/** Faults that tests of `engines/` and `ways/` hold one by one; here they come under load. */
const underLoad: readonly Scenario[] = [
  ...redisForgets,
  ...rabbitBroken,
  EAR_CLOSED,
  PUBLISH_BURST,
  ...serverFrozen,
  STORE_LOST,
  INBOX_BROKEN,
  APPLICATION_AWAY,
  CLOCK_AHEAD_SQLITE,
  CLOCK_AHEAD_REDIS,
];

export const SCENARIOS: readonly Scenario[] = [
  ...crashes,
  ...chatBroken,
  ...MANY_AND_LATER,
  ...PUSH_KILLED,
  ...userDataKilled,
  ...filesKilled,
  ...filesStill,
  ...resources,
  ...underLoad,
];
