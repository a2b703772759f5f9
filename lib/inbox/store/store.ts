/** What is kept of notifications, and what stores do with it: inboxes, receipts that wait to be told, and the schedule. */
import type { UserId } from "../../base/fields.ts";
import type { Claim } from "../../core/claim.ts";
import type { Task } from "../../core/task.ts";
import type { Content, Position, Publication } from "../../core/publication.ts";

/** What is kept of a notification, and can be changed. */
export interface Kept extends Content {
  readonly room: string;
  /** Unix time in seconds; absent: the time at which it comes into the inbox. */
  readonly at?: number;
  /** Unix time in milliseconds after which nobody gets it any more. */
  readonly expiresAt?: number;
}

/** A notification for one user, as it is taken in. */
export interface Notification extends Kept {
  readonly site: string;
  readonly user: UserId;
  readonly id: string;
  /** Whether the caller made the id: the same id within a day is the same notification. */
  readonly isCallersId?: boolean;
  /** Where the notification came by a shared way: it is stored only while the holder has the turn. */
  readonly claim?: Claim;
}

/** How far a notification came. Each state implies those before it. */
export type NotificationState = "queued" | "sent" | "delivered" | "read";

/** How a client is known to have a notification: its socket took it, or the client said so. */
export type Taken = "sent" | "delivered";

/** Notifications that a client of a user has. */
export interface Mark {
  readonly site: string;
  readonly user: UserId;
  readonly state: Taken;
  readonly ids: readonly string[];
}

/** What a user does with notifications. */
export type InboxEvent = "read" | "archive" | "unarchive" | "delete";

export interface InboxChange {
  /** The ids of those that were changed. */
  readonly ids: readonly string[];
  /** How many are unread now. */
  readonly unread: number;
}

/** A notification as it is kept. Times are Unix times in milliseconds, absent for what did not happen yet. */
export interface StoredNotification {
  readonly id: string;
  readonly room: string;
  /** The notification's place in the user's inbox, rising by one. */
  readonly offset: number;
  readonly publication: Publication;
  readonly queuedAt: number;
  /** When the notification was first handed to a client. */
  readonly sentAt?: number;
  /** When a client acknowledged the notification. */
  readonly deliveredAt?: number;
  readonly readAt?: number;
  readonly archivedAt?: number;
  /** What it stands for, in a folded list. */
  readonly group?: GroupCounts;
}

/** How many notifications of a group there are, with the one that stands for them. */
export interface GroupCounts {
  readonly count: number;
  readonly unread: number;
}

/** All notifications of a group. */
export interface OfGroup {
  readonly group: string;
}

/** Notifications by their ids, all up to an offset, or a group. */
export type Which = readonly string[] | number | OfGroup;

/** How much of an inbox is read at once: one notification in any case. */
export interface ReadOptions {
  /** Most notifications. @default all */
  readonly limit?: number;
  /** About how many characters of them: no store reads far more than it is asked for. @default all */
  readonly characters?: number;
}

/** How much of an inbox one sync gives. */
export interface SyncOptions extends ReadOptions {
  /** Whether only what is unread is given also after a position. @default false */
  readonly unreadOnly?: boolean;
}

/** An inbox from a position on. Where there is more, its own position is that of the last notification in it. */
export interface InboxSync extends Position {
  readonly unread: number;
  /** Whether the limit cut it off: the next sync, from this position, goes on. */
  readonly more?: true;
  /** Whether `notifications` are exactly those after the position that was asked for; else they are all unread ones. */
  readonly recovered: boolean;
  /** Why nothing could be recovered; absent where it was. */
  readonly reason?: "new" | "epoch" | "expired";
  /** The notifications, oldest first. */
  readonly notifications: readonly StoredNotification[];
}

/** Whether archived notifications are listed, too, or alone. */
export type WithArchived = boolean | "only";

/** Which part of an inbox is listed, newest first. */
export interface PageOptions extends ReadOptions {
  /** Notifications below this offset. @default all */
  readonly before?: number;
  readonly limit: number;
  /** Archived ones, too, or these alone. @default false */
  readonly archived?: WithArchived | undefined;
  /** Those of this group alone. @default all */
  readonly group?: string | undefined;
  /** Of each group the newest, with how many there are. @default false */
  readonly folded?: boolean | undefined;
}

