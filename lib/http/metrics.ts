/** What is counted of calls of the HTTP API that are refused for who calls. */
import { Counter } from "../core/metrics.ts";

export type ApiCounters = ReturnType<typeof apiCounters>;

export function apiCounters() {
  return {
    requests: new Counter("api_requests", "Calls of the HTTP API."),
    unauthorized: new Counter("api_unauthorized", "Calls that showed no good key."),
    forbidden: new Counter("api_forbidden", "Calls whose caller lacked the scope for them."),
    throttled: new Counter(
      "api_throttled",
      "Calls from an address that had shown too many wrong keys.",
    ),
  };
}
