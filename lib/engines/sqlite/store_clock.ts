/**
 * The time by which a store lets go of things. It goes on from the time that was last seen before a restart, so that a clock
 * which jumped meanwhile is not believed either.
 */
import { logFor } from "../../base/log.ts";
import { SteadyClock } from "../../base/steady_clock.ts";
import { every, type Task } from "../../core/task.ts";
import type { Statement } from "./statement.ts";
import type { SqliteStore } from "./store.ts";

const log = logFor("sqlite");

const NOTE_EVERY_MS = 60_000;

/** The log tells of a clock that was set further forward than this. */
const TOLD_MS = 10 * 60_000;

export class StoreClock {
  readonly #store: SqliteStore;
  readonly #clock: SteadyClock;
  readonly #note: Statement;
  #isBehind = false;

  constructor(store: SqliteStore) {
    this.#store = store;
    const seenAt = store.prepare("SELECT seen_at FROM clock").get()?.["seen_at"];
    this.#clock = new SteadyClock(Number(seenAt ?? Date.now()));
    this.#note = store.prepare(
      `INSERT INTO clock (id, seen_at) VALUES (1, ?)
       ON CONFLICT DO UPDATE SET seen_at = excluded.seen_at`,
    );
    this.#tell();
  }

  /** Unix time in milliseconds. */
  now(): number {
    return this.#clock.now();
  }

  get tasks(): readonly Task[] {
    return [every("clock", NOTE_EVERY_MS, () => this.note())];
  }

  /** Notes the time for the next start. */
  async note(): Promise<void> {
    this.#tell();
    await this.#store.commit(() => this.#note.run(Math.floor(this.#clock.latest)));
  }

  #tell(): void {
    const behindMs = Date.now() - this.now();
    const isBehind = behindMs > TOLD_MS;
    if (isBehind && !this.#isBehind) {
      log.info(
        "the clock is {minutes} minutes ahead of when it was last seen: no server ran, or it was set forward; " +
          "what is too old by it is removed a little later",
        { minutes: Math.round(behindMs / 60_000) },
      );
    }
    this.#isBehind = isBehind;
  }
}
