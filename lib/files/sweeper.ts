/**
 * Deletes what goes: on the start, every minute, and as soon as something goes. A file goes from the rows first, so that nobody gets
 * it any more, then from the store, and then its row goes; what a crash has left is found by its row. The row stays as long as
 * somebody may still write, who knows nothing of it yet or has died, and what is there by then is deleted, too.
 */
import { logFor } from "../base/log.ts";
import { pause } from "../base/clock.ts";
import { reasonOf } from "../base/reason.ts";
import type { Task } from "../core/task.ts";
import type { Database } from "../engines/database/database.ts";
import type { FileCounters } from "./metrics.ts";
import type { FileStore } from "./store/file_store.ts";
import { forget, type Going, letGoDue, linkedBefore, putOff, unlink } from "./store/going.ts";
import { noteTidied, takeWritten } from "./store/leases.ts";
import { removeEndedUses } from "./store/uses.ts";

const log = logFor("files");

/** How often it is looked for what is due. */
const SWEEP_MS = 60_000;

/** How soon it is tried again to delete what could not be deleted. */
const RETRY_MS = 60_000;

interface SweeperParts {
  readonly database: Database;
  readonly store: FileStore;
  readonly counters: FileCounters;
  /** The database's clock, in SQL. */
  readonly clock: string;
  /** Seconds that unused files are kept: it is looked at least twice within them. */
  readonly unusedSeconds: number;
  now(): number;
  /** Finds out what time it is, where that is not this process' own. */
  measure?(): Promise<void>;
}

export class Sweeper implements Task {
  readonly name = "the sweep of files";
  readonly #parts: SweeperParts;
  readonly #restMs: number;
  #woken = new AbortController();
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** How many keep files from being deleted right now. */
  #holds = 0;

  constructor(parts: SweeperParts) {
    this.#parts = parts;
    this.#restMs = Math.min(SWEEP_MS, parts.unusedSeconds * 500);
  }

  /** Something goes, or will within `ms`. */
  soon(ms = 0): void {
    if (ms === 0) return this.#woken.abort();
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#woken.abort();
    }, ms);
  }

  /** Nothing is deleted until disposal: somebody copies the files. */
  hold(): Disposable {
    this.#holds++;
    let isOver = false;
    return {
      [Symbol.dispose]: () => {
        if (isOver) return;
        isOver = true;
        this.#holds--;
        this.soon();
      },
    };
  }

  async run(signal: AbortSignal): Promise<void> {
    try {
      while (!signal.aborted) {
        this.#woken = new AbortController();
        const isMore = await this.#sweep(signal).catch(noted);
        if (!isMore) await pause(this.#restMs, AbortSignal.any([signal, this.#woken.signal]));
      }
    } finally {
      clearTimeout(this.#timer);
    }
  }

  /** Deletes some of what is due. Whether there is more. */
  async #sweep(signal: AbortSignal): Promise<boolean> {
    if (this.#holds > 0) return false;
    const { database, clock, now } = this.#parts;
    await this.#parts.measure?.();
    const at = now();
    const ended = await database.transaction(() => removeEndedUses(at));
    const going = await database.transaction(() => letGoDue(at, clock));
    let deleted = 0;
    for (const each of going) {
      if (signal.aborted || this.#holds > 0) return false;
      if (await this.#delete(each)) deleted++;
    }
    for (const id of await database.transaction(() => takeWritten(clock))) {
      if (signal.aborted) return false;
      await this.#tidy(id);
    }
    const cleared = await this.#clearLinked(signal);
    return ended > 0 || deleted > 0 || cleared > 0;
  }

  /** Deletes what links have brought of files that are there. */
  async #clearLinked(signal: AbortSignal): Promise<number> {
    const { database, store, now } = this.#parts;
    const at = now();
    let cleared = 0;
    for (const id of await database.transaction(() => linkedBefore(at))) {
      if (signal.aborted) break;
      await store.deleteUpload(id);
      await database.transaction(() => unlink(id, at));
      cleared++;
    }
    return cleared;
  }

  /** Whether something of it is gone for good. */
  async #delete(going: Going): Promise<boolean> {
    const { id } = going;
    const { database, store, counters, clock, now } = this.#parts;
    try {
      await store.delete(id);
    } catch (error) {
      log.error("a file cannot be deleted, and is tried again: {reason}", {
        reason: reasonOf(error),
      });
      const until = now() + RETRY_MS;
      await database.transaction(() => putOff(id, until));
      return false;
    }
    const isNew = await database.transaction(() => forget(going, now(), clock));
    if (isNew) counters.removed.value++;
    return isNew || going.isLast;
  }

  /** Deletes what a crash has left half written beside a file that stays. */
  async #tidy(id: string): Promise<void> {
    const { database, store, clock } = this.#parts;
    await store.tidy?.(id);
    await database.transaction(() => noteTidied(id, clock));
  }
}

/** What the database or the store could not do is done the next time. */
function noted(error: unknown): boolean {
  log.debug("the sweep of files failed: {reason}", { reason: reasonOf(error) });
  return false;
}
