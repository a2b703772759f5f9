/**
 * The engine: where publications, presence and notifications are kept and fanned out. Two of them stand behind
 * these interfaces, `engines/embedded.ts` and `engines/redis.ts`, held to one suite.
 */
import type { UserId } from "./fields.ts";

/** The tenant that all belong to who name none; nothing ever crosses a site. */
export const DEFAULT_SITE = "default";

/** Where publications go: a room, or a user's own channel, which all of the user's clients hear. */
export interface Channel {
  readonly site: string;
  readonly kind: "room" | "user";
  readonly name: string;
}

/** One text for a channel. Names hold no line break, so those of two channels never meet. */
export function keyOf({ site, kind, name }: Channel): string {
  return `${site}\n${kind}\n${name}`;
}

/**
 * One message in a channel. `text` is the finished frame, so that no node encodes it again; the rest is what a
 * hub needs to route it.
 */
export interface Publication {
  readonly kind: "message" | "notification" | "inbox" | "join" | "leave";
  readonly id: string;
  /** A client made the id: the same one within ten minutes is the same publication. */
  readonly isClientsId?: boolean;
  /** The room it is said in; for a notification, the room whose clients get it. */
  readonly room: string;
  readonly text: string;
}

/** A place in a channel's history: `offset` rises by one, `epoch` changes when history was lost. */
export interface Position {
  readonly offset: number;
  readonly epoch: string;
}

/** Where a publication is in the history, and whether it was there before, under the same client's id. */
export interface Published extends Position {
  readonly isDuplicate: boolean;
}

/** Seconds that an id which a client made is known. */
export const CLIENTS_ID_SECONDS = 600;

/** Seconds that a channel's offset and epoch are kept at the least: they outlive its messages. */
export const POSITION_SECONDS = 3600;

export interface HistoryOptions {
  /** Publications kept; 0 keeps none. */
  readonly size: number;
  /** Seconds after the last publication until the channel's messages are dropped. */
  readonly seconds: number;
}

export interface History extends Position {
  /** Oldest first, each with its own offset. */
  readonly publications: readonly (Publication & { readonly offset: number })[];
}

export interface Broker {
  /** From its resolution on, this node hears what is published in the channel. */
  subscribe(channel: Channel): Promise<void>;
  unsubscribe(channel: Channel): Promise<void>;
  /**
   * Appends to the history, then fans out to every node, this one too, in one order for all. With a history the
   * frame is given its `offset`.
   */
  publish(
    channel: Channel,
    publication: Publication,
    history?: HistoryOptions,
  ): Promise<Published | undefined>;
  /** What is kept after `since`, or all of it; `limit` counts from the oldest. */
  history(channel: Channel, options: { since?: number; limit: number }): Promise<History>;
}

/** One client in one room, as other systems see it in `notifyli:connections:{room}` (seed 000). */
export interface Connection {
  readonly client_id: string;
  readonly room: string;
  readonly name: string;
  readonly user_id: number | string;
  /** Unix time in seconds. */
  readonly connected_at: number;
}

/** A user in a room: the newest of the user's clients there, and all of them where they are several. */
export interface UserConnection extends Connection {
  readonly clients?: readonly Connection[];
}

export interface PresenceManager {
  /** Says whether this is the user's first client in the room. */
  add(site: string, user: UserId, connection: Connection): Promise<boolean>;
  /** Says whether this was the user's last client in the room. */
  remove(site: string, user: UserId, connection: Connection): Promise<boolean>;
  /** One entry a user. */
  list(site: string, room: string): Promise<UserConnection[]>;
  get(site: string, room: string, user: UserId): Promise<UserConnection | undefined>;
  stats(site: string, room: string): Promise<{ users: number }>;
}

/** A notification of one user, as it is taken in. */
export interface Notification {
  readonly site: string;
  readonly user: UserId;
  readonly id: string;
  /** The caller made the id: the same one within a day is the same notification. */
  readonly isCallersId?: boolean;
  readonly room: string;
  /** The finished `direct_message` frame, but for its offset. */
  readonly text: string;
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

/** A notification as it is kept. Times are Unix times in milliseconds, absent while it did not happen. */
export interface StoredNotification {
  readonly id: string;
  readonly room: string;
  /** Its place in the user's inbox, rising by one. */
  readonly offset: number;
  /** The finished frame. */
  readonly text: string;
  readonly queuedAt: number;
  /** First handed to a client. */
  readonly sentAt?: number;
  /** A client acknowledged it. */
  readonly deliveredAt?: number;
  readonly readAt?: number;
  readonly archivedAt?: number;
}

/** An inbox from a position on. */
export interface InboxSync extends Position {
  readonly unread: number;
  /** Whether `notifications` are exactly those after the position that was asked for; else all unread ones. */
  readonly recovered: boolean;
  readonly reason?: "new" | "epoch" | "expired";
  /** Oldest first. */
  readonly notifications: readonly StoredNotification[];
}

export interface Queued {
  readonly offset: number;
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
  sync(site: string, user: UserId, since?: Position): Promise<InboxSync>;
  /** Newest first, below the offset `before`. */
  list(
    site: string,
    user: UserId,
    options: { before?: number; limit: number; archived?: boolean },
  ): Promise<StoredNotification[]>;
  get(site: string, user: UserId, id: string): Promise<StoredNotification | undefined>;
  /** Whose notification this is, for who knows the id alone. */
  owner(site: string, id: string): Promise<UserId | undefined>;
  /** Moves notifications on to a state, and says which of them were not there yet; `ids` absent means all. */
  mark(
    site: string,
    user: UserId,
    state: Exclude<NotificationState, "queued">,
    ids?: readonly string[],
  ): Promise<string[]>;
  archive(site: string, user: UserId, ids: readonly string[]): Promise<void>;
  remove(site: string, user: UserId, ids: readonly string[]): Promise<void>;
  unread(site: string, user: UserId): Promise<number>;
}

/** What an engine calls on its node. */
export interface EngineHandler {
  handlePublication(channel: Channel, publication: Publication, position?: Position): void;
  /** The engine lost this node's subscriptions or presence, and can take them again now. */
  handleRestored(): void;
}

export interface Engine extends AsyncDisposable {
  readonly name: "embedded" | "redis";
  readonly broker: Broker;
  readonly presence: PresenceManager;
  readonly inbox: Inbox;
  /** Connects the engine to its node; called once, before all else. */
  run(handler: EngineHandler): Promise<void>;
  /** Why nothing can be stored right now; `undefined` while all is well. */
  unready(): Promise<string | undefined>;
}
