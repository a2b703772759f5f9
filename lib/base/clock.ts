/** Waiting on the server, and a clock that a test may set. */
import { setImmediate } from "node:timers";
import { pause } from "./pause.ts";

export { pause };

/** The time and the pauses of a loop on the server. The client library has a `Clock` of its own. */
export interface ServerClock {
  /** Unix time in milliseconds. */
  now(): number;
  /** Resolves after `ms`, or at once when the signal aborts. */
  pause(ms: number, signal?: AbortSignal): Promise<void>;
}

/** Resolves as `done` does, or with `false` where that takes longer than `ms`. Rejects where `done` has rejected by then. */
export async function within(done: Promise<boolean>, ms: number): Promise<boolean> {
  const decided = new AbortController();
  const late = pause(ms, decided.signal).then(() => false);
  try {
    return await Promise.race([done, late]);
  } finally {
    decided.abort();
  }
}

/** Resolves in a later turn of the event loop, when others have had theirs. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => void setImmediate(() => resolve()));
}

export const SYSTEM_CLOCK: ServerClock = { now: Date.now, pause };
