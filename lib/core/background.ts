/** Work that runs in the background, and that a stop waits for. */
export class Background {
  readonly #running = new Set<Promise<void>>();
  readonly #onFailure: (what: string, error: unknown) => void;

  constructor(onFailure: (what: string, error: unknown) => void) {
    this.#onFailure = onFailure;
  }

  /** @param what names the work in the log if it fails */
  run(what: string, work: Promise<void>): void {
    const done = work.catch((error) => this.#onFailure(what, error)).finally(() =>
      this.#running.delete(done)
    );
    this.#running.add(done);
  }

  /** Resolves when nothing is under way; work that begins in the meantime counts too. */
  async settled(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running);
  }
}
