/** What a single function costs, for rows that set it against the whole of a message or a request. `deno bench` says more of one. */

/** So few that they mostly have the processor to themselves. */
const CALLS = 2000;
const TIMES = 500;

/** Nanoseconds of one call, once its code is compiled: the least of several times very many, since others may have the processor meanwhile. */
export function nanosecondsOf(work: () => unknown): number {
  const times: number[] = [];
  for (let time = 0; time < TIMES; time++) {
    const startedAt = performance.now();
    for (let call = 0; call < CALLS; call++) work();
    times.push((performance.now() - startedAt) * 1e6 / CALLS);
  }
  return Math.min(...times);
}
