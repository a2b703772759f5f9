/**
 * Files on a disk, in a folder that all nodes share: uploads in `uploads/`, files and their thumbnails in 4,096 folders by the first
 * two characters of their ids. Next: `disk_writer.ts`, which writes one of them.
 */
import { tmpdir } from "node:os";
import { randomBase64Url } from "../../base/ids.ts";
import { makePrivateFolder, PRIVATE, PRIVATE_FOLDER } from "../../base/private_files.ts";
import { reasonOf } from "../../base/reason.ts";
import { THUMBNAIL_WIDTHS } from "../types.ts";
import { DiskWriter, isFull, type Written } from "./disk_writer.ts";
import { FolderSyncs } from "./folder_syncs.ts";
import {
  AppendFailure,
  type AppendOptions,
  type ByteRange,
  type FileStore,
  type Place,
} from "./file_store.ts";
import { readRange } from "./disk_range.ts";

const PLACES: readonly Exclude<Place, "upload">[] = ["file", ...THUMBNAIL_WIDTHS];

export class DiskStore implements FileStore {
  readonly kind = "disk";
  readonly #root: string;
  readonly #isTemporary: boolean;
  #isMade = false;
  /** The folders that are being made: a power cut may still take them away. */
  readonly #making = new Map<string, Promise<void>>();
  readonly #syncs = new FolderSyncs();

  /**
   * The folder is made with the first upload, so that a server without files has none.
   *
   * @param root `undefined` for one that goes with the store
   */
  constructor(root: string | undefined) {
    this.#root = root ?? `${tmpdir()}/notifyli-files-${randomBase64Url(16)}`;
    this.#isTemporary = root === undefined;
  }

  /** Opens a folder that somebody has named, and makes it where it is missing. Rejects where nothing can be written there. */
  static async open(root: string): Promise<DiskStore> {
    const store = new DiskStore(root);
    try {
      store.#make();
      const probe = await Deno.makeTempFile({ dir: `${root}/uploads`, prefix: "probe-" });
      await Deno.remove(probe);
    } catch (error) {
      throw new Error(`Cannot keep files in ${root}: ${reasonOf(error)}`, { cause: error });
    }
    return store;
  }

  async append(
    id: string,
    offset: number,
    body: AsyncIterable<Uint8Array>,
    options: AppendOptions = {},
  ): Promise<number> {
    const path = this.#uploading(id);
    using file = await this.#openUpload(path, offset);
    const { safe, failure } = await this.#written(file, { path, offset, body }, options);
    if (failure === undefined) return safe;
    throw failureOf(failure, safe);
  }

