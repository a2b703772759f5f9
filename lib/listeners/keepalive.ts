/**
 * Pings connections, and ends those that are silent. One timer serves all, which saves memory; it pings them in groups,
 * by the time at which they came, so that ten thousand pings at once hold nothing up.
 */

/** How many groups there are. All are pinged, one after the other, in the time between two pings of a connection. */
const GROUPS = 100;

/** How many groups are pinged at once if the timer is late. After a longer standstill, all groups are late alike. */
const MOST_AT_ONCE = 10;

/** A connection that is pinged. */
export interface Pinged {
  /** Whether something came since the last ping. */
  isHeard: boolean;
  ping(): void;
  /** Ends the connection, since nothing came. */
  giveUp(): void;
}

export class Keepalive {
  readonly #groupMs: number;
  readonly #groups = Array.from({ length: GROUPS }, () => new Set<Pinged>());
  /** The group that was pinged last. */
  #last = 0;
  /** When the next group is pinged, on `performance.now()`'s clock. */
  #nextAt = 0;
  #size = 0;
  /** The timer runs only while there are connections. */
  #timer: ReturnType<typeof setInterval> | undefined;

  /** @param seconds between two pings of a connection, which is ended if it is silent from one to the next */
  constructor(seconds: number) {
    this.#groupMs = seconds * 1000 / GROUPS;
  }

  /** Adds a connection to the group that is pinged last. Returns the group, for {@linkcode Keepalive.delete}. */
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

  /** Pings all groups that are due. A timer is always a little late, but that must not add up. */
  #pingDue(): void {
    const now = performance.now();
    if (now - this.#nextAt > MOST_AT_ONCE * this.#groupMs) this.#nextAt = now;
    for (; this.#nextAt <= now; this.#nextAt += this.#groupMs) this.#pingNext();
  }

  #pingNext(): void {
    this.#last = (this.#last + 1) % GROUPS;
    for (const connection of this.#groups[this.#last]!) {
      if (!connection.isHeard) {
        connection.giveUp();
        continue;
      }
      connection.isHeard = false;
      connection.ping();
    }
  }
}
