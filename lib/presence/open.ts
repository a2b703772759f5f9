/** Opens the store of who is online on whichever storage there is. */
import type { Storage } from "../engines/storage.ts";
import type { Asked } from "./asked.ts";
import type { OnlineStore } from "./online_store.ts";
import { SqliteAsked, SqliteOnline } from "./sqlite.ts";

/** @param graceMs how long users may take to come back whose server has died */
export async function openOnline(storage: Storage, graceMs: number): Promise<OnlineStore> {
  if (storage.kind === "sqlite") return new SqliteOnline(storage, graceMs);
  const { RedisOnline } = await import("./redis.ts");
  return new RedisOnline(storage, graceMs);
}

/** @param onAsked is called when another node is asked for the presence of users */
export async function openAsked(storage: Storage, onAsked: () => void): Promise<Asked> {
  if (storage.kind === "sqlite") return new SqliteAsked(storage);
  const { RedisAsked } = await import("./redis.ts");
  return new RedisAsked(storage, onAsked);
}
