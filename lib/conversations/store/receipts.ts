/** Tells senders how far others have got with what they have sent. */
import type { UserId } from "../../base/fields.ts";
import { rows, type Work } from "../../engines/database/database.ts";
import type { ReceiptEvent } from "../events.ts";
import type { Telling } from "./outcome.ts";
import type { WorkParts } from "./parts.ts";

/** How far back senders are looked for, in offsets, and how many are told of one move. */
const MOST_OFFSETS = 1000;
const MOST_SENDERS = 20;

/** Who else has sent what came after one offset, up to another, and is still there. */
export function* coveredSenders(
  conversation: number,
  user: UserId,
  { after, upTo }: { readonly after: number; readonly upTo: number },
): Work<UserId[]> {
  if (upTo <= after) return [];
  const found = yield* rows(
    `SELECT DISTINCT s.user_id FROM chat_messages s
     JOIN chat_members m
       ON m.conversation = s.conversation AND m.user_id = s.user_id AND m.left_at IS NULL
     WHERE s.conversation = $1 AND s."offset" > $2 AND s."offset" <= $3 AND s.kind <> 'system'
       AND s.user_id <> $4 AND s.user_id <> '' LIMIT ${MOST_SENDERS}`,
    ...[conversation, Math.max(after, upTo - MOST_OFFSETS), upTo, user],
  );
  return found.map((each) => String(each["user_id"]));
}

/** Tells senders of a move. Who tells nobody what it has read is not told what others have read, either. */
export function* tellReceipt(
  { people }: WorkParts,
  tell: Telling,
  { site, conversation, covered }: {
    readonly site: string;
    readonly conversation: number;
    readonly covered: readonly UserId[];
  },
  moves: ReceiptEvent["receipts"][number],
): Work<void> {
  if (covered.length === 0) return;
  const { user, delivered } = moves;
  const event = { type: "receipt", conversation } as const;
  if (moves.read === undefined) {
    return tell.users(covered, { ...event, receipts: [{ user, delivered }] });
  }
  const privacies = yield* people.privacies(site, covered);
  const sees = (sender: UserId) => privacies.get(sender)?.readReceipts !== false;
  tell.users(covered.filter(sees), { ...event, receipts: [moves] });
  const others = covered.filter((sender) => !sees(sender));
  tell.users(others, { ...event, receipts: [{ user, delivered }] });
}
