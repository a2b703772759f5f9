/** Whether the store's file of a backup can be used by this program, and how much it holds. */
import { DatabaseSync } from "node:sqlite";
import { IDENTITY } from "../engines/database/claim.ts";
import { sqliteSchemas, type Tabled, tableSchema } from "../engines/database/tables.ts";
import { HISTORY } from "../engines/sqlite/history.ts";
import { requireKnown, type Schema } from "../engines/sqlite/migrations.ts";
import { tableNames } from "../engines/sqlite/table_names.ts";

/** Tables that tell how the file is made, and nothing of users. */
const OF_THE_FILE = ["versions", "clock", "database_identity"];

export interface TableCount {
  readonly table: string;
  readonly rows: number;
}

/** Throws where the file is damaged, or of a later version of the program. @returns the tables that hold something */
export function checkStore(path: string, stored: readonly (Schema & Tabled)[]): TableCount[] {
  const database = new DatabaseSync(path);
  try {
    // No other process has it, and SQLite makes no file beside its log.
    database.exec("PRAGMA locking_mode = EXCLUSIVE");
    const found = String(Object.values(database.prepare("PRAGMA quick_check(1)").get() ?? {})[0]);
    if (found !== "ok") throw new Error(`it is damaged (${found})`);
    requireKnown(database, [HISTORY, ...sqliteSchemas(stored), tableSchema(IDENTITY)]);
    return countsIn(database);
  } finally {
    database.close();
  }
}

function countsIn(database: DatabaseSync): TableCount[] {
  const tables = tableNames(database).filter((name) => !OF_THE_FILE.includes(name)).sort();
  return tables.map((table) => ({
    table,
    rows: Number(database.prepare(`SELECT count(*) AS rows FROM "${table}"`).get()?.["rows"]),
  })).filter(({ rows }) => rows > 0);
}
