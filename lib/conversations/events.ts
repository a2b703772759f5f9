/**
 * What is published of conversations, on the `chat` channels of their members: a publication of the kind `chat` has one of
 * these events as its `data`. What differs from member to member is not in them, so that a dialect makes one frame for all.
 */
import type { UserId } from "../base/fields.ts";
import type { Publication } from "../core/publication.ts";
import { messageFileIn } from "./message_files.ts";
import type { UnreadTotal } from "./requests.ts";
import type { Conversation, Message, OwnState } from "./types.ts";

/** The kind of publications whose `data` is a {@linkcode ChatEvent}. */
export const CHAT = "chat";

export type ChatEvent =
  | MessageEvent
  | MessageChangedEvent
  | ReceiptEvent
  | ConversationEvent
  | TypingEvent;

/** A new message. It has no `status`: for its sender it is `sent`. */
export interface MessageEvent {
  readonly type: "message";
  readonly conversation: number;
  readonly offset: number;
  readonly message: Message;
}

export interface MessageChangedEvent {
  readonly type: "message_changed";
  readonly conversation: number;
  readonly offset: number;
  readonly change: "edited" | "deleted" | "reacted";
  readonly message: Message;
}

/** Who has read, or got, what the receiver has sent. */
export interface ReceiptEvent {
  readonly type: "receipt";
  readonly conversation: number;
  readonly receipts: readonly {
    readonly user: UserId;
    readonly read?: number | undefined;
    readonly delivered?: number | undefined;
  }[];
}

export interface ConversationEvent {
  readonly type: "conversation";
  readonly conversation: number;
  /** Absent for what takes no offset: the receiver's own settings and pointer. */
  readonly offset?: number | undefined;
  /** `created` and `removed` are said of the receiver: it is in the conversation from now on, or not any more. */
  readonly change:
    | "created"
    | "renamed"
    | "pictured"
    | "data"
    | "members"
    | "roles"
    | "own"
    | "removed"
    | "ended";
  readonly data: ChangedFields;
}

/** What has changed of a conversation. */
export type ChangedFields =
  & { readonly [Field in keyof Conversation]?: Conversation[Field] | null }
  & {
    /** With `own`, beside it: what is unread in all conversations now. */
    readonly unreadTotal?: UnreadTotal;
    /** With `members` and `roles`: whom it is about. */
    readonly added?: readonly UserId[];
    readonly removed?: readonly UserId[];
    readonly roles?: Readonly<Record<UserId, OwnState["role"]>>;
  };

export interface TypingEvent {
  readonly type: "typing";
  readonly conversation: number;
  readonly user: UserId;
  readonly name?: string | undefined;
  readonly isTyping: boolean;
}

/** The event of a publication of the kind {@linkcode CHAT}. */
export function chatEventOf({ data }: Publication): ChatEvent {
  const event = data as ChatEvent; // only this capability publishes the kind
  if (!("message" in event) || typeof event.message.file !== "string") return event;
  // A node of an older version has published it, and knows the id of the file alone.
  return { ...event, message: { ...event.message, file: messageFileIn(event.message.file) } };
}
