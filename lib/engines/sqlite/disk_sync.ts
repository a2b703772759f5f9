/**
 * Brings what SQLite wrote onto the disk, so that a power cut does not take it. That happens off the event loop, once for
 * all that waits. SQLite itself only syncs now and then (`synchronous = NORMAL`).
 */
import { getLogger } from "@logtape/logtape";

const log = getLogger(["notifyli", "sqlite"]);

const EVERY_MS = 1000;

/** When a change is on the disk: `always` before it is accepted, or within a second as with Redis' `appendfsync`. */
export type SyncMode = "always" | "everysec";

export class DiskSync implements AsyncDisposable {
  readonly #path: string;
  readonly #mode: SyncMode;
  #file: Deno.FsFile | undefined;
  #running: Promise<void> | undefined;
  /** The sync after the running one, which may have begun before the last write. */
  #next: Promise<void> | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** Whether another file is at the path since this one was opened. */
  #isMoved = false;

  /** @param path of the file that SQLite writes to; it is opened after the first write, when it exists for sure */
  constructor(path: string, mode: SyncMode) {
    this.#path = path;
    this.#mode = mode;
  }

  /**
   * Something was written. With `always`, resolves when it is on the disk, and rejects if the disk did not take it; with
   * `everysec`, nobody waits.
   */
  written(): Promise<void> | undefined {
    if (this.#mode === "always") return this.#sync();
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#sync().catch((error) => {
        log.error("what was written in the last second may not be on the disk: {reason}", {
          reason: String(error),
        });
      });
    }, EVERY_MS);
    return undefined;
  }

  /** SQLite writes to a new file at the path from now on. */
  moved(): void {
    this.#isMoved = true;
  }

  /** Resolves when the syncs that are under way are done. */
  async settled(): Promise<void> {
    await (this.#next ?? this.#running)?.catch(() => {}); // `written` has rejected
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearTimeout(this.#timer);
    await this.settled();
    this.#file?.close();
  }

  #sync(): Promise<void> {
    if (this.#running === undefined) return this.#start();
    return this.#next ??= this.#running.catch(() => {}).then(() => {
      this.#next = undefined;
      return this.#start();
    });
  }

  #start(): Promise<void> {
    const running = this.#syncData().finally(() => {
      if (this.#running === running) this.#running = undefined;
    });
    return this.#running = running;
  }

  async #syncData(): Promise<void> {
    if (this.#isMoved) {
      this.#isMoved = false;
      this.#file?.close();
      this.#file = undefined;
    }
    this.#file ??= await Deno.open(this.#path, { write: true });
    await this.#file.syncData();
  }
}
