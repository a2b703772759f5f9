/**
 * Things to do of which very many may come at once, and for which nobody waits: they are done in the order in which they
 * came, a slice at a time and never more than so many at once.
 */
import { Queue } from "./queue.ts";
import { Slices } from "./slices.ts";

interface BacklogOptions<T> {
  /** How many things may be under way at once. */
  readonly atOnce: number;
  /** Does one thing. Never rejects. */
  work(item: T): Promise<void>;
}

export class Backlog<T> {
  readonly #options: BacklogOptions<T>;
  /** What nobody has begun yet. It is bounded by what there is to be done with: connections and their rooms. */
  readonly #waiting = new Queue<T>();
  #workers = 0;
  #slices = new Slices();
  #settled: PromiseWithResolvers<void> | undefined;

  constructor(options: BacklogOptions<T>) {
    this.#options = options;
  }

  /** Whether nothing waits or is under way. */
  get isEmpty(): boolean {
    return this.#workers === 0;
  }

  /** Adds a thing. It is begun at once where few are under way. */
  push(item: T): void {
    this.#waiting.push(item);
    if (this.#workers >= this.#options.atOnce) return;
    if (this.#workers++ === 0) this.#slices = new Slices();
    void this.#work();
  }

  /** Resolves when nothing waits or is under way; what comes in the meantime counts too. */
  async settled(): Promise<void> {
    if (this.isEmpty) return;
    this.#settled ??= Promise.withResolvers();
    await this.#settled.promise;
  }

  async #work(): Promise<void> {
    for (;;) {
      while (this.#slices.isOver()) await this.#slices.rest();
      const item = this.#waiting.shift();
      if (item === undefined) break;
      await this.#options.work(item);
    }
    if (--this.#workers > 0) return;
    this.#settled?.resolve();
    this.#settled = undefined;
  }
}
