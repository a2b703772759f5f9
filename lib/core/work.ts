/**
 * What a command costs the server beside its frame: what it reads or changes is counted in frames, so that one limit holds
 * for all that a client asks. `docs/limits.md` tells this to operators.
 */

/** What was read or changed for a client. */
export interface Expense {
  /** Messages, notifications or users. */
  readonly entries: number;
  /** UTF-16 units of the frames that show them. */
  readonly characters?: number;
}

/** How much of either costs as much as a frame. */
const ENTRIES_A_FRAME = 100;
const CHARACTERS_A_FRAME = 20_000;

/** What costs as much as a frame. */
export const ONE_FRAME: Expense = { entries: ENTRIES_A_FRAME };

/** Most characters of one answer that is made of many entries, if the client may have enough of them waiting. */
export const MAX_ANSWER = 250_000;

/** The part of the bytes that may wait for a client which one answer may have: a character takes three of them at most. */
const ANSWER_SHARE = 4;

/** How many frames the work costs. */
export function framesOf({ entries, characters = 0 }: Expense): number {
  return Math.ceil(Math.max(entries / ENTRIES_A_FRAME, characters / CHARACTERS_A_FRAME));
}

/**
 * Most characters of one answer that is made of many entries: well below what may wait for a client, so that nobody is
 * closed for an answer that was asked for.
 */
export function answerCharacters({ queue }: { readonly queue: number }): number {
  return Math.min(MAX_ANSWER, Math.floor(queue / ANSWER_SHARE));
}
