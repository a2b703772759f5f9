/**
 * Our own messages that are not seen in their room yet, as a list that is never changed in place; `session/sender.ts`
 * sends from it and `storage/storage.ts` keeps it over a reload.
 */

export interface OutboxEntry {
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

export type Outbox = readonly OutboxEntry[];

/** When the outbox is full, the composer says so and keeps the text: nothing that was written is dropped. */
export const OUTBOX_LIMIT = 200;

export function isFull(outbox: Outbox): boolean {
  return outbox.length >= OUTBOX_LIMIT;
}

export function enqueue(outbox: Outbox, entry: OutboxEntry): Outbox {
  if (isFull(outbox) || outbox.some(({ id }) => id === entry.id)) return outbox;
  return [...outbox, entry];
}

/** Takes a message out: it is seen in its room, or its writer gave it up. */
export function remove(outbox: Outbox, id: string): Outbox {
  return outbox.some((entry) => entry.id === id)
    ? outbox.filter((entry) => entry.id !== id)
    : outbox;
}

export function take(outbox: Outbox, id: string): Outbox {
  return outbox.map((entry) => entry.id === id ? { ...entry, isTaken: true } : entry);
}

export function fail(outbox: Outbox, id: string, failure: string): Outbox {
  return outbox.map((entry) => entry.id === id ? { ...entry, failure } : entry);
}

/** Puts a failed message back in line, at its end: what was written later has been sent by now. */
export function retry(outbox: Outbox, id: string, timestamp: number): Outbox {
  const entry = outbox.find((entry) => entry.id === id);
  if (entry === undefined) return outbox;
  const { failure: _, ...rest } = entry;
  return [...remove(outbox, id), { ...rest, timestamp }];
}

/** Returns what is to be sent, in the order in which it was written. */
export function unsent(outbox: Outbox): Outbox {
  return outbox.filter(({ failure, isTaken }) => failure === undefined && isTaken !== true);
}

/** Forgets what the server took, of a room that caught up: it shows that, or no longer goes so far back. */
export function withoutTakenOf(outbox: Outbox, room: string): Outbox {
  return outbox.filter((entry) => entry.room !== room || entry.isTaken !== true);
}

/** Forgets all but the unsent messages of a room whose tab is closed: nobody can see them any more. */
export function withoutUnseenOf(outbox: Outbox, room: string): Outbox {
  return withoutTakenOf(outbox, room).filter((entry) =>
    entry.room !== room || entry.failure === undefined
  );
}
