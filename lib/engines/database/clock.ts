/** The database's own clock, which is one for all nodes, as each dialect asks for it: Unix milliseconds. */
import type { Database } from "./database.ts";

export const CLOCKS: Readonly<Record<Database["dialect"], string>> = {
  sqlite: "CAST(unixepoch('subsec') * 1000 AS INTEGER)",
  postgres: "CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT)",
};
