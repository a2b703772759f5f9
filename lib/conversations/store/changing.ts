/** Changes messages that are there: other words, none at all, reactions. */
import { CodedError } from "../../base/errors.ts";
import { invalid, type UserId } from "../../base/fields.ts";
import { later, row, rows, type Work } from "../../engines/database/database.ts";
import { type Entered, forbidden, isWhole, mayModerate } from "../access.ts";
import type { MessageChangedEvent } from "../events.ts";
import type { EditRequest } from "../requests.ts";
import type { Actor, Message } from "../types.ts";
import { giveFilesBack } from "./file_uses.ts";
import { membersIn } from "./member_rows.ts";
import { keepWords, withReactions } from "./message_rows.ts";
import type { Outcome, Telling } from "./outcome.ts";
import { telling, type WorkParts } from "./parts.ts";
import { jsonOrNull, MESSAGE, messageIn, WITH_QUOTE } from "./rows.ts";
import { requireReachable } from "./reaching.ts";
import { isSender } from "./sending.ts";
import { advance, enterMessage, type Place, Raced } from "./statements.ts";

/** Most different emoji on one message. */
const MOST_EMOJI = 20;

/** Gives a message other words. */
export function* edit(
  parts: WorkParts,
  actor: Actor,
  id: number,
  { text, data }: EditRequest,
): Work<Outcome<Message>> {
  const tell = telling(parts);
  const entered = yield* enterMessage(actor, id);
  const { message } = entered;
  requireOwn(actor, message, "edit");
  yield* requireReachable(parts, entered);
  const next = {
    text: text === undefined ? message.text : text,
    data: data === undefined ? message.data : data ?? undefined,
  };
  const isSame = next.text === message.text &&
    JSON.stringify(next.data) === JSON.stringify(message.data);
  if (isSame) return tell.outcome(yield* shown(actor, entered.row, message));
  const { offset, at, membersVersion } = yield* advanceAs(parts, entered);
  requireInTime(actor, message, { at, mostMs: parts.config.editMs, what: "edit" });
  const given = yield* row(
    `UPDATE chat_messages SET text = $2, data = $3, edited_at = $4, changed = $5
     WHERE id = $1 AND changed = $6 RETURNING id`,
    ...[id, next.text ?? null, jsonOrNull(next.data), at, offset, message.changed],
  );
  if (given === undefined) throw new Raced(); // another node has taken it back meanwhile, for instance
  yield* later(parts.sql.forgetWords, id);
  yield* keepWords(parts.sql, { ...message, text: next.text });
  return yield* changed(parts, tell, entered, { actor, id, change: "edited", membersVersion });
}

/** Takes a message back. Who does so twice has done no harm. */
export function* unsend(parts: WorkParts, actor: Actor, id: number): Work<Outcome<Message>> {
  const tell = telling(parts);
  const entered = yield* enterMessage(actor, id);
  const { message } = entered;
  const isOwn = isSender(actor, message);
  if (message.kind === "system" || !isOwn && !mayModerate(entered)) {
    throw forbidden(`Cannot take message ${id} back: it is not yours`);
  }
  if (message.isDeleted) return tell.outcome(message);
  const { offset, at, membersVersion } = yield* advanceAs(parts, entered);
  if (!mayModerate(entered)) {
    requireInTime(actor, message, { at, mostMs: parts.config.unsendMs, what: "take back" });
  }
  yield* erase(parts, message, { offset, at });
  return yield* changed(parts, tell, entered, { actor, id, change: "deleted", membersVersion });
}

/** Leaves nothing of a message but that there was one. */
export function* erase(
  { sql, files }: WorkParts,
  { id, conversation, file, offset: place }: Pick<
    Message,
    "id" | "conversation" | "file" | "offset"
  >,
  { offset, at }: { readonly offset: number; readonly at: number },
): Work<void> {
  yield* rows(
    `UPDATE chat_messages SET text = NULL, data = NULL, file = NULL, mentions = NULL,
       reactions = 0, deleted_at = $2, changed = $3 WHERE id = $1`,
    ...[id, at, offset],
  );
  yield* later(sql.forgetWords, id);
  yield* giveFilesBack({ files }, file === undefined ? [] : [id]);
  for (const table of ["chat_reactions", "chat_mentions"]) {
    yield* rows(`DELETE FROM ${table} WHERE conversation = $1 AND "offset" = $2`, ...[
      conversation,
      place,
    ]);
  }
}

