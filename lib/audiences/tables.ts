/** The tables of followers and of who has been here. */
import type { TableMigration } from "../engines/database/tables.ts";
import AUDIENCES from "./1_audiences.sql" with { type: "text" };

export const AUDIENCE_TABLES: readonly TableMigration[] = [{ name: "audiences", sql: AUDIENCES }];
