/** The route that shows the server's metrics. */
import { CodedError } from "../base/errors.ts";
import { DEFAULT_SITE } from "../base/site.ts";
import type { Metrics } from "../core/metrics.ts";
import type { Route } from "./route.ts";

export function statsRoutes(metrics: Metrics): readonly Route[] {
  return [{
    method: "GET",
    path: "/stats",
    scope: "read",
    run({ site }) {
      if (site === DEFAULT_SITE) return { status: 200, json: metrics.values() };
      throw new CodedError("forbidden", "Cannot show the counters of all sites to one of them");
    },
  }];
}
