/** A room's messages and those written that it does not show yet, as the rows that `components/chat/ChatLog.tsx` shows. */
import type { Written } from "./written.ts";
import type { Identity } from "../session/identity.ts";
import { type ChatMessage, keyOf, type RoomState } from "./rooms.ts";
import { dayKey } from "../text.ts";

type Delivery = "delivered" | "pending" | "failed";

interface DayRow {
  kind: "day";
  key: string;
  timestamp: number;
}

export interface MessageRow {
  kind: "message";
  key: string;
  message: ChatMessage;
  isOwn: boolean;
  /** Whether the message starts a group, and so is shown with its writer and time. */
  isFirst: boolean;
  delivery: Delivery;
  failure: string;
}

/** A place where messages may be missing. */
interface GapRow {
  kind: "gap";
  key: string;
}

/** Says that we are no longer in the room, and why. */
interface LeftRow {
  kind: "left";
  key: "left";
  reason: string;
}

export type Row = DayRow | MessageRow | GapRow | LeftRow;

/** After a longer pause the same writer is named again. */
const GROUP_SECONDS = 300;

export function rowsOf(
  { room, messages, gaps, left }: RoomState,
  written: Written,
  me: Identity,
): Row[] {
  const rows: Row[] = [];
  let last: ChatMessage | null = null;
  let isBehindGap = false;

  const add = (message: ChatMessage, delivery: Delivery, failure = "") => {
    const isNewDay = last === null || dayKey(last.timestamp) !== dayKey(message.timestamp);
    if (isNewDay) {
      rows.push({ kind: "day", key: `day ${keyOf(message)}`, timestamp: message.timestamp });
    }
    const isFirst = isNewDay || isBehindGap || last === null || !belongsTo(last, message);
    const isOwn = message.userId === me.user_id;
    rows.push({ kind: "message", key: keyOf(message), message, isOwn, isFirst, delivery, failure });
    last = message;
    isBehindGap = false;
  };

  for (const message of messages) {
    add(message, "delivered");
    isBehindGap = gaps.includes(keyOf(message));
    if (isBehindGap) rows.push({ kind: "gap", key: `gap ${keyOf(message)}` });
  }
  for (const entry of written) {
    if (entry.room !== room) continue;
    const { id, message, timestamp, failure } = entry;
    const own = { id, userId: me.user_id, name: me.name, message, timestamp };
    add(own, failure === undefined ? "pending" : "failed", failure);
  }
  if (left !== undefined) rows.push({ kind: "left", key: "left", reason: left });
  return rows;
}

function belongsTo(last: ChatMessage, next: ChatMessage): boolean {
  return last.userId === next.userId && last.name === next.name &&
    next.timestamp - last.timestamp < GROUP_SECONDS;
}
