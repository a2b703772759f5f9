/** Erases what one user has left in conversations. What others have said, and that there was something, stays. */
import type { UserId } from "../../base/fields.ts";
import { row, rows, type Work } from "../../engines/database/database.ts";
import type { Actor, Message } from "../types.ts";
import { erase } from "./changing.ts";
import { leave } from "./membership.ts";
import type { Outcome } from "./outcome.ts";
import { telling, type WorkParts } from "./parts.ts";
import { MESSAGE, messageIn, WITH_QUOTE } from "./rows.ts";
import { advance, enter } from "./statements.ts";

/** How many messages of a conversation are erased in one transaction. */
const AT_ONCE = 100;

/** What was erased of a user in one conversation. */
export interface ErasedHere {
  readonly messages: number;
  readonly reactions: number;
  /** Whether nothing is left, and the user is not in it any more. */
  readonly isDone: boolean;
}

/** A conversation that the user is, or was, in. */
export function* anyConversation(site: string, user: UserId): Work<number | undefined> {
  const found = yield* row(
    "SELECT conversation FROM chat_members WHERE site = $1 AND user_id = $2 LIMIT 1",
    ...[site, user],
  );
  return found && Number(found["conversation"]);
}

/** Erases some of what the user has left in one conversation; at last the user leaves it. */
export function* eraseIn(
  parts: WorkParts,
  actor: Actor & { readonly user: UserId },
  id: number,
): Work<Outcome<ErasedHere>> {
  const messages = yield* eraseMessages(parts, actor, id);
  if (messages.result === AT_ONCE) {
    return { ...messages, result: { messages: AT_ONCE, reactions: 0, isDone: false } };
  }
  const reactions = yield* eraseReactions(id, actor.user);
  const left = yield* goAway(parts, actor, id);
  return {
    result: { messages: messages.result, reactions, isDone: true },
    told: [...messages.told, ...left?.told ?? []],
    happenings: [...messages.happenings, ...left?.happenings ?? []],
    read: [...messages.read, ...left?.read ?? []],
  };
}

/** Each message is taken back, and says not even whose it was. */
function* eraseMessages(
  parts: WorkParts,
  { site, user }: Actor & { readonly user: UserId },
  id: number,
): Work<Outcome<number>> {
  const tell = telling(parts);
  const found = yield* rows(
    `SELECT ${MESSAGE} FROM chat_messages s ${WITH_QUOTE}
     WHERE s.conversation = $1 AND s.user_id = $2 AND s.kind <> 'system' LIMIT ${AT_ONCE}`,
    ...[id, user],
  );
  if (found.length === 0) return tell.outcome(0);
  const isThere = yield* row(
    "SELECT 1 AS found FROM conversations WHERE id = $1 AND ended_at IS NULL",
    id,
  );
  for (const each of found) {
    const message = messageIn(each)!;
    const place = isThere && (yield* advance(parts.sql, id, {}));
    yield* erase(parts, message, place ?? { offset: message.changed, at: Date.now() });
    yield* rows(
      "UPDATE chat_messages SET user_id = '', name = NULL, own_id = NULL, digest = NULL WHERE id = $1",
      message.id,
    );
    if (place === undefined) continue;
    const { conversation } = yield* enter({ site, isApplication: true }, id);
    const { offset, kind, createdAt } = message;
    const left: Message = {
      ...{ id: message.id, conversation: id, offset, changed: place.offset, kind, createdAt },
      isDeleted: true,
    };
    yield* tell.witnesses(conversation, place.membersVersion, message.offset, {
      ...{ type: "message_changed", conversation: id, offset: place.offset, change: "deleted" },
      message: left,
    });
    // Whoever has a copy, such as the notification that quotes it, is to lose that, too.
    yield* tell.happened(conversation, { what: "changed", message: left, change: "deleted" });
  }
  return tell.outcome(found.length);
}

function* eraseReactions(id: number, user: UserId): Work<number> {
  const found = yield* rows(
    `DELETE FROM chat_reactions WHERE user_id = $1 AND conversation = $2 RETURNING "offset"`,
    ...[user, id],
  );
  for (const { offset } of found) {
    yield* rows(
      `UPDATE chat_messages SET reactions = reactions - 1
       WHERE conversation = $1 AND "offset" = $2`,
      ...[id, Number(offset)],
    );
  }
  return found.length;
}

/** The user leaves a group. In a private conversation the other one stays, alone with what the other has said. */
function* goAway(
  parts: WorkParts,
  actor: Actor & { readonly user: UserId },
  id: number,
): Work<Outcome<void> | undefined> {
  const member = yield* row(
    `SELECT c.kind FROM chat_members m JOIN conversations c ON c.id = m.conversation
     WHERE m.conversation = $1 AND m.user_id = $2 AND m.left_at IS NULL AND c.ended_at IS NULL`,
    ...[id, actor.user],
  );
  const left = member?.["kind"] === "group" ? yield* leave(parts, actor, id) : undefined;
  yield* rows(
    "UPDATE chat_messages SET name = NULL WHERE conversation = $1 AND user_id = $2",
    ...[id, actor.user],
  );
  for (const table of ["chat_members", "chat_mentions"]) {
    yield* rows(
      `DELETE FROM ${table} WHERE conversation = $1 AND user_id = $2`,
      ...[id, actor.user],
    );
  }
  return left;
}
