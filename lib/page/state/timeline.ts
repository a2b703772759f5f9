/** Messages as the rows that `components/chat/ChatLog.tsx` shows: with day lines, in groups, and marked where some are new. */
import type { Written } from "./written.ts";
import type { Identity } from "../session/identity.ts";
import { type ChatMessage, keyOf, type RoomState } from "./rooms.ts";
import { type ShownMessage, shownMessage, type Thread } from "./thread.ts";
import { dayKey } from "../../sdk/view/times.ts";

interface DayRow {
  kind: "day";
  key: string;
  timestamp: number;
}

export interface MessageRow {
  kind: "message";
  key: string;
  message: ShownMessage;
  isOwn: boolean;
  /** Whether the message starts a group, and so is shown with its writer. */
  isFirst: boolean;
  /** Whether it ends one, and so has the picture beside it. */
  isLast: boolean;
}

/** What happened in the conversation, in the middle of the log. */
interface SystemRow {
  kind: "system";
  key: string;
  message: ShownMessage;
}

/** The line above the messages that were unread when the conversation was opened. */
interface NewRow {
  kind: "new";
  key: "new";
  count: number;
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

export type Row = DayRow | MessageRow | SystemRow | NewRow | GapRow | LeftRow;

/** After a longer pause the same writer is named again. */
const GROUP_SECONDS = 300;

/** Time zones differ from UTC by whole quarters of an hour, so messages of one quarter are of one day. */
const QUARTER_SECONDS = 900;

/** Makes the rows one after another. */
class Rows {
  readonly all: Row[] = [];
  readonly #me: string;
  #last: MessageRow | undefined;
  #timestamp: number | undefined;

  constructor(me: string) {
    this.#me = me;
  }

  /** @param mark what stands between the message and the day line above it */
  add(message: ShownMessage, mark?: Row): void {
    const isNewDay = this.#isOtherDay(message.timestamp);
    this.#timestamp = message.timestamp;
    if (isNewDay) {
      this.parted({ kind: "day", key: `day ${message.key}`, timestamp: message.timestamp });
    }
    if (mark !== undefined) this.parted(mark);
    if (message.kind === "system") {
      return this.parted({ kind: "system", key: message.key, message });
    }
    const last = this.#last;
    const isFirst = last === undefined || !belongsTo(last.message, message);
    if (last !== undefined && !isFirst) last.isLast = false;
    const isOwn = message.userId === this.#me;
    this.#last = { kind: "message", key: message.key, message, isOwn, isFirst, isLast: true };
    this.all.push(this.#last);
  }

  /** Adds what ends a group. */
  parted(row: Row): void {
    this.#last = undefined;
    this.all.push(row);
  }

  #isOtherDay(timestamp: number): boolean {
    const last = this.#timestamp;
    if (last === undefined) return true;
    const isSameQuarter = Math.floor(last / QUARTER_SECONDS) ===
      Math.floor(timestamp / QUARTER_SECONDS);
    return !isSameQuarter && dayKey(last) !== dayKey(timestamp);
  }
}

/** The rows of a room, of which what was written and is not seen there yet comes last. */
export function rowsOf(room: RoomState, written: Written, me: Identity): Row[] {
  const rows = new Rows(me.user_id);
  const gaps = new Set(room.gaps);
  for (const message of room.messages) {
    const key = keyOf(message);
    rows.add(said(message), room.news?.key === key ? newLine(room.news.count) : undefined);
    if (gaps.has(key)) rows.parted({ kind: "gap", key: `gap ${key}` });
  }
  for (const { id, room: name, message, timestamp, failure } of written) {
    if (name !== room.room) continue;
    const own = said({ id, userId: me.user_id, name: me.name, message, timestamp });
    rows.add(
      failure === undefined
        ? { ...own, delivery: "pending" }
        : { ...own, delivery: "failed", failure },
    );
  }
  if (room.left !== undefined) rows.parted({ kind: "left", key: "left", reason: room.left });
  return rows.all;
}

/** The rows of a conversation. */
export function threadRows({ messages, news }: Thread, me: string): Row[] {
  const rows = new Rows(me);
  let isMarked = news.count === 0;
  for (const message of messages) {
    const { userId, kind, offset } = message;
    const isFirstNew = !isMarked && userId !== me && kind !== "system" && offset > news.after;
    rows.add(shownMessage(message, me), isFirstNew ? newLine(news.count) : undefined);
    if (isFirstNew) isMarked = true;
  }
  return rows.all;
}

/** The messages of rooms that are shown, each made once: what was drawn is known again. */
const shown = new WeakMap<ChatMessage, ShownMessage>();

function said(message: ChatMessage): ShownMessage {
  const known = shown.get(message);
  if (known !== undefined) return known;
  const { userId, name, message: text, timestamp } = message;
  const made: ShownMessage = {
    ...{ userId, name, text, timestamp },
    ...{ key: keyOf(message), id: 0, offset: 0, kind: "text", delivery: "delivered" } as const,
  };
  shown.set(message, made);
  return made;
}

function newLine(count: number): Row {
  return { kind: "new", key: "new", count };
}

function belongsTo(last: ShownMessage, next: ShownMessage): boolean {
  return last.userId === next.userId && last.name === next.name &&
    next.timestamp - last.timestamp < GROUP_SECONDS;
}