/** Some notifications of an inbox. */
export interface InboxPage {
  readonly notifications: readonly StoredNotification[];
  /** Whether there are more behind them. */
  readonly more?: true;
}

/** What waits for a user in a room; the position is the inbox's last one at that moment. */
export interface Queued extends Position {
  /** The first notifications, oldest first. */
  readonly notifications: readonly StoredNotification[];
  /** The ids of the others, for {@linkcode Inbox.read}. */
  readonly rest: readonly string[];
}

export interface Inbox {
  /**
   * Stores a notification, then fans it out on the user's channel. Says whether it was new: a second one with the same
   * caller's id is not. Rejects where it could not be stored.
   */
  append(notification: Notification): Promise<boolean>;
  /** The notifications for a room that no client got yet. */
  queued(
    site: string,
    user: UserId,
    room: string,
    options?: Pick<ReadOptions, "characters">,
  ): Promise<Queued>;
  /** Those of these notifications that are still there, in this order. */
  read(
    site: string,
    user: UserId,
    ids: readonly string[],
    options?: Pick<ReadOptions, "characters">,
  ): Promise<InboxPage>;
  /** The notifications after a position; without one, all that are unread. */
  sync(site: string, user: UserId, since?: Position, options?: SyncOptions): Promise<InboxSync>;
  /** The notifications below the offset `before`, newest first. */
  list(site: string, user: UserId, options: PageOptions): Promise<readonly StoredNotification[]>;
  /** As {@linkcode Inbox.list}, with whether there are more. */
  page(site: string, user: UserId, options: PageOptions): Promise<InboxPage>;
  get(site: string, user: UserId, id: string): Promise<StoredNotification | undefined>;
  /** The user that a notification is for, a scheduled one too, for callers who know the id alone. */
  owner(site: string, id: string): Promise<UserId | undefined>;
  /** Moves notifications that clients took on to a state. Resolves with the ids that were not in that state yet. */
  mark(site: string, user: UserId, state: Taken, ids: readonly string[]): Promise<string[]>;
  /**
   * Does what the user did with notifications, counts what is left unread, and tells all of the user's clients, in one step:
   * so the counts that clients hear are right in the order in which they hear them.
   *
   * @param which absent means all
   */
  change(
    site: string,
    user: UserId,
    event: InboxEvent,
    which?: Which,
  ): Promise<InboxChange>;
  unread(site: string, user: UserId): Promise<number>;
  /**
   * Changes a notification in one step, then fans it out as it is now. It comes to the end of the inbox, with a new offset, so
   * that a client which asks for what came after a position gets it, and keeps its id, its times and its states. Resolves with
   * what is kept now; `undefined` where there is no such notification.
   *
   * @param change makes the new one of the old one. It may be called several times, and what it throws is what this rejects with
   */
  edit(
    site: string,
    user: UserId,
    id: string,
    change: Change<StoredNotification>,
    options?: EditOptions,
  ): Promise<Kept | undefined>;
}

export interface EditOptions {
  /** Whether it stays at its place, with its offset, and nobody is told. @default false */
  readonly isQuiet?: boolean;
}

/** Makes what is kept of a notification anew. @param found where the notification is */
export type Change<Found> = (kept: Kept, found: Found) => Kept;

/** Says that a notification was delivered or read, of which its sender is to be told. */
export interface ReceiptEvent {
  readonly site: string;
  readonly user: UserId;
  readonly id: string;
  readonly room: string;
  readonly state: "delivered" | "read";
  /** Unix time in milliseconds. */
  readonly at: number;
}

/** Receipts that are told together. */
export interface ReceiptBatch {
  /** The id stays the same however often, and by whichever node, the batch is told. */
  readonly id: string;
  /** The receipts in the order of happening. */
  readonly events: readonly ReceiptEvent[];
}

/**
 * The receipts that were not told yet. `Inbox.mark` and `Inbox.change` add them in the step that changes the states, so
 * that a crash loses none.
 */
