/** Preferences, kinds of notifications and quiet hours, as a capability of the server. */
import { preferenceSockets } from "./socket_api.ts";
import { deliverToOthers } from "../core/hub.ts";
import type { Feature } from "../feature.ts";
import { described } from "../http/openapi/described.ts";
import { limits } from "../limits/settings.ts";
import { listeners } from "../listeners/settings.ts";
import { preferencesApi, UNSUBSCRIBE_API } from "./api.ts";
import { leavePreferences, preferenceCommands } from "./commands.ts";
import { Decisions } from "./decisions.ts";
import { KnownPreferences } from "./known_preferences.ts";
import { UnsubscribeLinks } from "./links.ts";
import { preferenceCounters, preferenceRefusals } from "./metrics.ts";
import { openFeed } from "./open.ts";
import { Preferences } from "./preferences.ts";
import { ReachFeed } from "./reach_feed.ts";
import { preferenceRoutes } from "./routes.ts";
import { preferences as settings } from "./settings.ts";
import { PREFERENCE_TABLES } from "./tables.ts";
import { PreferenceWatchers } from "./watchers.ts";
import { unsubscribePage } from "./unsubscribe_page.ts";
import { PreferenceData } from "./user_data.ts";

export const preferencesFeature = {
  name: "preferences",
  settings,
  tables: PREFERENCE_TABLES,
  madeAtStart: ["preference_secret"],
  async open({ node, engine: { storage }, database, of }) {
    const counters = preferenceCounters();
    const known = new KnownPreferences({ database, counters, limits: of(limits) });
    const watchers = new PreferenceWatchers(node, known);
    const feed = await openFeed(storage, watchers);
    const service = new Preferences({
      ...{ node, database, feed, counters },
      config: of(settings),
      limits: of(limits),
      now: () => storage.kind === "sqlite" ? storage.clock.now() : Date.now(),
    });
    watchers.read(service);
    const links = new UnsubscribeLinks(database, of(listeners).basePath);
    return {
      services: [service, new Decisions(known, counters), links, new ReachFeed(feed, node)],
      sockets: preferenceSockets(of(limits)),
      commands: preferenceCommands(node, service),
      routes: described(
        preferenceRoutes({ preferences: service, links, limits: of(limits) }),
        preferencesApi(of(limits)),
      ),
      mounts: () => [{
        path: "/unsubscribe",
        app: unsubscribePage({ preferences: service, links, counters }),
        about: UNSUBSCRIBE_API,
      }],
      kinds: { preferences_changed: deliverToOthers },
      connection: { closed: (connection) => leavePreferences(node, connection) },
      restore: { restore: () => feed.flush() },
      userData: new PreferenceData(service),
      refusals: preferenceRefusals(),
      metrics: Object.values(counters),
    };
  },
} satisfies Feature;
