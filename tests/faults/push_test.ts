/** Pushes while servers and the push service fail; `deno task stress` does it for long. */
import { PUSH_KILLED } from "./push_killed.ts";
import { testScenario } from "./test_scenario.ts";

const LOAD_SECONDS = 3;

for (const scenario of PUSH_KILLED) testScenario(scenario, LOAD_SECONDS);
