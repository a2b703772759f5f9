/** The tables of preferences and kinds, and of where users can be reached. */
import type { TableMigration } from "../engines/database/tables.ts";
import PREFERENCES from "./1_preferences.sql" with { type: "text" };
import REACH from "./2_reach.sql" with { type: "text" };

export const PREFERENCE_TABLES: readonly TableMigration[] = [
  { name: "preferences", sql: PREFERENCES },
  { name: "reach", sql: REACH },
];
