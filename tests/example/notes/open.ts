/** Opens the store of notes on whichever storage there is. */
import type { Storage } from "../../../lib/engines/storage.ts";
import { SqliteNotes } from "./sqlite.ts";
import type { NoteStore } from "./store.ts";

/** @param limit notes of one user */
export async function openNoteStore(storage: Storage, limit: number): Promise<NoteStore> {
  if (storage.kind === "sqlite") return new SqliteNotes(storage.store, limit);
  const { RedisNotes } = await import("./redis.ts");
  return new RedisNotes(storage, limit);
}
