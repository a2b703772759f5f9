/** All scenarios there are. */
import type { Scenario } from "./scenario.ts";
import { serverKilled } from "./server_killed.ts";

export const SCENARIOS: readonly Scenario[] = [...serverKilled];
