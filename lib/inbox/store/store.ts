/** What is kept of notifications: inboxes, receipts that wait to be told, and what is scheduled. */
import type { UserId } from "../../base/fields.ts";
import type { Content, Position, Publication } from "../../core/publication.ts";

/** A notification of one user, as it is taken in. */
export interface Notification extends Content {
  readonly site: string;
  readonly user: UserId;
  readonly id: string;
  /** The caller made the id: the same one within a day is the same notification. */
  readonly isCallersId?: boolean;
  readonly room: string;
  /** Unix time in seconds; absent: the time at which it comes into the inbox. */
  readonly at?: number;
  /** Unix time in milliseconds after which nobody gets it any more. */
  readonly expiresAt?: number;
  /** From another way in, of which one node at a time has the turn: stored only while `holder` has it. */
  readonly claim?: Claim;
}

/** The ways in that all nodes share, and that one at a time reads. */
export type SharedWay = "bridge" | "stream";

export interface Claim {
  readonly way: SharedWay;
  readonly holder: string;
  /** How far the way was read, two numbers with a colon between; stored together with the notification. */
  readonly progress: string;
}

/** How far a notification came; each state implies the ones before it. */
export type NotificationState = "queued" | "sent" | "delivered" | "read";

/** How well it is known that a client has something: its socket took it, or it said so. */
export type Taken = "sent" | "delivered";

/** What a user does with notifications. */
export type InboxEvent = "read" | "archive" | "delete";

export interface InboxChange {
  /** Those to which it had not been done before. */
  readonly ids: readonly string[];
  /** How many are unread now. */
  readonly unread: number;
}

/** A notification as it is kept. Times are Unix times in milliseconds, absent while it did not happen. */
export interface StoredNotification {
  readonly id: string;
  readonly room: string;
  /** Its place in the user's inbox, rising by one. */
  readonly offset: number;
  readonly publication: Publication;
  readonly queuedAt: number;
  /** First handed to a client. */
  readonly sentAt?: number;
  /** A client acknowledged it. */
  readonly deliveredAt?: number;
  readonly readAt?: number;
  readonly archivedAt?: number;
}

/** How much of an inbox one sync gives. */
export interface SyncOptions {
  /** @default all */
  readonly limit?: number;
  /** After a position, too, only what is unread. @default false */
  readonly unreadOnly?: boolean;
}

/** An inbox from a position on. Its own position is that of the last notification given, where there is more. */
export interface InboxSync extends Position {
  readonly unread: number;
  /** The limit cut it off: the next sync, from this position, goes on. */
  readonly more?: true;
  /** Whether `notifications` are exactly those after the position that was asked for; else all unread ones. */
  readonly recovered: boolean;
  readonly reason?: "new" | "epoch" | "expired";
  /** Oldest first. */
  readonly notifications: readonly StoredNotification[];
}

export interface Queued extends Position {
  readonly notifications: readonly StoredNotification[];
}

export interface Inbox {
  /**
   * Stores, then fans out on the user's channel. Says whether it was new: a second one with the caller's same id
   * is not. Rejects where it could not be stored.
   */
  append(notification: Notification): Promise<boolean>;
  /** What no client in the room got yet, oldest first, and the inbox's last offset at that moment. */
  queued(site: string, user: UserId, room: string): Promise<Queued>;
  /** What came after a position; without one, all that is unread. */
  sync(site: string, user: UserId, since?: Position, options?: SyncOptions): Promise<InboxSync>;
  /** Newest first, below the offset `before`. */
  list(
    site: string,
    user: UserId,
    options: { before?: number; limit: number; archived?: boolean },
  ): Promise<StoredNotification[]>;
  get(site: string, user: UserId, id: string): Promise<StoredNotification | undefined>;
  /** Whose notification this is, a scheduled one too, for who knows the id alone. */
  owner(site: string, id: string): Promise<UserId | undefined>;
  /** Moves notifications that clients took on to a state. Resolves with the ids that were not in that state yet. */
  mark(site: string, user: UserId, state: Taken, ids: readonly string[]): Promise<string[]>;
  /**
   * The user did something with notifications: does it, counts what is left unread and tells all of the user's clients,
   * in one step, so that what clients hear of the count is right in the order they hear it.
   *
   * @param which ids, or all up to an offset; absent means all
   */
  change(
    site: string,
    user: UserId,
    event: InboxEvent,
    which?: readonly string[] | number,
  ): Promise<InboxChange>;
  unread(site: string, user: UserId): Promise<number>;
}

/** A notification was delivered or read, and its sender is to be told so. */
export interface ReceiptEvent {
  readonly site: string;
  readonly user: UserId;
  readonly id: string;
  readonly room: string;
  readonly state: "delivered" | "read";
  /** Unix time in milliseconds. */
  readonly at: number;
}

/** Events that are told together. */
export interface ReceiptBatch {
  /** The same one however often, and by whichever node, the batch is told. */
  readonly id: string;
  /** In the order of happening. */
  readonly events: readonly ReceiptEvent[];
}

/**
 * The events that were not told yet. `Inbox.mark` adds them in the same atomic step as the states, so that a crash
 * loses none.
 */
export interface ReceiptLog {
  /** Takes the right to tell, or keeps it for some seconds more; says whether it is this node's. */
  hold(): Promise<boolean>;
  /** Lets another node tell at once. */
  release(): Promise<void>;
  /** The oldest events, the same ones until they are removed; none where another node holds the right. */
  batch(limit: number): Promise<ReceiptBatch | undefined>;
  remove(batch: ReceiptBatch): Promise<void>;
  /** Drops the oldest past `size`; says how many. */
  trim(size: number): Promise<number>;
}

/** A notification that is to be delivered later. */
export interface ScheduledNotification extends Notification {
  /** Unix time in milliseconds. */
  readonly deliverAt: number;
}

/** What one call took out of a schedule. Times are Unix times in milliseconds. */
export interface Released {
  /** The store's clock, by which things are due. */
  readonly now: number;
  /** When those were due that were put into inboxes, in that order. */
  readonly delivered: readonly number[];
  /** How many had expired before anybody could deliver them. */
  readonly expired: number;
  /** More may be due. */
  readonly isMore: boolean;
}

/** Notifications that wait for their time; those of all sites. */
export interface Schedule {
  /**
   * Stores a notification for later. Says whether it was new: a second one with the caller's same id is not, as
   * in {@linkcode Inbox.append}. Rejects where it could not be stored.
   */
  add(notification: ScheduledNotification): Promise<boolean>;
  /** When it will be delivered, in Unix milliseconds; `undefined` where it is not scheduled, or not any more. */
  dueAt(site: string, user: UserId, id: string): Promise<number | undefined>;
  /** Says whether it was still scheduled; then it is never delivered. */
  cancel(site: string, user: UserId, id: string): Promise<boolean>;
  /**
   * Delivers what is due, at most `limit`, in the order of their times: each leaves the schedule and is appended to
   * its inbox in one step, then fanned out. Several nodes may call it at once.
   */
  release(limit: number): Promise<Released>;
}

/** To be disposed of before the storage is closed. */
export interface InboxStores extends Disposable {
  readonly inbox: Inbox;
  readonly schedule: Schedule;
  /** From now on a log is kept of what is delivered and read. Called once, before the engine runs. */
  keepReceipts(): ReceiptLog;
}
