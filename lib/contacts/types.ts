/** What contacts are, and what is asked and told of them. */
import type { UserId } from "../base/fields.ts";

/** Somebody whom a user has as a contact, or has blocked. */
export interface Contact {
  readonly user: UserId;
  /** What the owner calls the contact, else what the contact calls itself; absent where nobody knows that. */
  readonly name?: string;
  /** Whether it is a contact; else it is somebody who is blocked alone. */
  readonly isContact: boolean;
  readonly isBlocked: boolean;
}

/** What a user changes of one contact. What is absent stays. */
export interface ContactChange {
  readonly user: UserId;
  /** Makes it a contact, or ends that. */
  readonly isContact?: boolean;
  /** `null` for what the contact calls itself. */
  readonly name?: string | null;
  readonly isBlocked?: boolean;
}

/** The result of a change. */
export interface ChangedContact {
  readonly contact: Contact;
  /** Whether it is neither a contact nor blocked any more. */
  readonly isRemoved: boolean;
  /** Whether it was neither before. */
  readonly isNew: boolean;
}

export interface ContactQuery {
  /** How many at the most. */
  readonly limit: number;
  /** How many characters their JSON may have, in all. */
  readonly characters: number;
  /** The last contact of the page before. */
  readonly after?: UserId;
  /** Only who is blocked, or only who is not; absent: all. */
  readonly isBlocked?: boolean;
  /** Only these, as far as they are contacts or blocked. */
  readonly users?: readonly UserId[];
}

export interface ContactPage {
  /** In one order, by their ids. */
  readonly contacts: readonly Contact[];
  /** The `after` of the next page; absent on the last one. */
  readonly next?: UserId;
}

/** What a user shows of itself to others. */
export interface Privacy {
  /** Whether others are told that the user has read their messages. Who tells nobody is told of nobody. */
  readonly readReceipts: boolean;
  readonly showOnline: boolean;
  readonly showLastSeen: boolean;
}

/** What everybody shows who has not said otherwise. */
export const OPEN_PRIVACY: Privacy = { readReceipts: true, showOnline: true, showLastSeen: true };

/** Who changes something. */
export interface Changer {
  readonly site: string;
  readonly user: UserId;
  /** The connection that asks, which is not told of its own change. */
  readonly client?: string;
}

/** Whether a contact is online, as far as it shows that to its owner. */
export interface ContactStatus {
  readonly status: string;
  /** Unix time in seconds. */
  readonly lastSeen?: number;
}
