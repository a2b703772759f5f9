/** Webhooks: what tells applications of receipts, as a capability of the server. */
import type { Feature } from "../feature.ts";
import { InboxService } from "../inbox/inbox.ts";
import { listeners } from "../listeners/settings.ts";
import { webhookCounters } from "./metrics.ts";
import { WebhookSender } from "./sender.ts";
import { hooks as settings } from "./settings.ts";

export const hooks = {
  name: "hooks",
  settings,
  open({ of, use }) {
    const webhook = of(settings);
    const counters = webhookCounters();
    const metrics = Object.values(counters);
    // Who asks for them finds 0 where no webhook is configured, too.
    if (webhook === undefined) return { metrics };
    // Half of the time that a stop may take is for the request that is under way.
    const options = { ...webhook, stopWaitMs: of(listeners).shutdownSeconds * 500 };
    const sender = new WebhookSender(use(InboxService).keepReceipts(), counters, options);
    return { tasks: [{ name: "webhooks", run: (signal) => sender.run(signal) }], metrics };
  },
} satisfies Feature;
