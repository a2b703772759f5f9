/** What the rows of the tables mean. */
import type { Row, SqlValue } from "../../engines/database/database.ts";
import type { UserId } from "../../base/fields.ts";
import { fileFieldIn, messageFileIn } from "../message_files.ts";
import type {
  ConversationKind,
  HistoryRule,
  Message,
  MessageKind,
  Quote,
  Role,
  SystemEvent,
} from "../types.ts";

/** A conversation, whoever looks at it. */
export interface StoredConversation {
  readonly id: number;
  readonly site: string;
  readonly kind: ConversationKind;
  /** The two users of a private conversation. */
  readonly pair: readonly UserId[] | undefined;
  readonly name: string | undefined;
  readonly picture: string | undefined;
  readonly data: unknown;
  readonly history: HistoryRule;
  readonly createdAt: number;
  readonly changedAt: number;
  readonly activeAt: number;
  readonly offset: number;
  readonly epoch: string;
  /** The offset of the last message. */
  readonly lastOffset: number;
  readonly tally: number;
  readonly membersCount: number;
  readonly membersVersion: number;
  /** Up to where retention has removed messages, and their changes. */
  readonly droppedOffset: number;
  readonly droppedTally: number;
}

/** What a conversation is to one of its members. */
export interface StoredMember {
  readonly user: UserId;
  readonly role: Role;
  readonly joinedAt: number;
  readonly fromOffset: number;
  readonly read: number;
  readonly readTally: number;
  readonly shownRead: number;
  readonly delivered: number;
  readonly mutedUntil: number;
  readonly pinned: boolean;
  readonly archived: boolean;
}

/** The columns of a conversation `c`. */
export const CONVERSATION = `c.id, c.site, c.kind, c.pair, c.name, c.picture, c.data, c.history,
  c.created_at, c.changed_at, c.active_at, c."offset", c.epoch, c.last_offset, c.tally,
  c.members_count, c.members_version, c.dropped_offset, c.dropped_tally`;

const MEMBER_COLUMNS = [
  ...["user_id", "role", "joined_at", "from_offset", "read", "read_tally", "shown_read"],
  ...["delivered", "muted_until", "pinned", "archived"],
];

/** The columns of a member, and those of a member `m` beside those of a conversation. */
export const MEMBER_ALONE = MEMBER_COLUMNS.join(", ");
export const MEMBER = MEMBER_COLUMNS.map((column) => `m.${column}`).join(", ");

/** The columns of a message `s` (what was said), and of the message `q` that it answers. */
export const MESSAGE = `s.id AS message_id, s.conversation, s."offset" AS message_offset,
  s.changed, s.kind AS message_kind, s.user_id AS sender, s.name AS sender_name, s.text,
  s.data AS message_data, s.file, s.reply_to, s.mentions, s.system, s.own_id,
  s.created_at AS sent_at, s.edited_at, s.deleted_at, s.reactions, q.kind AS quote_kind,
  q.user_id AS quote_sender, q.name AS quote_name, q.text AS quote_text,
  q.file AS quote_file, q.deleted_at AS quote_deleted_at`;

/** Joins the message that a message `s` answers. */
export const WITH_QUOTE = `LEFT JOIN chat_messages q ON q.id = s.reply_to`;

/** How many characters of a message are shown with what answers it. */
const QUOTE_CHARACTERS = 200;

/** What stands between the two users of a pair. No id has one. */
const BETWEEN = "\n";

/** The other one of the two in a private conversation `c`, whose member is `m`. */
export const OTHER = `CASE WHEN substr(c.pair, 1, length(m.user_id) + 1) = m.user_id || '${BETWEEN}'
  THEN substr(c.pair, length(m.user_id) + 2)
  ELSE substr(c.pair, 1, length(c.pair) - length(m.user_id) - 1) END`;

/** The same text for the two users, whoever is the first. */
export function pairOf(one: UserId, other: UserId): string {
  return [one, other].sort().join(BETWEEN);
}

