/** Has pauses of the code under test take no time, and counts them and the listeners that they leave on signals. */

export interface CountedPauses extends Disposable {
  /** How many pauses there were. */
  readonly count: number;
  /** How many listeners for `abort` were added and not removed since. */
  readonly listeners: number;
  /** Resolves when there were so many pauses. */
  reached(count: number): Promise<void>;
}

/** Longer timers are deadlines, such as those of commands to Redis. */
const LONGEST_MS = 1000;

/** Has timers of `shortestMs` to a second go off at once, and counts them, until it is disposed of. */
export function countPauses(shortestMs = 50): CountedPauses {
  const { setTimeout } = globalThis;
  const { addEventListener, removeEventListener } = AbortSignal.prototype;
  const counted = { count: 0, listeners: 0 };
  let wanted: { readonly count: number; readonly resolve: () => void } | undefined;
  const counting = (callback: () => void, ms = 0) => {
    if (ms < shortestMs || ms > LONGEST_MS) return setTimeout(callback, ms);
    if (++counted.count === wanted?.count) wanted.resolve();
    return setTimeout(callback, 0);
  };
  globalThis.setTimeout = Object.assign(counting, setTimeout);
  AbortSignal.prototype.addEventListener = function (...args: unknown[]) {
    counted.listeners++;
    return Reflect.apply(addEventListener, this, args);
  };
  AbortSignal.prototype.removeEventListener = function (...args: unknown[]) {
    counted.listeners--;
    return Reflect.apply(removeEventListener, this, args);
  };
  return {
    get count() {
      return counted.count;
    },
    get listeners() {
      return counted.listeners;
    },
    reached(count) {
      const { promise, resolve } = Promise.withResolvers<void>();
      wanted = { count, resolve };
      return promise;
    },
    [Symbol.dispose]() {
      globalThis.setTimeout = setTimeout;
      Object.assign(AbortSignal.prototype, { addEventListener, removeEventListener });
    },
  };
}
