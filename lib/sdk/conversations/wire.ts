/** Reads what the server says of conversations; what is not known here is left out, what must be there is an error. */
import { asObject, type JsonObject, parseUser, readFiles } from "../core/frames.ts";
import { invalid } from "../core/replies.ts";
import type { AttachedFile, User } from "../core/types.ts";
import { ids, list, number, optional, optionalNumber, text, users } from "./fields.ts";
import type {
  ChatMessage,
  ConversationFiles,
  ConversationInfo,
  ConversationMember,
  FoundMessages,
  MemberRole,
  MessageKind,
  MessageReceipts,
  MessageStatus,
  QuotedMessage,
  Reaction,
  SystemEvent,
  UnreadTotals,
} from "./types.ts";

/** A page of the list of conversations. */
export interface ListPage {
  readonly conversations: readonly ConversationInfo[];
  readonly next: string | undefined;
  /** Those in which the user is no more. */
  readonly removed: readonly number[];
  readonly unread: UnreadTotals | undefined;
  /** What the next question gives as `since`. */
  readonly synced: string | undefined;
}

/** A page of a conversation's messages. */
export interface MessagePage {
  /** Oldest first; with `since`, the one that changed first. */
  readonly messages: readonly ChatMessage[];
  readonly hasBefore: boolean;
  readonly hasAfter: boolean;
  /** Where the conversation was when the page was read. */
  readonly offset: number;
  readonly epoch: string;
  /** With `since`: whether nothing is missing. */
  readonly recovered: boolean;
}

/** The user's own state in a conversation, after something was seen. */
export interface Seen {
  readonly read: number;
  readonly delivered: number;
  readonly unread: number;
  readonly mentions: number;
}

/** How far somebody is in a conversation. */
export interface Receipt {
  readonly userId: string;
  readonly read?: number;
  readonly delivered?: number;
}

export function readList(data: JsonObject): ListPage {
  const { conversations, removed, unread, synced } = data;
  return {
    conversations: list(conversations, "conversations").map(readInfo),
    next: text(data.next),
    removed: Array.isArray(removed) ? removed.map(Number) : [],
    unread: unread === undefined ? undefined : readTotals(asObject(unread)),
    synced: text(synced),
  };
}

export function readTotals({ conversations, messages, mentions }: JsonObject): UnreadTotals {
  return {
    conversations: number(conversations),
    messages: number(messages),
    mentions: number(mentions),
  };
}

export function readInfo(value: unknown): ConversationInfo {
  const fields = asObject(value);
  const { id, kind } = fields;
  if (typeof id !== "number") return invalid("conversation", value);
  const partner = parseUser(fields.with);
  const last = fields.last_message;
  return {
    id,
    kind: kind === "private" ? kind : "group",
    ...optional("picture", text(fields.picture)),
    ...optional("data", fields.data),
    name: text(fields.name) ?? partner?.name ?? "",
    history: fields.history === "all" ? "all" : "joined",
    membersCount: number(fields.members_count),
    role: readRole(fields.role),
    createdAt: number(fields.created_at),
    offset: number(fields.offset),
    epoch: String(fields.epoch ?? ""),
    unread: number(fields.unread),
    mentions: number(fields.mentions),
    read: number(fields.read),
    delivered: number(fields.delivered),
    mutedUntil: number(fields.muted_until),
    pinned: fields.pinned === true,
    archived: fields.archived === true,
    ...(last === undefined || last === null ? {} : { lastMessage: readMessage(last) }),
    ...(partner && { with: { ...partner, ...pointers(asObject(fields.with)) } }),
    typing: [],
    pending: 0,
    failed: 0,
  };
}

/** What a frame says has changed of a conversation; `null` takes away. */
export function readChanges(data: JsonObject): Partial<ConversationInfo> {
  const { name, picture, history, role, pinned, archived } = data;
  const numbers = {
    members_count: "membersCount",
    read: "read",
    delivered: "delivered",
    unread: "unread",
    mentions: "mentions",
    muted_until: "mutedUntil",
  } as const;
  return {
    ...optional("name", text(name)),
    ...("picture" in data ? { picture: text(picture) as string } : {}),
    ...("data" in data ? { data: data.data ?? undefined } : {}),
    ...(history === "all" || history === "joined" ? { history } : {}),
    ...(role === undefined ? {} : { role: readRole(role) }),
    ...optional("pinned", typeof pinned === "boolean" ? pinned : undefined),
    ...optional("archived", typeof archived === "boolean" ? archived : undefined),
    ...Object.fromEntries(
      Object.entries(numbers).flatMap(([field, name]) =>
        typeof data[field] === "number" ? [[name, data[field]]] : []
      ),
    ),
  };
}

