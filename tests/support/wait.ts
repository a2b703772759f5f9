/** Waits for something to become true, in place of a sleep. */

/** So long that only what is broken takes longer. A machine may be slow, and a wait that succeeds costs nothing. */
const PATIENCE_MS = 60_000;

/** The first pause between two questions. Each pause is a quarter longer, so that long waits cost little. */
const FIRST_PAUSE_MS = 20;
const LONGEST_PAUSE_MS = 100;

/** Resolves with the first truthy answer. Rejects after `ms`, with `what` in the message. */
export async function waitFor<T>(
  what: string,
  ask: () => T | Promise<T>,
  ms = PATIENCE_MS,
): Promise<Exclude<T, undefined | null | false | 0 | "">> {
  const deadline = performance.now() + ms;
  let last: unknown;
  let pauseMs = FIRST_PAUSE_MS;
  for (;;) {
    try {
      const answer = await ask();
      if (answer) return answer as Exclude<T, undefined | null | false | 0 | "">;
      last = answer;
    } catch (error) {
      last = error;
    }
    if (performance.now() > deadline) {
      throw new Error(`${what}: not within ${ms} ms (last: ${last})`);
    }
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
    pauseMs = Math.min(pauseMs * 1.25, LONGEST_PAUSE_MS);
  }
}
