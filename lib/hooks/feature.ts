/** Webhooks: what tells applications of receipts, as a capability of the server. */
import type { Feature } from "../feature.ts";
import { InboxService } from "../inbox/inbox.ts";
import { WebhookSender } from "./sender.ts";

export const hooks: Feature = {
  name: "hooks",
  open({ node, config: { hooks, listeners }, use }) {
    const { receipts } = use(InboxService);
    if (hooks === undefined || receipts === undefined) return undefined;
    // Half of the time that a stop may take is for the request that is under way.
    const options = { ...hooks, stopWaitMs: listeners.shutdownSeconds * 500 };
    const sender = new WebhookSender(receipts, node.counters, options);
    return { tasks: [{ name: "webhooks", run: (signal) => sender.run(signal) }] };
  },
};
