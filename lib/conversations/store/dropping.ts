/** Removes messages that are too old, or too many, the oldest of a conversation first. */
import { later, row, rows, type Work } from "../../engines/database/database.ts";
import { giveFilesBack } from "./file_uses.ts";
import type { WorkParts } from "./parts.ts";

/** How many messages are removed in one transaction, and how many are looked at for their age. */
const DROPPED_AT_ONCE = 200;

/** How many ids of conversations are looked at in one question. */
const LOOKED_AT = 5000;

/** The oldest messages of a conversation, up to an offset. */
export interface Drop {
  readonly conversation: number;
  readonly upTo: number;
}

/** What is to be removed of messages that were sent before a time: a few at once, and none when there are none. */
export function* tooOld(before: number): Work<Drop[]> {
  const found = yield* rows(
    `SELECT conversation, MAX("offset") AS up_to FROM (
       SELECT conversation, "offset", created_at FROM chat_messages
       ORDER BY id LIMIT ${DROPPED_AT_ONCE}
     ) AS oldest WHERE created_at < $1 GROUP BY conversation`,
    before,
  );
  return found.map(({ conversation, up_to }) => ({
    conversation: Number(conversation),
    upTo: Number(up_to),
  }));
}

/** The conversations that have too many messages, in parts by their ids. */
export function* tooFull(
  after: number,
  most: number,
): Work<{ readonly drops: readonly Drop[]; readonly next: number | undefined }> {
  const highest = yield* row("SELECT MAX(id) AS id FROM conversations");
  const found = yield* rows(
    `SELECT id, messages FROM conversations WHERE id > $1 AND id <= $2 AND messages > $3
     ORDER BY id`,
    ...[after, after + LOOKED_AT, most],
  );
  const drops: Drop[] = [];
  for (const { id, messages } of found) {
    const last = yield* row(
      `SELECT "offset" FROM chat_messages WHERE conversation = $1 ORDER BY "offset"
       LIMIT 1 OFFSET $2`,
      ...[Number(id), Number(messages) - most - 1],
    );
    if (last !== undefined) drops.push({ conversation: Number(id), upTo: Number(last["offset"]) });
  }
  const next = after + LOOKED_AT;
  return { drops, next: next >= Number(highest?.["id"] ?? 0) ? undefined : next };
}

/** Removes some messages. Says how many there were: as many as fit into one transaction, where there are more. */
export function* drop(
  { sql, files }: Pick<WorkParts, "sql" | "files">,
  { conversation, upTo }: Drop,
): Work<{ readonly count: number; readonly isMore: boolean }> {
  const found = yield* rows(
    `SELECT id, "offset", changed, tally, file FROM chat_messages
     WHERE conversation = $1 AND "offset" <= $2 ORDER BY "offset" LIMIT ${DROPPED_AT_ONCE}`,
    ...[conversation, upTo],
  );
  const last = found.at(-1);
  if (last === undefined) return { count: 0, isMore: false };
  const changed = Math.max(...found.map((each) => Number(each["changed"])));
  // First of all the conversation, so that nothing else is done in it meanwhile.
  yield* rows(
    `UPDATE conversations SET messages = messages - $2, dropped_tally = $3,
       dropped_offset = CASE WHEN dropped_offset < $4 THEN $4 ELSE dropped_offset END
     WHERE id = $1`,
    ...[conversation, found.length, last["tally"] ?? 0, changed],
  );
  for (const { id } of found) yield* later(sql.forgetWords, Number(id));
  const withFiles = found.filter(({ file }) => file !== null);
  yield* giveFilesBack({ files }, withFiles.map(({ id }) => Number(id)));
  for (const table of ["chat_reactions", "chat_mentions", "chat_messages"]) {
    yield* rows(
      `DELETE FROM ${table} WHERE conversation = $1 AND "offset" <= $2`,
      ...[conversation, Number(last["offset"])],
    );
  }
  return { count: found.length, isMore: found.length === DROPPED_AT_ONCE };
}
