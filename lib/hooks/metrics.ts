/** What is counted of the receipts that applications are told of. */
import { Counter, type Family } from "../core/metrics.ts";

export type WebhookCounters = ReturnType<typeof webhookCounters>;

export function webhookCounters() {
  return {
    sent: new Counter("webhook_sent", "Receipts that the webhook took."),
    failed: new Counter("webhook_failed", "Requests to the webhook that failed."),
    dropped: new Counter("webhook_dropped", "Receipts for the webhook that were given up."),
  };
}

/**
 * How long the oldest event has waited that an endpoint does not take.
 *
 * @param oldestAt Unix time in milliseconds; `undefined` while none waits
 */
export function webhookLag(endpoint: string, oldestAt: () => number | undefined): Family {
  return {
    name: "webhook_lag_seconds",
    help: "How long the event has waited that this node tells an endpoint right now.",
    type: "gauge",
    samples() {
      const at = oldestAt();
      const seconds = at === undefined ? 0 : Math.max(0, Date.now() - at) / 1000;
      return [{ labels: { endpoint }, value: seconds }];
    },
  };
}
