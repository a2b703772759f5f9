/** The tables of capabilities in the database, and how each dialect makes them. */
import type { Migration, Schema } from "../sqlite/migrations.ts";

/** One step of a capability's tables; the first of a list leads from no tables to version 1. Once released it must not change. */
export interface TableMigration {
  /** The name in the log. Its file is `N_name.sql`; N is the version that it leads to. */
  readonly name: string;
  /** Statements that both dialects take. */
  readonly sql: string;
  /** What follows in SQLite alone. */
  readonly sqlite?: string;
  /** What follows in PostgreSQL alone. */
  readonly postgres?: string;
}

/** What a capability keeps in the database. */
export interface Tabled {
  readonly name: string;
  readonly tables?: readonly TableMigration[];
}

/** The capability's tables as SQLite has them: those of the database, which stand beside its own where it has such. */
export function sqliteSchemas(stored: readonly (Schema & Tabled)[]): Schema[] {
  return stored.flatMap(({ name, sql, tables }) => [
    { name, sql },
    ...(tables === undefined ? [] : [tableSchema({ name, tables })]),
  ]);
}

/** The schema of the tables in the database alone. */
export function tableSchema({ name, tables = [] }: Tabled): Schema {
  return { name: `${name} tables`, sql: tables.map(inSqlite) };
}

/** The statements of a step in PostgreSQL. */
export function inPostgres({ sql, postgres = "" }: TableMigration): string {
  return `${sql};\n${postgres}`;
}

function inSqlite({ name, sql, sqlite = "" }: TableMigration): Migration {
  return { name, sql: `${sql};\n${sqlite}` };
}
