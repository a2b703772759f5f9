/** Runs works beside each other, but those of one key one after the other. Whoever adds works bounds their number. */

export class InOrder {
  /** The last work of each key that is not done. */
  readonly #last = new Map<string, Promise<void>>();
  readonly #all = new Set<Promise<void>>();

  /** @param work never rejects */
  run(key: string, work: () => Promise<void>): void {
    const done = (this.#last.get(key)?.then(work) ?? work()).then(() => {
      this.#all.delete(done);
      if (this.#last.get(key) === done) this.#last.delete(key);
    });
    this.#last.set(key, done);
    this.#all.add(done);
  }

  /** Resolves when all works are done that were added until now. */
  async settled(): Promise<void> {
    await Promise.all(this.#all);
  }
}
