/** Opens what keeps notifications on whichever storage there is. */
import type { Storage } from "../../engines/storage.ts";
import { openOnSqlite } from "./sqlite.ts";
import type { InboxStoreOptions, InboxStores } from "./store.ts";

export async function openInboxStores(
  storage: Storage,
  options: InboxStoreOptions,
): Promise<InboxStores> {
  if (storage.kind === "sqlite") return openOnSqlite(storage, options);
  const { openOnRedis } = await import("./redis.ts");
  return openOnRedis(storage, options);
}
