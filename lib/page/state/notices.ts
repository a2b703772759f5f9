/** What the user has just done, in one line for a few seconds, with a way to undo it. */

export interface Notice {
  readonly id: number;
  readonly text: string;
  readonly undo?: () => void;
}

/** At most so many are on the screen; the oldest one goes. */
const NOTICE_LIMIT = 3;

let lastId = 0;

export function newNotice(text: string, undo?: () => void): Notice {
  return { ...{ id: ++lastId, text }, ...(undo === undefined ? {} : { undo }) };
}

export function addNotice(notices: readonly Notice[], notice: Notice): readonly Notice[] {
  return [...notices, notice].slice(-NOTICE_LIMIT);
}
