/** Takes the store's file for this program alone, where no server has it. */
import { DatabaseSync } from "node:sqlite";
import { CodedError } from "../base/errors.ts";
import { reasonOf } from "../base/reason.ts";
import { chownLike } from "./owner.ts";
import type { HeldFile } from "../engines/sqlite/held_file.ts";
import { exists, fileIn } from "../engines/sqlite/open_database.ts";
import { logOf } from "../engines/sqlite/own_files.ts";
import { Seal } from "../engines/sqlite/seal.ts";

/** Keeps servers off the file until disposal. Throws where one has it. A file that is damaged is nobody's. */
export function keepServersOff(dataDir: string): Disposable {
  if (!exists(fileIn(dataDir))) return { [Symbol.dispose]() {} };
  const database = new DatabaseSync(fileIn(dataDir));
  try {
    takeLock(database);
  } catch (error) {
    database.close();
    if (isLocked(error)) throw inUse(dataDir);
    return { [Symbol.dispose]() {} };
  }
  return {
    [Symbol.dispose]() {
      if (database.isOpen) database.close();
    },
  };
}

/** Holds the file of a server that is stopped, with all that its log has. Throws where a server has it, or it cannot be read. */
export function holdStopped(dataDir: string): HeldFile {
  const path = fileIn(dataDir);
  const seal = new Seal(path);
  // The file is as its server left it, and is so after this, too.
  const isAsLeft = !exists(logOf(path)) && seal.look() === "whole";
  const database = new DatabaseSync(path);
  try {
    takeLock(database);
    database.exec("PRAGMA wal_checkpoint(TRUNCATE)");
    database.exec("PRAGMA wal_autocheckpoint = 0");
  } catch (error) {
    database.close();
    if (isLocked(error)) throw inUse(dataDir);
    throw new CodedError("unavailable", `Cannot read ${path}: ${reasonOf(error)}`, {
      cause: error,
    });
  }
  const file = Deno.openSync(path);
  let isOver = false;
  return {
    path,
    bytes: file.statSync().size,
    read: (into) => file.readSync(into),
    requireWhole() {},
    break() {},
    [Symbol.dispose]() {
      if (isOver) return;
      isOver = true;
      database.close();
      file.close(); // before that, closing it would give up SQLite's lock
      if (!isAsLeft) return;
      seal.noteClosed();
      chownLike(path.replace(/db$/, "seal"), path);
    },
  };
}

function takeLock(database: DatabaseSync): void {
  database.exec("PRAGMA locking_mode = EXCLUSIVE");
  database.exec("BEGIN EXCLUSIVE");
  database.exec("COMMIT"); // the lock stays
}

function isLocked(error: unknown): boolean {
  return /locked|busy/.test(reasonOf(error));
}

function inUse(dataDir: string): CodedError {
  return new CodedError("unavailable", `a server is using ${fileIn(dataDir)}: stop it first`);
}
