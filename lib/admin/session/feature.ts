/** The dashboard's door: who may come in by `/admin`, as a capability of the server. */
import { ApiKeys } from "../../auth/keys/api_keys.ts";
import type { Feature } from "../../feature.ts";
import { listeners } from "../../listeners/settings.ts";
import { adminMount } from "./mount.ts";
import { openSessions } from "./open.ts";
import { Sessions } from "./sessions.ts";
import { SESSION_SQL } from "./sqlite.ts";

export const adminSessionFeature = {
  name: "admin_session",
  sql: SESSION_SQL,
  notMoved: { admin_sessions: "whoever is in the dashboard opens it anew" },
  async open({ engine: { storage }, isOpen, of, use }) {
    const keys = use(ApiKeys);
    const sessions = new Sessions(await openSessions(storage), keys);
    return {
      mounts: (doors) => [{
        path: "/admin",
        about: [], // the dashboard is for people
        app: adminMount({ ...doors, keys, sessions, isOpen }, {
          host: of(listeners).host,
          bodySeconds: of(listeners).requestSeconds,
        }),
      }],
    };
  },
} satisfies Feature;
