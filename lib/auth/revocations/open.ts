/** Opens the store of revocations on whichever storage there is. */
import type { Storage } from "../../engines/storage.ts";
import { SqliteRevocations } from "./sqlite.ts";
import type { OnRevocationChange, RevocationStore } from "./store.ts";

/** @param tell is called with every change, of this node and of others, once the engine runs */
export async function openRevocationStore(
  storage: Storage,
  tell: OnRevocationChange,
): Promise<RevocationStore> {
  if (storage.kind === "sqlite") return new SqliteRevocations(storage, tell);
  const { RedisRevocations } = await import("./redis.ts");
  return new RedisRevocations(storage, tell);
}
