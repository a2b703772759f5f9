/** The table of the keys that the server makes for pushes. */
import type { TableMigration } from "../../engines/database/tables.ts";
import SECRETS from "./1_secrets.sql" with { type: "text" };

export const PROVIDER_TABLES: readonly TableMigration[] = [
  { name: "push_secrets", sql: SECRETS },
];
