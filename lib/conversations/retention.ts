/** Retention: removes messages of conversations that are older, or more, than are kept. By default all are kept. */
import { nextTurn } from "../base/clock.ts";
import { every, type Task } from "../core/task.ts";
import type { Counter } from "../core/metrics.ts";
import type { ChatConfig } from "./settings.ts";
import { type Drop, drop, tooFull, tooOld } from "./store/dropping.ts";
import type { ChatStore } from "./store/store.ts";

const DAY_MS = 24 * 3600_000;
const SWEEP_EVERY_MS = 60_000;

export interface RetentionParts {
  readonly store: ChatStore;
  readonly config: Pick<ChatConfig, "keepDays" | "keepMessages">;
  /** The time by which messages are too old: Unix milliseconds. */
  readonly now: () => number;
  readonly dropped: Counter;
}

export class ChatRetention {
  readonly #parts: RetentionParts;

  constructor(parts: RetentionParts) {
    this.#parts = parts;
  }

  /** Nothing where all is kept. */
  get tasks(): readonly Task[] {
    const { keepDays, keepMessages } = this.#parts.config;
    if (!Number.isFinite(keepDays) && !Number.isFinite(keepMessages)) return [];
    return [every("retention of conversations", SWEEP_EVERY_MS, (signal) => this.sweep(signal))];
  }

  /** Removes what is not kept any more, in small parts. */
  async sweep(signal?: AbortSignal): Promise<void> {
    const { keepDays, keepMessages } = this.#parts.config;
    if (Number.isFinite(keepDays)) await this.#dropOld(keepDays, signal);
    if (Number.isFinite(keepMessages)) await this.#dropMany(keepMessages, signal);
  }

  async #dropOld(days: number, signal?: AbortSignal): Promise<void> {
    const { store, now } = this.#parts;
    while (!signal?.aborted) {
      const drops = await store.read(() => tooOld(now() - days * DAY_MS));
      if (drops.length === 0) return;
      for (const each of drops) await this.#drop(each, signal);
    }
  }

  async #dropMany(most: number, signal?: AbortSignal): Promise<void> {
    const { store } = this.#parts;
    for (let after: number | undefined = 0; after !== undefined && !signal?.aborted;) {
      const from: number = after;
      const found = await store.read(() => tooFull(from, most));
      for (const each of found.drops) await this.#drop(each, signal);
      after = found.next;
      await nextTurn();
    }
  }

  async #drop(part: Drop, signal?: AbortSignal): Promise<void> {
    const { store, dropped } = this.#parts;
    for (let isMore = true; isMore && !signal?.aborted;) {
      const key = `conversation ${part.conversation}`;
      const done = await store.write((parts) => drop(parts, part), key);
      dropped.value += done.count;
      isMore = done.isMore;
      await nextTurn();
    }
  }
}
