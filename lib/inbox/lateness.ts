/** Explains in the log why scheduled notifications came late: by what this server saw since it last looked at the schedule. */
import { logFor } from "../base/log.ts";
import { reasonOf } from "../base/reason.ts";

const log = logFor("schedule");

/** A notification that comes later than this is logged. */
const LATE_MS = 5000;

/** A store's clock that goes so much more than time passes was set forward. */
const JUMP_MS = 2000;

const BUSY = "more of them were due than could be delivered at once";

/** When the server last looked at all that was due. */
interface Look {
  /** By the store's clock, a Unix time in milliseconds. */
  readonly now: number;
  /** On `performance.now()`'s clock. */
  readonly at: number;
}

export class Lateness {
  readonly #startedAt = performance.now();
  /** When the server began to look this time, on `performance.now()`'s clock. */
  #beganAt = this.#startedAt;
  /** Absent until the server has looked once. */
  #last: Look | undefined;
  /** Why the store could not be asked since the last look. */
  #failure: string | undefined;
  /** How late those are that came late, by the reason. */
  readonly #late = new Map<string, { count: number; latestMs: number }>();

  /** The server looks again. */
  begins(): void {
    this.#beganAt = performance.now();
  }

  /** The store could not be asked. */
  failed(error: unknown): void {
    this.#failure = reasonOf(error);
  }

  /** A notification was delivered. @param now the store's clock; both are Unix times in milliseconds */
  delivered(dueAt: number, now: number): void {
    const lateMs = now - dueAt;
    if (lateMs <= LATE_MS) return;
    const why = this.#explain(dueAt, now);
    const { count = 0, latestMs = 0 } = this.#late.get(why) ?? {};
    this.#late.set(why, { count: count + 1, latestMs: Math.max(latestMs, lateMs) });
  }

  /** All that was due is delivered. */
  looked(now: number): void {
    this.#last = { now, at: performance.now() };
    this.#failure = undefined;
  }

  /** Logs what came late since the last call. */
  tell(): void {
    for (const [why, { count, latestMs }] of this.#late) {
      log.warn("{late} scheduled notifications are up to {seconds} s late: {why}", {
        late: count,
        seconds: Math.round(latestMs / 1000),
        why,
      });
    }
    this.#late.clear();
  }

  #explain(dueAt: number, now: number): string {
    const last = this.#last;
    const away = this.#failure === undefined
      ? undefined
      : `the store could not be reached (${this.#failure})`;
    if (last === undefined) {
      const startedAt = now - (performance.now() - this.#startedAt);
      return dueAt < startedAt ? "no server ran when they were due" : away ?? BUSY;
    }
    const expected = last.now + performance.now() - last.at;
    const aheadMs = now - expected;
    // What was due by the clock as it went before is late for another reason.
    if (aheadMs > JUMP_MS && dueAt > expected) {
      return `the clock was set forward by ${Math.round(aheadMs / 1000)} s`;
    }
    if (away !== undefined) return away;
    const restedMs = this.#beganAt - last.at;
    if (restedMs > LATE_MS) return `this server stood still for ${Math.round(restedMs / 1000)} s`;
    return BUSY;
  }
}
