/** Has `performance.now()` say what a test wants. */

/** The clock stands still but for `pass`. The real one is back when this is disposed of. */
export function stubClock(): Disposable & { pass(ms: number): void } {
  const original = performance.now;
  // Whole milliseconds, since sums of others are rounded: a minute in four steps would now and then be less than a minute.
  let now = Math.ceil(original.call(performance));
  performance.now = () => now;
  return {
    pass: (ms) => void (now += ms),
    [Symbol.dispose]: () => void (performance.now = original),
  };
}
