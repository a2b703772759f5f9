/** Places in what all bridges hear: they have the same names on all nodes. See `heard_payloads.ts`. */
import type { SharedWay } from "../core/claim.ts";

/**
 * The ways that are heard together, which are one channel each. Places are counted in each way by itself, so that nodes of
 * older versions, which hear only the first, have the same names for its places.
 */
export const HEARD_WAYS = ["bridge", "publications"] as const satisfies readonly SharedWay[];
export type HeardWay = typeof HEARD_WAYS[number];

/** How far the ways were routed, each by the name of a place, `mark:index`; `""` is before all. */
export type Progress = Readonly<Record<HeardWay, string>>;

export interface Place {
  /** The mark before the payload; 0 while its place has no name. */
  mark: number;
  /** How many payloads of its way came after that mark, with this one. */
  index: number;
}

/** Reads `mark:index`; an empty text is before all places. */
export function placeOf(progress: string): Place {
  const [mark = 0, index = 0] = progress.split(":").map(Number);
  return { mark, index };
}

/** Whether a place that has a name is this one or before it. */
export function isUpTo({ mark, index }: Place, upTo: Place): boolean {
  return mark !== 0 && (mark < upTo.mark || mark === upTo.mark && index <= upTo.index);
}

/** Something of each way. */
export function ofEachWay<T>(make: (way: HeardWay) => T): Record<HeardWay, T> {
  return { bridge: make("bridge"), publications: make("publications") };
}
