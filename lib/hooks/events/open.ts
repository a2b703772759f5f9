/** Opens the logs of events on whichever storage there is. */
import type { Storage } from "../../engines/storage.ts";
import type { OnlineStore } from "./online_store.ts";
import { SqliteOnline } from "./sqlite_online.ts";
import { SqliteEvents } from "./sqlite.ts";
import type { EventStore } from "./store.ts";

/** @param onLost is told how many events were lost that the engine did not take */
export async function openEvents(
  storage: Storage,
  onLost: (count: number) => void,
): Promise<EventStore> {
  if (storage.kind === "sqlite") return new SqliteEvents(storage, onLost);
  const { RedisEvents } = await import("./redis.ts");
  return new RedisEvents(storage, onLost);
}

/** Opens the store of who is online. @param graceMs how long after the last connection a user is offline */
export async function openOnline(storage: Storage, graceMs: number): Promise<OnlineStore> {
  if (storage.kind === "sqlite") return new SqliteOnline(storage, graceMs);
  const { RedisOnline } = await import("./redis_online.ts");
  return new RedisOnline(storage, graceMs);
}
