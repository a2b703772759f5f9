/** What is counted of notifications that do not come as others do. */
import { Counter } from "../../core/metrics.ts";

export type TimingCounters = ReturnType<typeof timingCounters>;

export function timingCounters() {
  return {
    withheld: new Counter("withheld", "Notifications that their users did not want in the inbox."),
    digested: new Counter("digested", "Notifications that were put into a digest."),
    throttled: new Counter(
      "throttled",
      "Notifications that were put into a digest, since too many of their kind came at once.",
    ),
    digests: new Counter("digests", "Digests that this node delivered."),
    alerts: new Counter(
      "alerts",
      "Notifications that asked for attention when the quiet hours of their users ended.",
    ),
    reminders: new Counter("reminders", "Times that a notification asked for attention again."),
    escalations: new Counter(
      "escalations",
      "Notifications that somebody else got, since nobody had read them.",
    ),
    unpushed: new Counter(
      "timing_unpushed",
      "Notifications that were not pushed, since the database was away, and too many waited for it.",
    ),
    unkept: new Counter(
      "timing_unkept",
      "Notifications that came at once, since the database could not keep when they should.",
    ),
  };
}
