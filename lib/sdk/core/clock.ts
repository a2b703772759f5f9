/** Time as the library uses it; tests bring their own. */
export interface Clock {
  /** The time in milliseconds, such as Unix time. */
  now(): number;
  /** Runs `callback` once after `ms`. What it returns cancels that. */
  after(ms: number, callback: () => void): () => void;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  after(ms, callback) {
    const timer = setTimeout(callback, ms);
    return () => clearTimeout(timer);
  },
};
