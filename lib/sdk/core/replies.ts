/** What the data of a successful reply says, command by command. */
import { NotifyliError } from "./errors.ts";
import { asObject, type JsonObject, parsePublication, parseUser } from "./frames.ts";
import { parseTopicMessage } from "./room_frames.ts";
import type {
  GapReason,
  Notification,
  Position,
  Publication,
  Published,
  TopicMessage,
  User,
} from "./types.ts";

/** What a server has for someone who comes back to a stream. */
export interface Recovery {
  /** Where the stream is now. It is absent where there is no history. */
  readonly position: Position | undefined;
  /** Whether `items` is all that was missed. */
  readonly recovered: boolean;
  /** Why `items` is not all; `new` where nobody asked for what was missed. */
  readonly reason: GapReason | "new";
  /** There is more after the position than came with this answer. */
  readonly more: boolean;
  /** What was missed, oldest first. */
  readonly items: readonly Publication[];
}

export interface Connected {
  readonly userId: string;
  /** It is absent where the server is too old to say it. */
  readonly siteId: string | undefined;
  /** A guest is another user on each connection, and has no inbox. */
  readonly isGuest: boolean;
  readonly clientId: string;
  /** A client that was silent for so long should ping. */
  readonly pingSeconds: number;
  readonly unread: number;
  readonly inbox: Recovery;
}

/** What a server has for someone who subscribes to a topic. */
export interface TopicRecovery {
  /** The server's number of the subscription, on this connection. */
  readonly sub: number;
  /** Where the topic is now. It is absent where there is no history. */
  readonly position: Position | undefined;
  /** Whether `messages` is all that matched and was missed. */
  readonly recovered: boolean;
  /** Why it is not; `undefined` where nobody asked for what was missed, or the server does not say. */
  readonly reason: GapReason | undefined;
  /** What was missed, oldest first, or the last one that matched. */
  readonly messages: readonly TopicMessage[];
}

/** A page of the inbox, newest first. */
export interface InboxPage {
  readonly notifications: readonly Notification[];
  readonly unread: number;
  /** The page was too long for one answer: there is more of it. */
  readonly more: boolean;
}

/** A part of who is in a room. */
export interface PresencePart {
  readonly users: readonly User[];
  /** How many users are there; `undefined` where they are all named by now. */
  readonly count: number | undefined;
  /** Where the next part begins; `undefined` where there is none. */
  readonly next: string | undefined;
}

const DEFAULT_PING_SECONDS = 25;

export function readConnected(data: JsonObject): Connected {
  const { user_id, site_id, guest, client_id, ping, unread, inbox } = data;
  return {
    userId: String(user_id),
    siteId: typeof site_id === "string" ? site_id : undefined,
    isGuest: guest === true,
    clientId: String(client_id),
    pingSeconds: typeof ping === "number" && ping > 0 ? ping : DEFAULT_PING_SECONDS,
    unread: readUnread({ unread }),
    inbox: readRecovery(inbox, "notifications"),
  };
}

/** @param list the field that has the publications */
export function readRecovery(value: unknown, list: "notifications" | "publications"): Recovery {
  const { offset, epoch, recovered, reason, more, [list]: items } = asObject(value);
  return {
    position: readPosition({ offset, epoch }),
    recovered: recovered === true,
    reason: readReason(reason) ?? "new",
    more: more === true,
    items: readList(items, list).map((item) => parsePublication(item) ?? invalid(list, item)),
  };
}

export function readTopic(data: JsonObject): TopicRecovery {
  const { sub, offset, epoch, recovered, reason, publications } = data;
  if (typeof sub !== "number") return invalid("sub", sub);
  return {
    sub,
    position: readPosition({ offset, epoch }),
    recovered: recovered === true,
    reason: readReason(reason),
    messages: readList(publications, "publications").map((item) =>
      parseTopicMessage(item) ?? invalid("publications", item)
    ),
  };
}

export function readInboxPage({ notifications, unread, more }: JsonObject): InboxPage {
  return {
    more: more === true,
    notifications: readList(notifications, "notifications").map(readNotification),
    unread: readUnread({ unread }),
  };
}

export function readUnread({ unread }: JsonObject): number {
  return typeof unread === "number" ? unread : invalid("unread", unread);
}

/** A user of whom nothing can be read is left out: the others are there all the same. */
export function readPresence({ users, count, next }: JsonObject): PresencePart {
  return {
    users: readList(users, "users").flatMap((user) => parseUser(user) ?? []),
    count: typeof count === "number" ? count : undefined,
    next: typeof next === "string" ? next : undefined,
  };
}

export function readPublished({ id, offset, epoch }: JsonObject): Published {
  if (typeof id !== "string") return invalid("id", id);
  return { id, ...readPosition({ offset, epoch }) };
}

export function readPosition({ offset, epoch }: JsonObject): Position | undefined {
  return typeof offset === "number" && typeof epoch === "string" ? { offset, epoch } : undefined;
}

function readReason(reason: unknown): GapReason | undefined {
  const known = ["epoch", "expired", "too_many", "no_history"] as const;
  return known.find((each) => each === reason);
}

function readNotification(value: unknown): Notification {
  const publication = parsePublication(value) ?? invalid("notifications", value);
  const { group_count, group_unread } = asObject(value);
  return {
    ...{ read: false, archived: false, ...publication, replayed: true },
    ...(typeof group_count === "number" ? { groupCount: group_count } : {}),
    ...(typeof group_unread === "number" ? { groupUnread: group_unread } : {}),
  };
}

function readList(value: unknown, field: string): readonly unknown[] {
  return Array.isArray(value) ? value : invalid(field, value);
}

/** @throws {NotifyliError} `invalid_reply` */
export function invalid(field: string, value: unknown): never {
  const shown = JSON.stringify(value)?.slice(0, 80);
  throw new NotifyliError("invalid_reply", `Cannot read '${field}' of a reply: it is ${shown}`);
}
