/** What is counted of contacts. */
import { Counter } from "../core/metrics.ts";
import type { RefusalCounters } from "../core/refusals.ts";

export type ContactCounters = ReturnType<typeof contactCounters>;

export function contactCounters() {
  return {
    changes: new Counter("contact_changes", "Changes of contacts and blocks that were kept."),
  };
}

export function contactRefusals() {
  return {
    too_many_contacts: new Counter(
      "refused_contacts",
      "Contacts and blocks beyond those that one user may have.",
    ),
  } satisfies RefusalCounters;
}
