/** Reads the messages of one conversation: pages, what was missed, what is around one. */
import { type Row, row, rows, type SqlValue, type Work } from "../../engines/database/database.ts";
import { type Entered, noMessage, requireVisible } from "../access.ts";
import type { MessagePage, MessagesRequest } from "../requests.ts";
import type { Message } from "../types.ts";
import { withReactions } from "./message_rows.ts";
import { MESSAGE, messageIn, WITH_QUOTE } from "./rows.ts";
import { withStatuses } from "./statuses.ts";

/** A message with its row, which says more of it. */
interface Found {
  readonly message: Message;
  readonly row: Row;
}

type Bounds = Pick<MessagePage, "hasBefore" | "hasAfter">;

/** @param seesReading whether the reader is told what others have read */
export function* readMessages(
  entered: Entered,
  request: MessagesRequest,
  seesReading: boolean,
): Work<MessagePage> {
  const { since } = request;
  if (since !== undefined && isGood(entered, since)) {
    return yield* missed(entered, { ...request, since }, seesReading);
  }
  const [found, bounds] = yield* pageOf(entered, request);
  const { offset, epoch } = entered.conversation;
  return {
    messages: yield* seen(entered, found, seesReading),
    ...bounds,
    ...{ offset, epoch },
    recovered: since && false,
  };
}

/** Whether nothing is missing of what came after the position. */
function isGood(
  { conversation: { offset, epoch, droppedOffset }, member }: Entered,
  since: NonNullable<MessagesRequest["since"]>,
): boolean {
  const first = Math.max(droppedOffset, member?.fromOffset ?? 0);
  return since.epoch === epoch && since.offset <= offset && since.offset >= first;
}

/** What is new or has changed since a position. A page that is full says from where the next one goes on. */
function* missed(
  entered: Entered,
  { since, limit }: MessagesRequest & { readonly since: { readonly offset: number } },
  seesReading: boolean,
): Work<MessagePage> {
  const { id, offset, epoch } = entered.conversation;
  const found = yield* rows(
    `SELECT ${MESSAGE} FROM chat_messages s ${WITH_QUOTE}
     WHERE s.conversation = $1 AND s.changed > $2 AND s."offset" > $3
     ORDER BY s.changed LIMIT $4`,
    ...[id, since.offset, entered.member?.fromOffset ?? 0, limit + 1],
  );
  const page = found.slice(0, limit).map(withRow);
  const hasAfter = found.length > limit;
  const messages = yield* seen(entered, page, seesReading);
  return {
    ...{ messages, hasBefore: true, hasAfter, epoch, recovered: true },
    offset: hasAfter ? messages.at(-1)!.changed : offset,
  };
}

function* pageOf(
  entered: Entered,
  { limit, before, after, around }: MessagesRequest,
): Work<readonly [Found[], Bounds]> {
  const { lastOffset } = entered.conversation;
  if (around !== undefined) return yield* pageAround(entered, around, limit);
  if (after !== undefined) {
    const [found, hasAfter] = yield* read(entered, "after", after, limit);
    return [found, {
      hasBefore: yield* hasAny(entered, found[0]?.message.offset ?? after + 1),
      hasAfter,
    }];
  }
  const [found, hasBefore] = yield* read(entered, "before", before ?? lastOffset + 1, limit);
  const last = found.at(-1)?.message.offset ?? (before ?? 1) - 1;
  return [found, { hasBefore, hasAfter: before !== undefined && last < lastOffset }];
}

/** The message in the middle, and as much on both sides, as far as there is. */
function* pageAround(
  entered: Entered,
  id: number,
  limit: number,
): Work<readonly [Found[], Bounds]> {
  const place = Number.isSafeInteger(id)
    ? yield* row(
      `SELECT "offset" FROM chat_messages WHERE id = $1 AND conversation = $2`,
      ...[id, entered.conversation.id],
    )
    : undefined;
  if (place === undefined) throw noMessage(id);
  const offset = Number(place["offset"]);
  requireVisible(entered, { id, offset });
  const half = Math.floor(limit / 2);
  const [older, hasBefore] = yield* read(entered, "before", offset, half);
  const [newer, hasAfter] = yield* read(entered, "after", offset - 1, limit - older.length);
  return [[...older, ...newer], { hasBefore, hasAfter }];
}

/** Messages on one side of an offset, the oldest first, and whether there are more on that side. */
function* read(
  { conversation, member }: Entered,
  side: "before" | "after",
  offset: number,
  limit: number,
): Work<readonly [Found[], boolean]> {
  const from = member?.fromOffset ?? 0;
  const [bounds, order, values] = side === "before"
    ? [`s."offset" < $2 AND s."offset" > $3`, "DESC", [offset, from]] as const
    : [`s."offset" > $2`, "ASC", [Math.max(offset, from)]] as const;
  const given: SqlValue[] = [conversation.id, ...values, limit + 1];
  const found = yield* rows(
    `SELECT ${MESSAGE} FROM chat_messages s ${WITH_QUOTE}
     WHERE s.conversation = $1 AND ${bounds} ORDER BY s."offset" ${order} LIMIT $${given.length}`,
    ...given,
  );
  const page = found.slice(0, limit).map(withRow);
  if (side === "before") page.reverse();
  return [page, found.length > limit];
}

function* hasAny({ conversation: { id }, member }: Entered, before: number): Work<boolean> {
  const found = yield* row(
    `SELECT 1 AS found FROM chat_messages
     WHERE conversation = $1 AND "offset" < $2 AND "offset" > $3 LIMIT 1`,
    ...[id, before, member?.fromOffset ?? 0],
  );
  return found !== undefined;
}

function* seen(
  { member }: Entered,
  found: readonly Found[],
  seesReading: boolean,
): Work<readonly Message[]> {
  const messages = yield* withReactions(found, member?.user);
  return yield* withStatuses(messages, member?.user, seesReading);
}

function withRow(row: Row): Found {
  return { message: messageIn(row)!, row };
}
