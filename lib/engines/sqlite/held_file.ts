/**
 * A store's file as it was at one moment, for a copy of it while the server goes on. `node:sqlite` has a backup of its own, which
 * stops the event loop until it is done: a second for each 400 MB. Here SQLite is told to leave the file alone instead: what is
 * written meanwhile stays in the log, and goes into the file once it is let go.
 */
import { CodedError } from "../../base/errors.ts";

export interface HeldFile extends Disposable {
  readonly path: string;
  readonly bytes: number;
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
  readonly #end: () => void;
  #broken: string | undefined;
  #isOver = false;

  /** @param end lets SQLite write to the file again */
  constructor(path: string, end: () => void) {
    this.path = path;
    this.bytes = Deno.statSync(path).size;
    this.#end = end;
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
