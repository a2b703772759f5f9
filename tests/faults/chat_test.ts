/** Each scenario of conversations once, with little load; `deno task stress` runs them for long. */
import { chatBroken } from "./chat_broken.ts";
import { testScenario } from "./test_scenario.ts";

const LOAD_SECONDS = 2;

for (const scenario of chatBroken) testScenario(scenario, LOAD_SECONDS);
