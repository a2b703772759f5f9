/** Opens the store of API keys on whichever storage there is. */
import type { Storage } from "../../engines/storage.ts";
import { SqliteApiKeys } from "./sqlite.ts";
import type { KeyStore } from "./store.ts";

export async function openKeyStore(storage: Storage): Promise<KeyStore> {
  if (storage.kind === "sqlite") return new SqliteApiKeys(storage.store);
  const { RememberedApiKeys } = await import("./redis_memory.ts");
  return new RememberedApiKeys(storage);
}
