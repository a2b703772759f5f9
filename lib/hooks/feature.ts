/** What tells applications of receipts and of other events, as a capability of the server. */
import type { Feature } from "../feature.ts";
import { InboxService } from "../inbox/inbox.ts";
import { listeners } from "../listeners/settings.ts";
import { OUTBOX_TABLES } from "./events/carrier.ts";
import { DEAD_TABLES, DeadEvents } from "./events/dead_events.ts";
import { EVENT_FUNCTIONS } from "./events/functions.ts";
import { openAppEvents } from "./events/opened.ts";
import { EVENTS_SQL } from "./events/sqlite.ts";
import { Hooks, type Told } from "./hooks.ts";
import { webhookCounters, webhookLag } from "./metrics.ts";
import { RECEIPTS } from "./receipts.ts";
import { WebhookSender } from "./sender.ts";
import { hooks as settings } from "./settings.ts";

export const hooksFeature = {
  name: "hooks",
  settings,
  sql: EVENTS_SQL,
  moves: async () => (await import("./events/moves.ts")).EVENTS_MOVES,
  functions: EVENT_FUNCTIONS,
  tables: [...OUTBOX_TABLES, ...DEAD_TABLES],
  async open({ node, engine, database, of, use }) {
    const config = of(settings);
    // A request that is under way has half of the time that a stop may take.
    const stopWaitMs = of(listeners).shutdownSeconds * 500;
    const dead = new DeadEvents(database);
    const { events, tasks, metrics, told, ...opened } = await openAppEvents(
      { node, engine, database, use },
      config,
      { stopWaitMs, dead },
    );
    const counters = webhookCounters();
    // Metrics are shown where no webhook is configured, too: as 0.
    const all = {
      ...opened,
      services: [events, new Hooks(told, dead, events)],
      metrics: [...Object.values(counters), ...metrics],
    };
    if (config.webhook === undefined) return { ...all, tasks };
    const options = { ...config.webhook, telling: RECEIPTS, stopWaitMs };
    const sender = new WebhookSender(use(InboxService).keepReceipts(), counters, options);
    const webhook: Told = {
      ...{ name: "webhook", url: config.webhook.url, events: ["receipts"], counters },
      waiting: () => 0,
      state: () => sender.state,
    };
    const services = [events, new Hooks([webhook, ...told], dead, events)];
    const webhooks = { name: "webhooks", run: (signal: AbortSignal) => sender.run(signal) };
    const lag = webhookLag("webhook", () => sender.state.oldestAt);
    return { ...all, services, tasks: [webhooks, ...tasks], metrics: [...all.metrics, lag] };
  },
} satisfies Feature;
