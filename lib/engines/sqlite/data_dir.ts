/** Explains what is wrong with the folder of the embedded store, to whoever set `APP_DATA_DIR`. */
import { resolve } from "node:path";
import { ConfigError } from "../../base/config_error.ts";
import {
  keepFilePrivate,
  keepFolderPrivate,
  makePrivateFile,
  makePrivateFolder,
  PRIVATE,
} from "../../base/private_files.ts";
import { reasonOf } from "../../base/reason.ts";

const ALLOWED = "a folder that the server's user may write to, or :memory:";

/** The value of `APP_DATA_DIR` that keeps the store in memory. */
export const IN_MEMORY = ":memory:";

/** The names of what the server makes in its folder; `files` has those that users upload. */
const OWN_FILE = /^(notifyli\.|operator\.key|files$)/;

/** Folders where Deno lets a program write only if it has all permissions. */
const KEPT_BY_DENO = /^\/(dev|proc|sys)(\/|$)/;

/** Throws {@linkcode ConfigError} if the path cannot be a folder, as far as that can be told without writing. */
export function requirePossibleFolder(dataDir: string): void {
  const problem = impossible(dataDir);
  if (problem !== undefined) throw new ConfigError(refusal(dataDir, problem));
}

/**
 * Makes the folder and the file, where they are missing, so that only their owner can read them. SQLite gives its other files
 * the rights of the first one.
 */
export function makePrivate(dataDir: string, file: string): void {
  makePrivateFolder(dataDir);
  keepFolderPrivate(dataDir, (name) => OWN_FILE.test(name));
  makePrivateFile(file);
  for (const other of [`${file}-wal`, `${file}-shm`]) keepFilePrivate(other);
}

/** The error for a store that could not be opened. */
export function cannotOpen(dataDir: string, file: string, cause: unknown): Error {
  const reason = reasonOf(cause);
  const problem = impossible(dataDir) ??
    `and ${resolve(file)} cannot be opened: ${advice(file, reason)}`;
  return new Error(refusal(dataDir, problem), { cause });
}

function refusal(dataDir: string, problem: string): string {
  return `Cannot use APP_DATA_DIR: current value is ${JSON.stringify(dataDir)}, ${problem}`;
}

/** Why the path cannot be a folder; `undefined` if it is one, or could be made one. */
function impossible(dataDir: string): string | undefined {
  if (dataDir === IN_MEMORY) return undefined;
  if (KEPT_BY_DENO.test(resolve(dataDir))) {
    return `where Deno lets no program write (/dev, /proc, /sys); allowed is ${ALLOWED}`;
  }
  const file = fileOnTheWay(resolve(dataDir));
  return file && `but ${file} is no folder; allowed is ${ALLOWED}`;
}

/** The path, or the one above it that is there, if that is a file. */
function fileOnTheWay(path: string): string | undefined {
  try {
    return Deno.statSync(path).isDirectory ? undefined : path;
  } catch {
    const above = resolve(path, "..");
    return above === path ? undefined : fileOnTheWay(above);
  }
}

function advice(file: string, reason: string): string {
  if (/locked/.test(reason)) return "another server is using it";
  // SQLite says only "disk I/O error" or "unable to open"; the system's own error says more.
  const known = `${reason} ${systemsReason(file)}`;
  if (/Requires \w+ access/.test(known)) {
    return "the program was started without the right to write there (--allow-write)";
  }
  if (/read-only/i.test(known)) {
    return "the disk is read-only: make it writable, or name a folder on another one";
  }
  if (/permission denied/i.test(known)) {
    return `this user may not write there (permission denied); allowed is ${ALLOWED}`;
  }
  return reason;
}

/** Opens the file without SQLite, for the system's own words. */
function systemsReason(file: string): string {
  try {
    Deno.openSync(file, { append: true, create: true, ...PRIVATE }).close();
    return "";
  } catch (error) {
    return String(error);
  }
}
