/** Bounds how many questions are under way at once. The others wait for a place, in order, and their number is bounded, too. */

/** How many questions may wait for each one that may be under way. */
const WAITING_FOR_EACH = 10;

interface Waiting {
  readonly take: () => void;
  readonly giveUp: () => void;
}

export class Places {
  readonly #most: number;
  /** In the order in which they came, which a `Set` keeps. */
  readonly #waiting = new Set<Waiting>();
  #taken = 0;

  /** @param most questions under way; `Infinity` for no limit */
  constructor(most: number) {
    this.#most = most;
  }

  get taken(): number {
    return this.#taken;
  }

  /** Resolves with whether there is a place: `false` where too many wait for one, or the signal aborts first. */
  take(signal: AbortSignal): Promise<boolean> {
    if (this.#taken < this.#most) {
      this.#taken++;
      return Promise.resolve(true);
    }
    if (this.#waiting.size >= WAITING_FOR_EACH * this.#most) return Promise.resolve(false);
    return new Promise((resolve) => {
      const waiting: Waiting = {
        take() {
          signal.removeEventListener("abort", waiting.giveUp);
          resolve(true);
        },
        giveUp: () => {
          this.#waiting.delete(waiting);
          resolve(false);
        },
      };
      this.#waiting.add(waiting);
      signal.addEventListener("abort", waiting.giveUp, { once: true });
    });
  }

  /** Gives a place to the one that has waited longest. */
  giveBack(): void {
    const [next] = this.#waiting;
    if (next === undefined) return void this.#taken--;
    this.#waiting.delete(next);
    next.take();
  }
}
