/**
 * Our own messages that are not seen in their room yet, as a list that is never changed in place; `session/sender.ts`
 * sends from it and `storage/storage.ts` keeps it over a reload.
 */

export interface WrittenMessage {
  readonly id: string;
  readonly room: string;
  readonly message: string;
  /** When it was written, in Unix seconds. */
  readonly timestamp: number;
  /** Why it was not taken; only then does it wait for the user. */
  readonly failure?: string;
  /** The server took it; it is shown from here until the room has caught up so far. */
  readonly isTaken?: true;
}

export type Written = readonly WrittenMessage[];

/** When so many wait, the composer says so and keeps the text: nothing that was written is dropped. */
export const WRITTEN_LIMIT = 200;

export function isFull(written: Written): boolean {
  return written.length >= WRITTEN_LIMIT;
}

export function enqueue(written: Written, entry: WrittenMessage): Written {
  if (isFull(written) || written.some(({ id }) => id === entry.id)) return written;
  return [...written, entry];
}

/** Takes a message out: it is seen in its room, or its writer gave it up. */
export function remove(written: Written, id: string): Written {
  return written.some((entry) => entry.id === id)
    ? written.filter((entry) => entry.id !== id)
    : written;
}

export function take(written: Written, id: string): Written {
  return written.map((entry) => entry.id === id ? { ...entry, isTaken: true } : entry);
}

export function fail(written: Written, id: string, failure: string): Written {
  return written.map((entry) => entry.id === id ? { ...entry, failure } : entry);
}

/** Puts a failed message back in line, at its end: what was written later has been sent by now. */
export function retry(written: Written, id: string, timestamp: number): Written {
  const entry = written.find((entry) => entry.id === id);
  if (entry === undefined) return written;
  const { failure: _, ...rest } = entry;
  return [...remove(written, id), { ...rest, timestamp }];
}

/** Returns what is to be sent, in the order in which it was written. */
export function unsent(written: Written): Written {
  return written.filter(({ failure, isTaken }) => failure === undefined && isTaken !== true);
}

/** Forgets what the server took, of a room that caught up: it shows that, or no longer goes so far back. */
export function withoutTakenOf(written: Written, room: string): Written {
  return written.filter((entry) => entry.room !== room || entry.isTaken !== true);
}

/** Forgets all but the unsent messages of a room whose tab is closed: nobody can see them any more. */
export function withoutUnseenOf(written: Written, room: string): Written {
  return withoutTakenOf(written, room).filter((entry) =>
    entry.room !== room || entry.failure === undefined
  );
}
