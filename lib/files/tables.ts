/** The tables of files. */
import type { TableMigration } from "../engines/database/tables.ts";
import FILES from "./1_files.sql" with { type: "text" };
import UPLOAD_METADATA from "./2_upload_metadata.sql" with { type: "text" };
import LINKS from "./3_links.sql" with { type: "text" };
import LEASES from "./4_leases.sql" with { type: "text" };

export const FILE_TABLES: readonly TableMigration[] = [
  { name: "files", sql: FILES },
  { name: "upload metadata", sql: UPLOAD_METADATA },
  { name: "links", sql: LINKS },
  { name: "leases", sql: LEASES },
];
