/** Stores a message of somebody, in one transaction with all that hangs on it. */
import { invalid, type UserId } from "../../base/fields.ts";
import { type Row, row, rows, type Work } from "../../engines/database/database.ts";
import { type Entered, isWhole, noConversation, requireUnblocked } from "../access.ts";
import type { Content } from "../content.ts";
import type { SentMessage } from "../requests.ts";
import type { Actor, Message } from "../types.ts";
import { moveReader } from "./adding.ts";
import { hasSaid, saidIn, valuesOf as atOnce } from "./adding_at_once.ts";
import { fileToSend, useFile } from "./file_uses.ts";
import {
  addMessage,
  type NewMessage,
  quoteOf,
  storedIn,
  type StoredMessage,
  valuesOf,
  withReactions,
} from "./message_rows.ts";
import type { Outcome, Telling } from "./outcome.ts";
import { telling, type WorkParts } from "./parts.ts";
import { coveredSenders, tellReceipt } from "./receipts.ts";
import type { Own } from "./own_state.ts";
import { MESSAGE, messageIn, WITH_QUOTE } from "./rows.ts";
import { enterToSay, type Entry, entryIn, hold, rowsOfUsers } from "./statements.ts";

/** What is sent, where it goes, and the id that the sender made for it. */
export interface Sending {
  readonly conversation: number;
  readonly content: Content;
  readonly ownId: string | undefined;
}

/** A message that was sent, and what is told of it: of one that was there before, too, in case nobody was told then. */
export type Sent = SentMessage;

export function* send(
  parts: WorkParts,
  actor: Actor,
  { conversation: id, content, ownId }: Sending,
): Work<Outcome<Sent>> {
  const tell = telling(parts);
  const said = yield* sayAtOnce(parts, actor, { conversation: id, content, ownId });
  if (said === undefined) yield* hold(parts.sql, id, "conversation"); // the statement holds it otherwise
  const entered = said?.entered ?? (yield* enterToSay(parts, actor, id, ownId));
  const { conversation, member, isSent, blocked } = entered;
  const before = isSent && ownId && (yield* sentBefore(actor, id, ownId));
  if (before) return yield* again(parts, tell, entered, before, { content, ownId });
  requireUnblocked(blocked);
  const stored = said === undefined
    ? yield* addMessage(parts.sql, actor, {
      ...newMessage({ conversation: id, content, ownId }),
      file: yield* fileToSend(parts, actor, content),
      mentions: yield* membersAmong(id, content.mentions),
      replyTo: yield* replyOf(entered, content.replyTo),
      readBefore: member && hasReadAll(conversation, member) ? conversation.offset : undefined,
    })
    : said.stored();
  yield* useFile(parts, actor, stored.message);
  const { membersVersion } = stored;
  const message = parts.show(stored.message);
  const last = lastBefore(conversation, message);
  const isCaughtUp = member === undefined || member.read >= last;
  yield* tell.message(conversation, membersVersion, message, isCaughtUp);
  const isMoved = stored.isMoved && message.offset === conversation.offset + 1;
  if (member !== undefined && !isMoved) {
    yield* moveOwn(parts, tell, { conversation, member }, stored, last);
  }
  return tell.outcome({ message: { ...message, status: "sent" }, isDuplicate: false });
}

/**
 * Enters the conversation, and stores the message in the same statement where nothing is against it, if the database has such a
 * statement and nothing more is to be asked. What is against it is for the caller to say.
 */
function* sayAtOnce(
  { entry: { sayAtOnce: sql } }: WorkParts,
  actor: Actor,
  sending: Sending,
): Work<{ readonly entered: Entry; stored(): StoredMessage } | undefined> {
  const { conversation: id, content: { file, mentions, replyTo } } = sending;
  const isPlain = actor.user !== undefined && mentions.length === 0 &&
    replyTo === undefined && file === undefined;
  if (sql === undefined || !isPlain || !Number.isSafeInteger(id)) return undefined;
  const made = newMessage(sending);
  const values = atOnce(valuesOf(actor, made));
  const [found] = yield { sql, values, hasWritten: hasSaid };
  const entered = entryIn(actor, id, found);
  return { entered, stored: () => storedIn(actor, made, saidIn(found)) };
}

