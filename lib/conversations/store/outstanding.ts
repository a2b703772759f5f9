/**
 * Finds what was said a while ago, and to which members none of their clients has said to have it. All messages are looked at in
 * the order of their ids, a slice at a time, so a look costs what was said since the last one, however much is kept.
 */
import type { UserId } from "../../base/fields.ts";
import { type Row, row, rows, type Work } from "../../engines/database/database.ts";
import type { Place, Recipient } from "../listener.ts";
import type { ConversationKind, Message } from "../types.ts";
import { MESSAGE, messageIn, text, WITH_QUOTE } from "./rows.ts";
import type { Dialect } from "./tables.ts";

/** Messages of a slice. */
const SLICE = 500;

/** Members that are read at once. */
const MEMBERS_AT_ONCE = 1000;

/** What is said to users, and not of them: what the system says, and what was taken back, is told to nobody. */
const TOLD = "kind <> 'system' AND deleted_at IS NULL";

/** Messages in the order of their ids: those after `after`, up to `upTo`. */
export interface Slice {
  readonly after: number;
  readonly upTo: number;
}

/** The messages of a slice in one conversation: those from one offset to another. */
export interface Outstanding {
  readonly place: Place;
  readonly first: number;
  readonly last: number;
}

/** A member to whom not all has come. */
export interface Behind extends Recipient {
  /** The offset up to which a client of the user has said to have the messages. */
  readonly delivered: number;
}

/** The id of the last message of all; 0 where there is none. */
export function* lastMessage(): Work<number> {
  const found = yield* row("SELECT MAX(id) AS id FROM chat_messages");
  return Number(found?.["id"] ?? 0);
}

/** The next messages that are older than this; `undefined` where there are none. */
export function* sliceAfter(
  { now }: Dialect,
  after: number,
  ms: number,
): Work<Slice | undefined> {
  const found = yield* row(
    `SELECT MAX(id) AS id FROM (
       SELECT id, created_at FROM chat_messages WHERE id > $1 ORDER BY id LIMIT ${SLICE}
     ) AS following WHERE created_at <= ${now} - $2`,
    ...[after, ms],
  );
  const upTo = found?.["id"];
  return typeof upTo === "number" ? { after, upTo } : undefined;
}

/** The conversations of a slice in which a member has neither got nor read all of it. */
export function* outstandingIn({ after, upTo }: Slice): Work<Outstanding[]> {
  const found = yield* rows(
    `SELECT c.id, c.site, c.kind, c.name, said.first, said.last FROM (
       SELECT conversation, MIN("offset") AS first, MAX("offset") AS last FROM chat_messages
       WHERE id > $1 AND id <= $2 AND ${TOLD} GROUP BY conversation
     ) AS said JOIN conversations c ON c.id = said.conversation AND c.ended_at IS NULL
     WHERE EXISTS (
       SELECT 1 FROM chat_members m WHERE m.conversation = c.id AND m.left_at IS NULL
         AND m.delivered < said.last AND m.read < said.last
     )`,
    ...[after, upTo],
  );
  return found.map((each) => ({
    place: placeIn(each),
    first: Number(each["first"]),
    last: Number(each["last"]),
  }));
}

/** The messages of it, the oldest first. */
export function* messagesOf({ place, first, last }: Outstanding): Work<Message[]> {
  const found = yield* rows(
    `SELECT ${MESSAGE} FROM chat_messages s ${WITH_QUOTE}
     WHERE s.conversation = $1 AND s."offset" >= $2 AND s."offset" <= $3
       AND s.kind <> 'system' AND s.deleted_at IS NULL ORDER BY s."offset"`,
    ...[place.id, first, last],
  );
  return found.flatMap((each) => messageIn(each) ?? []);
}

/** A message as it is now; `undefined` where it is kept no more. */
export function* messageNow(id: number): Work<Message | undefined> {
  const found = yield* row(
    `SELECT ${MESSAGE} FROM chat_messages s ${WITH_QUOTE} WHERE s.id = $1`,
    id,
  );
  return found && messageIn(found);
}

/** The members who have neither got nor read all of it, in the order of their ids. @param after the last of those before */
export function* membersBehind(
  { place, last }: Outstanding,
  after: UserId,
): Work<{ readonly members: readonly Behind[]; readonly next: UserId | undefined }> {
  const found = yield* rows(
    `SELECT m.user_id, m.muted_until, m.read, m.delivered FROM chat_members m
     WHERE m.conversation = $1 AND m.user_id > $2 AND m.left_at IS NULL
       AND m.delivered < $3 AND m.read < $3
     ORDER BY m.user_id LIMIT ${MEMBERS_AT_ONCE}`,
    ...[place.id, after, last],
  );
  const members = found.map((each) => ({
    user: String(each["user_id"]),
    mutedUntil: Number(each["muted_until"]),
    read: Number(each["read"]),
    delivered: Number(each["delivered"]),
  }));
  return { members, next: members.length < MEMBERS_AT_ONCE ? undefined : members.at(-1)?.user };
}

function placeIn(found: Row): Place {
  return {
    site: String(found["site"]),
    id: Number(found["id"]),
    kind: found["kind"] as ConversationKind,
    name: text(found["name"]),
  };
}
