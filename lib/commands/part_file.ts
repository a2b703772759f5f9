/**
 * The file that a backup is written to before it counts. One program at a time writes it, and no other takes it away meanwhile;
 * what a program left that was killed is written anew.
 */
import { CodedError } from "../base/errors.ts";
import { PRIVATE } from "../base/private_files.ts";

/** Holds the file until disposal. Throws where another program does. */
export class PartFile implements Disposable {
  readonly path: string;
  /** An empty file. */
  readonly file: Deno.FsFile;

  /** @param path what it is called until it counts */
  constructor(path: string) {
    this.path = path;
    using left = openLeft(path);
    if (left !== undefined) {
      if (!left.tryLockSync(true) || !isAt(left, path)) throw inUse(path);
      Deno.removeSync(path);
    }
    this.file = create(path);
    if (this.file.tryLockSync(true)) return;
    this.file.close();
    throw inUse(path);
  }

  /** What was written counts from now on. */
  rename(to: string): void {
    Deno.renameSync(this.path, to);
  }

  /** Removes it where it does not count. */
  [Symbol.dispose](): void {
    if (isAt(this.file, this.path)) Deno.removeSync(this.path);
    this.file.close(); // which lets go of it
  }
}

/** Nobody is led elsewhere by a link that somebody has put there. */
function openLeft(path: string): Deno.FsFile | undefined {
  try {
    if (Deno.lstatSync(path).isFile) return Deno.openSync(path);
    Deno.removeSync(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return undefined;
}

function create(path: string): Deno.FsFile {
  try {
    return Deno.openSync(path, { write: true, createNew: true, ...PRIVATE });
  } catch (error) {
    if (error instanceof Deno.errors.AlreadyExists) throw inUse(path);
    throw error;
  }
}

/** Whether a path still leads to a file that was opened there. */
function isAt(file: Deno.FsFile, path: string): boolean {
  try {
    const [opened, there] = [file.statSync(), Deno.lstatSync(path)];
    return opened.ino === there.ino && opened.dev === there.dev;
  } catch {
    return false;
  }
}

function inUse(path: string): CodedError {
  return new CodedError("unavailable", `another program writes ${path} right now`);
}