export function conversationIn(row: Row): StoredConversation {
  const pair = text(row["pair"]);
  return {
    id: Number(row["id"]),
    site: String(row["site"]),
    kind: row["kind"] as ConversationKind,
    pair: pair?.split(BETWEEN),
    name: text(row["name"]),
    picture: text(row["picture"]),
    data: json(row["data"]),
    history: row["history"] as HistoryRule,
    createdAt: Number(row["created_at"]),
    changedAt: Number(row["changed_at"]),
    activeAt: Number(row["active_at"]),
    offset: Number(row["offset"]),
    epoch: String(row["epoch"]),
    lastOffset: Number(row["last_offset"]),
    tally: Number(row["tally"]),
    membersCount: Number(row["members_count"]),
    membersVersion: Number(row["members_version"]),
    droppedOffset: Number(row["dropped_offset"]),
    droppedTally: Number(row["dropped_tally"]),
  };
}

/** `undefined` where no member was joined. */
export function memberIn(row: Row): StoredMember | undefined {
  if (typeof row["role"] !== "string") return undefined;
  return {
    user: String(row["user_id"]),
    role: row["role"] as Role,
    joinedAt: Number(row["joined_at"]),
    fromOffset: Number(row["from_offset"]),
    read: Number(row["read"]),
    readTally: Number(row["read_tally"]),
    shownRead: Number(row["shown_read"]),
    delivered: Number(row["delivered"]),
    mutedUntil: Number(row["muted_until"]),
    pinned: row["pinned"] === 1,
    archived: row["archived"] === 1,
  };
}

/** `undefined` where no message was joined. */
export function messageIn(row: Row): Message | undefined {
  if (typeof row["message_id"] !== "number") return undefined;
  const isDeleted = row["deleted_at"] !== null;
  return {
    id: row["message_id"],
    conversation: Number(row["conversation"]),
    offset: Number(row["message_offset"]),
    changed: Number(row["changed"]),
    kind: row["message_kind"] as MessageKind,
    user: text(row["sender"]) || undefined,
    name: text(row["sender_name"]),
    text: text(row["text"]),
    data: json(row["message_data"]),
    file: messageFileIn(row["file"]),
    replyTo: quoteIn(row),
    mentions: json(row["mentions"]) as UserId[] | undefined,
    ownId: text(row["own_id"]),
    createdAt: Number(row["sent_at"]),
    editedAt: number(row["edited_at"]),
    isDeleted: isDeleted || undefined,
    system: json(row["system"]) as SystemEvent | undefined,
  };
}

/** The beginning of a text, as it is shown with what answers it. */
export function quoted(text: string | undefined): string | undefined {
  if (text === undefined || text.length <= QUOTE_CHARACTERS) return text;
  return [...text.slice(0, 2 * QUOTE_CHARACTERS)].slice(0, QUOTE_CHARACTERS).join("");
}

/** What retention has removed is shown as what was deleted. */
function quoteIn(row: Row): Quote | undefined {
  const id = number(row["reply_to"]);
  if (id === undefined) return undefined;
  const isDeleted = typeof row["quote_kind"] !== "string" || row["quote_deleted_at"] !== null;
  return {
    id,
    kind: (row["quote_kind"] ?? "text") as MessageKind,
    user: text(row["quote_sender"]) || undefined,
    name: text(row["quote_name"]),
    text: isDeleted ? undefined : quoted(text(row["quote_text"])),
    ...(isDeleted ? {} : fileFieldIn(row["quote_file"])),
    isDeleted: isDeleted || undefined,
  };
}

export function text(value: SqlValue | undefined): string | undefined {
  return typeof value === "string" ? value : undefined;
}

export function number(value: SqlValue | undefined): number | undefined {
  return typeof value === "number" ? value : undefined;
}

function json(value: SqlValue | undefined): unknown {
  return typeof value === "string" ? JSON.parse(value) : undefined;
}

/** JSON for a column; `null` for none. */
export function jsonOrNull(value: unknown): string | null {
  return value === undefined || value === null ? null : JSON.stringify(value);
}
