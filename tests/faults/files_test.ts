/** Scenarios of files once, with little load; `deno task stress` runs all of them for long. */
import { filesKilled, filesStill } from "./files_killed.ts";
import { testScenario } from "./test_scenario.ts";

const LOAD_SECONDS = 2;

for (const scenario of filesKilled) testScenario(scenario, LOAD_SECONDS);
// A bucket keeps nobody from writing who has lost an upload, as locks of a folder do.
for (const scenario of filesStill.slice(1)) testScenario(scenario, LOAD_SECONDS);
