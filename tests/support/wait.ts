/** Waiting for something to become true, in place of a sleep. */

/** Resolves with the first truthy answer; rejects with `what` after `ms`. */
export async function waitFor<T>(
  what: string,
  ask: () => T | Promise<T>,
  ms = 15_000,
): Promise<Exclude<T, undefined | null | false | 0 | "">> {
  const deadline = performance.now() + ms;
  let last: unknown;
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
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
