/** Followers of topics, and who has been here, as a capability of the server: those to whom something can be sent at once. */
import { followerSockets } from "./socket_api.ts";
import { described } from "../http/openapi/described.ts";
import { followersApi } from "./api.ts";
import type { Feature } from "../feature.ts";
import { limits } from "../limits/settings.ts";
import { Topics } from "../topics/topics.ts";
import { followerCommands } from "./commands.ts";
import { Followers } from "./followers.ts";
import { KnownUsers } from "./known_users.ts";
import { audienceCounters, audienceRefusals } from "./metrics.ts";
import { followerRoutes } from "./routes.ts";
import { audiences as settings } from "./settings.ts";
import { AUDIENCE_TABLES } from "./tables.ts";
import { AudienceData } from "./user_data.ts";

export const audiencesFeature = {
  name: "audiences",
  settings,
  tables: AUDIENCE_TABLES,
  open({ database, of, use }) {
    const counters = audienceCounters();
    const limit = of(settings).followed;
    const followers = new Followers({ database, limit, counter: counters.follows });
    const known = new KnownUsers(database);
    const topics = use(Topics);
    return {
      services: [followers, known],
      sockets: followerSockets(of(limits)),
      commands: followerCommands(followers, topics),
      routes: described(followerRoutes(followers, topics, of(limits)), followersApi(of(limits))),
      connection: known,
      userData: new AudienceData(database, followers, known),
      tasks: known.tasks,
      refusals: audienceRefusals(),
      metrics: Object.values(counters),
      [Symbol.asyncDispose]: () => known.flush().catch(() => {}),
    };
  },
} satisfies Feature;
