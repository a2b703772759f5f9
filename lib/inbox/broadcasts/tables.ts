/** The tables of notifications that go to many. */
import type { TableMigration } from "../../engines/database/tables.ts";
import BROADCASTS from "./1_broadcasts.sql" with { type: "text" };
import EDITS from "./4_edits.sql" with { type: "text" };

export const BROADCAST_TABLES: readonly TableMigration[] = [
  { name: "broadcasts", sql: BROADCASTS },
];

/** They stand behind the other tables of inboxes, which were there before. */
export const BROADCAST_EDIT_TABLES: readonly TableMigration[] = [
  { name: "changes of broadcasts", sql: EDITS },
];
