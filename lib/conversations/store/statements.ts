/** What several works have in common: entering a conversation, taking its next offset, lists of users in statements. */
import { CodedError } from "../../base/errors.ts";
import type { UserId } from "../../base/fields.ts";
import { type Row, row, rows, type SqlValue, type Work } from "../../engines/database/database.ts";
import { type Entered, noMessage, requireEntry, requireVisible } from "../access.ts";
import type { Actor, Message } from "../types.ts";
import {
  CONVERSATION,
  conversationIn,
  MEMBER,
  memberIn,
  MESSAGE,
  messageIn,
  WITH_QUOTE,
} from "./rows.ts";
import type { Dialect } from "./tables.ts";

/** Most users in one statement. */
const USERS_AT_ONCE = 64;

/** Another work was faster with what this one was about to make: what it made is there now. */
export class Raced extends CodedError {
  constructor() {
    super("unavailable", "The same was made elsewhere at the same time: try again");
  }
}

/** The conversation with what the actor is in it. Throws `not_found` where the actor may not know of it. */
export function* enter(actor: Actor, id: number): Work<Entered> {
  return (yield* enterToSay(actor, id, undefined)).entered;
}

/** As {@linkcode enter}, for what changes who is in it: from here on no other work changes the conversation before this one is done. */
export function* enterAlone({ now }: Dialect, actor: Actor, id: number): Work<Entered> {
  yield* enter(actor, id);
  yield* row(`UPDATE conversations SET changed_at = ${now} WHERE id = $1 RETURNING id`, id);
  return yield* enter(actor, id);
}

/** As {@linkcode enter}, and whether the actor has sent something there under this own id. One question says both. */
export function* enterToSay(
  actor: Actor,
  id: number,
  ownId: string | undefined,
): Work<{ readonly entered: Entered; readonly isSent: boolean }> {
  const found = Number.isSafeInteger(id)
    ? yield* row(
      `SELECT ${CONVERSATION}, ${MEMBER}${ownId === undefined ? "" : ", d.id AS sent"}
       FROM conversations c
       LEFT JOIN chat_members m
         ON m.conversation = c.id AND m.user_id = $3 AND m.left_at IS NULL
       ${ownId === undefined ? "" : SENT}
       WHERE c.id = $1 AND c.site = $2 AND c.ended_at IS NULL`,
      ...[id, actor.site, actor.user ?? "", ...(ownId === undefined ? [] : [ownId])],
    )
    : undefined;
  const member = found && memberIn(found);
  const entered = requireEntry(actor, id, found && conversationIn(found), member);
  return { entered, isSent: typeof found?.["sent"] === "number" };
}

/** Joins what the user has sent under an own id. */
const SENT = `LEFT JOIN chat_messages d
  ON d.conversation = c.id AND d.user_id = $3 AND d.own_id = $4`;

/** A message, and the conversation that it is in. Throws `not_found` where the actor may not see it. */
export function* enterMessage(
  actor: Actor,
  id: number,
): Work<Entered & { readonly message: Message; readonly row: Row }> {
  const found = Number.isSafeInteger(id)
    ? yield* row(
      `SELECT ${MESSAGE} FROM chat_messages s ${WITH_QUOTE} WHERE s.id = $1 AND s.site = $2`,
      ...[id, actor.site],
    )
    : undefined;
  const message = found && messageIn(found);
  if (found === undefined || message === undefined) throw noMessage(id);
  try {
    const entered = yield* enter(actor, message.conversation);
    requireVisible(entered, message);
    return { ...entered, message, row: found };
  } catch (error) {
    if (error instanceof CodedError && error.code === "not_found") throw noMessage(id);
    throw error;
  }
}

/** The conversation that a message is in; `undefined` where there is no such message. */
export function* conversationOf(site: string, message: number): Work<number | undefined> {
  if (!Number.isSafeInteger(message)) return undefined;
  const found = yield* row(
    "SELECT conversation FROM chat_messages WHERE id = $1 AND site = $2",
    ...[message, site],
  );
  return found && Number(found["conversation"]);
}

/** What an event is to its conversation. */
interface Event {
  /** Whether it is a message, and whether people count it as unread. */
  readonly isMessage?: boolean;
  readonly isCounted?: boolean;
  /** How many members have come or gone. Any number, 0 too, says that the members are not the same any more. */
  readonly members?: number;
}

/** The place of an event. */
export interface Place {
  readonly offset: number;
  readonly tally: number;
  readonly at: number;
  readonly membersVersion: number;
  readonly membersCount: number;
}

/** Gives an event its offset. From here on no other work changes the conversation before this one is done. */
export function* advance(
  { now }: Dialect,
  id: number,
  { isMessage = false, isCounted = false, members }: Event,
): Work<Place> {
  const found = yield* row(
    `UPDATE conversations SET "offset" = "offset" + 1, tally = tally + $2,
       messages = messages + $3,
       last_offset = CASE WHEN $3 = 1 THEN "offset" + 1 ELSE last_offset END,
       active_at = CASE WHEN $3 = 1 THEN ${now} ELSE active_at END,
       members_count = members_count + $4, members_version = members_version + $5,
       changed_at = ${now}
     WHERE id = $1 AND ended_at IS NULL
     RETURNING "offset", tally, changed_at, members_version, members_count`,
    ...[id, Number(isCounted), Number(isMessage), members ?? 0, Number(members !== undefined)],
  );
  if (found === undefined) throw new Raced();
  return {
    offset: Number(found["offset"]),
    tally: Number(found["tally"]),
    at: Number(found["changed_at"]),
    membersVersion: Number(found["members_version"]),
    membersCount: Number(found["members_count"]),
  };
}

/** All members of a conversation. */
export function* membersOf(conversation: number): Work<UserId[]> {
  const found = yield* rows(
    "SELECT user_id FROM chat_members WHERE conversation = $1 AND left_at IS NULL",
    conversation,
  );
  return found.map((each) => String(each["user_id"]));
}

/** The members who do not see what was said at an offset. */
export function* comeAfter(conversation: number, offset: number): Work<UserId[]> {
  const found = yield* rows(
    `SELECT user_id FROM chat_members
     WHERE conversation = $1 AND from_offset >= $2 AND left_at IS NULL`,
    ...[conversation, offset],
  );
  return found.map((each) => String(each["user_id"]));
}

/**
 * The rows of a statement for each part of a list of users. A part is filled up to a power of two with its last user, so that
 * there are few texts to prepare.
 *
 * @param sql has the users in place of `USERS`, as its last values
 */
export function* rowsOfUsers(
  users: readonly UserId[],
  sql: string,
  ...before: SqlValue[]
): Work<readonly Row[]> {
  const found: Row[] = [];
  const first = before.length + 1;
  for (let index = 0; index < users.length; index += USERS_AT_ONCE) {
    const part = users.slice(index, index + USERS_AT_ONCE);
    const size = 2 ** Math.ceil(Math.log2(part.length));
    const places = Array.from({ length: size }, (_, place) => `$${first + place}`).join();
    const filled = [...part, ...new Array<string>(size - part.length).fill(part.at(-1)!)];
    found.push(...yield* rows(sql.replace("USERS", places), ...before, ...filled));
  }
  return found;
}
