/**
 * Hands events on to a store in their order, many at once where many came meanwhile. What the store does not take while the
 * engine is away waits here, and is handed on again.
 */
import { type ServerClock, SYSTEM_CLOCK } from "../../base/clock.ts";
import { Queue } from "../../base/queue.ts";

/** How soon the store is asked again that took nothing. */
const AGAIN_MS = 1000;

interface OutboxOptions<Item> {
  /** Writes the first of these at least, and says how many it has written. Rejects where it could write none. */
  write(items: readonly Item[]): Promise<number>;
  /** Most that wait; past so many the oldest are lost. */
  readonly most: number;
  /** Is told what was lost. */
  onLost(items: readonly Item[]): void;
  /** @default the machine's own */
  readonly clock?: ServerClock;
}

export class Outbox<Item> implements AsyncDisposable {
  readonly #options: OutboxOptions<Item>;
  readonly #waiting = new Queue<Item>();
  /** Resolves when all that waits now is written, or once it is clear that this takes its time. */
  #written: PromiseWithResolvers<void> | undefined;
  #writing: Promise<void> | undefined;
  #isFailing = false;
  readonly #stopping = new AbortController();

  constructor(options: OutboxOptions<Item>) {
    this.#options = options;
  }

  /** Resolves when the item is written, or once the store has refused it for now. Never rejects. */
  push(item: Item): Promise<void> {
    const { most, onLost } = this.#options;
    while (this.#waiting.length >= most) onLost([this.#waiting.shift()!]);
    this.#waiting.push(item);
    this.#writing ??= this.#write().finally(() => this.#writing = undefined);
    if (this.#isFailing) return Promise.resolve();
    return (this.#written ??= Promise.withResolvers()).promise;
  }

  /** Writes what waits, if the store takes it; what it does not take now is lost. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopping.abort();
    await this.#writing;
    this.#lose();
  }

  async #write(): Promise<void> {
    await undefined; // what comes in this turn is written together
    while (this.#waiting.length > 0) {
      const written = this.#written;
      this.#written = undefined;
      const isDone = await this.#writeAll(this.#waiting.length);
      written?.resolve();
      if (isDone) continue;
      if (this.#stopping.signal.aborted) return;
      await (this.#options.clock ?? SYSTEM_CLOCK).pause(AGAIN_MS, this.#stopping.signal);
    }
  }

  /** Says whether the first `count` are written. */
  async #writeAll(count: number): Promise<boolean> {
    const items = Array.from({ length: count }, () => this.#waiting.shift()!);
    let written = 0;
    try {
      while (written < count) written += await this.#options.write(items.slice(written));
    } catch {
      // The store has logged by itself that it is away.
    }
    this.#isFailing = written < count;
    if (this.#isFailing) this.#putBack(items.slice(written));
    return !this.#isFailing;
  }

  /** Puts items before those that have come meanwhile. */
  #putBack(items: readonly Item[]): void {
    const later: Item[] = [];
    for (let item = this.#waiting.shift(); item; item = this.#waiting.shift()) later.push(item);
    const all = [...items, ...later];
    const lost = all.splice(0, Math.max(0, all.length - this.#options.most));
    if (lost.length > 0) this.#options.onLost(lost);
    for (const each of all) this.#waiting.push(each);
    this.#written?.resolve();
    this.#written = undefined;
  }

  #lose(): void {
    const lost: Item[] = [];
    for (let item = this.#waiting.shift(); item; item = this.#waiting.shift()) lost.push(item);
    if (lost.length > 0) this.#options.onLost(lost);
  }
}
