/** Webhooks, which tell applications of receipts, as a capability of the server. */
import type { Feature } from "../feature.ts";
import { InboxService } from "../inbox/inbox.ts";
import { listeners } from "../listeners/settings.ts";
import { webhookCounters } from "./metrics.ts";
import { WebhookSender } from "./sender.ts";
import { hooks as settings } from "./settings.ts";

export const hooksFeature = {
  name: "hooks",
  settings,
  open({ of, use }) {
    const webhook = of(settings);
    const counters = webhookCounters();
    const metrics = Object.values(counters);
    // Metrics are shown where no webhook is configured, too: as 0.
    if (webhook === undefined) return { metrics };
    // A request that is under way has half of the time that a stop may take.
    const options = { ...webhook, stopWaitMs: of(listeners).shutdownSeconds * 500 };
    const sender = new WebhookSender(use(InboxService).keepReceipts(), counters, options);
    return { tasks: [{ name: "webhooks", run: (signal) => sender.run(signal) }], metrics };
  },
} satisfies Feature;
