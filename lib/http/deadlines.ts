/** Ends work that takes too long, with one timer for all of it: one timer for each would cost 4 µs a request. */

interface Open {
  /** When the work is late, on `performance.now()`'s clock. */
  readonly lateAt: number;
  readonly end: () => void;
}

export class Deadlines {
  readonly #ms: number;
  /** One for each request under way, the oldest first, which is late first. */
  readonly #open = new Set<Open>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** @param seconds that each work may take; `Infinity` for no limit */
  constructor(seconds: number) {
    this.#ms = seconds * 1000;
  }

  /** Resolves or rejects as the work does, and rejects with `late()` where the work is not done in time. */
  keep<T>(work: Promise<T>, late: () => Error): Promise<T> {
    if (!Number.isFinite(this.#ms)) return work;
    return new Promise((resolve, reject) => {
      const open: Open = {
        lateAt: performance.now() + this.#ms,
        end: () => reject(late()),
      };
      this.#open.add(open);
      this.#timer ??= setTimeout(() => this.#endLate(), this.#ms);
      work.then((value) => {
        this.#open.delete(open);
        resolve(value);
      }, (error) => {
        this.#open.delete(open);
        reject(error);
      });
    });
  }

  #endLate(): void {
    const now = performance.now();
    for (const open of this.#open) {
      if (open.lateAt > now) break;
      this.#open.delete(open);
      open.end();
    }
    const [next] = this.#open;
    this.#timer = next && setTimeout(() => this.#endLate(), next.lateAt - now);
  }
}
