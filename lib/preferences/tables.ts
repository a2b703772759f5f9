/** The tables of preferences and kinds. */
import type { TableMigration } from "../engines/database/tables.ts";
import PREFERENCES from "./1_preferences.sql" with { type: "text" };

export const PREFERENCE_TABLES: readonly TableMigration[] = [
  { name: "preferences", sql: PREFERENCES },
];
