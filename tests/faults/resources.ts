/** The scenarios about what a server stands on: disks, clocks, memory, networks, file descriptors. */
import { asleep } from "./asleep.ts";
import { CLOCK_JUMPS_REDIS, CLOCK_JUMPS_SQLITE } from "./clock.ts";
import { NODE_DIES_AT_CLOCK_CHANGE } from "./dead_node.ts";
import { descriptors } from "./descriptors.ts";
import { DISK_FULL } from "./disk_full.ts";
import { networkCut } from "./network_cut.ts";
import { frameFlood } from "./frame_flood.ts";
import { NO_WRITES } from "./read_only_disk.ts";
import { REDIS_FULL } from "./redis_full.ts";
import { slowReader } from "./slow_reader.ts";
import type { Scenario } from "./scenario.ts";

export const resources: readonly Scenario[] = [
  DISK_FULL,
  NO_WRITES,
  REDIS_FULL,
  CLOCK_JUMPS_SQLITE,
  CLOCK_JUMPS_REDIS,
  NODE_DIES_AT_CLOCK_CHANGE,
  ...networkCut,
  ...asleep,
  ...slowReader,
  ...descriptors,
  ...frameFlood,
];
