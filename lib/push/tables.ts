/** The tables of devices and of what is pushed to them. */
import type { TableMigration } from "../engines/database/tables.ts";
import PUSH from "./1_push.sql" with { type: "text" };

export const PUSH_TABLES: readonly TableMigration[] = [{ name: "push", sql: PUSH }];
