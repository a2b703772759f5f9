/** What is counted of followers. */
import { Counter } from "../core/metrics.ts";
import type { RefusalCounters } from "../core/refusals.ts";

export function audienceCounters() {
  return {
    follows: new Counter("follows", "Topics that users have begun or ceased to follow."),
  };
}

export function audienceRefusals() {
  return {
    too_many_followed: new Counter(
      "refused_follows",
      "Topics beyond those that one user may follow.",
    ),
  } satisfies RefusalCounters;
}
