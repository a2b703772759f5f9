/** The tables of devices and of what is pushed to them. */
import type { TableMigration } from "../engines/database/tables.ts";
import PUSH from "./1_push.sql" with { type: "text" };
import GROUP from "./2_group.sql" with { type: "text" };
import SERVER_KEY from "./3_server_key.sql" with { type: "text" };

export const PUSH_TABLES: readonly TableMigration[] = [
  { name: "push", sql: PUSH },
  { name: "push_group", sql: GROUP },
  { name: "push_server_key", sql: SERVER_KEY },
];