/** A message without what is asked for first, such as its file. */
function newMessage({ conversation, content, ownId }: Sending): NewMessage {
  const { kind, text, data, digest } = content;
  return { conversation, kind, text, data, digest, ownId };
}

function* sentBefore(actor: Actor, conversation: number, ownId: string): Work<Row | undefined> {
  return yield* row(
    `SELECT ${MESSAGE}, s.digest, c.members_version FROM chat_messages s ${WITH_QUOTE}
     JOIN conversations c ON c.id = s.conversation
     WHERE s.conversation = $1 AND s.user_id = $2 AND s.own_id = $3`,
    ...[conversation, actor.user ?? "", ownId],
  );
}

/** The same was sent before. It is told again: the node may have died between storing and telling it. */
function* again(
  { show }: WorkParts,
  tell: Telling,
  { conversation, member }: Entered,
  before: Row,
  { content, ownId }: Pick<Sending, "content" | "ownId">,
): Work<Outcome<Sent>> {
  const found = messageIn(before);
  if (found === undefined || before["digest"] !== content.digest) {
    throw invalid("id", ownId, "an id that no other message of this sender has here");
  }
  const shown = { message: show(found), row: before };
  const [message = found] = yield* withReactions([shown], member?.user);
  const { offset } = message;
  const event = { type: "message", conversation: conversation.id, offset, message } as const;
  yield* tell.witnesses(conversation, Number(before["members_version"]), offset, event);
  return tell.outcome({ message, isDuplicate: true });
}

/** Who is mentioned, as far as they are members: somebody may have left a moment ago. */
function* membersAmong(conversation: number, users: readonly UserId[]): Work<UserId[]> {
  if (users.length === 0) return [];
  const found = yield* rowsOfUsers(
    users,
    `SELECT user_id FROM chat_members
     WHERE conversation = $1 AND left_at IS NULL AND user_id IN (USERS)`,
    conversation,
  );
  const members = new Set(found.map((each) => each["user_id"]));
  return users.filter((user) => members.has(user));
}

function* replyOf(
  { conversation, member }: Entered,
  id: number | undefined,
): Work<Message["replyTo"]> {
  if (id === undefined) return undefined;
  const quote = yield* quoteOf(conversation.id, id, member?.fromOffset ?? 0);
  if (quote !== undefined) return quote;
  throw invalid("reply_to", id, "the id of a message of this conversation");
}

/** The offset of the message before one. What came after the conversation was read, from another node, was read by nobody yet. */
function lastBefore(
  { offset: before, lastOffset }: Own["conversation"],
  { offset }: Pick<Message, "offset">,
): number {
  return offset > before + 1 ? offset - 1 : lastOffset;
}

/** Whether there is nothing that the member has not read, and nothing of which others do not know that. */
function hasReadAll(
  { lastOffset }: Own["conversation"],
  { read, shownRead }: Own["member"],
): boolean {
  return read >= lastOffset && shownRead >= lastOffset;
}

/** Who writes has read what came before. @param last the offset of the message before this one */
function* moveOwn(
  parts: WorkParts,
  tell: Telling,
  { conversation: { id, site }, member }: Own,
  { message: { offset, createdAt }, tally }: StoredMessage,
  last: number,
): Work<void> {
  const { user, shownRead } = member;
  const covered = shownRead < last
    ? yield* coveredSenders(id, user, { after: shownRead, upTo: offset })
    : [];
  const shows = covered.length === 0 ||
    (yield* parts.people.privacies(site, [user])).get(user)?.readReceipts !== false;
  const place = [offset, tally, createdAt];
  const moved = yield* moveReader({ conversation: id, user, place, isShown: shows });
  if (moved === undefined) throw noConversation(id); // the user was put out a moment ago
  if (member.read < last) {
    yield* rows(
      `DELETE FROM chat_mentions WHERE conversation = $1 AND user_id = $2 AND "offset" <= $3`,
      ...[id, user, offset],
    );
  }
  const moves = { user, delivered: offset, ...(shows ? { read: offset } : {}) };
  yield* tellReceipt(parts, tell, { site, conversation: id, covered }, moves);
}

/** Whether the actor may do in a conversation what only its sender, or an application, may. */
export function isSender(actor: Actor, { user }: Message): boolean {
  return isWhole(actor) || (user !== undefined && user === actor.user);
}
