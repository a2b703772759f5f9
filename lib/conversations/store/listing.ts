/** Reads conversations as one of their members sees them: one, or a page of all. */
import { invalid, type UserId } from "../../base/fields.ts";
import { type Row, row, rows, type SqlValue, type Work } from "../../engines/database/database.ts";
import type { ConversationList, ListRequest } from "../requests.ts";
import type { Conversation, Member, Message } from "../types.ts";
import { ownStateOf } from "./own_state.ts";
import {
  CONVERSATION,
  conversationIn,
  MEMBER,
  memberIn,
  MESSAGE,
  messageIn,
  type StoredConversation,
  type StoredMember,
  text,
  WITH_QUOTE,
} from "./rows.ts";
import { statusOf } from "./statuses.ts";
import type { Dialect } from "./tables.ts";

/**
 * What was stored before a list was read may become visible after it, if its transaction took so long: a list goes on from so
 * much before the one before it.
 */
const OVERLAP_MS = 10_000;

/** A place in the list, and when the list was begun. */
type Cursor = readonly [synced: number, pinned: number, activeAt: number, id: number];

/** Whether its members see a conversation: a private one once something was said, and who has made it at once. */
const SHOWN = "(c.kind <> 'private' OR c.last_offset > 0 OR c.created_by = m.user_id)";

/** What is read with a conversation `c` and its member `m`. */
const VIEW = `${CONVERSATION}, ${MEMBER}, ${MESSAGE},
  o.user_id AS other, o.role AS other_role, o.joined_at AS other_joined_at,
  o.shown_read AS other_read, o.delivered AS other_delivered, u.name AS other_name,
  (SELECT COUNT(*) FROM chat_mentions n
    WHERE n.conversation = c.id AND n.user_id = m.user_id) AS mentions_count,
  CASE WHEN s.user_id = m.user_id AND c.kind = 'group' THEN (
    SELECT MIN(l.shown_read) FROM chat_members l
    WHERE l.conversation = c.id AND l.left_at IS NULL AND l.user_id <> m.user_id
  ) END AS least_read,
  CASE WHEN s.user_id = m.user_id AND c.kind = 'group' THEN (
    SELECT MIN(l.delivered) FROM chat_members l
    WHERE l.conversation = c.id AND l.left_at IS NULL AND l.user_id <> m.user_id
  ) END AS least_delivered`;

const JOINED = `LEFT JOIN chat_messages s
    ON s.conversation = c.id AND s."offset" = c.last_offset AND s."offset" > m.from_offset
  ${WITH_QUOTE}
  LEFT JOIN chat_members o
    ON c.kind = 'private' AND o.conversation = c.id AND o.user_id <> m.user_id
  LEFT JOIN chat_users u ON u.site = c.site AND u.user_id = o.user_id`;

/** Whose list is read. */
export interface Viewer {
  readonly site: string;
  readonly user: UserId;
  /** Whether the user is told what others have read. */
  readonly seesReading: boolean;
}

/** What was read of a list. */
interface ListPage {
  readonly found: readonly Row[];
  /** The conversations that the user has left since the last list, where that was asked. */
  readonly removed: number[] | undefined;
}

/** When a list is begun, or the first page of it was. */
export function* timeOfList({ now }: Dialect, { cursor }: ListRequest): Work<number> {
  if (cursor !== undefined) return cursorIn(cursor)[0];
  const clock = yield* row(`SELECT ${now} AS now`);
  return Number(clock?.["now"]);
}

/** The rows of a page of the user's conversations, and one more where there are more. */
export function* pageOfList(
  { site, user }: Pick<Viewer, "site" | "user">,
  { limit, cursor, archived, since }: ListRequest,
): Work<ListPage> {
  const after = cursor === undefined ? undefined : cursorIn(cursor);
  const changedAfter = since === undefined ? -1 : timeIn(since) - OVERLAP_MS;
  const values: SqlValue[] = [site, user, changedAfter, archived === undefined ? -1 : +archived];
  const found = yield* rows(
    `WITH page AS (
       SELECT m.conversation AS page_id FROM chat_members m
       JOIN conversations c ON c.id = m.conversation
       WHERE m.site = $1 AND m.user_id = $2 AND m.left_at IS NULL AND c.ended_at IS NULL
         AND ${SHOWN} AND (c.changed_at > $3 OR m.changed_at > $3)
         AND ($4 = -1 OR m.archived = $4)
         AND (m.pinned, c.active_at, c.id) < ($5, $6, $7)
       ORDER BY m.pinned DESC, c.active_at DESC, c.id DESC LIMIT $8
     )
     SELECT ${VIEW} FROM page JOIN conversations c ON c.id = page_id
     JOIN chat_members m ON m.conversation = c.id AND m.user_id = $2 ${JOINED}
     ORDER BY m.pinned DESC, c.active_at DESC, c.id DESC`,
    ...[...values, ...(after?.slice(1) ?? FIRST), limit + 1],
  );
  const removed = since === undefined ? undefined : yield* removedSince(site, user, changedAfter);
  return { found, removed };
}

