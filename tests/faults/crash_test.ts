/** Each scenario of crashes once, with little load; `deno task stress` runs them for long. */
import { plateau } from "./plateau.ts";
import { crashes } from "./scenarios.ts";
import { testScenario } from "./test_scenario.ts";

const LOAD_SECONDS = 1;
/** Long enough to be past the first garbage collections. */
const PLATEAU_SECONDS = 9;

for (const scenario of crashes) testScenario(scenario, LOAD_SECONDS);
testScenario(plateau, PLATEAU_SECONDS);
