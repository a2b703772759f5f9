/** API keys, as a capability of the server. */
import type { Feature } from "../../feature.ts";
import { ApiKeys } from "./api_keys.ts";

export const keys: Feature = {
  name: "keys",
  open({ engine }) {
    return { services: [new ApiKeys(engine.apiKeys)] };
  },
};
