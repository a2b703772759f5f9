/** What is kept of which users are online, on all nodes together, and what a store does with it. */
import type { UserId } from "../base/fields.ts";
import type { LogEntry } from "../core/publication.ts";
import type { Device } from "./device.ts";

export interface OnlineUser {
  readonly site: string;
  readonly user: UserId;
}

/** A device as one node knows it. */
export interface DeviceHere extends Device {
  /** Whether all connections of the device have said that their user is away. */
  readonly away?: true;
}

/** What one node knows of a user who is connected to it. */
export interface Part {
  /** When the last of the user's connections there became `away`, Unix milliseconds; absent while one is not. */
  readonly away?: number;
  readonly devices: readonly DeviceHere[];
}

/** What all nodes together know of a user. */
export interface Parts {
  /** Whether the user has a connection anywhere, or had one so little ago that it may come back. */
  readonly isOnline: boolean;
  readonly parts: readonly Part[];
  /** When the user's last connection was gone, Unix milliseconds; absent where the store does not know. */
  readonly lastSeen?: number;
}

/** What is written in the same step as a change of who is online: the engine takes one of the two. */
export interface Note {
  /** Entries of streams, which Redis writes. */
  readonly entry?: LogEntry;
  /** Writes rows into SQLite, within the commit. */
  readonly write?: () => void;
}

export interface OnlineStore {
  /** Changes when all that was set is lost. */
  readonly era: string;
  /**
   * This node has connections of a user. Says whether the user was not online, anywhere; then the note is written in the
   * same step.
   */
  set(user: OnlineUser, part: Part, note: Note | undefined): Promise<boolean>;
  /**
   * This node has no connection of the user any more. What it knew counts on for the grace. Where no other node has one, the
   * user is offline after that.
   */
  remove(user: OnlineUser, graceMs: number): Promise<void>;
  /** Whose grace is over by now: those who are to be ended by {@linkcode OnlineStore.end}, and those who are not. */
  due(limit: number): Promise<Due>;
  /**
   * Says when the last connection of a user was gone who is offline since now, in Unix milliseconds, and 0 where that was
   * erased; `undefined` where the user is back, or another node has ended it. Then the note is written in the same step.
   */
  end(user: OnlineUser, note: Note | undefined): Promise<number | undefined>;
  /** Forgets what nodes knew of a user whom they have no more, and whose grace is over. The user is online elsewhere. */
  forget(user: OnlineUser): Promise<void>;
  /**
   * Forgets when a user was there last, also of one who is there until now, unless the user comes again. Says whether it was
   * known.
   */
  erase(user: OnlineUser): Promise<boolean>;
  /** This node is about to end. */
  stop?(): Promise<void>;
  /** What all nodes know of users of a site, in their order. */
  read(site: string, users: readonly UserId[]): Promise<readonly Parts[]>;
}

export interface Due {
  /** Who may be offline. */
  readonly users: readonly OnlineUser[];
  /** Who is online, but at one node less. */
  readonly fewer: readonly OnlineUser[];
}
