/** Opens the store of who is in which room, on whichever storage there is. */
import type { Broker } from "../../core/broker.ts";
import { roomChannel } from "../../core/channel.ts";
import type { Storage } from "../../engines/storage.ts";
import { MemoryPresence } from "./memory.ts";
import type { PresenceManager } from "./store.ts";

/** @param engine its broker tells the rooms of the only node; Redis tells those of all nodes itself */
export async function openPresence(
  { storage, broker }: { readonly storage: Storage; readonly broker: Broker },
  options: { readonly plainFields?: boolean } = {},
): Promise<PresenceManager> {
  if (storage.kind === "sqlite") {
    return new MemoryPresence((site, room, publication) => {
      void broker.publish(roomChannel(site, room), publication); // what is kept in no history never fails here
    });
  }
  const { RedisPresence } = await import("./redis.ts");
  return new RedisPresence(storage, options);
}
