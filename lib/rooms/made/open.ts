/** Opens the store of made rooms on whichever storage there is. */
import type { Storage } from "../../engines/storage.ts";
import { SqliteMadeRooms } from "./sqlite.ts";
import type { MadeRoomStore, OnMadeChange } from "./store.ts";

/** @param tell is called with every change, of this node and of others, once the engine runs */
export async function openMadeRoomStore(
  storage: Storage,
  tell: OnMadeChange,
): Promise<MadeRoomStore> {
  if (storage.kind === "sqlite") return new SqliteMadeRooms(storage, tell);
  const { RedisMadeRooms } = await import("./redis.ts");
  return new RedisMadeRooms(storage, tell);
}