/** Adds a reaction of the actor's user, or takes it away. */
export function* react(
  parts: WorkParts,
  actor: Actor & { readonly user: UserId },
  { id, emoji, isOn }: { readonly id: number; readonly emoji: string; readonly isOn: boolean },
): Work<Outcome<Message>> {
  const tell = telling(parts);
  const entered = yield* enterMessage(actor, id);
  const { message } = entered;
  if (message.kind === "system" || message.isDeleted) {
    throw forbidden(`Cannot react to message ${id}: it is one of the system, or was deleted`);
  }
  yield* requireReachable(parts, entered);
  const place = [message.conversation, message.offset, emoji, actor.user] as const;
  const known = yield* row(
    `SELECT 1 AS known FROM chat_reactions
     WHERE conversation = $1 AND "offset" = $2 AND emoji = $3 AND user_id = $4`,
    ...place,
  );
  if (isOn === (known !== undefined)) {
    return tell.outcome(yield* shown(actor, entered.row, message));
  }
  const { offset, at, membersVersion } = yield* advanceAs(parts, entered);
  if (isOn) yield* addReaction(place, at);
  else {
    const gone = yield* row(
      `DELETE FROM chat_reactions
       WHERE conversation = $1 AND "offset" = $2 AND emoji = $3 AND user_id = $4 RETURNING emoji`,
      ...place,
    );
    if (gone === undefined) throw new Raced();
  }
  const counted = yield* row(
    `UPDATE chat_messages SET changed = $2, reactions = reactions + $3
     WHERE id = $1 AND deleted_at IS NULL RETURNING id`,
    ...[id, offset, isOn ? 1 : -1],
  );
  if (counted === undefined) throw new Raced();
  return yield* changed(parts, tell, entered, { actor, id, change: "reacted", membersVersion });
}

/** Gives a change its offset. Throws where its maker was put out meanwhile, by another node. */
function* advanceAs({ sql }: WorkParts, { conversation, member }: Entered): Work<Place> {
  const place = yield* advance(sql, conversation.id, {});
  const still = member === undefined || (yield* membersIn(conversation.id, [member.user])).size > 0;
  if (!still) throw new Raced();
  return place;
}

function* addReaction(
  [conversation, offset, emoji, user]: readonly [number, number, string, UserId],
  at: number,
): Work<void> {
  const found = yield* rows(
    `SELECT DISTINCT emoji FROM chat_reactions WHERE conversation = $1 AND "offset" = $2`,
    ...[conversation, offset],
  );
  if (found.length >= MOST_EMOJI && !found.some((each) => each["emoji"] === emoji)) {
    throw invalid("emoji", emoji, `one of the ${MOST_EMOJI} that are on the message already`);
  }
  const added = yield* row(
    `INSERT INTO chat_reactions (conversation, "offset", emoji, user_id, reacted_at)
     VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING RETURNING emoji`,
    ...[conversation, offset, emoji, user, at],
  );
  if (added === undefined) throw new Raced();
}

function requireOwn(actor: Actor, message: Message, what: string): void {
  if (message.kind === "system" || !isSender(actor, message)) {
    throw forbidden(`Cannot ${what} message ${message.id}: it is not yours`);
  }
  if (message.isDeleted) {
    throw new CodedError("too_late", `Cannot ${what} message ${message.id}: it was deleted`);
  }
}

/** An application that acts as itself is never too late. */
function requireInTime(
  actor: Actor,
  { id, createdAt }: Message,
  { at, mostMs, what }: { readonly at: number; readonly mostMs: number; readonly what: string },
): void {
  if (isWhole(actor) || at - createdAt <= mostMs) return;
  throw new CodedError(
    "too_late",
    `Cannot ${what} message ${id}: it is ${Math.round((at - createdAt) / 1000)} s old, ` +
      `the limit is ${mostMs / 1000} s`,
  );
}

/** Reads the message as it is now, and tells all members of it. */
function* changed(
  { show }: WorkParts,
  tell: Telling,
  { conversation }: Entered,
  { actor, id, change, membersVersion }: {
    readonly actor: Actor;
    readonly id: number;
    readonly change: MessageChangedEvent["change"];
    readonly membersVersion: number;
  },
): Work<Outcome<Message>> {
  const found = yield* row(
    `SELECT ${MESSAGE} FROM chat_messages s ${WITH_QUOTE} WHERE s.id = $1`,
    id,
  );
  const read = found && messageIn(found);
  if (found === undefined || read === undefined) throw new TypeError(`Message ${id} is gone`);
  const stored = show(read);
  const [message = stored] = yield* withReactions([{ message: stored, row: found }], undefined);
  yield* tell.witnesses(conversation, membersVersion, message.offset, {
    ...{ type: "message_changed", conversation: conversation.id, offset: message.changed },
    ...{ change, message },
  });
  if (change !== "reacted") {
    yield* tell.happened(conversation, { what: "changed", message, change });
  }
  return tell.outcome(yield* shown(actor, found, stored));
}

/** A message as the actor sees it. */
function* shown(
  actor: Actor,
  row: Parameters<typeof messageIn>[0],
  message: Message,
): Work<Message> {
  const [seen = message] = yield* withReactions([{ message, row }], actor.user);
  return seen;
}
