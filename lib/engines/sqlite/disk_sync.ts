/**
 * Brings what SQLite wrote onto the disk, so that a power cut does not take it: off the event loop, and for all that
 * waits together. SQLite itself does so only now and then (`synchronous = NORMAL`).
 */
import { getLogger } from "@logtape/logtape";

const log = getLogger(["notifyli", "sqlite"]);

const EVERY_MS = 1000;

/** `always`: before it is accepted; `everysec`: within a second, as Redis' `appendfsync` has it. */
export type SyncMode = "always" | "everysec";

export class DiskSync implements AsyncDisposable {
  readonly #path: string;
  readonly #mode: SyncMode;
  #file: Deno.FsFile | undefined;
  #running: Promise<void> | undefined;
  /** Waits for the one that is running, which may have begun before the last write. */
  #next: Promise<void> | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** @param path of the file that is written to; opened at the first write, when it is there for sure */
  constructor(path: string, mode: SyncMode) {
    this.#path = path;
    this.#mode = mode;
  }

  /** Something was written. Resolves when it counts as kept; rejects where the disk did not take it. */
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

  /** Resolves when all that was written counts as kept. */
  async settled(): Promise<void> {
    await (this.#next ?? this.#running)?.catch(() => {}); // who wrote it is told
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
    this.#file ??= await Deno.open(this.#path, { write: true });
    await this.#file.syncData();
  }
}
