/** Opens the logs of events on whichever storage there is. */
import type { Storage } from "../../engines/storage.ts";
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
