/** SQLite files as programs of earlier versions made them, for tests of how they are taken over. */
import { DatabaseSync } from "node:sqlite";
import { ROOT } from "./paths.ts";

/**
 * What takes a file one version further, in the order of the versions up to 9. Each capability has counted its own
 * versions since, so nothing is ever added here.
 */
export const RELEASED = [
  "inbox/store/1_notifications.sql",
  "inbox/store/2_inboxes.sql",
  "inbox/store/3_receipts.sql",
  "inbox/store/4_scheduled.sql",
  "auth/keys/1_api_keys.sql",
  "auth/revocations/1_revocations.sql",
  "engines/sqlite/1_history.sql",
  "inbox/store/5_fewer_indexes.sql",
  "inbox/store/6_epochs.sql",
];

/** Makes a file of a version, as the program of that version made it. */
export async function fileOf(version: number, dataDir: string): Promise<DatabaseSync> {
  const database = new DatabaseSync(`${dataDir}/notifyli.db`);
  for (const path of RELEASED.slice(0, version)) {
    database.exec(await Deno.readTextFile(`${ROOT}lib/${path}`));
  }
  database.exec(`PRAGMA user_version = ${version}`);
  return database;
}
