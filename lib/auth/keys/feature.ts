/** API keys, as a capability of the server. */
import { described } from "../../http/openapi/described.ts";
import { keysApi } from "./api.ts";
import type { Feature } from "../../feature.ts";
import { limits } from "../../limits/settings.ts";
import { ApiKeys } from "./api_keys.ts";
import { openKeyStore } from "./open.ts";
import { apiKeyRoutes } from "./routes.ts";
import { keys as settings } from "./settings.ts";
import { KEYS_SQL } from "./sqlite.ts";

export const keysFeature = {
  name: "keys",
  settings,
  sql: KEYS_SQL,
  moves: async () => (await import("./moves.ts")).KEYS_MOVES,
  async open({ engine: { storage }, of }) {
    const store = await openKeyStore(storage);
    const service = new ApiKeys(store);
    return {
      services: [service],
      routes: described(apiKeyRoutes(service, of(limits)), keysApi(of(limits))),
      restore: { restore: async () => await store.renew?.() },
    };
  },
} satisfies Feature;
