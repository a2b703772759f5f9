/** What is counted of the receipts that applications are told of. */
import { Counter } from "../core/metrics.ts";

export type WebhookCounters = ReturnType<typeof webhookCounters>;

export function webhookCounters() {
  return {
    sent: new Counter("webhook_sent", "Receipts that the webhook took."),
    failed: new Counter("webhook_failed", "Requests to the webhook that failed."),
    dropped: new Counter("webhook_dropped", "Receipts for the webhook that were given up."),
  };
}
