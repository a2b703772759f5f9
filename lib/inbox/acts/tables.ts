/** The table of what users did with actions. */
import type { TableMigration } from "../../engines/database/tables.ts";
import ACTS from "./1_acts.sql" with { type: "text" };

export const ACT_TABLES: readonly TableMigration[] = [{ name: "acts", sql: ACTS }];
