/**
 * Brings a SQLite file to the tables of this program. Each capability has migrations and a version of its own. A
 * migration and the version that it leads to are one transaction, so a server that dies in it begins it anew. All that a
 * file of an older program lacks is one transaction, so that the older program can still open a file which could not be
 * brought to the end, for instance because the disk was full.
 */
import type { DatabaseSync } from "node:sqlite";
import { logFor } from "../../base/log.ts";
import { requireDistinct } from "../../base/distinct.ts";
import { runWithProgress, statementsOf } from "./migration_progress.ts";

/** Whoever starts a server sees each step. */
const log = logFor("sqlite", { most: Infinity });

/**
 * One step of a capability's tables; the first of a list leads from no tables to version 1. A table with positions that
 * may have to become invalid has a column `epoch`, and may have `offset` and `past`: see {@linkcode renewEpochs}.
 */
export interface Migration {
  /** The migration's name in the log. Its file is `N_name.sql`; N is the version that it leads to. */
  readonly name: string;
  /** Statements, none of which begins or ends a transaction. */
  readonly sql: string;
}

/** The tables of one capability. */
export interface Schema {
  /** The name under which a file keeps the capability's version. Once released it must not change. */
  readonly name: string;
  /** The migrations in the order of the versions. Once released, none may change. */
  readonly sql?: readonly Migration[];
}

/** A migration that the file lacks. */
interface MissingStep extends Migration {
  readonly capability: string;
  readonly version: number;
}

/**
 * The `user_version` of a file. Up to 9 it counted the steps of all capabilities together. Since 10 the table `versions`
 * has a version for each; older programs refuse such a file.
 */
export const FILE_VERSION = 10;

/** The steps up to `user_version` 9, in the order in which they were released. */
const STEPS_BEFORE: readonly (readonly [capability: string, version: number])[] = [
  ["inbox", 1],
  ["inbox", 2],
  ["inbox", 3],
  ["inbox", 4],
  ["keys", 1],
  ["revocations", 1],
  ["history", 1],
  ["inbox", 5],
  ["inbox", 6],
];

/** A step may take more than 2 s in a file of this size, so the log announces it. */
const LARGE_BYTES = 50_000_000;
/** The log says how long a step took if it took this long. */
const LONG_MS = 2000;

/**
 * Takes every missing step, in the order of the schemas: one that needs another's table must come after it. Tables of
 * other capabilities stay as they are. Throws before the first step if a later version of the program wrote the file.
 */
export function migrate(database: DatabaseSync, schemas: readonly Schema[]): void {
  requireDistinct("schemas", schemas.map(({ name }) => name));
  const fileVersion = numberOf(database, "PRAGMA user_version");
  if (fileVersion > FILE_VERSION) throw newer(fileVersion);
  if (fileVersion < FILE_VERSION) {
    return inTransaction(database, () => {
      takeOver(database, fileVersion);
      for (const step of missingSteps(database, schemas)) take(database, step);
    });
  }
  for (const step of missingSteps(database, schemas)) {
    inTransaction(database, () => take(database, step));
  }
}

/** Throws where a later version of the program wrote the file. Changes nothing. */
export function requireKnown(database: DatabaseSync, schemas: readonly Schema[]): void {
  const fileVersion = numberOf(database, "PRAGMA user_version");
  if (fileVersion > FILE_VERSION) throw newer(fileVersion);
  if (fileVersion === FILE_VERSION) missingSteps(database, schemas);
}

function newer(fileVersion: number): Error {
  return new Error(`its version is ${fileVersion}, this program knows up to ${FILE_VERSION}`);
}

/** Throws where a later version of the program wrote something. */
function missingSteps(database: DatabaseSync, schemas: readonly Schema[]): MissingStep[] {
  const versions = versionsIn(database);
  for (const { name, sql = [] } of schemas) {
    const version = versions.get(name) ?? 0;
    if (version > sql.length) {
      throw new Error(
        `the version of its ${name} is ${version}, this program knows up to ${sql.length}`,
      );
    }
  }
  return schemas.flatMap((each) => pendingOf(each, versions));
}

