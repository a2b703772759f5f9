/** What may be wrong with the folder of the embedded store, `APP_DATA_DIR`, in words for who set it. */
import { resolve } from "node:path";
import { ConfigError } from "../../base/config_error.ts";

const ALLOWED = "a folder that the server's user may write to, or :memory:";

/** Keeps nothing on a disk. */
export const IN_MEMORY = ":memory:";

/** Where Deno lets no program write, unless it may do all there is. */
const KEPT_BY_DENO = /^\/(dev|proc|sys)(\/|$)/;

/** Throws {@linkcode ConfigError} where nobody could have a folder, as far as that is seen without writing. */
export function requirePossibleFolder(dataDir: string): void {
  const problem = impossible(dataDir);
  if (problem !== undefined) throw new ConfigError(refusal(dataDir, problem));
}

/** Says why the store could not be opened. */
export function cannotOpen(dataDir: string, file: string, cause: unknown): Error {
  const reason = cause instanceof Error ? cause.message : String(cause);
  const problem = impossible(dataDir) ??
    `and ${resolve(file)} cannot be opened: ${advice(file, reason)}`;
  return new Error(refusal(dataDir, problem), { cause });
}

function refusal(dataDir: string, problem: string): string {
  return `Cannot use APP_DATA_DIR: current value is ${JSON.stringify(dataDir)}, ${problem}`;
}

/** `undefined` where it is a folder, or could be made one. */
function impossible(dataDir: string): string | undefined {
  if (dataDir === IN_MEMORY) return undefined;
  if (KEPT_BY_DENO.test(resolve(dataDir))) {
    return `where Deno lets no program write (/dev, /proc, /sys); allowed is ${ALLOWED}`;
  }
  const file = fileOnTheWay(resolve(dataDir));
  return file && `but ${file} is no folder; allowed is ${ALLOWED}`;
}

/** The path, or what is above it, where that is something else than a folder. */
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
  // SQLite says "disk I/O error" or "unable to open" for what the system has better words for.
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

function systemsReason(file: string): string {
  try {
    Deno.openSync(file, { append: true, create: true }).close();
    return "";
  } catch (error) {
    return String(error);
  }
}
