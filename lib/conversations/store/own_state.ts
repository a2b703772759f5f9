/** What a conversation is to one of its members: how far the user has read it, and the user's own settings of it. */
import type { UserId } from "../../base/fields.ts";
import { row, rows, type Work } from "../../engines/database/database.ts";
import { type Entered, noMessage, requireUser, requireVisible } from "../access.ts";
import type { ConversationChange, Seen, SeenRequest, UnreadTotal } from "../requests.ts";
import type { Actor, OwnState } from "../types.ts";
import type { Outcome, Telling } from "./outcome.ts";
import { telling, type WorkParts } from "./parts.ts";
import { coveredSenders, tellReceipt } from "./receipts.ts";
import { MEMBER_ALONE, memberIn, type StoredConversation, type StoredMember } from "./rows.ts";
import { enterToSay } from "./statements.ts";

/** The last time that there is: muted for good. */
export const FOR_GOOD = 253_402_300_799_000;

/** A conversation, and what its member has of it. */
export interface Own {
  readonly conversation: StoredConversation;
  readonly member: StoredMember;
}

/** Moves the pointers of the actor's user forward. */
export function* seen(
  parts: WorkParts,
  actor: Actor,
  id: number,
  request: SeenRequest,
): Work<Outcome<Seen>> {
  const tell = telling(parts);
  const own = yield* enterOwn(parts, actor, id);
  const { conversation, member: before } = own;
  const upTo = yield* placeOf(own, request);
  const isRead = request.state !== "delivered";
  // Beyond a block nobody is told how far the other one is.
  const isHidden = own.blocked.size > 0;
  const shows = isRead && !isHidden && (yield* tellsReading(parts, actor.site, before.user));
  const target = {
    read: isRead ? upTo : 0,
    readTally: isRead && upTo > before.read ? yield* tallyAt(conversation, upTo) : 0,
    shownRead: shows ? upTo : 0,
    delivered: isHidden ? 0 : upTo,
  };
  const isMoved = target.read > before.read || target.shownRead > before.shownRead ||
    target.delivered > before.delivered;
  if (!isMoved) return tell.outcome(yield* seenOf(own));
  const member = yield* move(parts, own, target);
  const { user, read, delivered } = member;
  const after = target.shownRead > before.shownRead ? before.shownRead : before.delivered;
  const covered = isHidden ? [] : yield* coveredSenders(id, user, { after, upTo });
  const moves = { user, delivered, ...(shows ? { read } : {}) };
  yield* tellReceipt(parts, tell, { site: actor.site, conversation: id, covered }, moves);
  const result = yield* tellOwn(tell, { conversation, member });
  if (read > before.read) {
    const { unread } = result;
    yield* tell.happened(conversation, { what: "read", user, offset: read, unread });
  }
  return tell.outcome(result);
}

/** Changes the actor's own settings of a conversation. */
export function* setOwn(
  parts: WorkParts,
  actor: Actor,
  id: number,
  { mutedUntil, pinned, archived }: ConversationChange,
): Work<Outcome<void>> {
  const tell = telling(parts);
  const { conversation, member } = yield* enterOwn(parts, actor, id);
  const found = yield* row(
    `UPDATE chat_members SET muted_until = $3, pinned = $4, archived = $5,
       changed_at = ${parts.sql.now}
     WHERE conversation = $1 AND user_id = $2 AND left_at IS NULL RETURNING ${MEMBER_ALONE}`,
    ...[id, member.user, Math.min(mutedUntil ?? member.mutedUntil, FOR_GOOD)],
    ...[Number(pinned ?? member.pinned), Number(archived ?? member.archived)],
  );
  const changed = found && memberIn(found);
  if (changed !== undefined) yield* tellOwn(tell, { conversation, member: changed });
  return tell.outcome(undefined);
}

/** What is unread in all conversations of a user that are not archived. */
export function* unreadTotal(site: string, user: UserId): Work<UnreadTotal> {
  const found = yield* row(
    `SELECT COUNT(*) AS conversations, CAST(SUM(unread) AS BIGINT) AS messages,
       CAST(SUM(mentions) AS BIGINT) AS mentions
     FROM (
       SELECT ${UNREAD} AS unread, CASE WHEN ${UNREAD} > 0 THEN (
         SELECT COUNT(*) FROM chat_mentions n
         WHERE n.conversation = m.conversation AND n.user_id = m.user_id
       ) ELSE 0 END AS mentions
       FROM chat_members m JOIN conversations c ON c.id = m.conversation
       WHERE m.site = $1 AND m.user_id = $2 AND m.left_at IS NULL AND m.archived = 0
     ) AS all_unread WHERE unread > 0`,
    ...[site, user],
  );
  return {
    conversations: Number(found?.["conversations"] ?? 0),
    messages: Number(found?.["messages"] ?? 0),
    mentions: Number(found?.["mentions"] ?? 0),
  };
}

/** How many messages of a conversation `c` its member `m` has not read, of those that are kept. */
const UNREAD =
  `(c.tally - CASE WHEN m.read_tally > c.dropped_tally THEN m.read_tally ELSE c.dropped_tally END)`;

