/** Time as what waits sees it: the one pause of all loops, and a clock that a test may set. */

export interface Clock {
  /** Unix time in milliseconds. */
  now(): number;
  /** Resolves after `ms`, or at once when the signal aborts. */
  pause(ms: number, signal?: AbortSignal): Promise<void>;
}

/**
 * Resolves after `ms`, or at once when the signal aborts; never rejects. A loop pauses many thousand times on one signal
 * that lives as long as the server, so that each pause takes its listener and its timer with it, whichever ends it.
 */
export function pause(ms: number, signal?: AbortSignal): Promise<void> {
  if (signal?.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal?.addEventListener("abort", done);
  });
}

export const SYSTEM_CLOCK: Clock = { now: Date.now, pause };
