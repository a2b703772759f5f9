/** Places in what all bridges hear: they have the same names on all nodes. See `heard_payloads.ts`. */

export interface Place {
  /** The mark before the payload; 0 while its place has no name. */
  mark: number;
  /** How many payloads came after that mark, with this one. */
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
