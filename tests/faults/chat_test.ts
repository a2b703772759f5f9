/** Each scenario of conversations, and of what they keep of one user, once, with little load; `deno task stress` runs them for long. */
import { chatBroken } from "./chat_broken.ts";
import { testScenario } from "./test_scenario.ts";
import { userDataKilled } from "./user_data_killed.ts";

const LOAD_SECONDS = 2;

for (const scenario of [...chatBroken, ...userDataKilled]) testScenario(scenario, LOAD_SECONDS);
