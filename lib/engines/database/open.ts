/** Opens the database that the settings ask for: PostgreSQL, or a SQLite file. */
import { logFor } from "../../base/log.ts";
import { reasonOf } from "../../base/reason.ts";
import type { Metric } from "../../core/metrics.ts";
import type { Task } from "../../core/task.ts";
import { givingSpaceBack } from "../sqlite/space.ts";
import type { SyncMode } from "../sqlite/disk_sync.ts";
import { SqliteStore } from "../sqlite/store.ts";
import type { Storage } from "../storage.ts";
import { ClaimedDatabase, IDENTITY } from "./claim.ts";
import { type Database, NoDatabase } from "./database.ts";
import type { DatabaseConfig } from "./settings.ts";
import { SqliteDatabase } from "./sqlite.ts";
import { type Tabled, tableSchema } from "./tables.ts";

const log = logFor("database");

/** How long a start waits for PostgreSQL before it goes on without. */
const START_WAIT_MS = 2000;

interface DatabaseOptions {
  readonly config: DatabaseConfig;
  /** What has the embedded store's file, or which node of a Redis this is. */
  readonly storage: Storage;
  readonly store: { readonly dataDir: string; readonly sync: SyncMode };
  /** Whose tables it has. */
  readonly stored: readonly Tabled[];
}

export interface OpenedDatabase extends AsyncDisposable {
  readonly database: Database;
  readonly tasks: readonly Task[];
  readonly metrics: readonly Metric[];
}

/** Never rejects for a database that cannot be used now: then it refuses what is asked of it, and all else goes on. */
export async function openDatabase(
  { config: { url }, storage, store, stored }: DatabaseOptions,
): Promise<OpenedDatabase> {
  if (url !== undefined) return await openPostgres(url, stored);
  if (storage.kind === "sqlite") return opened(new SqliteDatabase(storage.store));
  try {
    const schemas = [IDENTITY, ...stored].map(tableSchema);
    const file = new SqliteStore(store.dataDir, { sync: store.sync, schemas });
    const database = new ClaimedDatabase(new SqliteDatabase(file), storage);
    return {
      ...opened(database, [...file.tasks, givingSpaceBack(file)]),
      [Symbol.asyncDispose]: () => file[Symbol.asyncDispose](),
    };
  } catch (error) {
    const reason = `${reasonOf(error)}; DATABASE_URL names another place for it`;
    log.warn("No conversations on this node: {reason}", { reason });
    return opened(new NoDatabase(reason));
  }
}

/** Loads the driver only where it is used. */
async function openPostgres(url: string, stored: readonly Tabled[]): Promise<OpenedDatabase> {
  const { PostgresDatabase } = await import("./postgres.ts");
  const database = new PostgresDatabase({ url, stored });
  await database.ready(START_WAIT_MS);
  return opened(database);
}

function opened(database: Database, tasks: readonly Task[] = []): OpenedDatabase {
  const up: Metric = {
    name: "database_up",
    help: "Whether the database can be used right now: 1 if so, else 0.",
    type: "gauge",
    read: () => database.whyNotReady() === undefined ? 1 : 0,
  };
  const close = async () => await database[Symbol.asyncDispose]();
  return { database, tasks, metrics: [up], [Symbol.asyncDispose]: close };
}