  async #openUpload(path: string, offset: number): Promise<Deno.FsFile> {
    try {
      this.#make();
      await requireBytes(path, offset);
      return await openAlone(path, offset);
    } catch (error) {
      throw failureOf(error, offset);
    }
  }

  async #written(
    file: Deno.FsFile,
    writing: Writing,
    options: AppendOptions,
  ): Promise<Written> {
    try {
      const written = await writeTo(file, writing, options);
      if (writing.offset === 0) await this.#syncs.sync(`${this.#root}/uploads`);
      return written;
    } catch (error) {
      throw failureOf(error, writing.offset);
    }
  }

  async complete(id: string, bytes: number): Promise<void> {
    const [from, to] = [this.#uploading(id), this.#path(id, "file")];
    if (!await exists(from)) {
      if (await exists(to)) return;
      throw new Error(`there is no upload ${id}`);
    }
    using file = await openAlone(from, undefined);
    const { size } = await file.stat();
    if (size !== bytes) throw new Error(`the upload ${id} has ${size} bytes, and not ${bytes}`);
    await this.#move(id, from, to);
  }

  async put(
    id: string,
    place: Exclude<Place, "upload">,
    body: AsyncIterable<Uint8Array>,
  ): Promise<void> {
    const from = `${this.#uploading(id)}.${place}`;
    try {
      this.#make();
      const { failure } = await writeWhole(from, body);
      if (failure !== undefined) throw failure;
      await this.#move(id, from, this.#path(id, place));
    } catch (error) {
      await removeIfThere(from);
      throw failureOf(error, 0);
    }
    if (place === "file" && await removeIfThere(this.#uploading(id))) {
      await this.#syncs.sync(`${this.#root}/uploads`);
    }
  }

  async read(
    id: string,
    place: Place,
    range?: ByteRange,
  ): Promise<ReadableStream<Uint8Array<ArrayBuffer>> | undefined> {
    const path = place === "upload" ? this.#uploading(id) : this.#path(id, place);
    let file: Deno.FsFile;
    try {
      file = await Deno.open(path);
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return undefined;
      throw error;
    }
    // The runtime sends this one on its own, without a turn of the event loop for each piece.
    return range === undefined ? file.readable : await readRange(file, range);
  }

  async delete(id: string): Promise<void> {
    const there = PLACES.map((place) => this.#path(id, place));
    // What is gone must not come back with a power cut: nobody would know of it then.
    const coming = [this.#uploading(id), ...this.#halves(id)];
    if (await removeAll(coming)) await this.#syncs.sync(`${this.#root}/uploads`);
    if (await removeAll(there)) await this.#syncs.sync(this.#folder(id));
  }

  async deleteUpload(id: string): Promise<void> {
    if (await removeIfThere(this.#uploading(id))) await this.#syncs.sync(`${this.#root}/uploads`);
  }

  async tidy(id: string): Promise<void> {
    if (await removeAll(this.#halves(id))) await this.#syncs.sync(`${this.#root}/uploads`);
  }

  whyNotReady(): string | undefined {
    if (!this.#isMade) return undefined;
    try {
      Deno.statSync(`${this.#root}/uploads`);
      return undefined;
    } catch (error) {
      return `the folder of files cannot be used: ${reasonOf(error)}`;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#isTemporary && this.#isMade) await Deno.remove(this.#root, { recursive: true });
  }

  #make(): void {
    if (this.#isMade) return;
    makePrivateFolder(`${this.#root}/uploads`);
    this.#isMade = true;
  }

  /** Moves a file to its place: it is there all at once, and stays there. */
  async #move(id: string, from: string, to: string): Promise<void> {
    await this.#makeFolder(id);
    await Deno.rename(from, to);
    await this.#syncs.sync(this.#folder(id));
  }

  async #makeFolder(id: string): Promise<void> {
    const folder = this.#folder(id);
    if (await exists(folder)) return await this.#making.get(folder);
    const making = this.#making.get(folder) ??
      this.#makeNew(id).finally(() => this.#making.delete(folder));
    this.#making.set(folder, making);
    await making;
  }

  async #makeNew(id: string): Promise<void> {
    await Deno.mkdir(this.#folder(id), PRIVATE_FOLDER);
    await this.#syncs.sync(this.#root);
  }

  /** What is put somewhere, as long as not all of it is there. */
  #halves(id: string): string[] {
    return PLACES.map((place) => `${this.#uploading(id)}.${place}`);
  }

  #uploading(id: string): string {
    return `${this.#root}/uploads/${nameOf(id)}`;
  }

  #path(id: string, place: Exclude<Place, "upload">): string {
    return `${this.#folder(id)}/${nameOf(id)}${place === "file" ? "" : `.${place}`}`;
  }

  #folder(id: string): string {
    return `${this.#root}/${id.slice(0, 2)}`;
  }
}

async function writeWhole(path: string, body: AsyncIterable<Uint8Array>): Promise<Written> {
  using file = await openAlone(path, 0);
  return await writeTo(file, { path, offset: 0, body });
}

interface Writing {
  readonly path: string;
  readonly offset: number;
  readonly body: AsyncIterable<Uint8Array>;
}

/** Writes a file from an offset on, or as much of it as comes and as there is room for. */
async function writeTo(
  file: Deno.FsFile,
  { path, offset, body }: Writing,
  options: AppendOptions = {},
): Promise<Written> {
  const writer = await DiskWriter.at(file, path, offset, options);
  await writer.write(body);
  return await writer.end();
}

/** Rejects where an upload has not the bytes that were safe: what follows would stand behind a hole. */
async function requireBytes(path: string, bytes: number): Promise<void> {
  if (bytes === 0) return;
  const { size } = await Deno.stat(path);
  if (size < bytes) {
    throw new Error(`${path} has ${size} bytes, and not the ${bytes} that were safe`);
  }
}

/** No id leads out of the folder, whoever has checked it before. */
function nameOf(id: string): string {
  if (/^[\w-]{8,64}$/.test(id)) return id;
  throw new TypeError(`Cannot use ${JSON.stringify(id)} as the id of a file`);
}

/**
 * Opens a file to write it, which nobody else does at the same time, on another node either. Rejects where somebody does.
 *
 * @param offset 0 where the file may have to be made
 */
async function openAlone(path: string, offset: number | undefined): Promise<Deno.FsFile> {
  const file = await Deno.open(path, { write: true, create: offset === 0, ...PRIVATE });
  try {
    if (await file.tryLock(true) && await isAt(file, path)) return file;
    throw new AppendFailure("busy", offset ?? 0, undefined);
  } catch (error) {
    file.close();
    throw error;
  }
}

/** Whether the file was not moved away before it was locked. */
async function isAt(file: Deno.FsFile, path: string): Promise<boolean> {
  const [own, there] = await Promise.all([file.stat(), Deno.stat(path).catch(() => undefined)]);
  return own.ino === there?.ino;
}

function failureOf(error: unknown, safe: number): AppendFailure {
  if (error instanceof AppendFailure) return error;
  return new AppendFailure(isFull(error) ? "full" : "store", safe, error);
}

async function removeAll(paths: readonly string[]): Promise<boolean> {
  const removed = await Promise.all(paths.map(removeIfThere));
  return removed.includes(true);
}

async function removeIfThere(path: string): Promise<boolean> {
  try {
    await Deno.remove(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await Deno.stat(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
