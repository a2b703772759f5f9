/** Webhooks: what tells applications of receipts, as a capability of the server. */
import type { Feature } from "../feature.ts";
import { InboxService } from "../inbox/inbox.ts";
import { listeners } from "../listeners/settings.ts";
import { WebhookSender } from "./sender.ts";
import { hooks as settings } from "./settings.ts";

export const hooks = {
  name: "hooks",
  settings,
  open({ node, of, use }) {
    const webhook = of(settings);
    if (webhook === undefined) return undefined;
    // Half of the time that a stop may take is for the request that is under way.
    const options = { ...webhook, stopWaitMs: of(listeners).shutdownSeconds * 500 };
    const sender = new WebhookSender(use(InboxService).keepReceipts(), node.counters, options);
    return { tasks: [{ name: "webhooks", run: (signal) => sender.run(signal) }] };
  },
} satisfies Feature;
