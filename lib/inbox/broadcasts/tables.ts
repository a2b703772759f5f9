/** The tables of notifications that go to many. */
import type { TableMigration } from "../../engines/database/tables.ts";
import BROADCASTS from "./1_broadcasts.sql" with { type: "text" };

export const BROADCAST_TABLES: readonly TableMigration[] = [
  { name: "broadcasts", sql: BROADCASTS },
];