/** How many characters are kept of where earlier epochs ended: about sixteen of them. */
const PAST_LENGTH = 300;

/**
 * Gives another epoch to all rows that have one. Of the positions that clients know, those count on that are not behind the
 * row's `offset`, where its table has a column `past`; else none does.
 */
export function renewEpochs(database: DatabaseSync): void {
  const past = `past = substr(epoch || ' ' || offset || ' ' || past, 1, ${PAST_LENGTH})`;
  for (const table of tablesWith(database, "epoch")) {
    const keepsPast = tablesWith(database, "past").includes(table);
    database.exec(
      `UPDATE ${table} SET ${keepsPast ? `${past}, ` : ""}epoch = lower(hex(randomblob(4)))`,
    );
  }
}

function tablesWith(database: DatabaseSync, column: string): string[] {
  return database.prepare(
    `SELECT tables.name FROM sqlite_schema AS tables, pragma_table_info(tables.name) AS columns
     WHERE tables.type = 'table' AND columns.name = ?`,
  ).all(column).map(({ name }) => String(name));
}

/** Adds the table `versions` to an old or a new file, with the versions that capabilities have there. */
function takeOver(database: DatabaseSync, fileVersion: number): void {
  database.exec(
    "CREATE TABLE versions (capability TEXT PRIMARY KEY, version INTEGER NOT NULL) WITHOUT ROWID",
  );
  for (const step of STEPS_BEFORE.slice(0, fileVersion)) setVersion(database, ...step);
  database.exec(`PRAGMA user_version = ${FILE_VERSION}`);
}

function pendingOf(
  { name: capability, sql = [] }: Schema,
  versions: ReadonlyMap<string, number>,
): MissingStep[] {
  return sql.map((migration, index) => ({ ...migration, capability, version: index + 1 }))
    .slice(versions.get(capability) ?? 0);
}

/** Takes a step, within a transaction. */
function take(database: DatabaseSync, { capability, version, name, sql }: MissingStep): void {
  const step = `${capability} ${version} (${name})`;
  const bytes = numberOf(database, "PRAGMA page_count") * numberOf(database, "PRAGMA page_size");
  const isLarge = bytes >= LARGE_BYTES;
  if (isLarge) {
    const megabytes = Math.round(bytes / 1e6);
    log.info("the store of {megabytes} MB is brought to {step}", { megabytes, step });
  }
  const startedAt = performance.now();
  if (isLarge) runWithProgress(database, { step, statements: statementsOf(sql) });
  else database.exec(sql);
  setVersion(database, capability, version);
  const ms = performance.now() - startedAt;
  if (ms >= LONG_MS) {
    log.info("the store is at {step}, after {seconds} s", { step, seconds: Math.round(ms / 1000) });
  }
}

/** If this throws, the caller closes the database, which rolls the transaction back. */
function inTransaction(database: DatabaseSync, change: () => void): void {
  database.exec("BEGIN IMMEDIATE");
  change();
  database.exec("COMMIT");
}

function versionsIn(database: DatabaseSync): Map<string, number> {
  const rows = database.prepare("SELECT capability, version FROM versions").all();
  return new Map(rows.map((row) => [String(row["capability"]), Number(row["version"])]));
}

function setVersion(database: DatabaseSync, capability: string, version: number): void {
  database.prepare(
    `INSERT INTO versions (capability, version) VALUES (?, ?)
     ON CONFLICT DO UPDATE SET version = excluded.version`,
  ).run(capability, version);
}

/** The single value that a pragma answers. */
function numberOf(database: DatabaseSync, pragma: string): number {
  return Number(Object.values(database.prepare(pragma).get() ?? {})[0]);
}
