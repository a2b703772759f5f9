/** The tables of contacts and privacy settings. */
import type { TableMigration } from "../engines/database/tables.ts";
import CONTACTS from "./1_contacts.sql" with { type: "text" };

export const CONTACT_TABLES: readonly TableMigration[] = [{ name: "contacts", sql: CONTACTS }];
