/** Closes clients that do not say who they are: one timer for all, since all have the same time. */

/** What the deadline has to know of a client. */
export interface Unidentified {
  readonly user: string | undefined;
  readonly closed: boolean;
}

export class IdentifyDeadline<Late extends Unidentified> implements Disposable {
  readonly #ms: number;
  readonly #late: (client: Late) => void;
  /** With the time of each, the first to be late first. */
  readonly #waiting = new Map<Late, number>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** @param seconds `Infinity` for no deadline */
  constructor(seconds: number, late: (client: Late) => void) {
    this.#ms = seconds * 1000;
    this.#late = late;
  }

  add(client: Late): void {
    if (this.#ms === Infinity) return;
    this.#waiting.set(client, performance.now() + this.#ms);
    this.#timer ??= setTimeout(() => this.#look(), this.#ms);
  }

  /** The client is gone. */
  delete(client: Late): void {
    this.#waiting.delete(client);
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    this.#waiting.clear();
  }

  #look(): void {
    this.#timer = undefined;
    const now = performance.now();
    for (const [client, lateAt] of this.#waiting) {
      if (client.user !== undefined || client.closed) this.#waiting.delete(client);
      else if (lateAt > now) {
        this.#timer = setTimeout(() => this.#look(), lateAt - now + 1);
        return;
      } else {
        this.#waiting.delete(client);
        this.#late(client);
      }
    }
  }
}
