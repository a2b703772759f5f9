/** What others notice of something that is done for many at once: how long they wait, and what it takes. */
import { cpuSeconds, residentKiB } from "./loads/figures.ts";
import type { WaiterFigures, WaiterLoad } from "./loads/waiter.ts";
import { runLoad } from "./run_load.ts";
import type { Notifyli } from "./servers.ts";

export interface Meanwhile {
  readonly seconds: number;
  readonly cpuSeconds: number;
  /** That anybody waited for an answer, by WebSocket or HTTP. */
  readonly longestMs: number;
  /** The most that the server had, above what it had before. */
  readonly grownMiB: number;
}

const LOOK_MS = 50;

/** @param waitSeconds for so long somebody asks the server again and again: longer than the work takes */
export async function meanwhile(
  server: Notifyli,
  work: () => Promise<void>,
  waitSeconds: number,
): Promise<Meanwhile> {
  const { pids, key } = server;
  const before = residentKiB(pids);
  let most = before;
  const looking = setInterval(() => most = Math.max(most, residentKiB(pids)), LOOK_MS);
  try {
    const load = { port: server.ports[0]!, key, seconds: waitSeconds };
    const waiting = runLoad<WaiterLoad, WaiterFigures>("waiter", load);
    const [startedAt, cpuBefore] = [performance.now(), cpuSeconds(pids)];
    await work();
    const seconds = (performance.now() - startedAt) / 1000;
    const used = cpuSeconds(pids) - cpuBefore;
    const { longestMs, longestHttpMs } = await waiting;
    return {
      seconds,
      cpuSeconds: used,
      longestMs: Math.max(longestMs, longestHttpMs),
      grownMiB: (most - before) / 1024,
    };
  } finally {
    clearInterval(looking);
  }
}

/** Another kind of work has other targets; these columns are the same. */
export function columns(of: Meanwhile): Record<string, string> {
  return {
    "s": of.seconds.toFixed(2),
    "server CPU s": of.cpuSeconds.toFixed(2),
    "longest wait ms": of.longestMs.toFixed(0),
    "memory grown by MiB": of.grownMiB.toFixed(0),
  };
}
