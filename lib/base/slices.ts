/**
 * Works through very many things without holding anything else up: a slice of a few milliseconds at a time, and never more
 * than so many under way at once. `core/turns.ts` shares the event loop between the connections in the same way.
 */
import { pause } from "./clock.ts";

/** How long work goes on before everything else has its turn. */
const SLICE_MS = 8;
/** How long everything else has then. It is a timer, since the runtime asks the system for new data before one. */
const REST_MS = 1;

/**
 * The slices of one piece of work. All that do the work together share the object, and ask before each thing, since many
 * may have waited for the same rest: `while (slices.isOver()) await slices.rest();`
 */
export class Slices {
  #startedAt = performance.now();
  #rest: Promise<void> | undefined;

  isOver(): boolean {
    return this.#rest !== undefined || performance.now() - this.#startedAt >= SLICE_MS;
  }

  /** Resolves when the next slice begins. @param ms how long everything else has until then */
  rest(ms: number = REST_MS): Promise<void> {
    return this.#rest ??= pause(ms).then(() => {
      this.#rest = undefined;
      this.#startedAt = performance.now();
    });
  }
}

interface SlicedOptions {
  /** How many things may be under way at once. @default 1 */
  readonly atOnce?: number;
  /** When it aborts, no other thing is begun. */
  readonly signal?: AbortSignal;
}

/**
 * Works on each of the items in their order. Resolves when all are done, and rejects with the first failure or the signal's
 * reason. In each case nothing is under way any more then. The first slice begins at once, and has one item at the least: a
 * machine may stand still for longer than a slice.
 */
export async function inSlices<T>(
  items: Iterable<T>,
  work: (item: T) => Promise<unknown> | void,
  { atOnce = 1, signal }: SlicedOptions = {},
): Promise<void> {
  const iterator = items[Symbol.iterator]();
  const slices = new Slices();
  const failures: unknown[] = [];
  let hasBegun = false;
  const next = () => {
    if (failures.length > 0 || signal?.aborted) return undefined;
    const item = iterator.next();
    return item.done ? undefined : item;
  };
  const worker = async () => {
    try {
      for (;;) {
        while (hasBegun && slices.isOver()) await slices.rest();
        hasBegun = true;
        const item = next();
        if (item === undefined) return;
        const working = work(item.value);
        if (working !== undefined) await working;
      }
    } catch (error) {
      failures.push(error);
    }
  };
  const most = Array.isArray(items) ? Math.min(atOnce, items.length) : atOnce;
  await Promise.all(Array.from({ length: most }, worker));
  if (failures.length > 0) throw failures[0];
  signal?.throwIfAborted();
}
