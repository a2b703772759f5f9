/** What is seen of a node from outside, as a capability of the server: its figures, for Prometheus. */
import type { Feature } from "../feature.ts";
import type { Histogram } from "../core/metrics.ts";
import type { Storage } from "../engines/storage.ts";
import { METRICS_API } from "./api.ts";
import { stateFamilies } from "./node_state.ts";
import { serveMetrics } from "./own_address.ts";
import { ProcessMeter } from "./process.ts";
import { metricsRoutes } from "./routes.ts";
import { Scrape } from "./scrape.ts";
import { observe as settings } from "./settings.ts";

export const observeFeature = {
  name: "observe",
  settings,
  open({ node, engine: { storage }, metrics, of }) {
    const meter = new ProcessMeter();
    const scrape = new Scrape(metrics);
    const { metricsAddress } = of(settings);
    let served: AsyncDisposable | undefined;
    return {
      services: [meter],
      metrics: [...stateFamilies(node, storage), ...meter.families, ...syncTimes(storage)],
      mounts: ({ calls }) => [{
        path: "/metrics",
        app: metricsRoutes(scrape, calls),
        about: METRICS_API,
      }],
      async start() {
        if (metricsAddress !== undefined) served = await serveMetrics(metricsAddress, scrape);
      },
      async [Symbol.asyncDispose]() {
        await served?.[Symbol.asyncDispose]();
        meter[Symbol.dispose]();
      },
    };
  },
} satisfies Feature;

/** With Redis, the disk is Redis' own affair. */
function syncTimes(storage: Storage): Histogram[] {
  const times = storage.kind === "sqlite" ? storage.store.syncTimes : undefined;
  return times === undefined ? [] : [times];
}
