/** The frames of protocol version 2; what the server sends is parsed here, once, and goes on to `client.ts`. */
import { NotifyliError } from "./errors.ts";
import { storedTime } from "../../base/times.ts";
import { isVisible } from "../../base/visible_text.ts";
import type { ChatCommand } from "../conversations/commands.ts";
import type {
  ActionResult,
  AttachedFile,
  DigestItem,
  InboxChange,
  Position,
  Publication,
  RoomEvent,
  TopicMessage,
  User,
} from "./types.ts";

/** What a client may ask for; `ref` is added on the way out. */
export type Command =
  | {
    type: "connect";
    user_id?: number | string;
    name?: string;
    device?: JsonObject;
    inbox?: Position;
  }
  | ChatCommand
  | { type: "inbox"; since: Position; unread?: true }
  | {
    type: "inbox";
    before: number;
    limit?: number;
    archived?: boolean | "only";
    folded?: boolean;
    group?: string;
  }
  | { type: "inbox"; snoozed: true; limit: number; cursor?: string }
  | { type: "snooze"; ids: readonly string[]; until: number | string }
  | { type: "unsnooze"; ids: readonly string[] }
  | { type: "act"; id: string; action: string; text?: string }
  | { type: "inbox"; ids: readonly string[] }
  | { type: "ack" | "read" | "archive" | "unarchive" | "delete"; ids: readonly string[] }
  | { type: "read" | "archive" | "unarchive" | "delete"; group: string }
  | { type: "read"; all: true }
  | { type: "subscribe"; room: string; since?: Position; replay?: true; token?: string }
  | { type: "unsubscribe"; room: string }
  | {
    type: "subscribe";
    topic: string;
    filter?: JsonObject;
    since?: Position;
    replay?: true;
    token?: string;
  }
  | { type: "unsubscribe"; sub: number }
  | { type: "follow"; topic: string; token?: string }
  | { type: "unfollow"; topic: string }
  | { type: "followed"; limit: number; cursor?: string }
  | { type: "presence"; room: string; limit: number; cursor?: string }
  | { type: "publish"; room: string; message?: string; data?: unknown; id: string }
  | { type: "event"; room: string; event: string; data?: unknown }
  | { type: "history"; room: string; since?: Position; limit: number }
  | { type: "preferences" }
  | { type: "set_preferences" | "change_preferences"; version?: number }
  | {
    type: "register_device";
    provider: string;
    token: string | object;
    platform?: string;
    app?: string;
    locale?: string;
    time_zone?: string;
  }
  | { type: "push_key" }
  | { type: "devices" }
  | { type: "remove_device"; id: string }
  | { type: "auth"; token: string }
  | { type: "auth"; credentials: JsonObject }
  | { type: "pass" }
  | { type: "ping" };

/** A position in the inbox that the server does not find, so that it answers with all that is unread. */
export const NO_POSITION: Position = { offset: 0, epoch: "" };

/** The server's answer to a command. */
export type Reply = { success: true; data: JsonObject } | { success: false; error: NotifyliError };

export type ServerFrame =
  | { type: "reply"; ref: number; reply: Reply }
  | { type: "usermsg" | "direct_message"; publication: Publication }
  | { type: "event"; event: RoomEvent }
  /** Something was published in a topic, and these subscriptions match. */
  | { type: "topic"; subs: readonly number[]; message: TopicMessage }
  /** How far a topic is. */
  | { type: "position"; topic: string; position: Position }
  | { type: "join" | "leave"; room: string; user: User }
  /** We had to leave a room. */
  | { type: "left"; room: string; error: NotifyliError }
  /** Who is in a room, anew; `replies.ts` reads it as it reads the answer to `presence`. */
  | { type: "presence"; room: string; data: JsonObject }
  | { type: "inbox"; change: InboxChange }
  /** Something of conversations or of who is there; `conversations/chat.ts` reads it. */
  | { type: "chat"; what: string; fields: JsonObject }
  /** The user's preferences were changed elsewhere; `preferences/wire.ts` reads them. */
  | { type: "preferences"; fields: JsonObject }
  | { type: "error"; error: NotifyliError }
  /** The session is about to end. */
  | { type: "session" }
  | { type: "pong" };