export interface ReceiptLog {
  /** Takes the right to tell, or keeps it for some seconds more. Says whether this node has it. */
  hold(): Promise<boolean>;
  /** Lets another node tell at once. */
  release(): Promise<void>;
  /** The oldest receipts: the same ones until they are removed, and none where another node has the right. */
  batch(limit: number): Promise<ReceiptBatch | undefined>;
  remove(batch: ReceiptBatch): Promise<void>;
  /** Drops the oldest receipts past `size`, and says how many. */
  trim(size: number): Promise<number>;
}

/** What is kept of a notification that is to be delivered later. */
export interface KeptForLater extends Kept {
  /** Unix time in milliseconds. */
  readonly deliverAt: number;
}

/** A notification that is to be delivered later. */
export interface ScheduledNotification extends Notification, KeptForLater {}

/** A notification that the store did not take, and why. */
export interface Refused {
  readonly site: string;
  readonly user: UserId;
  readonly id: string;
  readonly reason: string;
}

/** A notification that was refused when it was due, and is kept aside. */
export interface KeptAside extends Refused {
  /** What names it among all that are kept aside. */
  readonly place: string;
  /** When it was refused, a Unix time in milliseconds. */
  readonly at: number;
  /** What it says; `undefined` where that cannot be read, which may be why it was refused. */
  readonly kept: KeptForLater | undefined;
}

/** The scheduled notifications of all sites that their inboxes did not take when they were due. */
export interface RefusedStore {
  /** The last ones, the newest first. @param before the place of the last one of the page before */
  list(limit: number, before?: string): Promise<KeptAside[]>;
  find(place: string): Promise<KeptAside | undefined>;
  remove(place: string): Promise<void>;
}

/** What one call took out of the schedule. Times are Unix times in milliseconds. */
export interface Released {
  /** The store's clock, which says what is due. */
  readonly now: number;
  /** When the notifications were due that were put into inboxes, in that order. */
  readonly delivered: readonly number[];
  /** How many notifications had expired before anybody could deliver them. */
  readonly expired: number;
  /** The notifications that their inboxes did not take, and that are kept aside. */
  readonly refused: readonly Refused[];
  /** Whether more may be due. */
  readonly isMore: boolean;
}

/** What is due, and is still scheduled. */
export interface Due {
  /** The store's clock, a Unix time in milliseconds. */
  readonly now: number;
  /** In the order of their times, without those that cannot be read. */
  readonly notifications: readonly ScheduledNotification[];
  /** What names all of them in the schedule. */
  readonly names: ReadonlySet<string>;
}

/** The notifications of all sites that wait for their time. */
export interface Schedule {
  /** How many notifications wait for their time, of all users. One that has to look at each counts no further than a bound. */
  count(): Promise<number>;
  /**
   * Stores a notification for later. Says whether it was new: a second one with the same caller's id is not. Rejects where
   * it could not be stored.
   */
  add(notification: ScheduledNotification): Promise<boolean>;
  /** The Unix time in milliseconds at which a notification is due; `undefined` where it is not scheduled any more. */
  dueAt(site: string, user: UserId, id: string): Promise<number | undefined>;
  /** What a notification says; `undefined` where it is not scheduled any more. */
  content(site: string, user: UserId, id: string): Promise<Content | undefined>;
  /**
   * Changes a notification that is still scheduled, in one step. Resolves with what is kept now; `undefined` where it is not
   * scheduled any more. Where one that is snoozed comes back at another time now, the user's clients hear of that.
   *
   * @param change as {@linkcode Inbox.edit} has it
   */
  edit(
    site: string,
    user: UserId,
    id: string,
    change: (kept: KeptForLater) => KeptForLater,
  ): Promise<KeptForLater | undefined>;
  /** What is kept of a notification; `undefined` where it is not scheduled any more. */
  find(site: string, user: UserId, id: string): Promise<KeptForLater | undefined>;
  /**
   * Takes a notification out. Says whether it was still scheduled; then it is never delivered. Of one that its user has snoozed,
   * the user's clients hear as of one that is deleted.
   */
  cancel(site: string, user: UserId, id: string): Promise<boolean>;
  /** What is due, at most `limit` of it, which stays where it is. */
  due(limit: number): Promise<Due>;
  /**
   * Delivers what is due, at most `limit`, in the order of their times. Each notification leaves the schedule and comes into
   * its inbox in one step, then it is fanned out. Several nodes may call this at once.
   *
   * @param only names of what is delivered, by `due`: all else waits for another call
   */
  release(limit: number, only?: ReadonlySet<string>): Promise<Released>;
}

