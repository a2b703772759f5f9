/**
 * What is asked of conversations, and what is answered. Doors check that fields have the right types; what they may say is
 * checked by the service alone, so that it is the same by every door.
 */
import type { UserId } from "../base/fields.ts";
import type { Position } from "../core/publication.ts";
import type {
  Conversation,
  HistoryRule,
  Member,
  Message,
  MessageKind,
  OwnState,
  Role,
} from "./types.ts";

export interface PageRequest {
  readonly limit: number;
  /** The `next` of the page before. */
  readonly cursor?: string | undefined;
}

export interface ListRequest extends PageRequest {
  /** Whether only the archived ones are listed, or only the others. @default both */
  readonly archived?: boolean | undefined;
  /** The `synced` of an earlier list: only what has changed since then is listed. */
  readonly since?: string | undefined;
}

/** The newest first, those first that the user has pinned. */
export interface ConversationList {
  readonly conversations: readonly Conversation[];
  readonly next?: string | undefined;
  /** With `since`: the conversations that the user is not in any more. */
  readonly removed?: readonly number[] | undefined;
  readonly unread: UnreadTotal;
  /** From where the next list goes on; the same on all pages of one list. */
  readonly synced: string;
}

/** What is unread in all conversations that are not archived. */
export interface UnreadTotal {
  /** How many conversations have something unread. */
  readonly conversations: number;
  readonly messages: number;
  readonly mentions: number;
}

/** Finds or makes a conversation. */
export interface OpenRequest {
  readonly kind: "private" | "group";
  /** The others. A private conversation has one, or two where an application opens it as itself. */
  readonly members: readonly UserId[];
  readonly name?: string | undefined;
  readonly picture?: string | undefined;
  readonly data?: unknown;
  /** @default "joined" */
  readonly history?: HistoryRule | undefined;
  /** The caller's own id: the same one again is the same group. */
  readonly id?: string | undefined;
}

export interface OpenedConversation {
  readonly conversation: Conversation;
  readonly isCreated: boolean;
}

/** Changes a conversation, in this order. A field that is absent stays as it is; `null` takes it away. */
export interface ConversationChange {
  readonly name?: string | null | undefined;
  readonly picture?: string | null | undefined;
  readonly data?: unknown;
  readonly add?: readonly UserId[] | undefined;
  readonly remove?: readonly UserId[] | undefined;
  /** To make another member the owner hands the group over. */
  readonly roles?: Readonly<Record<UserId, Role>> | undefined;
  /** Unix time in milliseconds; 0 ends it, `Infinity` mutes for good. */
  readonly mutedUntil?: number | undefined;
  readonly pinned?: boolean | undefined;
  readonly archived?: boolean | undefined;
  readonly leave?: boolean | undefined;
}

export interface MemberPage {
  readonly members: readonly Member[];
  readonly next?: string | undefined;
}

/** Sends a message to a conversation, or to the private one with a user, which is made where there is none. */
export interface SendRequest {
  readonly conversation?: number | undefined;
  readonly to?: UserId | undefined;
  /** @default "text" */
  readonly kind?: Exclude<MessageKind, "system"> | undefined;
  readonly text?: string | undefined;
  readonly data?: unknown;
  /** The id of a file that the sender may read. */
  readonly file?: string | undefined;
  /** The id of the message that it answers. */
  readonly replyTo?: number | undefined;
  readonly mentions?: readonly UserId[] | undefined;
  /** The sender's own id: the same one again is the same message. */
  readonly id?: string | undefined;
}

export interface SentMessage {
  readonly message: Message;
  /** Whether it was there before under the same own id. */
  readonly isDuplicate: boolean;
}

export interface EditRequest {
  readonly text?: string | undefined;
  /** `null` takes it away. */
  readonly data?: unknown;
}

/** Which messages are read: those before or after an offset, around one, what was missed; without any, the newest. */
export interface MessagesRequest {
  readonly limit: number;
  readonly before?: number | undefined;
  readonly after?: number | undefined;
  /** The id of a message. */
  readonly around?: number | undefined;
  /** New and changed messages after a position, in the order of their changes. */
  readonly since?: Position | undefined;
}

export interface MessagePage extends Position {
  /** The oldest first. With `since` in the order of `changed`. */
  readonly messages: readonly Message[];
  readonly hasBefore: boolean;
  /** With `since`: whether there is more, which the next page gives since this page's position. */
  readonly hasAfter: boolean;
  /** With `since`: whether these are exactly the messages that were missed; else they are the newest. */
  readonly recovered?: boolean | undefined;
}

/** How far a user is: up to an offset, or a message. */
export interface SeenRequest {
  /** @default the last event */
  readonly offset?: number | undefined;
  /** The id of a message. */
  readonly message?: number | undefined;
  /** @default "read" */
  readonly state?: "read" | "delivered" | undefined;
}

export interface Seen extends Pick<OwnState, "read" | "delivered" | "unread" | "mentions"> {
  readonly conversation: number;
}

/** Who has a message. Each member is in one of the lists, with the best that is known. */
export interface MessageReceipts {
  readonly read: readonly Pick<Member, "user" | "name">[];
  readonly delivered: readonly Pick<Member, "user" | "name">[];
  readonly sent: readonly Pick<Member, "user" | "name">[];
}

export interface SearchRequest extends PageRequest {
  readonly query: string;
  /** @default all of the user's conversations */
  readonly conversation?: number | undefined;
}

/** The newest first. */
export interface FoundMessages {
  readonly messages: readonly Message[];
  readonly next?: string | undefined;
}

/** The kinds of messages that have a file. */
export type FileKind = Extract<MessageKind, "image" | "file">;

export interface FilesRequest extends PageRequest {
  /** @default both */
  readonly kind?: FileKind | undefined;
}

/** Messages that have a file, the newest first, without reactions and status. */
export interface FilePage {
  readonly messages: readonly Message[];
  readonly next?: string | undefined;
  /** On the first page: how many there are of each kind, 10,000 at the most. */
  readonly counts?: Readonly<Record<FileKind, number>> | undefined;
}
