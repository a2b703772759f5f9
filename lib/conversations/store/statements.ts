/** What several works have in common: entering a conversation, taking its next offset, lists of users in statements. */
import { CodedError } from "../../base/errors.ts";
import type { UserId } from "../../base/fields.ts";
import { type Row, row, rows, type SqlValue, type Work } from "../../engines/database/database.ts";
import { type Entered, noMessage, requireEntry, requireVisible } from "../access.ts";
import type { People } from "../people.ts";
import type { Actor, Message } from "../types.ts";
import {
  CONVERSATION,
  conversationIn,
  MEMBER,
  memberIn,
  MESSAGE,
  messageIn,
  OTHER,
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
  const found = Number.isSafeInteger(id)
    ? yield* row(
      `SELECT ${CONVERSATION}, ${MEMBER} ${ENTERED} ${IS_OPEN}`,
      ...[id, actor.site, actor.user ?? ""],
    )
    : undefined;
  return enteredIn(actor, id, found);
}

/** The conversation `$1` on the site `$2`, and what the user `$3` is in it. */
const ENTERED = `FROM conversations c
  LEFT JOIN chat_members m ON m.conversation = c.id AND m.user_id = $3 AND m.left_at IS NULL`;
const IS_OPEN = "WHERE c.id = $1 AND c.site = $2 AND c.ended_at IS NULL";

function enteredIn(actor: Actor, id: number, found: Row | undefined): Entered {
  return requireEntry(actor, id, found && conversationIn(found), found && memberIn(found));
}

/** As {@linkcode enter}, for what changes who is in it: from here on no other work changes the conversation before this one is done. */
export function* enterAlone({ now }: Dialect, actor: Actor, id: number): Work<Entered> {
  yield* enter(actor, id);
  yield* row(`UPDATE conversations SET changed_at = ${now} WHERE id = $1 RETURNING id`, id);
  return yield* enter(actor, id);
}

/** The questions of whoever is about to say something in a conversation. They are long, so they are made once. */
export interface EntrySql {
  readonly enter: string;
  /** Asks also whether something was sent under the own id `$4`. */
  readonly enterWithId: string;
  /** Enters, and stores a message; absent where the dialect has no such statement. */
  readonly sayAtOnce: string | undefined;
}

export function entrySql(people: People, dialect: Dialect): EntrySql {
  const isBlocked = `CASE WHEN c.pair IS NULL OR m.user_id IS NULL THEN 0
    WHEN ${people.isBlockBetween("c.site", "m.user_id", `(${OTHER})`)} THEN 1 ELSE 0 END`;
  const columns = `SELECT ${CONVERSATION}, ${MEMBER}, ${isBlocked} AS is_blocked`;
  const sent = `LEFT JOIN chat_messages d
    ON d.conversation = c.id AND d.user_id = $3 AND d.own_id = $4`;
  const enterWithId = `${columns}, d.id AS sent ${ENTERED} ${sent} ${IS_OPEN}`;
  return {
    enter: `${columns} ${ENTERED} ${IS_OPEN}`,
    enterWithId,
    sayAtOnce: dialect.sayAtOnce?.(enterWithId),
  };
}

/** What whoever is about to say something has to know. */
export interface Entry extends Entered {
  /** Whether the actor has sent something there under this own id. */
  readonly isSent: boolean;
  /** The other one in a private conversation, where one of the two has blocked the other. */
  readonly blocked: ReadonlySet<UserId>;
}

/** As {@linkcode enter}, and in the same question what else there is to know. */
export function* enterToSay(
  { entry }: { readonly entry: EntrySql },
  actor: Actor,
  id: number,
  ownId?: string,
): Work<Entry> {
  const values = [id, actor.site, actor.user ?? ""];
  const found = !Number.isSafeInteger(id)
    ? undefined
    : ownId === undefined
    ? yield* row(entry.enter, ...values)
    : yield* row(entry.enterWithId, ...values, ownId);
  return entryIn(actor, id, found);
}

/** @param found what one of {@linkcode EntrySql} has found */
export function entryIn(actor: Actor, id: number, found: Row | undefined): Entry {
  const entered = enteredIn(actor, id, found);
  const { conversation: { pair }, member } = entered;
  const isBlocked = found?.["is_blocked"] === 1;
  return {
    ...entered,
    isSent: typeof found?.["sent"] === "number",
    blocked: new Set(isBlocked ? pair?.filter((user) => user !== member?.user) : []),
  };
}

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

/** What a work holds from its start: its conversation, that only if it is a private one, or nothing. */
export type Holding = "conversation" | "private" | "nothing";

/**
 * Holds what the work will change. Works of several conversations are one transaction, in the order of the conversations: if
 * each held its own only once it changes it, those of two nodes would each hold what the other one waits for.
 */
export function* hold({ hold }: Dialect, id: number, holding: Holding): Work<void> {
  if (hold === undefined || holding === "nothing" || !Number.isSafeInteger(id)) return;
  yield { sql: hold, values: [id, Number(holding === "private")], isLate: true };
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
  { advance }: Dialect,
  id: number,
  { isMessage = false, isCounted = false, members }: Event,
): Work<Place> {
  return placeIn(
    yield* row(
      advance,
      ...[id, Number(isCounted), Number(isMessage), members ?? 0, Number(members !== undefined)],
    ),
  );
}

/** @param found what the statement `advance` of a dialect has returned */
export function placeIn(found: Row | undefined): Place {
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
