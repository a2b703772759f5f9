/** Each scenario of files once, with little load; `deno task stress` runs them for long. */
import { filesKilled } from "./files_killed.ts";
import { testScenario } from "./test_scenario.ts";

const LOAD_SECONDS = 2;

for (const scenario of filesKilled) testScenario(scenario, LOAD_SECONDS);
