/** Opens the store of the dashboard's sessions on whichever storage there is. */
import type { Storage } from "../../engines/storage.ts";
import { SqliteSessions } from "./sqlite.ts";
import type { SessionStore } from "./store.ts";

export async function openSessions(storage: Storage): Promise<SessionStore> {
  if (storage.kind === "sqlite") return new SqliteSessions(storage.store);
  const { RedisSessions } = await import("./redis.ts");
  return new RedisSessions(storage);
}
