/** What tells applications of receipts and of other events, as a capability of the server. */
import type { Feature } from "../feature.ts";
import { InboxService } from "../inbox/inbox.ts";
import { listeners } from "../listeners/settings.ts";
import { Rooms } from "../rooms/rooms.ts";
import { AppEvents } from "./events/app_events.ts";
import { ConnectionEvents } from "./events/connections.ts";
import { SaidWitness } from "./events/said.ts";
import { webhookCounters } from "./metrics.ts";
import { RECEIPTS } from "./receipts.ts";
import { WebhookSender } from "./sender.ts";
import { hooks as settings } from "./settings.ts";

export const hooksFeature = {
  name: "hooks",
  settings,
  open({ of, use }) {
    const webhook = of(settings);
    const events = new AppEvents();
    use(Rooms).witnessBy(new SaidWitness(events));
    const opened = { services: [events], connection: new ConnectionEvents(events) };
    const counters = webhookCounters();
    const metrics = Object.values(counters);
    // Metrics are shown where no webhook is configured, too: as 0.
    if (webhook === undefined) return { ...opened, metrics };
    // A request that is under way has half of the time that a stop may take.
    const options = {
      ...webhook,
      telling: RECEIPTS,
      stopWaitMs: of(listeners).shutdownSeconds * 500,
    };
    const sender = new WebhookSender(use(InboxService).keepReceipts(), counters, options);
    const tasks = [{ name: "webhooks", run: (signal: AbortSignal) => sender.run(signal) }];
    return { ...opened, tasks, metrics };
  },
} satisfies Feature;
