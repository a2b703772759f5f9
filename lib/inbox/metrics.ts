/** What is counted of notifications and the inboxes that they wait in. */
import { Counter, type Family, type Metric } from "../core/metrics.ts";
import type { RefusalCounters } from "../core/refusals.ts";
import type { Node } from "../core/node.ts";
import type { Schedule } from "./store/store.ts";

export type InboxCounters = ReturnType<typeof inboxCounters>;

export function inboxCounters() {
  return {
    accepted: new Counter("notifications", "Notifications that were put into an inbox at once."),
    scheduled: new Counter("scheduled", "Notifications that were accepted for later."),
    acts: new Counter("notification_actions", "Actions of notifications that users did."),
    edited: new Counter("notifications_edited", "Notifications that their senders changed."),
    delivered: new Counter(
      "scheduled_delivered",
      "Notifications that this node put into an inbox when they were due.",
    ),
    expired: new Counter(
      "scheduled_expired",
      "Notifications that had expired when this node was to deliver them.",
    ),
    refused: new Counter(
      "scheduled_refused",
      "Notifications that their inbox did not take when they were due, and that are kept aside.",
    ),
    broadcast: new Counter(
      "broadcast_notifications",
      "Notifications that this node stored for one of many recipients.",
    ),
    droppedTaken: new Counter(
      "dropped_taken",
      "Notifications that a client had got, and that left a full inbox or were too old.",
    ),
    droppedQueued: new Counter(
      "dropped_queued",
      "Notifications that no client had got, and that left a full inbox or were too old.",
    ),
  };
}

export function inboxRefusals() {
  return {
    too_many_recipients: new Counter(
      "refused_recipients",
      "Notifications for more users than one may name.",
    ),
  } satisfies RefusalCounters;
}

export function usersGauge({ hub }: Node): Metric {
  return {
    name: "users",
    help: "Users with a connection to this node that is given their notifications.",
    type: "gauge",
    read: () => hub.count("user"),
  };
}

export function scheduledGauge(schedule: Pick<Schedule, "count">): Family {
  let count = 0;
  return {
    name: "scheduled",
    help:
      "Notifications of all nodes that wait for their time; the embedded store counts to 100,000.",
    type: "gauge",
    async refresh() {
      count = await schedule.count();
    },
    samples: () => [{ value: count }],
  };
}
