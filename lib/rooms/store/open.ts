/** Opens the store of who is in which room, on whichever storage there is. */
import type { Broker } from "../../core/broker.ts";
import { roomChannel } from "../../core/channel.ts";
import type { Storage } from "../../engines/storage.ts";
import { unixSeconds } from "../../base/times.ts";
import { MemoryPresence } from "./memory.ts";
import type { PresenceManager } from "./store.ts";

/** @param engine its broker tells the rooms who left them when another node died */
export async function openPresence(
  { storage, broker }: { readonly storage: Storage; readonly broker: Broker },
): Promise<PresenceManager> {
  if (storage.kind === "sqlite") return new MemoryPresence();
  const { RedisPresence } = await import("./redis.ts");
  return new RedisPresence(storage, ({ site, room, user }) => {
    const leave = { kind: "leave", id: "-", at: unixSeconds(), from: { user, name: user } };
    Promise.resolve(broker.publish(roomChannel(site, room), leave))
      .catch(() => {}); // those who watch see it when they ask again
  });
}
