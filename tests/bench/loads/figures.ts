/** What processes use, from /proc, and what latencies come to. */

/** User and system time of all threads of these processes, in seconds (proc(5), `stat`, fields 14 and 15). */
export function cpuSeconds(pids: readonly number[]): number {
  let ticks = 0;
  for (const pid of pids) {
    const stat = Deno.readTextFileSync(`/proc/${pid}/stat`);
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    ticks += Number(fields[11]) + Number(fields[12]);
  }
  return ticks / 100;
}

/** Resident memory of these processes, in KiB. */
export function residentKiB(pids: readonly number[]): number {
  let sum = 0;
  for (const pid of pids) {
    const status = Deno.readTextFileSync(`/proc/${pid}/status`);
    sum += Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]);
  }
  return sum;
}

/** What part of the latencies is below it: 0.5 for the median. In milliseconds; sorts them. */
export function percentile(latencies: number[], share: number): number {
  latencies.sort((a, b) => a - b);
  return latencies[Math.min(latencies.length - 1, Math.floor(share * latencies.length))] ?? NaN;
}
