/** The devices of users, and what is pushed to them, as a capability of the server. */
import { pushSockets } from "./socket_api.ts";
import { Revocations } from "../auth/revocations/revocations.ts";
import { SYSTEM_CLOCK } from "../base/clock.ts";
import { deadAfterMs } from "../engines/redis/dead_after.ts";
import { redis } from "../engines/redis/settings.ts";
import type { Feature } from "../feature.ts";
import { described } from "../http/openapi/described.ts";
import { Acts } from "../inbox/acts/acts.ts";
import { InboxService } from "../inbox/inbox.ts";
import { inbox } from "../inbox/settings.ts";
import { Timing } from "../inbox/timing/timing.ts";
import { limits } from "../limits/settings.ts";
import { listeners } from "../listeners/settings.ts";
import { Decisions } from "../preferences/decisions.ts";
import { UnsubscribeLinks } from "../preferences/links.ts";
import { ReachFeed } from "../preferences/reach_feed.ts";
import { ANSWERS_API, pushApi, RENEWAL_API } from "./api.ts";
import { AnswerLinks } from "./answer_links.ts";
import { answerApp } from "./answers.ts";
import { RevokedDevices } from "./binding.ts";
import { deviceCommands } from "./commands.ts";
import { Devices } from "./devices.ts";
import { Messages } from "./message.ts";
import { pushCounters, pushGauges, pushRefusals, ResultCounters } from "./metrics.ts";
import { Online } from "./online.ts";
import { PageKey } from "./page_key.ts";
import { PushProviders } from "./providers/providers.ts";
import { PushQueue } from "./queue.ts";
import { renewal } from "./renewal.ts";
import { pushRoutes } from "./routes.ts";
import { PushSender } from "./sender.ts";
import { push as settings } from "./settings.ts";
import { PUSH_TABLES } from "./tables.ts";
import { TestPush } from "./test_push.ts";
import { PushData } from "./user_data.ts";

export const pushFeature = {
  name: "push",
  settings,
  tables: PUSH_TABLES,
  madeAtStart: ["push_answer_secret"],
  open({ node, engine, database, of, use }) {
    const config = of(settings);
    const counters = pushCounters();
    const providers = use(PushProviders);
    const online = new Online(node, engine.storage);
    const devices = new Devices({
      ...{ database, counters },
      providers: providers.byName,
      feed: use(ReachFeed),
      limit: config.devices,
      now: Date.now,
    });
    const revocations = use(Revocations);
    const base = config.publicUrl ?? of(listeners).basePath;
    const answers = new AnswerLinks(database, base);
    const service = use(InboxService);
    const timing = use(Timing);
    const results = new ResultCounters();
    const sender = new PushSender({
      ...{ database, devices, inbox: service, revocations, counters, results, clock: SYSTEM_CLOCK },
      ...{ providers: providers.byName, breakers: providers.breakers, days: of(inbox).days },
      messages: new Messages({ answers, config, links: use(UnsubscribeLinks) }),
      heldMs: deadAfterMs(of(redis)),
    });
    const queue = new PushQueue({
      ...{
        database,
        inbox: service,
        pushing: timing.pushing,
        online,
        counters,
        config,
        now: Date.now,
      },
      ...{ decisions: use(Decisions), providers: providers.byName, wake: () => sender.wake() },
    });
    const test = new TestPush({ devices, sender, inbox: service, now: Date.now });
    const key = new PageKey(providers, queue.isOn);
    const gauges = pushGauges(sender, providers.breakers);
    timing.pushing.by(queue);
    service.witnessBy(queue);
    return {
      services: [devices, sender],
      sockets: pushSockets(of(limits)),
      commands: deviceCommands(devices, providers),
      routes: described(
        pushRoutes(devices, providers, { test, limits: of(limits) }),
        pushApi(of(limits)),
      ),
      mounts: () => [{ path: "/push/devices", app: renewal(devices), about: RENEWAL_API }, {
        path: "/push",
        app: answerApp({
          ...{ database, answers, devices, inbox: service, revocations, now: Date.now },
          acts: use(Acts),
        }),
        about: ANSWERS_API,
      }],
      clientConfig: () => key.shown(),
      start: () => key.load(),
      userData: new PushData(devices, database),
      tasks: [sender, new RevokedDevices(devices, revocations)],
      refusals: pushRefusals(),
      metrics: [...Object.values(counters), ...results.metrics(providers.byName.keys()), ...gauges],
    };
  },
} satisfies Feature;
