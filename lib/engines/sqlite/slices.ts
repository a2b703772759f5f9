/** Does long work on the file a slice at a time, so that nobody waits for all of it. */
import { pause } from "../../base/clock.ts";
import type { SqliteStore } from "./store.ts";

/** How long one slice works. It is a commit of its own, and all other changes of its turn wait for it. */
const SLICE_MS = 8;
/** How long the event loop is left to others after each slice. */
const REST_MS = 8;

/** Rows that a step removes at the most, which takes about a millisecond. */
export const STEP_ROWS = 50;

export interface Sliced<Found> {
  readonly signal?: AbortSignal;
  /** Does a little, adds what it found, and says whether there may be more. Runs in a commit, again if that fails. */
  step(found: Found[]): boolean;
  /** Is given what the steps of a slice have found, once that is committed. */
  committed?(found: readonly Found[]): void;
}

/** Takes steps until nothing is left, or the signal aborts. */
export async function inSlices<Found>(
  store: SqliteStore,
  { signal, step, committed }: Sliced<Found>,
): Promise<void> {
  for (;;) {
    const { found, isMore } = await store.commit(() => slice(step));
    committed?.(found);
    if (!isMore || signal?.aborted) return;
    await pause(REST_MS, signal);
  }
}

function slice<Found>(step: Sliced<Found>["step"]): { found: Found[]; isMore: boolean } {
  const found: Found[] = [];
  const endsAt = performance.now() + SLICE_MS;
  while (step(found)) if (performance.now() >= endsAt) return { found, isMore: true };
  return { found, isMore: false };
}