/** A JSON object of which nothing is known yet. */
export type JsonObject = Readonly<Record<string, unknown>>;

/**
 * Reads the frames of one text message, one a line. Leaves out what is no frame, or one of a type that is not
 * known here: a newer server may say more than we understand.
 *
 * @param more reads those that only a client of rooms, topics and conversations has use for
 */
export function parseFrames(text: string, more: ParseFrame = () => undefined): ServerFrame[] {
  return text.split("\n").map((line) => parseFrame(line, more))
    .filter((frame) => frame !== undefined);
}

/** Reads frames of further types: of rooms, topics and conversations. */
export type ParseFrame = (fields: JsonObject) => ServerFrame | undefined;

/** `123` for `"123"`, the string itself for all else, as the server writes it too. */
export function wireUserId(userId: string): number | string {
  const number = Number(userId);
  return Number.isSafeInteger(number) && String(number) === userId ? number : userId;
}

export function parsePublication(value: unknown): Publication | undefined {
  const fields = asObject(value);
  const user = parseUser(fields);
  const { id, room, message, data, attachments, image, timestamp, offset, epoch } = fields;
  const { state, read_at, archived_at } = fields;
  if (user === undefined || typeof id !== "string" || typeof room !== "string") return;
  if (typeof message !== "string") return;
  return {
    id,
    room,
    ...user,
    message,
    ...(data === undefined ? {} : { data }),
    ...(Array.isArray(attachments) ? { attachments: readFiles(attachments) } : {}),
    ...readFiles([image]).map((image) => ({ image }))[0],
    ...(Array.isArray(fields.tags) ? { tags: fields.tags.map(String) } : {}),
    ...detailsIn(fields),
    timestamp: timeOf(timestamp),
    ...(typeof offset === "number" ? { offset } : {}),
    ...(typeof epoch === "string" ? { epoch } : {}),
    ...(state === undefined && typeof read_at !== "number" ? {} : { read: isRead(fields) }),
    ...(typeof archived_at === "number" ? { archived: true } : {}),
  };
}

function isRead({ state, read_at }: JsonObject): boolean {
  return state === "read" || typeof read_at === "number";
}

/** How a notification is shown. What is not of its kind is left out, since a newer server may say more. */
function detailsIn(fields: JsonObject): Pick<Publication, "details"> | undefined {
  const known = Object.entries(DETAILS).filter(([field, isOfKind]) => isOfKind(fields[field]));
  if (known.length === 0) return undefined;
  return {
    details: Object.fromEntries(known.map(([field]) => [
      RENAMED[field] ?? field,
      READ[field]?.(fields[field]) ?? fields[field],
    ])),
  };
}

function actionsIn(actions: unknown): readonly unknown[] {
  if (!Array.isArray(actions)) return [];
  return actions.map((each) => {
    const { done_at: _at, ...action } = asObject(each);
    return { ...action, ...readResult(asObject(each)) };
  });
}

/** The notifications of a digest. What is none is left out. */
function itemsIn(items: unknown): readonly DigestItem[] {
  if (!Array.isArray(items)) return [];
  return items.map(asObject).flatMap(({ id, title, message, url, timestamp }) =>
    isText(id)
      ? [{
        id: String(id),
        ...(isText(title) ? { title: String(title) } : {}),
        message: isText(message) ? String(message) : "",
        ...(isText(url) ? { url: String(url) } : {}),
        ...(isNumber(timestamp) ? { timestamp: Number(timestamp) } : {}),
      }]
      : []
  );
}

/** Details that are read further. */
const READ: Readonly<Record<string, (value: unknown) => unknown>> = {
  actions: actionsIn,
  items: itemsIn,
};

const isText = (value: unknown) => typeof value === "string";
const isNumber = (value: unknown) => typeof value === "number";
const isFlag = (value: unknown) => typeof value === "boolean";

