/** Opens the stores of notifications on whichever storage there is. */
import type { Storage } from "../../engines/storage.ts";
import type { Retention } from "../retention.ts";
import { openOnSqlite } from "./sqlite.ts";
import type { InboxStores } from "./store.ts";

export async function openInboxStores(
  storage: Storage,
  retention: Retention,
): Promise<InboxStores> {
  if (storage.kind === "sqlite") return openOnSqlite(storage, retention);
  const { openOnRedis } = await import("./redis.ts");
  return openOnRedis(storage, retention);
}
