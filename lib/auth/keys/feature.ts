/** API keys, as a capability of the server. */
import type { Feature } from "../../feature.ts";
import { ApiKeys } from "./api_keys.ts";
import { openKeyStore } from "./open.ts";
import { apiKeyRoutes } from "./routes.ts";
import { KEYS_SQL } from "./sqlite.ts";

export const keys: Feature = {
  name: "keys",
  sql: KEYS_SQL,
  async open({ engine: { storage }, config: { limits } }) {
    const service = new ApiKeys(await openKeyStore(storage));
    return { services: [service], routes: apiKeyRoutes(service, limits) };
  },
};
