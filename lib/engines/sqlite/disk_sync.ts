/**
 * Brings what SQLite wrote onto the disk, so that a power cut does not take it. That happens off the event loop, once for
 * all that waits. SQLite itself only syncs now and then (`synchronous = NORMAL`).
 *
 * After a sync that failed, the system may hold what it did not write for written, and the next sync succeeds all the same:
 * then the file has a hole. So every sync fails from then on, until SQLite writes to a new file.
 */
import { logFor } from "../../base/log.ts";
import { reasonOf } from "../../base/reason.ts";
import { Histogram } from "../../core/metrics.ts";

const log = logFor("sqlite");

const EVERY_MS = 1000;

/** When a change is on the disk: `always` before it is accepted, or within a second as with Redis' `appendfsync`. */
export type SyncMode = "always" | "everysec";

export class DiskSync implements AsyncDisposable {
  readonly times: Histogram = new Histogram(
    "store_sync_seconds",
    "How long the disk took until it had what was written to the store.",
  );
  readonly #path: string;
  readonly #mode: SyncMode;
  #file: Deno.FsFile | undefined;
  #running: Promise<void> | undefined;
  /** The sync after the running one, which may have begun before the last write. */
  #next: Promise<void> | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** The error of the sync that failed; `undefined` while all is well. */
  #failure: Error | undefined;

  /** @param path of the file that SQLite writes to */
  constructor(path: string, mode: SyncMode) {
    this.#path = path;
    this.#mode = mode;
    this.#open();
  }

  /** Why what was written to the file may not be on the disk, now or ever; `undefined` while it is, or will be. */
  get failure(): Error | undefined {
    return this.#failure;
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
          reason: reasonOf(error),
        });
      });
    }, EVERY_MS);
    return undefined;
  }

  /** SQLite has what it wrote in the database, which is synced, and writes to a new file at the path from now on. */
  moved(): void {
    this.#failure = undefined;
    this.#open();
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
    if (this.#failure !== undefined) throw this.#failure;
    const file = this.#file ?? await Deno.open(this.#path, { write: true });
    this.#file = file;
    const beganAt = performance.now();
    try {
      await file.syncData();
      this.times.observe((performance.now() - beganAt) / 1000);
    } catch (error) {
      if (file !== this.#file) return; // it is of before a new one, and all that was in it is in the database
      throw this.#failure = new Error(reasonOf(error), { cause: error });
    }
  }

  /** Opens the file, so that the first write needs no descriptor. Where it cannot be opened, the next sync says why. */
  #open(): void {
    this.#file?.close();
    this.#file = undefined;
    try {
      this.#file = Deno.openSync(this.#path, { write: true });
    } catch (error) {
      log.debug("{path} is opened later: {reason}", { path: this.#path, reason: reasonOf(error) });
    }
  }
}
