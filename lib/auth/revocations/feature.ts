/** Revocations and blocks, as a capability of the server. */
import type { Feature } from "../../feature.ts";
import { RevocationGuard } from "./guard.ts";
import { Revocations } from "./revocations.ts";

export const revocations: Feature = {
  name: "revocations",
  open({ node, engine, tokens }) {
    const service = new Revocations(engine.revocations);
    const guard = new RevocationGuard(node, service, tokens !== undefined);
    return {
      services: [service, guard],
      connection: guard,
      restoreFirst: guard,
      sweep: () => service.forgetEnded(),
      whyNotReady: () => guard.whyNotReady(),
      start: () => guard.start(),
    };
  },
};
