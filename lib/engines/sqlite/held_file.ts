/**
 * A store's file as it was at one moment, for a copy of it while the server goes on. `node:sqlite` has a backup of its own, which
 * stops the event loop until it is done: a second for each 400 MB. Here SQLite is told to leave the file alone instead: what is
 * written meanwhile stays in the log, and goes into the file once it is let go.
 */
import { CodedError } from "../../base/errors.ts";

export interface HeldFile extends Disposable {
  readonly path: string;
  readonly bytes: number;
  /**
   * Reads on from the beginning. The file is read here and nowhere else: by the rules of POSIX a process gives up all of SQLite's locks on
   * a file once it closes any descriptor of it. Deno's own `read` makes another descriptor and closes it, and `readSync` does not.
   *
   * @param into a little at a time, since nothing else happens meanwhile
   */
  read(into: Uint8Array): number | null;
  /** Throws where the file is not as it was when it was taken hold of. */
  requireWhole(): void;
  /** Lets the file go before its time: the copy fails with the reason. */
  break(reason: string): void;
}

/** The log may grow to so many bytes while the file is held; then the file is let go, and the copy fails. */
export const HELD_LOG_BYTES = 1024 ** 3;

export class Hold implements HeldFile {
  readonly path: string;
  readonly bytes: number;
  readonly #file: Deno.FsFile;
  readonly #end: () => void;
  #broken: string | undefined;
  #isOver = false;

  /**
   * @param file stays open until SQLite has closed the file
   * @param end lets SQLite write to the file again
   */
  constructor(path: string, file: Deno.FsFile, end: () => void) {
    this.path = path;
    this.bytes = file.statSync().size;
    file.seekSync(0, Deno.SeekMode.Start);
    this.#file = file;
    this.#end = end;
  }

  read(into: Uint8Array): number | null {
    return this.#file.readSync(into);
  }

  requireWhole(): void {
    if (this.#broken !== undefined) throw new CodedError("unavailable", this.#broken);
  }

  break(reason: string): void {
    this.#broken ??= `the copy of the store was broken off: ${reason}`;
    this[Symbol.dispose]();
  }

  [Symbol.dispose](): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#end();
  }
}
