/** Revocations and blocks, as a capability of the server. */
import { described } from "../../http/openapi/described.ts";
import { revocationsApi } from "./api.ts";
import type { Feature } from "../../feature.ts";
import { limits } from "../../limits/settings.ts";
import { REVOCATION_FUNCTIONS } from "./functions.ts";
import { every } from "../../core/task.ts";
import { RevocationGuard } from "./guard.ts";
import { revocationRefusals } from "./metrics.ts";
import { openRevocationStore } from "./open.ts";
import { Revocations } from "./revocations.ts";
import { revocationRoutes } from "./routes.ts";
import { REVOCATIONS_SQL } from "./sqlite.ts";
import { revocationData } from "./user_data.ts";

/** How often revocations that have ended are forgotten. */
const SWEEP_INTERVAL_MS = 60_000;

export const revocationsFeature = {
  name: "revocations",
  sql: REVOCATIONS_SQL,
  moves: async () => (await import("./moves.ts")).REVOCATIONS_MOVES,
  functions: REVOCATION_FUNCTIONS,
  async open({ node, engine: { storage }, of, isOpen }) {
    // The store calls back only once the engine runs, and `guard` is there by then.
    const store = await openRevocationStore(storage, (change) => guard.take(change));
    const service = new Revocations(store);
    const guard = new RevocationGuard(node, service, !isOpen);
    return {
      services: [service, guard],
      routes: described(revocationRoutes(service, of(limits)), revocationsApi(of(limits))),
      connection: guard,
      metrics: guard.metrics,
      restoreFirst: guard,
      userData: revocationData(service),
      refusals: revocationRefusals(),
      tasks: [every("sweep of revocations", SWEEP_INTERVAL_MS, () => service.forgetEnded())],
      whyNotReady: () => guard.whyNotReady(),
      start: () => guard.start(),
    };
  },
} satisfies Feature;
