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

/**
 * One message in a channel. `text` is the finished frame, so that no node encodes it again; the rest is what a
 * hub needs to route it.
 */
export interface Publication {
  readonly kind: "message" | "notification" | "join" | "leave";
  readonly id: string;
  /** The room it is said in; for a notification, the room whose clients get it. */
  readonly room: string;
  readonly text: string;
}

/** A place in a channel's history: `offset` rises by one, `epoch` changes when history was lost. */
export interface Position {
  readonly offset: number;
  readonly epoch: string;
}

export interface HistoryOptions {
  /** Publications kept; 0 keeps none. */
  readonly size: number;
  /** Seconds after the last publication until the channel's history is dropped. */
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
  /** Appends to the history, then fans out to every node, this one too, in one order for all. */
  publish(
    channel: Channel,
    publication: Publication,
    history?: HistoryOptions,
  ): Promise<Position | undefined>;
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

/** A notification of one user, ready to send. */
export interface Notification {
  readonly site: string;
  readonly user: UserId;
  readonly id: string;
  readonly room: string;
  /** The finished `direct_message` frame. */
  readonly text: string;
}

export interface StoredNotification {
  readonly id: string;
  readonly room: string;
  readonly text: string;
  /** Unix time in milliseconds of its first hand-over to a client; absent while it is queued. */
  readonly sentAt?: number;
}

export interface Inbox {
  /** Stores, then fans out on the user's channel. Rejects where it could not be stored. */
  append(notification: Notification): Promise<void>;
  /** What waits for the user in the room, oldest first. */
  queued(site: string, user: UserId, room: string): Promise<StoredNotification[]>;
  /** These were handed to a client and no longer wait. */
  markSent(site: string, user: UserId, ids: readonly string[]): Promise<void>;
  /** The user's notifications, newest first. */
  list(site: string, user: UserId, options: { limit: number }): Promise<StoredNotification[]>;
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
