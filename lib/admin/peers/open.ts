/** Opens the way to the other nodes on whichever storage there is. */
import type { Storage } from "../../engines/storage.ts";
import { NoPeers, type Peers } from "./peers.ts";

export async function openPeers(storage: Storage): Promise<Peers> {
  if (storage.kind === "sqlite") return new NoPeers();
  const { RedisPeers } = await import("./redis.ts");
  return new RedisPeers(storage);
}
