/** What is kept of notes, and what a store does with it. */
import type { UserId } from "../../../lib/base/fields.ts";

export interface Note {
  readonly site: string;
  readonly user: UserId;
  readonly id: string;
  readonly message: string;
}

export interface NoteStore {
  /** Says whether there was room for it; looking and keeping are one step. */
  add(note: Note): Promise<boolean>;
  /** Oldest first. */
  list(site: string, user: UserId): Promise<{ id: string; message: string }[]>;
}
