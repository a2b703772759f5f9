/** The devices of users, and what is pushed to them, as a capability of the server. */
import { Revocations } from "../auth/revocations/revocations.ts";
import type { Feature } from "../feature.ts";
import { ReachFeed } from "../preferences/reach_feed.ts";
import { RevokedDevices } from "./binding.ts";
import { deviceCommands } from "./commands.ts";
import { Devices } from "./devices.ts";
import { pushCounters, pushRefusals } from "./metrics.ts";
import { PushProviders } from "./providers/providers.ts";
import { pushRoutes } from "./routes.ts";
import { push as settings } from "./settings.ts";
import { PUSH_TABLES } from "./tables.ts";
import { PushData } from "./user_data.ts";

export const pushFeature = {
  name: "push",
  settings,
  tables: PUSH_TABLES,
  open({ database, of, use }) {
    const config = of(settings);
    const counters = pushCounters();
    const providers = use(PushProviders);
    const devices = new Devices({
      ...{ database, counters },
      providers: providers.byName,
      feed: use(ReachFeed),
      limit: config.devices,
      now: Date.now,
    });
    const revoked = new RevokedDevices(devices, use(Revocations));
    return {
      services: [devices],
      commands: deviceCommands(devices),
      routes: pushRoutes(devices, providers),
      userData: new PushData(devices, database),
      tasks: [revoked],
      refusals: pushRefusals(),
      metrics: Object.values(counters),
    };
  },
} satisfies Feature;
