/** Puts a backup in the place of what is there: all of it is made ready beside it, checked, and then put in its place at once. */
import { CodedError } from "../base/errors.ts";
import { makePrivateFolder, PRIVATE } from "../base/private_files.ts";
import { exists, fileIn } from "../engines/sqlite/open_database.ts";
import {
  beginSwap,
  commitSwap,
  finishSwap,
  newIn,
  SWAP_FOLDER,
  type Swapped,
} from "../engines/sqlite/swap.ts";
import type { Tabled } from "../engines/database/tables.ts";
import type { Schema } from "../engines/sqlite/migrations.ts";
import { keepServersOff } from "./alone.ts";
import { FILES_FOLDER, STORE_FILE } from "./contents.ts";
import { fileWriter, naming } from "./named_errors.ts";
import { chownLike } from "./owner.ts";
import { checkStore, type TableCount } from "./checked_tables.ts";
import type { TarEntry } from "./tar.ts";
import { type Sink, unpack, type Unpacked } from "./unpacking.ts";

export interface Restoring {
  readonly dataDir: string;
  /** The folder of users' files; absent where they are in a bucket. */
  readonly filesRoot?: string | undefined;
  /** Whether what is there may be replaced. */
  readonly isForced: boolean;
  /** Whether the settings keep things in the store's file, so that a backup without one is of another setup. */
  readonly needsStore: boolean;
  /** Whose tables the store may have. */
  readonly stored: readonly (Schema & Tabled)[];
}

export interface Restored extends Unpacked {
  readonly tables: readonly TableCount[];
}

/** Rejects, and leaves all as it was, where a server runs, something is there, or the backup cannot be used. */
export async function restore(
  archive: AsyncIterable<Uint8Array<ArrayBuffer>>,
  { dataDir, filesRoot, isForced, needsStore, stored }: Restoring,
): Promise<Restored> {
  makePrivateFolder(dataDir);
  finishSwap(dataDir);
  const swapped = swappedIn(dataDir, filesRoot);
  if (!isForced) swapped.forEach(requireEmpty);
  using lock = keepServersOff(dataDir);
  try {
    for (const { folder } of swapped) beginSwap(folder);
    const unpacked = await unpack(archive, (entry) => sinkFor(entry, dataDir, filesRoot));
    if (unpacked.files > 0 && filesRoot === undefined) throw filesNowhere(unpacked.files);
    if (unpacked.storeBytes === undefined && needsStore) throw storeNowhere();
    const tables = unpacked.storeBytes === undefined
      ? []
      : checkStore(`${newIn(dataDir)}/${STORE_FILE}`, stored);
    const isOfFiles = !unpacked.manifest.elsewhere.includes("s3");
    commitSwap(dataDir, isOfFiles ? swapped : [{ folder: dataDir, replaces: "own" }]);
    lock[Symbol.dispose](); // before the file has another's place: SQLite removes its log by name
    finishSwap(dataDir);
    for (const { folder } of swapped) dropUnready(folder, dataDir);
    return { ...unpacked, tables };
  } catch (error) {
    for (const { folder } of swapped) dropUnready(folder, dataDir);
    throw error;
  }
}

/** The folders of which a part is replaced. */
function swappedIn(dataDir: string, filesRoot: string | undefined): Swapped[] {
  if (filesRoot === undefined) return [{ folder: dataDir, replaces: "own" }];
  if (filesRoot === `${dataDir}/files`) return [{ folder: dataDir, replaces: "files" }];
  makePrivateFolder(filesRoot);
  return [{ folder: dataDir, replaces: "own" }, { folder: filesRoot, replaces: "all" }];
}

function requireEmpty({ folder, replaces }: Swapped): void {
  const isTaken = replaces === "all"
    ? [...Deno.readDirSync(folder)].some(({ name }) => name !== SWAP_FOLDER)
    : exists(fileIn(folder)) || replaces === "files" && isFolder(`${folder}/files`);
  if (!isTaken) return;
  throw new CodedError("unavailable", `${folder} is not empty: --force replaces what is there`);
}

async function sinkFor(
  { name }: TarEntry,
  dataDir: string,
  filesRoot: string | undefined,
): Promise<Sink | undefined> {
  const path = placeOf(name, dataDir, filesRoot);
  if (path === undefined) return undefined;
  const folder = path.slice(0, path.lastIndexOf("/"));
  makePrivateFolder(folder);
  for (
    let each = folder;
    each.includes(`/${SWAP_FOLDER}/new`);
    each = each.replace(/\/[^/]*$/, "")
  ) {
    chownLike(each, dataDir);
  }
  const file = await Deno.open(path, { write: true, createNew: true, ...PRIVATE });
  return {
    write: fileWriter(file, path),
    async end() {
      try {
        await naming(path, () => file.syncData());
      } finally {
        file.close();
      }
      chownLike(path, dataDir);
    },
  };
}

function placeOf(name: string, dataDir: string, filesRoot: string | undefined): string | undefined {
  if (!name.startsWith(FILES_FOLDER)) return `${newIn(dataDir)}/${name}`;
  if (filesRoot === undefined) return undefined;
  return filesRoot === `${dataDir}/files`
    ? `${newIn(dataDir)}/${name}`
    : `${newIn(filesRoot)}/${name.slice(FILES_FOLDER.length)}`;
}

function filesNowhere(files: number): CodedError {
  const message = `it has ${files} files of users, and the settings name a bucket for them ` +
    "(FILES_S3_ENDPOINT): restore it without that setting, and bring them there";
  return new CodedError("unavailable", message);
}

function storeNowhere(): CodedError {
  const message = "it has no store, since it is of a server with Redis and PostgreSQL; " +
    "set REDIS_URL and DATABASE_URL, or take another backup";
  return new CodedError("unavailable", message);
}

/** Removes what was made ready, unless it is to be put in its place already. */
function dropUnready(folder: string, dataDir: string): void {
  if (exists(`${dataDir}/${SWAP_FOLDER}/ready`)) return;
  if (isFolder(`${folder}/${SWAP_FOLDER}`)) {
    Deno.removeSync(`${folder}/${SWAP_FOLDER}`, { recursive: true });
  }
}

function isFolder(path: string): boolean {
  try {
    return Deno.statSync(path).isDirectory;
  } catch {
    return false;
  }
}
