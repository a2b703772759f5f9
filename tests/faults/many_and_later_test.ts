/** What comes to many, together, later and again, once while nodes are killed; `deno task stress` does it for long. */
import { MANY_AND_LATER } from "./many_and_later.ts";
import { testScenario } from "./test_scenario.ts";

const LOAD_SECONDS = 3;

for (const scenario of MANY_AND_LATER) testScenario(scenario, LOAD_SECONDS);
