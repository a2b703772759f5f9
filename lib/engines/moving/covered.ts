/** Which tables a store's file has, and which of them nobody has said how they are moved. */
import { DatabaseSync } from "node:sqlite";
import type { Stored } from "../storage.ts";
import { IDENTITY } from "../database/claim.ts";
import { tableSchema } from "../database/tables.ts";
import { HISTORY } from "../sqlite/history.ts";
import { migrate, type Schema } from "../sqlite/migrations.ts";
import { tableNames } from "../sqlite/table_names.ts";
import type { Move, Moving } from "./move.ts";
import { HISTORY_MOVING } from "./history.ts";

/** What the engine itself keeps, and how the file is made. */
export const OWN_MOVING: Moving = {
  ...HISTORY_MOVING,
  notMoved: {
    ...HISTORY_MOVING.notMoved,
    versions: "it says how this file is made",
    clock: "it is about the clock of this machine",
    database_identity: "it is the name of this file",
  },
};

/** The schemas of a store's file. */
export function schemasOf(stored: readonly Stored[]): Schema[] {
  return [HISTORY, ...stored, ...[IDENTITY, ...stored].map(tableSchema)];
}

/** The tables of the database, in the order in which they are made. */
export function databaseTables(stored: readonly Stored[]): string[] {
  return tablesOf(stored.map(tableSchema)).filter((table) => table !== "versions");
}

/** All moves, in the order of the capabilities. */
export async function movesOf(stored: readonly Stored[]): Promise<Move[]> {
  const found = await Promise.all([OWN_MOVING, ...stored].map((each) => each.moves?.() ?? []));
  return found.flat();
}

/** The tables that neither a move nor a word about them covers. */
export async function uncovered(stored: readonly Stored[]): Promise<string[]> {
  const covered = new Set([
    ...databaseTables(stored),
    ...(await movesOf(stored)).flatMap(({ tables }) => tables),
    ...[OWN_MOVING, ...stored].flatMap(({ notMoved = {} }) => Object.keys(notMoved)),
  ]);
  return tablesOf(schemasOf(stored)).filter((table) => !covered.has(table));
}

function tablesOf(schemas: readonly Schema[]): string[] {
  const database = new DatabaseSync(":memory:");
  try {
    migrate(database, schemas);
    return tableNames(database);
  } finally {
    database.close();
  }
}