export function readMembers(value: unknown): ConversationMember[] {
  return list(value, "members").map((member) => {
    const fields = asObject(member);
    const user = parseUser(fields) ?? invalid("members", member);
    const joinedAt = number(fields.joined_at);
    return { ...user, role: readRole(fields.role), joinedAt, ...pointers(fields) };
  });
}

export function readMessages(data: JsonObject): MessagePage {
  return {
    messages: list(data.messages, "messages").map(readMessage),
    hasBefore: data.has_before === true,
    hasAfter: data.has_after === true,
    offset: number(data.offset),
    epoch: String(data.epoch ?? ""),
    recovered: data.recovered === true,
  };
}

export function readFound({ messages, next }: JsonObject): FoundMessages {
  return {
    messages: list(messages, "messages").map(readMessage),
    ...optional("next", text(next)),
  };
}

export function readFileList({ files, next, counts }: JsonObject): ConversationFiles {
  const { image, file } = asObject(counts);
  return {
    files: readFiles(list(files, "files")).map((each) => {
      const { message, ...file } = each as AttachedFile & { message?: unknown };
      return { ...file, message: readMessage({ ...asObject(message), file }) };
    }),
    ...optional("next", text(next)),
    ...(counts === undefined ? {} : { counts: { image: number(image), file: number(file) } }),
  };
}

export function readMessage(value: unknown): ChatMessage {
  const fields = asObject(value);
  const { id, conversation, offset } = fields;
  if (typeof id !== "number" || typeof conversation !== "number") return invalid("message", value);
  const ownId = text(fields.own_id);
  return {
    key: ownId ?? String(id),
    id,
    conversation,
    offset: number(offset),
    changed: number(fields.changed ?? offset),
    kind: readKind(fields.kind),
    ...readSender(fields),
    text: text(fields.text) ?? "",
    ...optional("data", fields.data),
    ...optional("file", readFiles([fields.file])[0]),
    ...optional("replyTo", readQuoted(fields.reply_to)),
    mentions: ids(fields.mentions),
    ...optional("ownId", ownId),
    createdAt: number(fields.created_at),
    ...optional("editedAt", optionalNumber(fields.edited_at)),
    deleted: fields.deleted === true,
    reactions: readReactions(fields.reactions),
    ...optional("status", readStatus(fields.status)),
    ...optional("system", readSystem(fields.system)),
  };
}

export function readSeen(fields: JsonObject): Seen {
  return {
    read: number(fields.read),
    delivered: number(fields.delivered),
    unread: number(fields.unread),
    mentions: number(fields.mentions),
  };
}

export function readReceipt(value: unknown): Receipt {
  const fields = asObject(value);
  return { userId: String(fields.user_id), ...pointers(fields) };
}

export function readReceipts({ read, delivered, sent }: JsonObject): MessageReceipts {
  return { read: users(read), delivered: users(delivered), sent: users(sent) };
}

/** A system message may be by the application, which is no user. */
function readSender({ user_id, name }: JsonObject): User {
  return parseUser({ user_id: user_id ?? "", name }) ?? { userId: "", name: "" };
}

function readQuoted(value: unknown): QuotedMessage | undefined {
  const fields = asObject(value);
  if (typeof fields.id !== "number") return undefined;
  return {
    id: fields.id,
    ...readSender(fields),
    text: text(fields.text) ?? "",
    ...optional("file", readFiles([fields.file])[0]),
    kind: readKind(fields.kind),
  };
}

function readReactions(value: unknown): readonly Reaction[] {
  return (Array.isArray(value) ? value : []).map((each) => {
    const { emoji, count, user_ids } = asObject(each);
    return { emoji: String(emoji), count: number(count), userIds: ids(user_ids) };
  });
}

function readSystem(value: unknown): SystemEvent | undefined {
  const { event, user_ids, name, role } = asObject(value);
  if (typeof event !== "string") return undefined;
  return {
    event,
    userIds: ids(user_ids),
    ...optional("name", text(name)),
    ...(role === undefined ? {} : { role: readRole(role) }),
  };
}

function readRole(role: unknown): MemberRole {
  return role === "owner" || role === "admin" ? role : "member";
}

function readKind(kind: unknown): MessageKind {
  return kind === "image" || kind === "file" || kind === "system" ? kind : "text";
}

function readStatus(status: unknown): MessageStatus | undefined {
  return status === "sent" || status === "delivered" || status === "read" ? status : undefined;
}

function pointers({ read, delivered }: JsonObject): { read?: number; delivered?: number } {
  return {
    ...optional("read", optionalNumber(read)),
    ...optional("delivered", optionalNumber(delivered)),
  };
}
