/** What operators see and do, as a capability of the server: nodes, connections, and what waits or failed. */
import { Revocations } from "../auth/revocations/revocations.ts";
import { AUDIT_TABLES, AuditLog } from "./audit/audit_log.ts";
import { auditRoutes } from "./audit/routes.ts";
import { described } from "../http/openapi/described.ts";
import type { Feature } from "../feature.ts";
import { Broadcasts } from "../inbox/broadcasts/broadcasts.ts";
import { StepRecord } from "../inbox/steps.ts";
import { Timing } from "../inbox/timing/timing.ts";
import { InboxService } from "../inbox/inbox.ts";
import { RefusedNotifications } from "../inbox/refused.ts";
import { limits } from "../limits/settings.ts";
import { listeners } from "../listeners/settings.ts";
import { adminApi } from "./api.ts";
import { ProcessMeter } from "../observe/process.ts";
import { ADMIN_FUNCTIONS } from "./functions.ts";
import { deadLetterRoutes, hooksAside } from "./dead_letters/routes.ts";
import { hookRoutes } from "./hooks/routes.ts";
import { Hooks } from "../hooks/hooks.ts";
import { RabbitDeadLetters, StreamDeadLetters } from "../ways/asides.ts";
import { scheduledRoutes } from "./scheduled/routes.ts";
import { Live } from "./live/live.ts";
import { liveRoutes } from "./live/routes.ts";
import { Snapshot } from "./live/snapshot.ts";
import { Logs } from "./log/log.ts";
import { logRoutes } from "./log/routes.ts";
import { Draining } from "./nodes/draining.ts";
import { Nodes } from "./nodes/nodes.ts";
import { openReports } from "./nodes/open.ts";
import { Reporter } from "./nodes/reporter.ts";
import { nodeRoutes } from "./nodes/routes.ts";
import { openPeers } from "./peers/open.ts";
import { UserPresence } from "../presence/user_presence.ts";
import { Devices } from "../push/devices.ts";
import { Rooms } from "../rooms/rooms.ts";
import { admin } from "./settings.ts";
import { settingsRoutes } from "./settings_routes.ts";
import { timelineRoutes } from "./timeline/routes.ts";
import { Timelines } from "./timeline/timeline.ts";
import { Tracing } from "./trace/tracing.ts";
import { userRoutes } from "./users/routes.ts";
import { Users } from "./users/users.ts";
import { Feeds } from "./watch/feeds.ts";
import { watchRoutes } from "./watch/routes.ts";
import { Sources } from "./watch/sources.ts";
import { Watches, watchRefusals } from "./watch/watches.ts";

export const adminFeature = {
  name: "admin",
  settings: admin,
  tables: AUDIT_TABLES,
  functions: ADMIN_FUNCTIONS,
  async open({ node, engine: { storage }, database, metrics, settings, of, use }) {
    const peers = await openPeers(storage);
    const reports = await openReports(storage);
    const nodes = new Nodes(reports, peers);
    const { id } = peers;
    const name = of(admin).nodeName || `${hostName() ?? "node"}:${of(listeners).port}`;
    const steps = use(StepRecord);
    const latency = () => steps.latency();
    const reporter = new Reporter({
      ...{ node, metrics, store: reports, id, name, latency },
      process: use(ProcessMeter),
    });
    const audit = new AuditLog(database, of(admin).auditDays);
    const snapshot = new Snapshot(node);
    const users = new Users({
      ...{ node, nodes, peers, snapshot },
      ...{ inbox: use(InboxService), presence: use(UserPresence), devices: use(Devices) },
      revocations: use(Revocations),
    });
    const tracing = new Tracing({ node, id, snapshot });
    use(Rooms).listen(tracing);
    const sources = new Sources({ id, audit, tracing });
    const feeds = new Feeds(peers, sources);
    const watches = new Watches({ nodes, peers, sources });
    const draining = new Draining(of(listeners).drainSeconds);
    return {
      services: [nodes, audit, watches, draining],
      routes: described([
        ...nodeRoutes(nodes, peers, draining),
        ...liveRoutes(new Live(nodes, peers, snapshot), database),
        ...auditRoutes(audit),
        ...logRoutes(new Logs(nodes, peers)),
        ...settingsRoutes(settings, id),
        ...hookRoutes(use(Hooks), nodes, peers),
        ...deadLetterRoutes({
          hooks: hooksAside(use(Hooks)),
          stream: use(StreamDeadLetters).aside,
          amqp: use(RabbitDeadLetters).aside,
          schedule: use(RefusedNotifications),
        }),
        ...scheduledRoutes(use(InboxService), of(limits)),
        ...timelineRoutes(
          new Timelines({
            nodes,
            peers,
            snapshot,
            steps,
            inbox: use(InboxService),
            timing: use(Timing),
          }),
          use(Broadcasts),
          of(limits),
        ),
        ...watchRoutes(watches, of(limits)),
        ...userRoutes(users, of(limits)),
      ], adminApi(of(limits))),
      connection: tracing,
      refusals: watchRefusals(),
      metrics: watches.metrics,
      tasks: [reporter.task, ...audit.tasks],
      start: () => reporter.report().catch(() => {}), // the task reports again
      async [Symbol.asyncDispose]() {
        watches[Symbol.dispose]();
        feeds[Symbol.dispose]();
        await audit.write();
        await reports.remove(id).catch(() => {}); // it is forgotten after a while
      },
    };
  },
} satisfies Feature;

/** The machine's name, which the runtime tells programs with more rights than this one asks for. */
function hostName(): string | undefined {
  try {
    return Deno.readTextFileSync("/etc/hostname").trim() || undefined;
  } catch {
    return undefined;
  }
}
