/**
 * Pings connections, and ends those that are silent. One timer for all of them, which take less memory so; in groups by
 * the time they came, so that ten thousand pings at once hold nothing up.
 */

/** All of them are pinged, one after the other, in the time between two pings of a connection. */
const GROUPS = 100;

/** Of them, most that are pinged at once where the timer is late. After a longer standstill all are late alike. */
const MOST_AT_ONCE = 10;

/** A connection. */
export interface Pinged {
  /** Something came since the last ping. */
  isHeard: boolean;
  ping(): void;
  terminate(): void;
}

export class Keepalive {
  readonly #groupMs: number;
  readonly #groups = Array.from({ length: GROUPS }, () => new Set<Pinged>());
  /** The group that was pinged last. */
  #last = 0;
  /** When the next one is pinged, by the clock of `performance.now()`. */
  #nextAt = 0;
  #size = 0;
  /** There is none while there is no connection. */
  #timer: ReturnType<typeof setInterval> | undefined;

  /** @param seconds between two pings of a connection; one that is silent from one to the next is ended */
  constructor(seconds: number) {
    this.#groupMs = seconds * 1000 / GROUPS;
  }

  /** Its first ping comes when the others have had theirs. Returns its group, for {@linkcode Keepalive.delete}. */
  add(connection: Pinged): number {
    this.#groups[this.#last]!.add(connection);
    if (this.#size++ === 0) {
      this.#nextAt = performance.now() + this.#groupMs;
      this.#timer = setInterval(() => this.#pingDue(), this.#groupMs);
    }
    return this.#last;
  }

  delete(connection: Pinged, group: number): void {
    if (this.#groups[group]!.delete(connection) && --this.#size === 0) clearInterval(this.#timer);
  }

  /** A timer is always a little late: that makes no connection's time longer. */
  #pingDue(): void {
    const now = performance.now();
    if (now - this.#nextAt > MOST_AT_ONCE * this.#groupMs) this.#nextAt = now;
    for (; this.#nextAt <= now; this.#nextAt += this.#groupMs) this.#pingNext();
  }

  #pingNext(): void {
    this.#last = (this.#last + 1) % GROUPS;
    for (const connection of this.#groups[this.#last]!) {
      if (!connection.isHeard) {
        connection.terminate();
        continue;
      }
      connection.isHeard = false;
      connection.ping();
    }
  }
}
