/**
 * Notices that a store's file is not as the last server left it: it was put back from a copy while no server ran. What
 * clients have seen since the copy is gone then, and its offsets will be given again, so the positions that clients know must
 * not count any more.
 *
 * Beside the file a seal says how it was left. Whoever puts a file back cannot give it the time of the last change that the
 * system keeps of it (`ctime`), and the seal tells by its own times whether it was put back itself.
 */
import { logFor } from "../../base/log.ts";
import { PRIVATE } from "../../base/private_files.ts";
import { reasonOf } from "../../base/reason.ts";
import { logOf } from "./own_files.ts";

const log = logFor("sqlite");

/** File systems keep times in steps of up to so long. */
const STEP_MS = 2000;

/** What a server leaves: a file that it has open (it may die at any time), or one that it has closed. */
type State = "open" | "closed";

export class Seal {
  readonly #database: string;
  readonly #path: string;

  constructor(database: string) {
    this.#database = database;
    this.#path = database.replace(/db$/, "seal");
  }

  /** How the files are: as they were left, not so, or unknown since there is no seal. */
  look(): "whole" | "broken" | "missing" {
    try {
      const { mtime, ctime } = Deno.statSync(this.#path);
      const [state = "", madeAt = "", ...noted] = Deno.readTextFileSync(this.#path).split(" ");
      const isCopy = !isNear(mtime, ctime) || !isNear(mtime, new Date(Number(madeAt)));
      const found = state === "open" ? openFiles(this.#database) : closedFiles(this.#database);
      return !isCopy && noted.join(" ") === found ? "whole" : "broken";
    } catch (error) {
      if (error instanceof Deno.errors.NotFound && !exists(this.#path)) return "missing";
      return "broken"; // such as an open file without its log, which no server leaves
    }
  }

  /** The server has the files open from now on. */
  noteOpen(): void {
    this.#put("open", () => openFiles(this.#database));
  }

  /** The server has closed the files. */
  noteClosed(): void {
    this.#put("closed", () => closedFiles(this.#database));
  }

  /** Makes the seal. Where that fails there is none, and the next start takes the file for one that was put back. */
  #put(state: State, filesNow: () => string): void {
    try {
      const files = filesNow();
      const fresh = `${this.#path}.new`;
      if (exists(fresh)) Deno.removeSync(fresh);
      {
        using seal = Deno.openSync(fresh, { write: true, createNew: true, ...PRIVATE });
        const madeAt = seal.statSync().mtime?.getTime();
        seal.writeSync(new TextEncoder().encode(`${state} ${madeAt} ${files}`));
        seal.syncDataSync();
      }
      Deno.renameSync(fresh, this.#path); // a server that dies here leaves the one of before
    } catch (error) {
      log.debug("no seal: {reason}", { reason: reasonOf(error) });
    }
  }
}

/** What does not change of files that are written to. */
function openFiles(database: string): string {
  return `${Deno.statSync(database).ino} ${Deno.statSync(logOf(database)).ino}`;
}

/** What nobody can give a file again. The log is there only where SQLite could not take it into the database. */
function closedFiles(database: string): string {
  const { size, mtime, ctime } = Deno.statSync(database); // Deno knows `ctime` to the second
  const times = `${mtime?.getTime()} ${ctime?.getTime()}`;
  return `${size} ${times} ${exists(logOf(database)) ? "with its log" : "alone"}`;
}

/** A system that does not keep a time says nothing by it. */
function isNear(one: Date | null, other: Date | null): boolean {
  if (one === null || other === null) return true;
  return Math.abs(one.getTime() - other.getTime()) <= STEP_MS;
}

function exists(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}
