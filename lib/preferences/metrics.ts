/** What is counted of preferences and kinds. */
import { Counter } from "../core/metrics.ts";
import type { RefusalCounters } from "../core/refusals.ts";

export type PreferenceCounters = ReturnType<typeof preferenceCounters>;

export function preferenceCounters() {
  return {
    changes: new Counter("preference_changes", "Changes of users' preferences that were kept."),
    unsubscribed: new Counter(
      "unsubscribed",
      "Changes of these that were made by a link to unsubscribe.",
    ),
    reads: new Counter(
      "preference_reads",
      "Users whose preferences were read from the database, since this node did not know them.",
    ),
    unknown: new Counter(
      "preference_unknown",
      "Notifications that were decided as if their user had no preferences, since the database could not be read.",
    ),
  };
}

export function preferenceRefusals() {
  return {
    too_many_kinds: new Counter(
      "refused_kinds",
      "Kinds beyond those that one site may set, and choices beyond those that one user may make.",
    ),
  } satisfies RefusalCounters;
}
