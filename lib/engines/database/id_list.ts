/** Lists of ids in statements: dialects share no type for a list, so each id has a place of its own. */
import type { UserId } from "../../base/fields.ts";

/** The most ids of one statement. */
const MOST = 256;

/** A part of a statement such as `IN ($3, $4)`, with the values of its places. */
export interface IdList {
  readonly sql: string;
  readonly ids: readonly UserId[];
}

/**
 * The ids in lists of at most 256. A list is filled up to a power of two with its last id, so that there are few different
 * statements to prepare.
 *
 * @param first the number of the list's first place
 */
export function* idLists(ids: Iterable<UserId>, first: number): Generator<IdList> {
  const distinct = [...new Set(ids)];
  for (let at = 0; at < distinct.length; at += MOST) {
    const part = distinct.slice(at, at + MOST);
    const size = 2 ** Math.ceil(Math.log2(part.length));
    const filled = [...part, ...Array(size - part.length).fill(part.at(-1))];
    yield { sql: `IN (${filled.map((_, index) => `$${first + index}`).join(", ")})`, ids: filled };
  }
}
