/** Work that nobody waits for, but that a stop has to. */
export class Background {
  readonly #running = new Set<Promise<void>>();
  readonly #onFailure: (what: string, error: unknown) => void;

  constructor(onFailure: (what: string, error: unknown) => void) {
    this.#onFailure = onFailure;
  }

  /** @param what names it in the log, where it fails */
  run(what: string, work: Promise<void>): void {
    const done = work.catch((error) => this.#onFailure(what, error)).finally(() =>
      this.#running.delete(done)
    );
    this.#running.add(done);
  }

  /** Resolves when nothing is under way, that begun meanwhile too. */
  async settled(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running);
  }
}
