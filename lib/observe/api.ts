/** What `/metrics` is to its callers. */
import { text } from "../base/schema.ts";
import type { MountAbout } from "../http/openapi/about.ts";

export const METRICS_API: readonly MountAbout[] = [{
  method: "GET",
  path: "/metrics",
  access: "caller",
  scope: "read",
  about: {
    id: "getMetrics",
    tag: "operations",
    summary: "Show what this node counts and measures, in the format of Prometheus",
    answers: {
      200: { description: "Figures with their help.", others: { "text/plain": text("Lines.") } },
    },
  },
}];
