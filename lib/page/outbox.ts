/**
 * Our own messages that the server has not confirmed yet, as a list that is never changed in place;
 * `session.ts` sends from it and `storage.ts` keeps it over a reload.
 */

export interface OutboxEntry {
  readonly id: string;
  readonly room: string;
  readonly message: string;
  /** When it was written, in Unix seconds. */
  readonly timestamp: number;
  /** How often it was handed to a socket. */
  readonly tries: number;
  /** Why the server refused it; only then does it wait for the user. */
  readonly failure?: string;
}

export type Outbox = readonly OutboxEntry[];

/** When full, the composer says so and keeps the text: nothing that was written is dropped. */
export const OUTBOX_LIMIT = 200;

/** A message that ends the connection each time must not be sent for ever. */
export const MAX_TRIES = 5;

export function isFull(outbox: Outbox): boolean {
  return outbox.length >= OUTBOX_LIMIT;
}

export function enqueue(outbox: Outbox, entry: OutboxEntry): Outbox {
  if (isFull(outbox) || outbox.some(({ id }) => id === entry.id)) return outbox;
  return [...outbox, entry];
}

/** Takes a message out: its echo came back, or its writer gave it up. */
export function remove(outbox: Outbox, id: string): Outbox {
  return outbox.filter((entry) => entry.id !== id);
}

export function fail(outbox: Outbox, id: string, failure: string): Outbox {
  return outbox.map((entry) => entry.id === id ? { ...entry, failure } : entry);
}

/** Puts a failed message back in line, at its end: what was written later has been sent by now. */
export function retry(outbox: Outbox, id: string, timestamp: number): Outbox {
  const entry = outbox.find((entry) => entry.id === id);
  if (entry === undefined) return outbox;
  const { failure: _, ...rest } = entry;
  return [...remove(outbox, id), { ...rest, tries: 0, timestamp }];
}

/** Counts one more try. */
export function countTry(outbox: Outbox, id: string): Outbox {
  return outbox.map((entry) => entry.id === id ? { ...entry, tries: entry.tries + 1 } : entry);
}

/** Fails what was tried too often. Called when a connection ended: no answer can come any more. */
export function giveUpOnOverdue(outbox: Outbox): Outbox {
  return outbox.map((entry) =>
    entry.failure === undefined && entry.tries >= MAX_TRIES
      ? { ...entry, failure: `Not confirmed by the server after ${MAX_TRIES} tries` }
      : entry
  );
}

/** What is to be sent, in the order in which it was written. */
export function unconfirmed(outbox: Outbox): Outbox {
  return outbox.filter((entry) => entry.failure === undefined);
}

/** Forgets the failed messages of a room whose tab is closed: nobody can see them any more. */
export function withoutFailedOf(outbox: Outbox, room: string): Outbox {
  return outbox.filter((entry) => entry.room !== room || entry.failure === undefined);
}
