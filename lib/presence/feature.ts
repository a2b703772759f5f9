/** The presence of users over all rooms and nodes, as a capability of the server. */
import { presenceSockets } from "./socket_api.ts";
import { described } from "../http/openapi/described.ts";
import { presenceApi } from "./api.ts";
import type { Feature } from "../feature.ts";
import { limits } from "../limits/settings.ts";
import { presenceCommands } from "./commands.ts";
import { ONLINE_FUNCTIONS } from "./functions.ts";
import { LastSeen, PRESENCE_TABLES } from "./last_seen.ts";
import { openAsked } from "./open.ts";
import { presenceRoutes } from "./routes.ts";
import { presence as settings } from "./settings.ts";
import { PRESENCE_SQL } from "./sqlite.ts";
import { presenceData } from "./user_data.ts";
import { UserPresence } from "./user_presence.ts";

export const presenceFeature = {
  name: "presence",
  settings,
  sql: PRESENCE_SQL,
  moves: async () => (await import("./moves.ts")).PRESENCE_MOVES,
  notMoved: {
    online_users: "users are online once they connect to the new nodes",
    presence_alive: "it says when this server was last there",
  },
  tables: PRESENCE_TABLES,
  functions: ONLINE_FUNCTIONS,
  async open({ node, engine: { storage }, database, of }) {
    const { offlineSeconds } = of(settings);
    const lastSeen = new LastSeen(database);
    // Another node calls only once the engine runs, and `presence` is there by then.
    const asked = await openAsked(storage, () => presence.askedElsewhere());
    const presence: UserPresence = new UserPresence({
      ...{ node, storage, asked, lastSeen, offlineSeconds },
    });
    return {
      services: [presence],
      sockets: presenceSockets(of(limits)),
      commands: presenceCommands(presence),
      routes: described(presenceRoutes(presence, of(limits)), presenceApi(of(limits))),
      kinds: presence.kinds,
      connection: presence,
      restore: presence,
      tasks: [presence.task],
      userData: presenceData(presence),
      metrics: presence.metrics,
      start: () => presence.start(),
      [Symbol.asyncDispose]: () => presence.stop(),
    };
  },
} satisfies Feature;
