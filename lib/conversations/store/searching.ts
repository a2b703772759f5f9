/** Finds messages by their words, in the conversations of one user, or in one conversation. */
import { invalid, type UserId } from "../../base/fields.ts";
import { rows, type SqlValue, type Work } from "../../engines/database/database.ts";
import type { FoundMessages } from "../requests.ts";
import type { Message } from "../types.ts";
import { MESSAGE, messageIn, WITH_QUOTE } from "./rows.ts";
import type { Dialect } from "./tables.ts";

/** A search goes through so many of the user's conversations, those that were active last: what it costs has a bound. */
export const SEARCHED_CONVERSATIONS = 500;

/** Words of one query. */
export const MOST_WORDS = 8;

/** How many messages are read at once, and how often there is more of what the user may not see than of what it may. */
const READ_AT_ONCE = 50;
const MOST_READS = 20;

/** What is looked for, and where. */
export interface Search {
  readonly words: readonly string[];
  /** The conversations, each with the offset after which the user sees what is in it. */
  readonly places: ReadonlyMap<number, number>;
  readonly limit: number;
  readonly cursor: string | undefined;
}

/** Where a user may search. */
export function* searchablePlaces(site: string, user: UserId): Work<Map<number, number>> {
  const found = yield* rows(
    `SELECT m.conversation, m.from_offset FROM chat_members m
     JOIN conversations c ON c.id = m.conversation
     WHERE m.site = $1 AND m.user_id = $2 AND m.left_at IS NULL AND c.ended_at IS NULL
     ORDER BY c.active_at DESC LIMIT ${SEARCHED_CONVERSATIONS}`,
    ...[site, user],
  );
  return new Map(
    found.map((each) => [Number(each["conversation"]), Number(each["from_offset"])]),
  );
}

/** The messages that have words with all of these beginnings, the newest first. */
export function* searchMessages(
  sql: Dialect,
  { words, places, limit, cursor }: Search,
): Work<FoundMessages> {
  let before = cursor === undefined ? Number.MAX_SAFE_INTEGER : idIn(cursor);
  if (words.length === 0 || places.size === 0) return { messages: [] };
  const query = sql.wanted([...places.keys()], words);
  const messages: Message[] = [];
  for (let reads = 0; reads < MOST_READS; reads++) {
    const ids = (yield* rows(sql.findWords, query, before, READ_AT_ONCE)).map((each) =>
      Number(each["id"])
    );
    for (const message of yield* messagesWith(ids)) {
      if (message.offset <= (places.get(message.conversation) ?? Infinity)) continue;
      if (messages.length === limit) return { messages, next: messages.at(-1)!.id.toString(36) };
      messages.push(message);
    }
    before = ids.at(-1) ?? 0;
    if (ids.length < READ_AT_ONCE) return { messages };
  }
  return { messages, next: before.toString(36) };
}

/** The messages of these ids, the newest first. */
function* messagesWith(ids: readonly number[]): Work<Message[]> {
  const last = ids.at(-1);
  if (last === undefined) return [];
  const filled: SqlValue[] = [...ids, ...new Array(READ_AT_ONCE - ids.length).fill(last)];
  const places = filled.map((_, index) => `$${index + 1}`).join();
  const found = yield* rows(
    `SELECT ${MESSAGE} FROM chat_messages s ${WITH_QUOTE}
     WHERE s.id IN (${places}) AND s.deleted_at IS NULL ORDER BY s.id DESC`,
    ...filled,
  );
  return found.map((each) => messageIn(each)!);
}

function idIn(cursor: string): number {
  const id = /^[0-9a-z]{1,11}$/.test(cursor) ? parseInt(cursor, 36) : NaN;
  if (Number.isSafeInteger(id)) return id;
  throw invalid("cursor", cursor, "the `next` of a search");
}
