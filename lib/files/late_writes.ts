/**
 * Deletes what a process has written too late: it stood still, or was cut off from the database, and another one has gone on with
 * the upload, and ended it. No row would tell anybody of these bytes.
 */
import type { Database } from "../engines/database/database.ts";
import type { FileStore } from "./store/file_store.ts";
import { findRow } from "./store/rows.ts";

interface LateParts {
  readonly database: Database;
  readonly store: FileStore;
}

/** Is called by whoever has written under the id, and had no right to that any more, or may have had none. */
export async function deleteLate(id: string, { database, store }: LateParts): Promise<void> {
  const found = await database.transaction(() => findRow(id));
  if (found?.state === "coming") return; // the bytes are what another one goes on from
  if (found?.state === "stored") await store.deleteUpload(id);
  else await store.delete(id);
}