export function unreadOf(
  { tally, droppedTally }: Pick<StoredConversation, "tally" | "droppedTally">,
  { readTally }: Pick<StoredMember, "readTally">,
): number {
  return tally - Math.max(readTally, droppedTally);
}

/** @param mentions how many there are in what is unread */
export function ownStateOf({ conversation, member }: Own, mentions: number): OwnState {
  const { role, read, delivered, mutedUntil, pinned, archived } = member;
  return {
    ...{ role, unread: unreadOf(conversation, member), mentions, read, delivered },
    mutedUntil: mutedUntil > 0 ? mutedUntil : undefined,
    pinned: pinned || undefined,
    archived: archived || undefined,
  };
}

export function* mentionsOf(conversation: number, user: UserId): Work<number> {
  const found = yield* row(
    "SELECT COUNT(*) AS count FROM chat_mentions WHERE conversation = $1 AND user_id = $2",
    ...[conversation, user],
  );
  return Number(found?.["count"]);
}

function* enterOwn(
  parts: WorkParts,
  actor: Actor,
  id: number,
): Work<Own & { readonly blocked: ReadonlySet<UserId> }> {
  const user = requireUser(actor);
  const { conversation, member, blocked } = yield* enterToSay(
    parts,
    { site: actor.site, user },
    id,
  );
  return { conversation, member: member!, blocked }; // a user enters as a member alone
}

function* tellsReading({ people }: WorkParts, site: string, user: UserId): Work<boolean> {
  return (yield* people.privacies(site, [user])).get(user)?.readReceipts !== false;
}

/** The offset that is meant, which is none that there has not been yet. */
function* placeOf(
  { conversation, member }: Own,
  { offset = conversation.offset, message }: SeenRequest,
): Work<number> {
  if (message === undefined) return Math.min(offset, conversation.offset);
  const found = yield* row(
    `SELECT "offset" FROM chat_messages WHERE id = $1 AND conversation = $2`,
    ...[message, conversation.id],
  );
  if (found === undefined) throw noMessage(message);
  const entered: Entered = { conversation, member };
  requireVisible(entered, { id: message, offset: Number(found["offset"]) });
  return Number(found["offset"]);
}

/** How many messages were counted up to an offset. */
function* tallyAt({ id, tally }: StoredConversation, offset: number): Work<number> {
  const after = yield* row(
    `SELECT tally, kind FROM chat_messages WHERE conversation = $1 AND "offset" > $2
     ORDER BY "offset" LIMIT 1`,
    ...[id, offset],
  );
  if (after === undefined) return tally;
  return Number(after["tally"]) - (after["kind"] === "system" ? 0 : 1);
}

/** Moves each pointer, unless it is further already: another device may have been faster. */
function* move(
  { sql }: WorkParts,
  { conversation: { id, pair }, member: before }: Own,
  { read, readTally, shownRead, delivered }: Pick<
    StoredMember,
    "read" | "readTally" | "shownRead" | "delivered"
  >,
): Work<StoredMember> {
  const isShown = shownRead > before.shownRead || delivered > before.delivered;
  if (isShown && pair !== undefined) {
    // The other one's list shows how far this user is, so it has changed, too. It comes first, as in all works.
    yield* rows(`UPDATE conversations SET changed_at = ${sql.now} WHERE id = $1`, id);
  }
  const found = yield* row(
    `UPDATE chat_members SET
       read_tally = CASE WHEN read < $3 THEN $4 ELSE read_tally END,
       read = CASE WHEN read < $3 THEN $3 ELSE read END,
       shown_read = CASE WHEN shown_read < $5 THEN $5 ELSE shown_read END,
       delivered = CASE WHEN delivered < $6 THEN $6 ELSE delivered END,
       changed_at = ${sql.now}
     WHERE conversation = $1 AND user_id = $2 AND left_at IS NULL RETURNING ${MEMBER_ALONE}`,
    ...[id, before.user, read, readTally, shownRead, delivered],
  );
  const member = (found && memberIn(found)) ?? before;
  if (member.read > before.read) {
    yield* rows(
      `DELETE FROM chat_mentions WHERE conversation = $1 AND user_id = $2 AND "offset" <= $3`,
      ...[id, member.user, member.read],
    );
  }
  return member;
}

/** Tells all devices of the user. */
function* tellOwn(tell: Telling, { conversation, member }: Own): Work<Seen> {
  const { id, site } = conversation;
  const own = ownStateOf({ conversation, member }, yield* mentionsOf(id, member.user));
  tell.users([member.user], {
    ...{ type: "conversation", conversation: id, change: "own" },
    data: { own, unreadTotal: yield* unreadTotal(site, member.user) },
  });
  const { read, delivered, unread, mentions } = own;
  return { conversation: id, read, delivered, unread, mentions };
}

function* seenOf({ conversation, member }: Own): Work<Seen> {
  const { id } = conversation;
  const { user, read, delivered } = member;
  const mentions = yield* mentionsOf(id, user);
  return { conversation: id, read, delivered, unread: unreadOf(conversation, member), mentions };
}
