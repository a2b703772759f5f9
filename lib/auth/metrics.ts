/** What is counted of tokens and the sessions that they open. */
import { Counter } from "../core/metrics.ts";

export function authCounters() {
  return {
    refused: new Counter("auth_refused", "Tokens and credentials that were refused."),
    late: new Counter(
      "auth_late",
      "Connections that were closed because they did not prove in time who they are.",
    ),
    ended: new Counter("auth_ended", "Connections that were closed because their session ended."),
  };
}
