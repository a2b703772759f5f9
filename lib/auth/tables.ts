/** The tables of what says who somebody is. */
import type { TableMigration } from "../engines/database/tables.ts";
import AUTH from "./1_auth.sql" with { type: "text" };

export const AUTH_TABLES: readonly TableMigration[] = [{ name: "auth", sql: AUTH }];