const DETAILS = {
  ...{ title: isText, kind: isText, priority: isNumber, url: isText, icon: isText },
  ...{ actions: Array.isArray, group: isText, markdown: isFlag, critical: isFlag },
  ...{ progress: isNumber, edited_at: isNumber, first_offset: isNumber },
  ...{ snoozed_at: isNumber, snoozed_until: isNumber },
  ...{ silent: isFlag, alerted_at: isNumber, reminder: isNumber },
  ...{ count: isNumber, items: Array.isArray },
};

/** What this library calls otherwise than the server. */
const RENAMED: Readonly<Record<string, string>> = {
  edited_at: "editedAt",
  first_offset: "firstOffset",
  snoozed_at: "snoozedAt",
  snoozed_until: "snoozedUntil",
  alerted_at: "alertedAt",
};

/** The files among values. An older server has an id in place of a file. */
export function readFiles(values: readonly unknown[]): readonly AttachedFile[] {
  return values.flatMap((value) => {
    const fields = typeof value === "string" ? { id: value } : asObject(value);
    return typeof fields.id === "string" ? [fields as unknown as AttachedFile] : [];
  });
}

/** An old server has names of which nothing can be seen: such a user is called by the id. */
export function parseUser(value: unknown): User | undefined {
  const { user_id, name } = asObject(value);
  if (typeof user_id !== "number" && typeof user_id !== "string") return;
  const userId = String(user_id);
  return { userId, name: typeof name === "string" && isVisible(name) ? name : userId };
}

/** The value's fields; none where it is no object. */
export function asObject(value: unknown): JsonObject {
  return typeof value === "object" && value !== null ? value as JsonObject : {};
}

/** A time as it was stored: an old server has times in other units. */
export function timeOf(timestamp: unknown): number {
  return typeof timestamp === "number" ? storedTime(timestamp) : 0;
}

function parseFrame(line: string, more: ParseFrame): ServerFrame | undefined {
  const fields = parseLine(line);
  const { type } = fields;
  switch (type) {
    case "reply":
      return parseReply(fields);
    case "direct_message": {
      const publication = parsePublication(fields);
      return publication && { type, publication };
    }
    case "inbox":
      return parseInboxChange(fields);
    case "error":
      return { type, error: parseError(fields, fields.message) };
    case "session":
    case "pong":
      return { type };
    case "preferences_changed":
      return { type: "preferences", fields };
    default:
      return more(fields);
  }
}

function parseLine(line: string): JsonObject {
  try {
    return asObject(JSON.parse(line));
  } catch {
    return {};
  }
}

function parseReply({ ref, success, data, ...fields }: JsonObject): ServerFrame | undefined {
  if (typeof ref !== "number") return;
  const reply: Reply = success === true
    ? { success, data: asObject(data) }
    : { success: false, error: parseError(fields, fields.error) };
  return { type: "reply", ref, reply };
}

function parseInboxChange(
  { event, ids, unread, snoozed_until, action, ...outcome }: JsonObject,
): ServerFrame | undefined {
  const known = INBOX_EVENTS.find((each) => each === event);
  if (known === undefined || typeof unread !== "number") return;
  return {
    type: "inbox",
    change: {
      ...{ event: known, unread },
      ...(Array.isArray(ids) ? { ids: ids.map(String) } : {}),
      ...(typeof snoozed_until === "number" ? { snoozedUntil: snoozed_until } : {}),
      ...(typeof action === "string" ? { action: { id: action, ...readResult(outcome) } } : {}),
    },
  };
}

const INBOX_EVENTS = ["read", "archive", "unarchive", "delete", "snooze", "act"] as const;

/** What came of an action. */
export function readResult({ done_at, status, text }: JsonObject): ActionResult {
  return {
    ...(typeof done_at === "number" ? { doneAt: done_at } : {}),
    ...(typeof status === "number" ? { status } : {}),
    ...(typeof text === "string" ? { text } : {}),
  };
}

export function parseError(
  { code, field, retry_after_ms }: JsonObject,
  message: unknown,
): NotifyliError {
  return new NotifyliError(typeof code === "string" ? code : "internal", String(message), {
    ...(typeof field === "string" ? { field } : {}),
    ...(typeof retry_after_ms === "number" ? { retryAfterMs: retry_after_ms } : {}),
  });
}
