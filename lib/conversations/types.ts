/**
 * The nouns of conversations: who acts, conversations, their members and messages. Times are Unix times in milliseconds.
 * What is asked and answered is in `requests.ts`, what is published in `events.ts`.
 */
import type { UserId } from "../base/fields.ts";

/**
 * Who does something: a user, or the application. An application that names a user acts as that user, with the user's rights
 * and no others; one that names none may do all within its site.
 */
export interface Actor {
  readonly site: string;
  readonly user?: UserId | undefined;
  /** The name that others see. */
  readonly name?: string | undefined;
  readonly isApplication?: boolean | undefined;
}

export type ConversationKind = "private" | "group";

export type Role = "owner" | "admin" | "member";

/** What those see of a group who come into it later: what is said from then on, or all. */
export type HistoryRule = "joined" | "all";

/** A conversation as one user sees it. */
export interface Conversation {
  readonly id: number;
  readonly kind: ConversationKind;
  readonly name?: string | undefined;
  /** URL of a picture. */
  readonly picture?: string | undefined;
  readonly data?: unknown;
  readonly history: HistoryRule;
  readonly membersCount: number;
  /** The offset of the last event. */
  readonly offset: number;
  readonly epoch: string;
  readonly createdAt: number;
  /** When anything in it changed last. */
  readonly changedAt: number;
  /** The user's own part of it; absent for an application that names no user. */
  readonly own?: OwnState | undefined;
  readonly lastMessage?: Message | undefined;
  /** The other user of a private conversation. */
  readonly with?: Member | undefined;
  /** The first members; present where one conversation is read. */
  readonly members?: readonly Member[] | undefined;
  /** Where the list of members goes on. */
  readonly membersNext?: string | undefined;
}

/** What a conversation is to one of its members. */
export interface OwnState {
  readonly role: Role;
  readonly unread: number;
  readonly mentions: number;
  /** Up to which offset the user has read, and the user's clients have got, what is in it. */
  readonly read: number;
  readonly delivered: number;
  readonly mutedUntil?: number | undefined;
  readonly pinned?: boolean | undefined;
  readonly archived?: boolean | undefined;
}

export interface Member {
  readonly user: UserId;
  readonly name?: string | undefined;
  readonly role: Role;
  readonly joinedAt: number;
  /** Absent where this user, or the one who asks, has switched read receipts off. */
  readonly read?: number | undefined;
  readonly delivered?: number | undefined;
}

export type MessageKind = "text" | "image" | "file" | "system";

/** How far a message came: `delivered` and `read` are said of all its recipients. */
export type MessageStatus = "sent" | "delivered" | "read";

export interface Message {
  readonly id: number;
  readonly conversation: number;
  /** The place in the conversation with which it was made, and that of its last change. */
  readonly offset: number;
  readonly changed: number;
  readonly kind: MessageKind;
  /** Absent where an application has sent it as itself. */
  readonly user?: UserId | undefined;
  readonly name?: string | undefined;
  /** Absent where it was deleted, or has none. */
  readonly text?: string | undefined;
  readonly data?: unknown;
  readonly file?: MessageFile | undefined;
  readonly replyTo?: Quote | undefined;
  readonly mentions?: readonly UserId[] | undefined;
  /** The id that its sender made. */
  readonly ownId?: string | undefined;
  readonly createdAt: number;
  readonly editedAt?: number | undefined;
  readonly isDeleted?: boolean | undefined;
  readonly reactions?: readonly Reaction[] | undefined;
  /** Present where the reader has sent it. */
  readonly status?: MessageStatus | undefined;
  readonly system?: SystemEvent | undefined;
}

/** The file of a message. Of one that an older version has stored there is an id alone, which names nothing here. */
export interface MessageFile {
  /** Where it is, in place of an id, if an application keeps it elsewhere: then nothing else is known of it. */
  readonly id: string;
  readonly name?: string | undefined;
  /** A media type, such as "image/png". */
  readonly type?: string | undefined;
  readonly bytes?: number | undefined;
  /** Pixels, of images. */
  readonly width?: number | undefined;
  readonly height?: number | undefined;
  /** The path of a link by which whoever has it reads the file until its end. It is made when the message is shown. */
  readonly url?: string | undefined;
}

/** The message that a message answers, as far as it is shown with it. */
export interface Quote {
  readonly id: number;
  readonly kind: MessageKind;
  readonly user?: UserId | undefined;
  readonly name?: string | undefined;
  /** The first 200 characters. */
  readonly text?: string | undefined;
  readonly file?: MessageFile | undefined;
  readonly isDeleted?: boolean | undefined;
}

export interface Reaction {
  readonly emoji: string;
  readonly count: number;
  /** The first of them, and the reader where the reader is one of them. */
  readonly users: readonly UserId[];
}

/** What a system message says. */
export interface SystemEvent {
  readonly event:
    | "created"
    | "renamed"
    | "pictured"
    | "added"
    | "removed"
    | "left"
    | "role"
    | "handed_over";
  readonly users?: readonly UserId[] | undefined;
  readonly name?: string | undefined;
  readonly role?: Role | undefined;
}
