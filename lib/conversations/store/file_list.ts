/** Lists the files of a conversation, each with the message that has it, and counts them. */
import { invalid } from "../../base/fields.ts";
import { row, rows, type Work } from "../../engines/database/database.ts";
import type { Entered } from "../access.ts";
import type { FileKind, FilePage, FilesRequest } from "../requests.ts";
import type { Message } from "../types.ts";
import { MESSAGE, messageIn, WITH_QUOTE } from "./rows.ts";
import type { Dialect } from "./tables.ts";

export const FILE_KINDS = ["image", "file"] as const satisfies readonly FileKind[];

/** So many files of a kind are counted, so that what a count costs has a bound. */
const MOST_COUNTED = 10_000;

/** The first page says how many there are in all. */
export function* listFiles(
  sql: Dialect,
  entered: Entered,
  { limit, cursor, kind }: FilesRequest,
): Work<FilePage> {
  const before = cursor === undefined ? Number.MAX_SAFE_INTEGER : offsetIn(cursor);
  const found: Message[] = [];
  // The index has the kinds one after the other, so each of them is asked for, and nothing is sorted in the database.
  for (const each of kind === undefined ? FILE_KINDS : [kind]) {
    found.push(...yield* newestOf(sql, entered, each, before, limit + 1));
  }
  found.sort((one, other) => other.offset - one.offset);
  const messages = found.slice(0, limit);
  return {
    messages,
    next: found.length > limit ? String(messages.at(-1)?.offset) : undefined,
    counts: cursor === undefined ? yield* countsOf(sql, entered) : undefined,
  };
}

function* newestOf(
  { byFiles }: Dialect,
  { conversation, member }: Entered,
  kind: FileKind,
  before: number,
  limit: number,
): Work<Message[]> {
  const found = yield* rows(
    `SELECT ${MESSAGE} FROM chat_messages s ${byFiles} ${WITH_QUOTE}
     WHERE s.conversation = $1 AND s.kind = $2 AND s."offset" > $3 AND s."offset" < $4
       AND s.file IS NOT NULL
     ORDER BY s."offset" DESC LIMIT $5`,
    ...[conversation.id, kind, member?.fromOffset ?? 0, before, limit],
  );
  return found.map((each) => messageIn(each)!);
}

function* countsOf(
  { byFiles }: Dialect,
  { conversation, member }: Entered,
): Work<Record<FileKind, number>> {
  const counts = { image: 0, file: 0 };
  for (const kind of FILE_KINDS) {
    const counted = yield* row(
      `SELECT COUNT(*) AS count FROM (
         SELECT 1 AS one FROM chat_messages s ${byFiles}
         WHERE s.conversation = $1 AND s.kind = $2 AND s."offset" > $3 AND s.file IS NOT NULL
         LIMIT ${MOST_COUNTED}
       ) AS counted`,
      ...[conversation.id, kind, member?.fromOffset ?? 0],
    );
    counts[kind] = Number(counted?.["count"]);
  }
  return counts;
}

function offsetIn(cursor: string): number {
  const offset = /^\d{1,16}$/.test(cursor) ? Number(cursor) : NaN;
  if (Number.isSafeInteger(offset)) return offset;
  throw invalid("cursor", cursor, "the `next` of a list of files");
}
