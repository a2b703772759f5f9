/** Counts the wrong API keys of each address, so that an address that tries many costs the store nothing. */

const WINDOW_MS = 60_000;
const ALLOWED = 20;

/** Most addresses that are counted. Past so many the oldest is forgotten and may try anew, so that memory stays bounded. */
const MAX_ADDRESSES = 10_000;

interface Window {
  readonly endsAt: number;
  count: number;
}

export class FailedAttempts {
  readonly #windows = new Map<string, Window>();
  readonly #now: () => number;

  /** @param now milliseconds of a clock that only goes forward */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  isOver(address: string): boolean {
    const window = this.#windows.get(address);
    return window !== undefined && window.endsAt > this.#now() && window.count >= ALLOWED;
  }

  note(address: string): void {
    const now = this.#now();
    const window = this.#windows.get(address);
    if (window !== undefined && window.endsAt > now) {
      window.count++;
      return;
    }
    this.#windows.delete(address); // so that the address goes to the end: the first one is the oldest
    this.#windows.set(address, { endsAt: now + WINDOW_MS, count: 1 });
    this.#forgetOld(now);
  }

  #forgetOld(now: number): void {
    for (const [address, { endsAt }] of this.#windows) {
      if (endsAt > now && this.#windows.size <= MAX_ADDRESSES) return;
      this.#windows.delete(address);
    }
  }
}
