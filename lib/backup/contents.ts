/**
 * What a backup has: uploads that go on, the store's file as it was at one moment, the operator's key, and the files of users.
 * Next: `archive.ts`, which writes it.
 */
import { OPERATOR_KEY_FILE } from "../auth/operator_key.ts";
import type { HeldFile } from "../engines/sqlite/held_file.ts";
import { SWAP_FOLDER } from "../engines/sqlite/swap.ts";
import type { Source } from "./archive.ts";
import { naming } from "./named_errors.ts";

export const STORE_FILE = "notifyli.db";

/** Stands before the names of users' files. */
export const FILES_FOLDER = "files/";

/** How much is read at once: that takes well below a millisecond. */
const CHUNK_BYTES = 65_536;

export interface Contents {
  readonly dataDir: string;
  /** Holds the store's file as it is; absent where there is none. */
  readonly hold?: (() => HeldFile) | undefined;
  /** The folder of users' files; absent where they are elsewhere. */
  readonly filesRoot?: string | undefined;
}

/**
 * The files of a backup, in the order in which they have to be read: the store's file is held from the first of them to its own end.
 * An upload that ends meanwhile goes on to another folder, so uploads come before what takes long.
 */
export async function* sourcesOf({ dataDir, hold, filesRoot }: Contents): AsyncGenerator<Source> {
  {
    using held = hold?.();
    if (filesRoot !== undefined) yield* filesIn(filesRoot, (folder) => folder === "uploads");
    if (held !== undefined) {
      yield { name: STORE_FILE, bytes: held.bytes, body: bodyOfHeld(held) };
    }
  }
  yield* oneFile(OPERATOR_KEY_FILE, `${dataDir}/${OPERATOR_KEY_FILE}`);
  if (filesRoot !== undefined) yield* filesIn(filesRoot, (folder) => folder !== "uploads");
}

async function* bodyOfHeld(held: HeldFile): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  for await (const chunk of chunksOf(held, held)) {
    held.requireWhole(); // what was read before something changed the file is as it was
    yield chunk;
  }
}

async function* filesIn(
  root: string,
  isMeant: (folder: string) => boolean,
): AsyncGenerator<Source> {
  for await (const folder of entriesOf(root)) {
    if (!folder.isDirectory || folder.name === SWAP_FOLDER || !isMeant(folder.name)) continue;
    for await (const { name, isFile } of entriesOf(`${root}/${folder.name}`)) {
      const path = `${folder.name}/${name}`;
      if (isFile) yield* oneFile(`${FILES_FOLDER}${path}`, `${root}/${path}`);
    }
  }
}

/** A file as long as it is now; none where it has gone since it was found. */
async function* oneFile(name: string, path: string): AsyncGenerator<Source> {
  let opened: Deno.FsFile;
  try {
    opened = await Deno.open(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return;
    throw error;
  }
  using file = opened;
  const { size } = await file.stat();
  yield { name, bytes: size, body: chunksOf(file, { path, bytes: size }) };
}

/** Exactly so many bytes. Rejects where the file has fewer. */
async function* chunksOf(
  file: { read(into: Uint8Array): number | null | Promise<number | null> },
  { path, bytes }: { readonly path: string; readonly bytes: number },
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  for (let left = bytes; left > 0;) {
    const buffer = new Uint8Array(Math.min(left, CHUNK_BYTES));
    const read = await naming(path, () => file.read(buffer));
    if (read === null) throw new Error(`${path} was cut short while it was read`);
    left -= read;
    yield buffer.subarray(0, read);
  }
}

async function* entriesOf(folder: string): AsyncGenerator<Deno.DirEntry> {
  try {
    yield* Deno.readDir(folder);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
