/** Finds connections that do not say who they are. All have the same time for that, so one timer is enough. */

/** A connection, as far as the deadline has to know it. */
interface Unidentified {
  readonly user: string | undefined;
  readonly closed: boolean;
}

export class IdentifyDeadline<Late extends Unidentified> implements Disposable {
  readonly #ms: number;
  readonly #late: (connection: Late) => void;
  /** The time at which each connection is late, in the order of these times. */
  readonly #waiting = new Map<Late, number>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** @param seconds `Infinity` for no deadline */
  constructor(seconds: number, late: (connection: Late) => void) {
    this.#ms = seconds * 1000;
    this.#late = late;
  }

  add(connection: Late): void {
    if (this.#ms === Infinity) return;
    this.#waiting.set(connection, performance.now() + this.#ms);
    this.#timer ??= setTimeout(() => this.#look(), this.#ms);
  }

  /** The connection is gone. */
  delete(connection: Late): void {
    this.#waiting.delete(connection);
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    this.#waiting.clear();
  }

  #look(): void {
    this.#timer = undefined;
    const now = performance.now();
    for (const [connection, lateAt] of this.#waiting) {
      if (connection.user !== undefined || connection.closed) this.#waiting.delete(connection);
      else if (lateAt > now) {
        this.#timer = setTimeout(() => this.#look(), lateAt - now + 1);
        return;
      } else {
        this.#waiting.delete(connection);
        this.#late(connection);
      }
    }
  }
}
