/**
 * The engine: where publications, presence and notifications are kept and fanned out. Two of them stand behind
 * these interfaces, `engines/embedded.ts` and `engines/redis.ts`, held to one suite.
 */
import type { UserId } from "./fields.ts";

/** The tenant that all belong to who name none; nothing ever crosses a site. */
export const DEFAULT_SITE = "default";

/**
 * Where publications go: a room, a user's own channel, which all of the user's clients hear, or the channel of one
 * session, which is one connection over HTTP (`http/sse.ts`).
 */
export interface Channel {
  readonly site: string;
  readonly kind: "room" | "user" | "session";
  readonly name: string;
  /**
   * What {@linkcode keyOf} says, where it was made before: it is asked for several times on a message's way. So a channel
   * is never copied with another name.
   */
  readonly key?: string;
}

/** One text for a channel. Names hold no line break, so those of two channels never meet. */
export function keyOf({ site, kind, name, key }: Channel): string {
  return key ?? `${site}\n${kind}\n${name}`;
}

/**
 * One message in a channel. `text` is the finished frame, so that no node encodes it again; the rest is what a
 * hub needs to route it.
 */
export interface Publication {
  readonly kind: "message" | "notification" | "inbox" | "join" | "leave" | "command";
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

/** Before all there is. */
export const NOWHERE: Position = { offset: 0, epoch: "" };

/** Where a publication is in the history, and whether it was there before, under the same client's id. */
export interface Published extends Position {
  readonly isDuplicate: boolean;
}

/** Seconds that an id which a client made is known. */
export const CLIENTS_ID_SECONDS = 600;

/** Seconds that a channel's offset and epoch are kept at the least: they outlive its messages. */
export const POSITION_SECONDS = 3600;

/** The same where the history is persistent. */
const PERSISTENT_POSITION_SECONDS = 30 * 24 * 3600;

export interface HistoryOptions {
  /** Publications kept; 0 keeps none. */
  readonly size: number;
  /** Seconds after the last publication until the channel's messages are dropped. */
  readonly seconds: number;
  /** Also where the engine keeps no history of its own over a restart. @default false */
  readonly persistent?: boolean;
}

/** Seconds after the last publication until a channel's offset and epoch are dropped. */
export function positionSeconds({ seconds, persistent }: HistoryOptions): number {
  const atLeast = persistent ? PERSISTENT_POSITION_SECONDS : POSITION_SECONDS;
  return Math.max(Math.ceil(seconds), atLeast);
}

/** A publication as a history has it; `text` has the offset, too. */
export interface KeptPublication {
  readonly offset: number;
  readonly text: string;
}

export interface History extends Position {
  /** Oldest first. */
  readonly publications: readonly KeptPublication[];
}

export interface Broker {
  /** From its resolution on, this node hears what is published in the channel. */
  subscribe(channel: Channel): Promise<void>;
  unsubscribe(channel: Channel): Promise<void>;
  /**
   * Appends to the history, then fans out to every node, this one too, in one order for all. With a history the
   * frame is given its `offset`. No promise where it is done by then: it is on every message's way.
   */
  publish(
    channel: Channel,
    publication: Publication,
    history?: HistoryOptions,
  ): Promise<Published | undefined> | Published | undefined;
  /** To the one node that hears a session's channel, this or another; in order. Says whether there is one. */
  forward(channel: Channel, publication: Publication): Promise<boolean>;
  /**
   * What is kept after `since`, or all of it; `limit` counts from the oldest.
   *
   * @param options `persistent` as it is published there
   */
  history(
    channel: Channel,
    options: { since?: number; limit: number; persistent?: boolean },
  ): Promise<History>;
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
  /**
   * Says whether this is the user's first client in the room. Rejects with `room_full`, and adds nothing, where the room
   * has as many clients already, those of all users and nodes together; one that is in the room is never refused. Looking
   * and adding are one step. One call at a time for a client in a room.
   *
   * @param maxClients in the room; absent for no limit
   */
  add(site: string, user: UserId, connection: Connection, maxClients?: number): Promise<boolean>;
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
  /** Clients took notifications: moves them on to a state, and says which were not there yet; `ids` absent means all. */
  mark(site: string, user: UserId, state: Taken, ids?: readonly string[]): Promise<string[]>;
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
  /** The frame has no timestamp: it is given the time it is delivered. */
  readonly isUndated: boolean;
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

/** What a caller of the HTTP API may do; `http/api_scopes.ts` says which route needs which. */
export type Scope = "publish" | "read" | "manage";

/** A key to the HTTP API, without its secret. Times are Unix times in milliseconds. */
export interface ApiKey {
  readonly id: string;
  readonly name: string;
  /** All it reaches is of this site. */
  readonly site: string;
  readonly scopes: readonly Scope[];
  /** SHA-256 of the secret, in hex. */
  readonly hash: string;
  readonly createdAt: number;
  readonly expiresAt?: number;
  /** To within a minute. */
  readonly lastUsedAt?: number;
  readonly revokedAt?: number;
}

/** The keys to the HTTP API, of all sites. None ever leaves: a server that had keys never goes back to none. */
export interface KeyStore {
  create(key: ApiKey): Promise<void>;
  find(id: string): Promise<ApiKey | undefined>;
  /** Oldest first; those of one site, or of all. */
  list(site?: string): Promise<ApiKey[]>;
  /** Whether there is any, revoked ones too. */
  exist(): Promise<boolean>;
  /** From now on it opens nothing; the first time counts. */
  revoke(id: string, at: number): Promise<void>;
  /** It was used. */
  touch(id: string, at: number): Promise<void>;
}

/**
 * What does not count any more: one token (by its `jti`), a session (by its `sid`), all tokens of a user or a site that
 * were issued until then; or a user, who gets in by no token, and in open mode neither.
 */
export type RevocationKind = "token" | "session" | "user" | "site" | "block";

/** Which one it is: there is one of each. */
export interface RevocationKey {
  readonly site: string;
  readonly kind: RevocationKind;
  /** The `jti`, the `sid` or the user's id; empty for a site. */
  readonly name: string;
}

/** Times are Unix times in milliseconds. */
export interface Revocation extends RevocationKey {
  /** Tokens of a user or a site that were issued later are good. */
  readonly at: number;
  /** From then on it counts no more, and may be forgotten; absent: never. */
  readonly expiresAt?: number;
}

/** What every node is told. */
export type AccessChange =
  | { readonly type: "revoked"; readonly revocation: Revocation }
  | { readonly type: "lifted"; readonly revocation: RevocationKey }
  /** All connections of a user are closed, and may come back. */
  | { readonly type: "disconnect"; readonly site: string; readonly user: UserId };

/** The revocations of all sites. Each call resolves when this node was told, and all others were sent it. */
export interface RevocationStore {
  /**
   * Stores one, and tells all nodes, in one step. Where there is the same one already, the later `at` and the later end
   * count; of a block, the last word.
   */
  add(revocation: Revocation): Promise<void>;
  /** Forgets one, and tells all nodes, in one step. Says whether there was one. */
  remove(key: RevocationKey): Promise<boolean>;
  /** Those that count. */
  list(): Promise<Revocation[]>;
  /** Sends it to all nodes, this one too; nothing is stored. */
  disconnect(site: string, user: UserId): Promise<void>;
}

/** What an engine calls on its node. */
export interface EngineHandler {
  handlePublication(channel: Channel, publication: Publication, position?: Position): void;
  /** The same one may come twice. */
  handleAccess(change: AccessChange): void;
  /** The engine lost this node's subscriptions or presence, and can take them again now. */
  handleRestored(): void;
}

export interface Engine extends AsyncDisposable {
  readonly name: "embedded" | "redis";
  readonly broker: Broker;
  readonly presence: PresenceManager;
  readonly inbox: Inbox;
  /** Present where the engine was told to keep it. */
  readonly receipts?: ReceiptLog;
  readonly schedule: Schedule;
  readonly apiKeys: KeyStore;
  readonly revocations: RevocationStore;
  /** Connects the engine to its node; called once, before all else. */
  run(handler: EngineHandler): Promise<void>;
  /** Why nothing can be stored right now; `undefined` while all is well. */
  unready(): Promise<string | undefined>;
}
