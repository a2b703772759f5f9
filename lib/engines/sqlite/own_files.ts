/**
 * Notices when the files of an open store are no longer its own. Whoever removes or replaces a file leaves the program
 * that has it open with a file that has no name: what is written there is gone as soon as the program ends.
 */
import { basename } from "node:path";

/** A file that is not the store's own any more. */
interface Strange {
  readonly file: "database" | "log";
  /** Says which file it is, and what has happened to it. */
  readonly reason: string;
  /** Whether SQLite still has open what it wrote there. */
  readonly isOpen: boolean;
}

/** What tells one file from all others, and how long it is while nobody cuts it. */
interface Known {
  readonly path: string;
  readonly device: number;
  readonly inode: number | null;
  /** How many bytes it had at the last look. */
  bytes: number;
  /** To how many bytes SQLite is making it shorter; infinitely many while it is not. */
  shrinksTo: number;
}

export class OwnFiles {
  readonly #database: Known;
  readonly #logPath: string;
  /** Absent until something was written. */
  #log: Known | undefined;

  /** @param database path of the file, which is open */
  constructor(database: string) {
    this.#database = knownAt(database);
    this.#logPath = logOf(database);
    this.renewLog();
  }

  /** What is not the store's own any more; `undefined` while all is. */
  look(): Strange | undefined {
    const ofDatabase = changeOf(this.#database);
    if (ofDatabase !== undefined) return { file: "database", ...ofDatabase };
    if (this.#log === undefined) this.renewLog();
    const ofLog = this.#log && changeOf(this.#log);
    return ofLog && { file: "log", ...ofLog };
  }

  /** The log that is there now is the store's own: SQLite has begun a new one. */
  renewLog(): void {
    try {
      this.#log = knownAt(this.#logPath);
    } catch {
      this.#log = undefined; // nothing was written yet
    }
  }

  /** The database will have no fewer bytes than these: SQLite is giving space back with the next commit or a later one. */
  shrinksTo(bytes: number): void {
    this.look(); // space that was given back before is not to be taken for this
    this.#database.shrinksTo = Math.min(this.#database.shrinksTo, bytes);
  }
}

/** The path of SQLite's log for a database in WAL mode. */
export function logOf(database: string): string {
  return `${database}-wal`;
}

function knownAt(path: string): Known {
  const { dev: device, ino: inode, size: bytes } = Deno.statSync(path);
  return { path, device, inode, bytes, shrinksTo: Infinity };
}

/** What has happened to a file; `undefined` if nothing has. */
function changeOf(known: Known): Omit<Strange, "file"> | undefined {
  const name = basename(known.path);
  let found: Deno.FileInfo;
  try {
    found = Deno.statSync(known.path);
  } catch (error) {
    // Other errors say nothing of the file: the program may have no descriptor left, for instance.
    const isGone = error instanceof Deno.errors.NotFound;
    return isGone ? { reason: `${name} was removed`, isOpen: true } : undefined;
  }
  if (found.dev !== known.device || found.ino !== known.inode) {
    return { reason: `${name} was replaced`, isOpen: true };
  }
  if (found.size < Math.min(known.bytes, known.shrinksTo)) {
    return { reason: `${name} was cut short`, isOpen: false };
  }
  if (found.size < known.bytes) known.shrinksTo = Infinity; // SQLite is done with that
  known.bytes = found.size;
  return undefined;
}