/** @param synced when the list was begun */
export function listOf(
  { found, removed }: ListPage,
  viewer: Viewer,
  { limit, synced }: { readonly limit: number; readonly synced: number },
): Omit<ConversationList, "unread"> {
  const last = found.length > limit ? found[limit - 1] : undefined;
  return {
    conversations: found.slice(0, limit).map((each) => viewOf(each, viewer)),
    next: last && cursorOf(synced, last),
    removed,
    synced: synced.toString(36),
  };
}

/** Before all conversations. */
const FIRST = [2, Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER];

/** A conversation as its member sees it; `undefined` where the user is no member. */
export function* viewConversation(viewer: Viewer, id: number): Work<Conversation | undefined> {
  if (!Number.isSafeInteger(id)) return undefined;
  const found = yield* row(
    `SELECT ${VIEW} FROM conversations c
     JOIN chat_members m ON m.conversation = c.id AND m.user_id = $2 AND m.left_at IS NULL ${JOINED}
     WHERE c.id = $1 AND c.site = $3 AND c.ended_at IS NULL`,
    ...[id, viewer.user, viewer.site],
  );
  return found && viewOf(found, viewer);
}

/** A conversation as an application sees it. */
export function plainView(conversation: StoredConversation): Conversation {
  const { id, kind, name, picture, data, history, membersCount, offset, epoch } = conversation;
  const { createdAt, changedAt } = conversation;
  return {
    ...{ id, kind, name, picture, data, history, membersCount, offset, epoch },
    ...{ createdAt, changedAt },
  };
}

function viewOf(found: Row, viewer: Viewer): Conversation {
  const conversation = conversationIn(found);
  const member = memberIn(found)!;
  const message = messageIn(found);
  return {
    ...plainView(conversation),
    own: ownStateOf({ conversation, member }, Number(found["mentions_count"])),
    lastMessage: message && withStatus(message, found, viewer),
    with: otherIn(found, viewer),
  };
}

function withStatus(message: Message, found: Row, { user, seesReading }: Viewer): Message {
  if (message.user !== user || message.kind === "system") return message;
  const read = seesReading ? Number(found["other_read"] ?? found["least_read"] ?? 0) : 0;
  const delivered = Number(found["other_delivered"] ?? found["least_delivered"] ?? 0);
  return { ...message, status: statusOf(message, { read, delivered }) };
}

function otherIn(found: Row, { seesReading }: Viewer): Member | undefined {
  const user = text(found["other"]);
  if (user === undefined) return undefined;
  return {
    user,
    name: text(found["other_name"]),
    role: found["other_role"] as StoredMember["role"],
    joinedAt: Number(found["other_joined_at"]),
    read: seesReading ? Number(found["other_read"]) : undefined,
    delivered: Number(found["other_delivered"]),
  };
}

function* removedSince(site: string, user: UserId, time: number): Work<number[]> {
  const found = yield* rows(
    `SELECT conversation FROM chat_members
     WHERE site = $1 AND user_id = $2 AND left_at > $3 ORDER BY conversation`,
    ...[site, user, time],
  );
  return found.map((each) => Number(each["conversation"]));
}

function cursorOf(synced: number, last: Row): string {
  const cursor = [synced, last["pinned"], last["active_at"], last["id"]];
  return cursor.map((each) => Number(each).toString(36)).join("-");
}

function cursorIn(text: string): Cursor {
  const parts = text.split("-").map((part) => parseInt(part, 36));
  if (parts.length === 4 && parts.every((part) => Number.isSafeInteger(part))) {
    return parts as unknown as Cursor;
  }
  throw invalid("cursor", text, "the `next` of a list");
}

function timeIn(synced: string): number {
  const time = /^[0-9a-z]{1,11}$/.test(synced) ? parseInt(synced, 36) : NaN;
  if (Number.isSafeInteger(time)) return time;
  throw invalid("since", synced, "the `synced` of a list");
}
