/** The timer of a connection's session, which waits for one time, however far away. `connection_auth.ts` sets it. */

/** `setTimeout` fires at once where it is given more than this. */
const MAX_TIMER_MS = 2 ** 31 - 1;

export class SessionTimer {
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isClosed = false;
  /** What the timer waits for, and when that is due on `performance.now()`'s clock. */
  #waiting: { readonly dueAt: number; readonly callback: () => void } | undefined;
  #leftMs = 0;

  /**
   * Calls back at a time, in place of what the timer waited for before.
   *
   * @param time Unix time in milliseconds
   */
  at(time: number, callback: () => void): void {
    const left = time - Date.now();
    if (left <= MAX_TIMER_MS) this.after(left, callback);
    else this.after(MAX_TIMER_MS, () => this.at(time, callback));
  }

  after(ms: number, callback: () => void): void {
    this.clear();
    if (this.#isClosed) return;
    this.#timer = setTimeout(callback, ms);
    this.#waiting = { dueAt: performance.now() + ms, callback };
  }

  /** Stands still until {@linkcode SessionTimer.goOn}. */
  hold(): void {
    clearTimeout(this.#timer);
    this.#leftMs = Math.max(0, (this.#waiting?.dueAt ?? 0) - performance.now());
  }

  /** Waits for what was left to wait. */
  goOn(): void {
    if (this.#waiting !== undefined) this.after(this.#leftMs, this.#waiting.callback);
  }

  clear(): void {
    clearTimeout(this.#timer);
    this.#waiting = undefined;
  }

  /** The connection is gone: nothing is called back any more, and no new timer is set. */
  close(): void {
    this.#isClosed = true;
    this.clear();
  }
}
