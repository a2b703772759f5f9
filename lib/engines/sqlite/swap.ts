/**
 * Puts what was made ready in the place of what a folder holds: all of it or nothing, whenever the program or the machine dies. What is
 * new stands in `notifyli.restore/new` of each folder; once `notifyli.restore/ready` is there, whoever comes next goes on to the
 * end, be it the next server or the next restore.
 */
import { resolve } from "node:path";
import { PRIVATE } from "../../base/private_files.ts";
import { reasonOf } from "../../base/reason.ts";
import { IN_MEMORY } from "./data_dir.ts";

/** The folder in which everything is made ready. */
export const SWAP_FOLDER = "notifyli.restore";

/** A folder of which a part is replaced. */
export interface Swapped {
  readonly folder: string;
  /** "own": what the server makes in its data folder, without the files of users; "files": those, too; "all": whatever is there. */
  readonly replaces: "own" | "files" | "all";
}

const OWN = /^(notifyli\.(?!restore)|operator\.key$)/;

const REPLACES: Readonly<Record<Swapped["replaces"], (name: string) => boolean>> = {
  own: (name) => OWN.test(name),
  files: (name) => OWN.test(name) || name === "files",
  all: (name) => name !== SWAP_FOLDER,
};

/** Where what is new is made ready for a folder. */
export function newIn(folder: string): string {
  return `${folder}/${SWAP_FOLDER}/new`;
}

/** Removes what a restore has left that did not come to be ready, and makes the empty place for another one. */
export function beginSwap(folder: string): void {
  removeAll(`${folder}/${SWAP_FOLDER}`);
  Deno.mkdirSync(newIn(folder), { recursive: true, mode: 0o700 });
}

/**
 * All that is new is on the disk: from here on the old does not come back, and {@linkcode finishSwap} does the rest.
 *
 * @param dataDir the folder in which the next server looks
 */
export function commitSwap(dataDir: string, swapped: readonly Swapped[]): void {
  const list = swapped.map((each) => ({ ...each, folder: resolve(each.folder) }));
  put(`${dataDir}/${SWAP_FOLDER}/ready`, JSON.stringify(list));
}

/** Brings a swap to its end that was committed; does nothing where there is none. Two programs may do so at the same time. */
export function finishSwap(dataDir: string): void {
  if (dataDir === IN_MEMORY) return;
  const ready = `${dataDir}/${SWAP_FOLDER}/ready`;
  if (!exists(ready)) return;
  using turn = openIfThere(ready);
  turn?.lockSync(true); // until it is closed
  if (turn === undefined || !exists(ready)) return; // the other one has done it
  const swapped: Swapped[] = JSON.parse(Deno.readTextFileSync(ready));
  for (const each of swapped) swap(each);
  // The list goes last: whoever finds it begins again, and finds nothing left to be done.
  for (const { folder } of swapped) {
    if (resolve(dataDir) !== folder) removeAll(`${folder}/${SWAP_FOLDER}`);
  }
  removeAll(`${dataDir}/${SWAP_FOLDER}/old`);
  removeAll(`${dataDir}/${SWAP_FOLDER}`);
}

/** Moves the old away, and then the new in. What was moved already is not moved again. */
function swap({ folder, replaces }: Swapped): void {
  const place = `${folder}/${SWAP_FOLDER}`;
  if (!exists(`${place}/new`)) return;
  if (!exists(`${place}/moved`)) {
    Deno.mkdirSync(`${place}/old`, { recursive: true, mode: 0o700 });
    for (const { name } of Deno.readDirSync(folder)) {
      if (REPLACES[replaces](name)) move(`${folder}/${name}`, `${place}/old/${name}`);
    }
    put(`${place}/moved`, "");
  }
  for (const { name } of Deno.readDirSync(`${place}/new`)) {
    Deno.renameSync(`${place}/new/${name}`, `${folder}/${name}`);
  }
  syncFolder(folder);
  Deno.removeSync(`${place}/new`); // it is empty; without it, this folder is done
}

function move(from: string, to: string): void {
  removeAll(to);
  Deno.renameSync(from, to);
}

/** Makes a small file that is there, and on the disk, all at once. */
function put(path: string, text: string): void {
  const fresh = `${path}.fresh`;
  {
    using file = Deno.openSync(fresh, { write: true, create: true, truncate: true, ...PRIVATE });
    try {
      file.writeSync(new TextEncoder().encode(text));
      file.syncSync();
    } catch (error) {
      throw new Error(`${fresh}: ${reasonOf(error)}`, { cause: error }); // the system does not name the file
    }
  }
  Deno.renameSync(fresh, path);
  syncFolder(path.replace(/\/[^/]*$/, ""));
}

/** Brings the names in a folder onto the disk. */
function syncFolder(path: string): void {
  try {
    using folder = Deno.openSync(path);
    folder.syncSync();
  } catch {
    // Not every file system can; the names come onto the disk a little later there.
  }
}

function openIfThere(path: string): Deno.FsFile | undefined {
  try {
    return Deno.openSync(path, { read: true, write: true });
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

function removeAll(path: string): void {
  try {
    Deno.removeSync(path, { recursive: true });
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

function exists(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || isForbidden(error)) return false;
    throw error;
  }
}

/** Where the server may not even look, it has nothing: with Redis it runs all the same. */
function isForbidden(error: unknown): boolean {
  return error instanceof Deno.errors.NotCapable || error instanceof Deno.errors.PermissionDenied;
}
