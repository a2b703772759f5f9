/** What is kept of notices: which notification a user has of a conversation, and of how many messages it tells. */
import type { UserId } from "../base/fields.ts";
import { type Row, row, rows, type Work } from "../engines/database/database.ts";
import type { TableMigration } from "../engines/database/tables.ts";
import NOTICES from "./1_notices.sql" with { type: "text" };
import LOOKS from "./2_looks.sql" with { type: "text" };

export const NOTICE_TABLES: readonly TableMigration[] = [
  { name: "notices", sql: NOTICES },
  { name: "looks", sql: LOOKS },
];

/** Characters of the ids that are still to be taken back. Past so many, the oldest are given up. */
const MOST_PREVIOUS = 1000;

/** A notification that replaces those before it. */
export interface Notice {
  readonly user: UserId;
  readonly notification: string;
  /** Of how many messages it tells. */
  readonly messages: number;
  /** The id of the message that it quotes. */
  readonly last: number;
  /** The ids of those that it replaces. */
  readonly previous: readonly string[];
}

const WITH_REPLACED =
  `CASE WHEN length(chat_notices.previous) > ${MOST_PREVIOUS} THEN chat_notices.notification
    ELSE trim(chat_notices.previous || ' ' || chat_notices.notification) END`;

/**
 * Notes a new notification, which tells of so many messages more. It quotes the last message of which the user was told by
 * any node, which may be a later one than `last`.
 *
 * @param isLater whether it is told some time after the message was said. Then there is none, and `undefined` is the result,
 * where the user was told of the message, or of a later one, meanwhile.
 */
export function* noteNotice(
  place: { readonly site: string; readonly conversation: number },
  { user, notification, messages, last }: Omit<Notice, "previous">,
  isLater: boolean,
): Work<Notice | undefined> {
  const known = yield* row(
    `INSERT INTO chat_notices (conversation, user_id, site, messages, last, notification, previous)
     VALUES ($1, $2, $3, $4, $5, $6, '')
     ON CONFLICT (conversation, user_id) DO UPDATE SET
       messages = chat_notices.messages + excluded.messages, previous = ${WITH_REPLACED},
       notification = excluded.notification,
       last = CASE WHEN chat_notices.last < excluded.last THEN excluded.last ELSE chat_notices.last END
     WHERE $7 = 0 OR chat_notices.last < excluded.last
     RETURNING messages, previous, last`,
    ...[place.conversation, user, place.site, messages, last, notification, Number(isLater)],
  );
  return known && noticeIn(known, { user, notification });
}

/** Notes a notification in place of the one that quotes a message; `undefined` where there is none that does so any more. */
export function* noteChanged(
  conversation: number,
  { user, notification, last }: Pick<Notice, "user" | "notification" | "last">,
): Work<Notice | undefined> {
  const known = yield* row(
    `UPDATE chat_notices SET previous = ${WITH_REPLACED}, notification = $4
     WHERE conversation = $1 AND user_id = $2 AND last = $3 RETURNING messages, previous, last`,
    ...[conversation, user, last, notification],
  );
  return known && noticeIn(known, { user, notification });
}

function noticeIn(found: Row, given: Pick<Notice, "user" | "notification">): Notice {
  const previous = idsIn(found["previous"]);
  return { ...given, previous, messages: Number(found["messages"]), last: Number(found["last"]) };
}

/** Notes that the notifications before this one are taken back. Says whether this one is still the user's. */
export function* forgetPrevious(
  conversation: number,
  { user, notification }: Notice,
): Work<boolean> {
  const found = yield* row(
    `UPDATE chat_notices SET previous = ''
     WHERE conversation = $1 AND user_id = $2 AND notification = $3 RETURNING user_id`,
    ...[conversation, user, notification],
  );
  return found !== undefined;
}

/** The notifications that a user has of a conversation. */
export const OF_USER =
  "SELECT notification, previous FROM chat_notices WHERE conversation = $1 AND user_id = $2";

/** Whose notification of a conversation quotes a message, and of how many it tells. */
export const QUOTING =
  "SELECT user_id, messages FROM chat_notices WHERE conversation = $1 AND last = $2";

/** The last messages of a conversation of which users were told: those of the users from one id to another. */
export const TOLD_OF =
  "SELECT user_id, last FROM chat_notices WHERE conversation = $1 AND user_id >= $2 AND user_id <= $3";

/** The name of the only row. */
const UNDELIVERED = "undelivered";

/** Up to which message it was looked whether it has come; none before the first look. */
export const LOOKED_UP_TO = `SELECT message FROM chat_notice_looks WHERE name = '${UNDELIVERED}'`;

/** Begins with the messages after this one, unless another node has begun. */
export function* beginLooks(message: number): Work<void> {
  yield* rows(
    "INSERT INTO chat_notice_looks (name, message) VALUES ($1, $2) ON CONFLICT DO NOTHING",
    ...[UNDELIVERED, message],
  );
}

/** Moves on from one message to another; resolves with whether no other node has moved on meanwhile. */
export function* moveLooks(from: number, to: number): Work<boolean> {
  const moved = yield* row(
    "UPDATE chat_notice_looks SET message = $3 WHERE name = $1 AND message = $2 RETURNING message",
    ...[UNDELIVERED, from, to],
  );
  return moved !== undefined;
}

/** Forgets how far it was looked: looks that begin again later are not for what was said until then. */
export function* endLooks(): Work<void> {
  yield* rows("DELETE FROM chat_notice_looks WHERE name = $1", UNDELIVERED);
}

/** Forgets all notices of a user; resolves with how many that were. */
export function* forgetUser(site: string, user: UserId): Work<number> {
  const forgotten = yield* rows(
    "DELETE FROM chat_notices WHERE site = $1 AND user_id = $2 RETURNING conversation",
    ...[site, user],
  );
  return forgotten.length;
}

/** Forgets a user's notice, unless it is another one by now. */
export function* forgetNotice(
  conversation: number,
  user: UserId,
  notification: string,
): Work<void> {
  yield* rows(
    "DELETE FROM chat_notices WHERE conversation = $1 AND user_id = $2 AND notification = $3",
    ...[conversation, user, notification],
  );
}

/** The ids of a row's notifications. */
export function idsOf(found: Readonly<Record<string, unknown>>): string[] {
  return [...idsIn(found["previous"]), String(found["notification"])];
}

function idsIn(text: unknown): string[] {
  return String(text ?? "").split(" ").filter((id) => id !== "");
}
