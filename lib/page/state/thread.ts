/** The conversation that is open: its messages as far as they were read from the server, and who is in it. */
import { failureWords } from "../file_words.ts";
import type {
  ChatMessage,
  ConversationInfo,
  ConversationMember,
  MessageFile,
  MessageKind,
  MessageStatus,
  QuotedMessage,
  SystemEvent,
  UploadProgress,
  User,
} from "../../sdk/mod.ts";

/** A message as it is shown; those of rooms have fewer of these. */
export interface ShownMessage extends User {
  /** Names the message on this page; it stays the same when the server gives it an id. */
  readonly key: string;
  readonly id: number;
  readonly offset: number;
  readonly kind: MessageKind;
  readonly text: string;
  readonly timestamp: number;
  readonly delivery: MessageStatus;
  readonly failure?: string;
  /** It cannot be sent again, since its file is lost. */
  readonly isLost?: boolean;
  readonly file?: MessageFile;
  /** How much of the file is sent, while it is on its way. */
  readonly progress?: UploadProgress;
  readonly isEdited?: boolean;
  readonly isDeleted?: boolean;
  readonly quote?: QuotedMessage;
  readonly reactions?: readonly ShownReaction[];
  readonly system?: SystemEvent;
  /** The library's own, for what is done to it. */
  readonly source?: ChatMessage;
}

export interface ShownReaction {
  readonly emoji: string;
  readonly count: number;
  readonly isOwn: boolean;
}

export interface Thread {
  readonly id: number;
  readonly state: "loading" | "ready" | "gone";
  readonly info: ConversationInfo | undefined;
  /** The oldest first. */
  readonly messages: readonly ChatMessage[];
  readonly hasBefore: boolean;
  readonly hasAfter: boolean;
  readonly members: readonly ConversationMember[];
  readonly hasMoreMembers: boolean;
  readonly typing: readonly User[];
  /** What was unread when the conversation was opened: the line of new messages stands there, and stays. */
  readonly news: { readonly after: number; readonly count: number };
}

const shown = new WeakMap<ChatMessage, ShownMessage>();

/** Each message is made once, so that it is known which ones were drawn already. */
export function shownMessage(message: ChatMessage, me: string): ShownMessage {
  const known = shown.get(message);
  if (known !== undefined) return known;
  const { key, id, offset, kind, userId, name, text, createdAt, status = "sent" } = message;
  const made: ShownMessage = {
    ...{ key, id, offset, kind, userId, name, text, delivery: status, source: message },
    timestamp: createdAt,
    failure: message.error && failureWords(message.error, message.file),
    isLost: message.error?.code === "file_lost",
    file: message.file,
    progress: message.progress,
    isEdited: message.editedAt !== undefined,
    isDeleted: message.deleted,
    quote: message.replyTo,
    reactions: message.reactions.map(({ emoji, count, userIds }) => ({
      emoji,
      count,
      isOwn: userIds.includes(me),
    })),
    system: message.system,
  };
  shown.set(message, made);
  return made;
}
