/**
 * The frames of the wire protocol as the page knows them; what the server sends is parsed here, once,
 * and goes on to `session.ts`.
 */

/** A user as the server lists one in a room. `user_id` is always a string on this side. */
export interface PresentUser {
  user_id: string;
  name: string;
}

/** What `usermsg` and `direct_message` have in common. `timestamp` is in Unix seconds. */
interface Publication {
  id: string;
  room: string;
  user_id: string;
  name: string;
  message: string;
  timestamp: number;
}

export interface UserMessageFrame extends Publication {
  type: "usermsg";
}

export interface DirectMessageFrame extends Publication {
  type: "direct_message";
}

export interface PresenceFrame {
  type: "presence";
  room: string;
  users: PresentUser[];
}

export interface JoinFrame extends PresentUser {
  type: "join";
  room: string;
}

export interface LeaveFrame extends PresentUser {
  type: "leave";
  room: string;
}

export interface LeftFrame {
  type: "left";
  room: string;
}

export interface PongFrame {
  type: "pong";
}

export interface ErrorFrame {
  type: "error";
  code: string;
  message: string;
  /** Of the message that was refused, when it had one. */
  id?: string;
}

export type ServerFrame =
  | UserMessageFrame
  | DirectMessageFrame
  | PresenceFrame
  | JoinFrame
  | LeaveFrame
  | LeftFrame
  | PongFrame
  | ErrorFrame;

/** A number where the user id is one, as the server writes it itself. */
export type WireUserId = number | string;

export type ClientFrame =
  | {
    type: "usermsg";
    id: string;
    user_id: WireUserId;
    room: string;
    message: string;
    name: string;
  }
  | { type: "keepalive"; user_id: WireUserId; room: string; name: string }
  | { type: "leave"; room: string }
  | { type: "presence"; room: string }
  | { type: "ping" };

/**
 * Reads one frame. Answers `null` for what is no frame, or one of a type that this page does not know:
 * a newer server may say more than we understand.
 *
 * @example
 * ```ts
 * import { parseServerFrame } from "./frames.ts";
 * console.log(parseServerFrame('{"type":"left","room":"lobby"}')); // { type: "left", room: "lobby" }
 * ```
 */
export function parseServerFrame(text: string): ServerFrame | null {
  const frame = parseObject(text);
  if (frame === null) return null;
  switch (frame.type) {
    case "usermsg":
    case "direct_message":
      return parsePublication(frame.type, frame);
    case "join":
    case "leave":
      return parseComingOrGoing(frame.type, frame);
    case "presence":
      return parsePresence(frame);
    case "left":
      return typeof frame.room === "string" ? { type: "left", room: frame.room } : null;
    case "pong":
      return { type: "pong" };
    case "error":
      return parseError(frame);
    default:
      return null;
  }
}

/** `123` for `"123"`, the string itself for all else, so that both spellings stay one user. */
export function toWireUserId(userId: string): WireUserId {
  const number = Number(userId);
  return Number.isSafeInteger(number) && String(number) === userId ? number : userId;
}

type JsonObject = Record<string, unknown>;

function parseObject(text: string): JsonObject | null {
  try {
    return asObject(JSON.parse(text));
  } catch {
    return null;
  }
}

function asObject(value: unknown): JsonObject | null {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value))
    : null;
}

function parsePublication(
  type: "usermsg" | "direct_message",
  frame: JsonObject,
): UserMessageFrame | DirectMessageFrame | null {
  const user_id = asUserId(frame.user_id);
  const { id, room, message, timestamp } = frame;
  if (user_id === null || typeof id !== "string" || typeof room !== "string") return null;
  if (typeof message !== "string" || typeof timestamp !== "number") return null;
  return { type, id, room, user_id, name: asName(frame.name, user_id), message, timestamp };
}

function parseComingOrGoing(
  type: "join" | "leave",
  frame: JsonObject,
): JoinFrame | LeaveFrame | null {
  const user = asUser(frame);
  if (user === null || typeof frame.room !== "string") return null;
  return { type, room: frame.room, ...user };
}

function parsePresence({ room, users }: JsonObject): PresenceFrame | null {
  if (typeof room !== "string" || !Array.isArray(users)) return null;
  return { type: "presence", room, users: users.map(asUser).filter((user) => user !== null) };
}

function parseError({ code, message, id }: JsonObject): ErrorFrame | null {
  if (typeof code !== "string" || typeof message !== "string") return null;
  return { type: "error", code, message, ...(typeof id === "string" ? { id } : {}) };
}

function asUser(value: unknown): PresentUser | null {
  const user = asObject(value);
  const user_id = asUserId(user?.user_id);
  return user === null || user_id === null ? null : { user_id, name: asName(user.name, user_id) };
}

function asUserId(value: unknown): string | null {
  return typeof value === "number" || typeof value === "string" ? String(value) : null;
}

function asName(value: unknown, userId: string): string {
  return typeof value === "string" && value.trim() !== "" ? value : userId;
}
