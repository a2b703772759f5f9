/** The tables of what is to be done of notifications later. */
import type { TableMigration } from "../../engines/database/tables.ts";
import TIMING from "./1_timing.sql" with { type: "text" };

export const TIMING_TABLES: readonly TableMigration[] = [{ name: "timing", sql: TIMING }];
