/** What applications get to see of conversations: the conversations themselves, their messages, and the people in them. */
import type { NotifyliError } from "../core/errors.ts";
import type { AttachedFile, User } from "../core/types.ts";
import type { UploadProgress } from "../files/types.ts";

/** What a member may do: an owner everything, an admin may add and remove members and change the name. */
export type MemberRole = "owner" | "admin" | "member";

/** A conversation as this user has it. It is another object after each change, so that it can be kept and compared. */
export interface ConversationInfo {
  readonly id: number;
  readonly kind: "private" | "group";
  /** A group's name; in a private conversation, the other user's. */
  readonly name: string;
  /** The address of a picture. */
  readonly picture?: string;
  /** What the application has put in for itself. */
  readonly data?: unknown;
  /** What somebody sees who is added to a group: what is said from then on, or all. */
  readonly history: "joined" | "all";
  readonly membersCount: number;
  readonly role: MemberRole;
  /** Unix seconds. */
  readonly createdAt: number;
  /** Where the conversation is: each event in it has the next offset. */
  readonly offset: number;
  readonly epoch: string;
  /** How many messages the user has not read. */
  readonly unread: number;
  /** How many of them name the user. */
  readonly mentions: number;
  /** Up to which offset the user has read. */
  readonly read: number;
  /** Up to which offset messages have come to one of the user's devices. */
  readonly delivered: number;
  /** Until when the user hears nothing of it, in Unix seconds; 0 where it is not muted. */
  readonly mutedUntil: number;
  readonly pinned: boolean;
  readonly archived: boolean;
  readonly lastMessage?: ChatMessage;
  /** The other user of a private conversation. */
  readonly with?: ConversationPartner;
  /** Who is typing now, without the user. */
  readonly typing: readonly User[];
  /** How many of the user's messages wait here to be sent. */
  readonly pending: number;
  /** How many of them were refused. */
  readonly failed: number;
}

/** The other user of a private conversation. */
export interface ConversationPartner extends User {
  /** Up to which offset that user has read; absent where that is not told. */
  readonly read?: number;
  readonly delivered?: number;
}

export interface ConversationMember extends User {
  readonly role: MemberRole;
  /** Unix seconds. */
  readonly joinedAt: number;
  /** Up to which offset the member has read; absent where that is not told. */
  readonly read?: number;
  readonly delivered?: number;
}

export type MessageKind = "text" | "image" | "file" | "system";

/**
 * How far an own message is: it waits for the server (`pending`), was refused (`failed`, with `error`), is stored (`sent`), has
 * come to the others (`delivered`), was read by them (`read`).
 */
export type MessageStatus = "pending" | "failed" | "sent" | "delivered" | "read";

/** A message of a conversation. It is another object after each change. */
export interface ChatMessage {
  /** The same for a message from when it is sent on, for lists of a page. */
  readonly key: string;
  /** The server's number of the message; 0 as long as it waits to be sent, and where it failed. */
  readonly id: number;
  readonly conversation: number;
  /** Its place in the conversation; 0 as long as it waits to be sent, and where it failed. */
  readonly offset: number;
  /** The offset of its last change. */
  readonly changed: number;
  readonly kind: MessageKind;
  readonly userId: string;
  readonly name: string;
  /** Empty where the message was deleted, and where it has a file without words. */
  readonly text: string;
  readonly data?: unknown;
  /** Absent where the message was deleted. */
  readonly file?: MessageFile;
  /** How much of the file is uploaded; absent where it is not on its way. */
  readonly progress?: UploadProgress;
  readonly replyTo?: QuotedMessage;
  /** Whom the message names. */
  readonly mentions: readonly string[];
  /** The sender's own id of it. */
  readonly ownId?: string;
  /** Unix seconds. */
  readonly createdAt: number;
  readonly editedAt?: number;
  readonly deleted: boolean;
  readonly reactions: readonly Reaction[];
  /** How far it is; absent for messages of others. */
  readonly status?: MessageStatus;
  /** Why it failed. */
  readonly error?: NotifyliError;
  /** What happened, in a message of kind `system`; `userId` says who did it. */
  readonly system?: SystemEvent;
}

/** The file of a message. `client.fileUrl()` says where pages show it from. As long as it is on its way, its id is empty. */
export interface MessageFile extends AttachedFile {
  /** The file itself, as long as it is on its way: `URL.createObjectURL()` shows it. */
  readonly blob?: Blob;
}

/** A message that another one answers, as it was then. */
export interface QuotedMessage extends User {
  readonly id: number;
  readonly kind: MessageKind;
  /** The first 200 characters. */
  readonly text: string;
  readonly file?: AttachedFile;
}

export interface Reaction {
  readonly emoji: string;
  readonly count: number;
  /** Who reacted so, as far as the server names them. */
  readonly userIds: readonly string[];
}

