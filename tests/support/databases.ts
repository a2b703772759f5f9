/** Databases with tables of a test's own, for tests of what needs one. */
import type { Database } from "../../lib/engines/database/database.ts";
import { PostgresDatabase } from "../../lib/engines/database/postgres.ts";
import { SqliteDatabase } from "../../lib/engines/database/sqlite.ts";
import { type Tabled, tableSchema } from "../../lib/engines/database/tables.ts";
import { SqliteStore } from "../../lib/engines/sqlite/store.ts";
import { FEATURES } from "../../lib/features.ts";
import { PostgresServer } from "./postgres.ts";

/** How long a test waits for PostgreSQL to be reached. */
const REACHED_WITHIN_MS = 20_000;

export interface TestedDatabases {
  /** Whose tables they have. @default all features' */
  readonly stored?: readonly Tabled[];
}

/** Runs on a database in a SQLite file, then on one in a PostgreSQL of its own: a test for each. */
export function testDatabases(
  what: string,
  run: (database: Database) => Promise<void>,
  { stored = FEATURES }: TestedDatabases = {},
): void {
  Deno.test(`SQLite: ${what}`, async () => {
    await using database = await openSqlite(stored);
    await run(database);
  });
  Deno.test(`PostgreSQL: ${what}`, async () => {
    await using server = await PostgresServer.start();
    await using database = await openPostgres(server.url, stored);
    await run(database);
  });
}

/** Opens a database in a file that goes with it. */
export async function openSqlite(stored: readonly Tabled[]): Promise<Database> {
  const dataDir = await Deno.makeTempDir();
  const store = new SqliteStore(dataDir, { sync: "always", schemas: stored.map(tableSchema) });
  const database = new SqliteDatabase(store);
  return Object.assign(database, {
    async [Symbol.asyncDispose]() {
      await store[Symbol.asyncDispose]();
      await Deno.remove(dataDir, { recursive: true });
    },
  });
}

export async function openPostgres(
  url: string,
  stored: readonly Tabled[] = FEATURES,
  mostMs = REACHED_WITHIN_MS,
): Promise<PostgresDatabase> {
  const database = new PostgresDatabase({ url, stored });
  await database.ready(mostMs);
  return database;
}
