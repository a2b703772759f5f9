/** The one pause of all loops, on the server and in the dashboard. */

/**
 * Resolves after `ms`, or at once when the signal aborts; never rejects. A loop pauses many thousand times on one signal
 * that lives as long as the server, so each pause removes its own timer and listener, whichever ends it.
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
