/** Opens the SQLite file of a store: what it needs to be, and in which state it is taken. `store.ts` works with it. */
import { DatabaseSync } from "node:sqlite";
import { logFor } from "../../base/log.ts";
import { reasonOf } from "../../base/reason.ts";
import { isMarkedDamaged, unmark } from "./damage_mark.ts";
import { cannotOpen, IN_MEMORY, makePrivate } from "./data_dir.ts";
import { migrate, type Schema } from "./migrations.ts";
import { logOf } from "./own_files.ts";
import { giveBackFromNowOn } from "./rewrite.ts";
import { Seal } from "./seal.ts";
import { finishSwap } from "./swap.ts";

const log = logFor("sqlite");

/** A file of up to this size is checked after each crash: that takes a moment. */
const SOON_CHECKED_BYTES = 64_000_000;

/** What the first of several lines says is enough. */
const CHECK = "PRAGMA quick_check(1)";

/** Pages after which the log is moved into the database, of 4 KiB each; SQLite's own is a quarter of that. */
export const LOG_PAGES = 4000;

export interface OpenedDatabase {
  readonly database: DatabaseSync;
  /** Whether the last server did not end by itself, and has left a log. */
  readonly isLeft: boolean;
  /** Whether the file is not the one that the last server left. */
  readonly isPutBack: boolean;
}

/** The `application_id` of a file that has a seal beside it: "ntfy". Versions before 0.3 make none. */
const SEALED = 0x6e746679;

export function fileIn(dataDir: string): string {
  return `${dataDir}/notifyli.db`;
}

/** Opens the file, and makes folder and file if they are missing. Throws with the reason if that cannot be. */
export function openDatabase(dataDir: string, schemas: readonly Schema[]): OpenedDatabase {
  if (dataDir === IN_MEMORY) {
    const database = prepared(new DatabaseSync(dataDir), { schemas });
    return { database, isLeft: false, isPutBack: false };
  }
  finishSwap(dataDir);
  const file = fileIn(dataDir);
  const isLeft = exists(logOf(file));
  const seal = new Seal(file).look();
  try {
    makePrivate(dataDir, file);
    const database = new DatabaseSync(file);
    prepared(database, { schemas, dataDir, isLeft });
    const isPutBack = seal === "broken" || seal === "missing" && isSealed(database);
    return { database, isLeft, isPutBack };
  } catch (cause) {
    throw cannotOpen(dataDir, file, cause);
  }
}

/** Notes in the file that there is a seal beside it. */
export function noteSealed(database: DatabaseSync): void {
  if (!isSealed(database)) database.exec(`PRAGMA application_id = ${SEALED}`);
}

function isSealed(database: DatabaseSync): boolean {
  return database.prepare("PRAGMA application_id").get()?.["application_id"] === SEALED;
}

export function exists(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}

function prepared(
  database: DatabaseSync,
  { schemas, dataDir, isLeft = false }: {
    schemas: readonly Schema[];
    dataDir?: string;
    isLeft?: boolean;
  },
): DatabaseSync {
  try {
    // WAL with NORMAL survives a killed process; `disk_sync.ts` takes care of power cuts. EXCLUSIVE keeps other servers
    // off the file, and has SQLite make no file beside the log.
    database.exec("PRAGMA locking_mode = EXCLUSIVE");
    // A new file gives space back from the start. In one that is there the setting would be written again, which a disk that
    // is full does not take.
    const isNew = Number(database.prepare("PRAGMA page_count").get()?.["page_count"]) === 0;
    database.exec(
      (isNew ? "PRAGMA auto_vacuum = INCREMENTAL; " : "") +
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL",
    );
    if (dataDir !== undefined) requireWhole(database, dataDir, isLeft);
    migrate(database, schemas);
    if (dataDir !== undefined) beginLog(database);
    // What SQLite notes within a change stays in memory: a file of its own would need a descriptor just then.
    database.exec("PRAGMA temp_store = MEMORY");
    // The commit that fills the log moves it into the database, and all wait meanwhile. What is written often is moved once: a
    // longer log is moved so much less often that hardly any commit waits.
    database.exec(`PRAGMA wal_autocheckpoint = ${LOG_PAGES}`);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

/** Throws if the file is damaged. It is looked at where there is a reason to, since a large one takes long. */
function requireWhole(database: DatabaseSync, dataDir: string, isLeft: boolean): void {
  const isMarked = isMarkedDamaged(dataDir);
  const isSmall = Deno.statSync(fileIn(dataDir)).size <= SOON_CHECKED_BYTES;
  if (!isMarked && !(isLeft && isSmall)) return;
  if (isMarked) log.info("the store was damaged when it was last used, so all of it is checked");
  const [row] = database.prepare(CHECK).all();
  const found = String(Object.values(row ?? {})[0]);
  if (found !== "ok") {
    throw new Error(`it is damaged (${found}): put a backup in its place, or repair it`);
  }
  if (!isMarked) return;
  unmark(dataDir);
  log.info("the store is whole");
}

/** Has the database take what the log holds, and begins the log anew. A disk that is full leaves it as it is. */
function beginLog(database: DatabaseSync): void {
  try {
    giveBackFromNowOn(database);
    database.exec("PRAGMA wal_checkpoint(TRUNCATE)");
  } catch (error) {
    log.debug("the log stays as it is: {reason}", { reason: reasonOf(error) });
  }
}
