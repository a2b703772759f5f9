/** How far messages came, and with whom. */
import type { UserId } from "../../base/fields.ts";
import { type Row, row, rows, type Work } from "../../engines/database/database.ts";
import type { MessageReceipts } from "../requests.ts";
import type { Member, Message, MessageStatus } from "../types.ts";
import { number, text } from "./rows.ts";

/** How far those are who are furthest behind. */
export interface Least {
  readonly read: number;
  readonly delivered: number;
}

export function statusOf(
  { offset }: Pick<Message, "offset">,
  { read, delivered }: Least,
): MessageStatus {
  if (read >= offset) return "read";
  return delivered >= offset ? "delivered" : "sent";
}

/** The messages, with the status of those that the reader has sent. They are those of one conversation. */
export function* withStatuses(
  messages: readonly Message[],
  reader: UserId | undefined,
  seesReading: boolean,
): Work<readonly Message[]> {
  const isOwn = ({ user, kind }: Message) => user === reader && kind !== "system";
  const own = reader === undefined ? undefined : messages.find(isOwn);
  if (own === undefined || reader === undefined) return messages;
  const found = yield* row(
    `SELECT MIN(shown_read) AS read, MIN(delivered) AS delivered FROM chat_members
     WHERE conversation = $1 AND left_at IS NULL AND user_id <> $2`,
    ...[own.conversation, reader],
  );
  const read = seesReading ? number(found?.["read"]) ?? 0 : 0;
  const least = { read, delivered: number(found?.["delivered"]) ?? 0 };
  return messages.map((each) => isOwn(each) ? { ...each, status: statusOf(each, least) } : each);
}

/** Who has a message, of those that were members when it was sent. */
export function* receiptsOf(
  { conversation, offset, user }: Message,
  seesReading: boolean,
): Work<MessageReceipts> {
  const found = yield* rows(
    `SELECT m.user_id, m.shown_read, m.delivered, u.name FROM chat_members m
     LEFT JOIN chat_users u ON u.site = m.site AND u.user_id = m.user_id
     WHERE m.conversation = $1 AND m.left_at IS NULL AND m.from_offset < $2 AND m.user_id <> $3
     ORDER BY m.user_id`,
    ...[conversation, offset, user ?? ""],
  );
  const byStatus = Map.groupBy(found, (each) =>
    statusOf({ offset }, {
      read: seesReading ? Number(each["shown_read"]) : 0,
      delivered: Number(each["delivered"]),
    }));
  const of = (status: MessageStatus) => (byStatus.get(status) ?? []).map(named);
  return { read: of("read"), delivered: of("delivered"), sent: of("sent") };
}

function named(found: Row): Pick<Member, "user" | "name"> {
  return { user: String(found["user_id"]), name: text(found["name"]) };
}