export interface SystemEvent {
  readonly event:
    | "created"
    | "renamed"
    | "pictured"
    | "added"
    | "removed"
    | "left"
    | "role"
    | "handed_over"
    | (string & Record<never, never>);
  /** Whom it happened to. */
  readonly userIds: readonly string[];
  readonly name?: string;
  readonly role?: MemberRole;
}

/** What is sent. */
export interface MessageContent {
  /** 1 to 5,000 characters; it may be absent where there is a file. */
  readonly text?: string;
  /** @default "text", or "image" or "file" where there is a file */
  readonly kind?: "text" | "image" | "file";
  /** A `File` or `Blob`, which is uploaded first, a file that was uploaded, or the id of one. */
  readonly file?: Blob | AttachedFile | string;
  /** Any JSON value, for programs. */
  readonly data?: unknown;
  /** The message that this one answers. */
  readonly replyTo?: ChatMessage | number;
  /** Whom the message names. */
  readonly mentions?: readonly (string | number)[];
  /** 8 to 64 of `A-Z a-z 0-9 _ -`: the same id is the same message. @default a random one */
  readonly id?: string;
}

/** What is unread in all conversations. */
export interface UnreadTotals {
  readonly conversations: number;
  readonly messages: number;
  readonly mentions: number;
}

/** A new group, in which the user is the owner. */
export interface NewGroup {
  readonly name: string;
  /** The others. */
  readonly members: readonly (string | number)[];
  readonly picture?: string;
  readonly data?: unknown;
  /** What somebody sees who is added later. @default "joined" */
  readonly history?: "joined" | "all";
}

/** What of a group can be changed. */
export interface GroupChange {
  readonly name?: string;
  /** An empty text takes it away. */
  readonly picture?: string;
  readonly data?: unknown;
}

export interface SearchOptions {
  /** Only in this one. @default in all of the user's */
  readonly conversation?: number;
  readonly limit?: number;
  /** The `next` of the page before. */
  readonly cursor?: string;
  readonly signal?: AbortSignal;
}

/** A page of what was found, newest first. */
export interface FoundMessages {
  readonly messages: readonly ChatMessage[];
  /** Where the next page begins; absent where there is none. */
  readonly next?: string;
}

export interface FilesOptions {
  /** Only those in messages of this kind. @default both */
  readonly kind?: "image" | "file";
  readonly limit?: number;
  /** The `next` of the page before. */
  readonly cursor?: string;
}

/** A file of a conversation, with the message that has it. */
export interface ConversationFile extends AttachedFile {
  readonly message: ChatMessage;
}

/** A page of a conversation's files, newest first. */
export interface ConversationFiles {
  readonly files: readonly ConversationFile[];
  /** Where the next page begins; absent where there is none. */
  readonly next?: string;
  /** On the first page: how many there are of each kind, 10,000 at the most. */
  readonly counts?: { readonly image: number; readonly file: number };
}

/** Who has a message. */
export interface MessageReceipts {
  readonly read: readonly User[];
  readonly delivered: readonly User[];
  /** To whom it has not come yet. */
  readonly sent: readonly User[];
}

export interface ConversationsEvents {
  /** The items, the totals or what else the list has changed. */
  changed: undefined;
  /** A message of somebody else has come live, in any conversation. What was missed is in `unread`, and in what is opened. */
  message: ChatMessage;
  /** What failed without anybody waiting for it. Where nobody listens, the client's `error` event has it. */
  error: NotifyliError;
}

export interface ConversationEvents {
  /** Anything below has changed. */
  changed: undefined;
  /** Each new message once, in order, also what came while there was no connection; not those that are loaded. */
  message: ChatMessage;
  /** The list of messages changed. */
  messages: readonly ChatMessage[];
  info: ConversationInfo;
  members: readonly ConversationMember[];
  typing: readonly User[];
  /** The user is in the conversation no more: it was left, or the user was removed. */
  gone: undefined;
  error: NotifyliError;
}

/** Whether somebody is there. */
export interface UserPresence {
  readonly userId: string;
  readonly status: "online" | "away" | "offline";
  /** When the user was last there, in Unix seconds; absent where that is not told, and while the user is there. */
  readonly lastSeen?: number;
  /** What the user is there with, as far as that is told. */
  readonly devices: readonly { readonly platform: string }[];
}

export interface Contact extends User {
  /** Whether the user has it as a contact; else it is somebody whom the user has blocked. */
  readonly isContact: boolean;
  readonly blocked: boolean;
  readonly status: UserPresence["status"];
  readonly lastSeen?: number;
}

export interface ContactsEvents {
  changed: undefined;
}

/** What others see of the user. Whoever does not show that a message was read does not see it of others. */
export interface PrivacySettings {
  readonly readReceipts: boolean;
  readonly showOnline: boolean;
  readonly showLastSeen: boolean;
}

/** What the client runs on, which contacts see beside the user's presence. */
export interface Device {
  /** The same for the same device. */
  readonly id: string;
  /** Such as `ios`, `android` or `web`. */
  readonly platform?: string;
  readonly appVersion?: string;
}