/**
 * What users have put off: such a notification leaves the inbox, waits in the schedule, and comes back when its time comes, as
 * if it had just been sent. `snoozed_at` among its details says that it was snoozed.
 */
export interface Snoozes {
  /**
   * Moves a notification from the inbox into the schedule, and tells all of the user's clients, in one step; `undefined` where it
   * is not in the inbox. Rejects with `too_many_scheduled` where as much waits for the user as may.
   *
   * @param until Unix time in milliseconds
   * @param change as {@linkcode Inbox.edit} has it; it notes among the details that it was snoozed
   */
  snooze(
    site: string,
    user: UserId,
    id: string,
    until: number,
    change: Change<StoredNotification>,
  ): Promise<InboxChange | undefined>;
  /** What a user has snoozed, in the order in which it comes back. */
  list(site: string, user: UserId, options: ListOptions): Promise<SnoozedPage>;
  /** Brings a notification back now. Says whether it was snoozed. */
  wake(site: string, user: UserId, id: string): Promise<boolean>;
}

/** How much is listed. */
export interface ListOptions {
  readonly limit: number;
  /** Those behind this one. @default all */
  readonly after?: SnoozedPlace | undefined;
}

/** Where a snoozed notification stands in the list: by when it comes back, then by its id. */
export interface SnoozedPlace {
  /** Unix time in milliseconds. */
  readonly at: number;
  readonly name: string;
}

/** A notification that its user has snoozed. */
export interface Snoozed extends KeptForLater {
  readonly id: string;
}

/** What a user has snoozed. */
export interface SnoozedPage {
  readonly notifications: readonly Snoozed[];
  /** Where the next page begins, if there are more. */
  readonly next?: SnoozedPlace;
}

/** A notification of one user that waits for its time. */
export interface ScheduledOfUser {
  readonly id: string;
  readonly room: string;
  /** Unix time in milliseconds. */
  readonly deliverAt: number;
  readonly content: Content;
}

/** A notification that waits for its time, of any user. */
export interface Upcoming extends ScheduledOfUser {
  readonly user: UserId;
}

export interface UpcomingPage {
  readonly notifications: readonly Upcoming[];
  /** Where the next page begins, if there may be more. */
  readonly next?: SnoozedPlace;
}

/** How many notifications a user has. */
export interface InboxCounts {
  /** In the inbox, archived ones too. */
  readonly total: number;
  readonly unread: number;
  readonly archived: number;
}

/** What is kept of one user beside the inbox, for an export, an erasure, and for operators. */
export interface UserStore {
  /** The user's notifications that wait for their time, in its order. It may take long. */
  scheduled(site: string, user: UserId): Promise<readonly ScheduledOfUser[]>;
  counts(site: string, user: UserId): Promise<InboxCounts>;
  /**
   * What waits for its time on a site, of all users, in its order. Where many of other sites come between, a page may have fewer
   * than were asked for.
   */
  upcoming(site: string, options: ListOptions): Promise<UpcomingPage>;
  /** Drops an inbox with all that is in it, its position, and what was refused of the user. Says how many were refused. */
  forget(site: string, user: UserId): Promise<number>;
}

/** The stores of notifications. */
export interface InboxStores {
  readonly inbox: Inbox;
  readonly schedule: Schedule;
  readonly snoozes: Snoozes;
  readonly users: UserStore;
  readonly refused: RefusedStore;
  /** Begins to keep a log of what is delivered and read. Callers do this once, before the engine runs. */
  keepReceipts(): ReceiptLog;
  /** What the stores have to do while the server runs. */
  readonly tasks: readonly Task[];
}
