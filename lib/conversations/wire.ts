/**
 * Conversations, members and messages as answers and frames show them: the same shapes by every door. Times are Unix times in
 * seconds. `frames.ts` writes what is pushed.
 */
import { userIdOnWire } from "../base/fields.ts";
import { inSeconds, LAST_SECOND } from "../base/times.ts";
import type {
  ConversationList,
  FilePage,
  FoundMessages,
  MemberPage,
  MessagePage,
  MessageReceipts,
  Seen,
  UnreadTotal,
} from "./requests.ts";
import type {
  Conversation,
  Member,
  Message,
  MessageFile,
  OwnState,
  Quote,
  SystemEvent,
} from "./types.ts";

/** An object as JSON writes it; what is `undefined` is not written. */
export type OnWire = Readonly<Record<string, unknown>>;

export function conversationOnWire(conversation: Conversation): OnWire {
  const { id, kind, name, picture, data, history, own, lastMessage, members } = conversation;
  return {
    id,
    kind,
    name,
    picture,
    data,
    history,
    members_count: conversation.membersCount,
    offset: conversation.offset,
    epoch: conversation.epoch,
    created_at: inSeconds(conversation.createdAt),
    changed_at: inSeconds(conversation.changedAt),
    ...(own && ownOnWire(own)),
    last_message: lastMessage && messageOnWire(lastMessage),
    with: conversation.with && partnerOnWire(conversation.with),
    members: members?.map(memberOnWire),
    members_next: conversation.membersNext,
  };
}

/** What a conversation is to its user. What is usual is left out. */
function ownOnWire({ role, unread, mentions, read, delivered, ...own }: OwnState): OnWire {
  return {
    ...{ role, unread, mentions, read, delivered },
    muted_until: own.mutedUntil ? untilOnWire(own.mutedUntil) : undefined,
    pinned: own.pinned || undefined,
    archived: own.archived || undefined,
  };
}

/** Unix time in seconds; the last second there is stands for `Infinity`. */
export function untilOnWire(milliseconds: number): number {
  return Math.min(inSeconds(milliseconds), LAST_SECOND);
}

/** The other one of a private conversation, whose role says nothing. */
export function partnerOnWire({ user, name, read, delivered }: Member): OnWire {
  return { user_id: userIdOnWire(user), name, read, delivered };
}

export function memberOnWire({ user, name, role, joinedAt, read, delivered }: Member): OnWire {
  const joined_at = inSeconds(joinedAt);
  return { user_id: userIdOnWire(user), name, role, joined_at, read, delivered };
}

export function messageOnWire(message: Message): OnWire {
  const { id, conversation, offset, changed, kind, user, name, text, data, file } = message;
  const { replyTo, mentions, reactions, system, editedAt, isDeleted } = message;
  return {
    ...{ id, conversation, offset, changed, kind },
    user_id: user === undefined ? undefined : userIdOnWire(user),
    ...{ name, text, data, file: file && fileOnWire(file) },
    reply_to: replyTo && quoteOnWire(replyTo),
    mentions: mentions?.map(userIdOnWire),
    own_id: message.ownId,
    created_at: inSeconds(message.createdAt),
    edited_at: editedAt === undefined ? undefined : inSeconds(editedAt),
    deleted: isDeleted || undefined,
    reactions: reactions?.map(({ emoji, count, users }) => ({
      emoji,
      count,
      user_ids: users.map(userIdOnWire),
    })),
    status: message.status,
    system: system && systemOnWire(system),
  };
}

/** A file as messages show it, by every door. */
export function fileOnWire({ id, name, type, bytes, width, height, url }: MessageFile): OnWire {
  return { id, name, type, bytes, width, height, url };
}

/** Each file with the message that has it, which names it no second time. */
export function filesOnWire({ messages, next, counts }: FilePage): OnWire {
  const files = messages.map(({ file = { id: "" }, ...message }) => ({
    ...fileOnWire(file),
    message: messageOnWire(message),
  }));
  return { files, next, counts };
}

function quoteOnWire({ id, kind, user, name, text, file, isDeleted }: Quote): OnWire {
  const user_id = user === undefined ? undefined : userIdOnWire(user);
  const shown = { id, user_id, name, text, file: file && fileOnWire(file), kind };
  return { ...shown, deleted: isDeleted || undefined };
}

function systemOnWire({ event, users, name, role }: SystemEvent): OnWire {
  return { event, user_ids: users?.map(userIdOnWire), name, role };
}

export function listOnWire(list: ConversationList): OnWire {
  const { conversations, next, removed, unread, synced } = list;
  return {
    conversations: conversations.map(conversationOnWire),
    ...{ next, removed },
    unread: totalOnWire(unread),
    synced,
  };
}

export function totalOnWire({ conversations, messages, mentions }: UnreadTotal): OnWire {
  return { conversations, messages, mentions };
}

export function membersOnWire({ members, next }: MemberPage): OnWire {
  return { members: members.map(memberOnWire), next };
}

export function pageOnWire(page: MessagePage): OnWire {
  const { messages, hasBefore, hasAfter, offset, epoch, recovered } = page;
  return {
    messages: messages.map(messageOnWire),
    has_before: hasBefore,
    has_after: hasAfter,
    ...{ offset, epoch, recovered },
  };
}

export function foundOnWire({ messages, next }: FoundMessages): OnWire {
  return { messages: messages.map(messageOnWire), next };
}

export function seenOnWire({ conversation, read, delivered, unread, mentions }: Seen): OnWire {
  return { conversation, read, delivered, unread, mentions };
}

export function receiptsOnWire({ read, delivered, sent }: MessageReceipts): OnWire {
  const shown = (users: MessageReceipts["read"]) =>
    users.map(({ user, name }) => ({ user_id: userIdOnWire(user), name }));
  return { read: shown(read), delivered: shown(delivered), sent: shown(sent) };
}
