/** Notifications and the inboxes that they wait in, as a capability of the server. */
import { INBOX_SOCKETS } from "./socket_api.ts";
import { described } from "../http/openapi/described.ts";
import { inboxApi } from "./api.ts";
import { DEFAULT_SITE } from "../base/site.ts";
import { deadAfterMs } from "../engines/redis/dead_after.ts";
import { redis } from "../engines/redis/settings.ts";
import type { Feature } from "../feature.ts";
import { Files } from "../files/files.ts";
import { limits, rates } from "../limits/settings.ts";
import { Outward } from "../net/outward.ts";
import { outgoing } from "../net/settings.ts";
import { Decisions } from "../preferences/decisions.ts";
import { Rooms } from "../rooms/rooms.ts";
import { Followers } from "../audiences/followers.ts";
import { KnownUsers } from "../audiences/known_users.ts";
import { Acts } from "./acts/acts.ts";
import { actCommands, actRoutes } from "./acts/commands.ts";
import { ACT_TABLES } from "./acts/tables.ts";
import { Attachments } from "./attachments.ts";
import { Broadcasts } from "./broadcasts/broadcasts.ts";
import { BroadcastSender } from "./broadcasts/sender.ts";
import { BroadcastData } from "./broadcasts/user_data.ts";
import { BROADCAST_EDIT_TABLES, BROADCAST_TABLES } from "./broadcasts/tables.ts";
import { inboxCommands } from "./commands.ts";
import { InboxDelivery } from "./delivery.ts";
import { DroppedLog } from "./dropped_log.ts";
import { Editor } from "./editor.ts";
import { InboxService } from "./inbox.ts";
import { inboxCounters, inboxRefusals, scheduledGauge, usersGauge } from "./metrics.ts";
import { Notifier } from "./notify.ts";
import type { Dropped, Retention } from "./retention.ts";
import { RefusedNotifications } from "./refused.ts";
import { inboxRoutes } from "./routes.ts";
import { scheduler } from "./scheduler.ts";
import { inbox as settings } from "./settings.ts";
import { Sendings } from "./sendings.ts";
import { shownWith } from "./shown.ts";
import { shownInbox } from "./shown_inbox.ts";
import { timingCounters } from "./timing/metrics.ts";
import { TIMING_TABLES } from "./timing/tables.ts";
import { StepRecord } from "./steps.ts";
import { Timers } from "./timing/timers.ts";
import { Timing } from "./timing/timing.ts";
import { TimingData } from "./timing/user_data.ts";
import { INBOX_FUNCTIONS } from "./store/functions.ts";
import { openInboxStores } from "./store/open.ts";
import { INBOX_SQL } from "./store/sqlite.ts";
import type { ZoneOf } from "./until.ts";
import { InboxData } from "./user_data.ts";

export const inboxFeature = {
  name: "inbox",
  settings,
  sql: INBOX_SQL,
  moves: async () => (await import("./store/moves.ts")).INBOX_MOVES,
  tables: [...BROADCAST_TABLES, ...ACT_TABLES, ...TIMING_TABLES, ...BROADCAST_EDIT_TABLES],
  functions: INBOX_FUNCTIONS,
  async open({ node, engine: { storage }, database, of, use }) {
    const counters = inboxCounters();
    const dropped = new DroppedLog(counters);
    const { size, bytes, days, defaultRoom } = of(settings);
    const attachments = new Attachments(use(Files), database, days);
    const onDropped = (what: Dropped) => {
      dropped.note(what);
      void attachments.giveBack(what.site, what.user, what.withFiles);
    };
    const retention: Retention = { size, bytes, days, onDropped };
    const opened = await openInboxStores(storage, retention);
    const shows = shownWith(attachments);
    const stores = { ...opened, inbox: shownInbox(opened.inbox, shows) };
    const rooms = use(Rooms);
    const steps = new StepRecord((ms) => node.figures.acknowledged.observe(ms / 1000));
    const { figures } = node;
    const service = new InboxService(stores, of(limits), { attachments, shows, steps, figures });
    const delivery = new InboxDelivery(node, stores.inbox, { shows, steps });
    const decisions = use(Decisions);
    const timers = timingCounters();
    const timing = new Timing({ database, decisions, counters: timers, now: Date.now });
    const notifier = new Notifier({
      steps,
      ...stores,
      ...{ attachments, counters, decisions, timing, figures: node.figures },
      isOnline: async (...place) => await rooms.presence.get(...place) !== undefined,
    });
    const zoneOf: ZoneOf = (site, user) => decisions.zoneOf(site, user);
    const editor = new Editor({ ...stores, attachments, counters, decisions, timing, steps });
    const broadcasts = new Broadcasts({ database, attachments, ...stores });
    const sender = new BroadcastSender({
      ...{ database, broadcasts, notifier, editor, inbox: service, timing, decisions, days },
      ...{ followers: use(Followers), known: use(KnownUsers), counter: counters.broadcast },
      others: () =>
        node.arrivedOutsideUserChannels + counters.accepted.value - counters.broadcast.value,
      heldMs: deadAfterMs(of(redis)),
    });
    const sendings = new Sendings(notifier, broadcasts, {
      limits: of(limits),
      ...of(settings),
    });
    const acts = new Acts({
      ...{ database, node, service, days, counter: counters.acts },
      ...{ inbox: opened.inbox, schedule: opened.schedule },
      outward: new Outward(of(outgoing).privateTargets),
    });
    const due = new Timers({
      ...{ database, timing, notifier, inbox: opened.inbox, counters: timers, days, now: Date.now },
    });
    rooms.listen(delivery);
    return {
      services: [
        ...[service, steps, acts, delivery, notifier, broadcasts, sendings, timing],
        new RefusedNotifications(opened.refused, notifier),
      ],
      sockets: INBOX_SOCKETS,
      commands: [...inboxCommands(service, zoneOf), ...actCommands(acts)],
      routes: described([
        ...inboxRoutes({ inbox: service, editor, notifier, broadcasts, timing }, {
          ...{ zoneOf, limits: of(limits) },
          rates: of(rates),
          inbox: of(settings),
        }),
        ...actRoutes(acts),
      ], inboxApi({ limits: of(limits), recipients: of(settings).recipients })),
      // The page enters this room first, unless nobody may.
      clientConfig: () => ({
        bot_room: rooms.access.isClosed(DEFAULT_SITE, defaultRoom) ? "" : defaultRoom,
      }),
      kinds: delivery.kinds,
      connection: delivery,
      restore: delivery,
      userData: new InboxData(stores, {
        attachments,
        shows,
        database,
        waiting: [new BroadcastData(database), new TimingData(database)],
      }),
      tasks: [
        ...stores.tasks,
        scheduler({ ...stores, ...{ attachments, counters, timing } }),
        sender,
        acts.task,
        due,
      ],
      refusals: inboxRefusals(),
      metrics: [
        usersGauge(node),
        scheduledGauge(stores.schedule),
        ...Object.values(counters),
        ...Object.values(timers),
      ],
      async [Symbol.asyncDispose]() {
        await delivery.flush();
        dropped[Symbol.dispose]();
      },
    };
  },
} satisfies Feature;
