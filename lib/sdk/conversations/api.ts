/**
 * The handles on conversations as applications have them: `client.conversations`, `client.conversation(id)`,
 * `client.contacts`, `client.privacy` and what `client.presence()` returns.
 */
import type { Handler } from "../core/events.ts";
import type { Lifetime } from "../core/lifetime.ts";
import type { User } from "../core/types.ts";
import type {
  ChatMessage,
  Contact,
  ContactsEvents,
  ConversationEvents,
  ConversationFiles,
  ConversationInfo,
  ConversationMember,
  ConversationsEvents,
  FilesOptions,
  FoundMessages,
  GroupChange,
  MemberRole,
  MessageContent,
  MessageReceipts,
  NewGroup,
  PrivacySettings,
  SearchOptions,
  UnreadTotals,
  UserPresence,
} from "./types.ts";

/** The user's conversations, which stay right by themselves over every reconnection. */
export interface ConversationList {
  /** The list is there: the server has said what is in it. */
  readonly isLoaded: boolean;
  /** Pinned ones first, then those with the newest message; without archived ones. Another array after each change. */
  readonly items: readonly ConversationInfo[];
  readonly unread: UnreadTotals;
  /** There are more than in `items`. */
  readonly hasMore: boolean;
  /** Gets the next ones into `items`. */
  loadMore(limit?: number): Promise<void>;
  on<E extends keyof ConversationsEvents>(
    event: E,
    handler: Handler<ConversationsEvents[E]>,
  ): () => void;
  /** Finds or makes the private conversation with a user. */
  private(userId: string | number): Promise<ConversationInfo>;
  createGroup(group: NewGroup): Promise<ConversationInfo>;
  search(text: string, options?: SearchOptions): Promise<FoundMessages>;
  /** The archived ones, in the same way; they are asked for when this is first read. */
  readonly archived: ArchivedConversations;
}

/** The part of a {@linkcode ConversationList} that the list of archived ones has. */
export type ArchivedConversations = Pick<
  ConversationList,
  "isLoaded" | "items" | "hasMore" | "loadMore" | "on"
>;

export interface ConversationOptions extends Lifetime {
  /**
   * Whether messages and members are loaded. Without, the handle is for what is done to a conversation that is not shown, such
   * as to mute it. @default true
   */
  readonly load?: boolean;
}

/** One conversation that is open: a window of its messages, who is in it, and what the user does there. */
export interface OpenConversation {
  readonly id: number;
  /** It is `undefined` until the server has said it. */
  readonly info: ConversationInfo | undefined;
  /** `gone`: the user is not in it (any more), or it does not exist. */
  readonly state: "loading" | "ready" | "gone";
  /** Resolves when the first messages are there. It never rejects: see `state`. */
  readonly ready: Promise<void>;
  on<E extends keyof ConversationEvents>(
    event: E,
    handler: Handler<ConversationEvents[E]>,
  ): () => void;

  /** The members that are loaded: the first 50, until `loadMoreMembers()`. */
  readonly members: readonly ConversationMember[];
  readonly hasMoreMembers: boolean;
  loadMoreMembers(): Promise<void>;

  /**
   * A window of the messages without holes, oldest first. What waits to be sent and what failed is at its end where the
   * window reaches the newest message. Another array after each change.
   */
  readonly messages: readonly ChatMessage[];
  /** There are older ones. */
  readonly hasBefore: boolean;
  /** There are newer ones: the window is around an older message. */
  readonly hasAfter: boolean;
  /** Each resolves when the messages are in the window. */
  loadBefore(limit?: number): Promise<void>;
  loadAfter(limit?: number): Promise<void>;
  /** Moves the window to a message. Rejects with `not_found` where there is none. */
  loadAround(messageId: number, limit?: number): Promise<void>;
  /** Moves the window to the newest messages. */
  loadLatest(): Promise<void>;

  /**
   * Sends a message, which is in `messages` at once. Resolves with it when the server has stored it; rejects where it failed,
   * which the list shows too, so that the promise may be ignored.
   */
  send(content: MessageContent | string): Promise<ChatMessage>;
  /** Sends a failed message again. */
  retry(message: ChatMessage): Promise<ChatMessage>;
  /** Takes a message away that waits or has failed. */
  discard(message: ChatMessage): void;
  edit(
    message: ChatMessage | number,
    change: { text?: string; data?: unknown },
  ): Promise<ChatMessage>;
  /** Deletes a message for everyone. */
  unsend(message: ChatMessage | number): Promise<ChatMessage>;
  /** @param on whether the user reacts so, or no more */
  react(message: ChatMessage | number, emoji: string, on?: boolean): Promise<ChatMessage>;
  receipts(message: ChatMessage | number): Promise<MessageReceipts>;
  /** The files of all its messages that the user sees, newest first, whether or not these are in `messages`. */
  files(options?: FilesOptions): Promise<ConversationFiles>;
  /** The user has read up to an offset. @default the newest message of the window */
  markRead(offset?: number): void;

  /** Call it at each key: the others are told every 3 seconds at most. */
  typing(isTyping?: boolean): void;
  /** Who is typing now, without the user. */
  readonly typingUsers: readonly User[];

  rename(name: string): Promise<ConversationInfo>;
  change(change: GroupChange): Promise<ConversationInfo>;
  add(userIds: readonly (string | number)[]): Promise<ConversationInfo>;
  remove(userIds: readonly (string | number)[]): Promise<ConversationInfo>;
  /** A new `owner` takes the place of the user. */
  setRole(userId: string | number, role: MemberRole): Promise<ConversationInfo>;
  leave(): Promise<void>;
  /** @param until Unix seconds; `true` for ever, `false` or 0 for no more. @default true */
  mute(until?: number | boolean): Promise<ConversationInfo>;
  pin(isPinned?: boolean): Promise<ConversationInfo>;
  archive(isArchived?: boolean): Promise<ConversationInfo>;

  /** Nothing is heard of the conversation any more. What waits to be sent is sent all the same. */
  close(): void;
}

/** The user's contacts. They are asked for when `client.contacts` is first read, and again on each connection. */
export interface ContactList {
  readonly isLoaded: boolean;
  /** By name, with presence, which stays right by itself. Another array after each change. */
  readonly items: readonly Contact[];
  readonly hasMore: boolean;
  loadMore(): Promise<void>;
  on<E extends keyof ContactsEvents>(event: E, handler: Handler<ContactsEvents[E]>): () => void;
  /** Adds a contact, or gives it another name. */
  add(userId: string | number, name?: string): Promise<Contact>;
  remove(userId: string | number): Promise<void>;
  /** No messages, no presence, both ways. */
  block(userId: string | number): Promise<Contact>;
  unblock(userId: string | number): Promise<Contact>;
}

/** What others see of the user. */
export interface Privacy {
  get(): Promise<PrivacySettings>;
  /** Changes what is given, and resolves with all. */
  set(change: Partial<PrivacySettings>): Promise<PrivacySettings>;
}

/** Who of some users is there, until it ends. */
export interface PresenceWatch {
  /** What is known, by user id. */
  readonly users: ReadonlyMap<string, UserPresence>;
  /** Watches other users from now on. */
  set(userIds: readonly (string | number)[]): void;
  end(): void;
}
