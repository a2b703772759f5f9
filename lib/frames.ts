/**
 * The frames of seed 000's protocol: text from a client becomes one `Command`, and what the server says becomes
 * text. Next on a message's way: `client.ts`.
 */
import type { Limits } from "./base/sizes.ts";
import type { InboxChange, InboxEvent } from "./inbox/store/store.ts";
import type { UserConnection } from "./rooms/store/store.ts";
import { type ErrorCode, NotifyliError } from "./errors.ts";
import {
  claimedUser,
  type Fields,
  identifier,
  optionalId,
  optionalName,
  optionalToken,
  requiredText,
  type UserId,
  userIdOnWire,
} from "./fields.ts";

/** What a client asks for. `user` is a claim until the client has checked it. */
export type Command =
  | {
    type: "usermsg";
    id?: string;
    user: UserId;
    room: string;
    name?: string;
    message: string;
    /** For this room. */
    token?: string;
  }
  | { type: "keepalive"; user: UserId; room: string; name?: string; token?: string }
  | { type: "leave"; room: string }
  | { type: "presence"; room: string }
  | { type: "auth"; token: string }
  | { type: "ping" };

const SERVER_TYPES = new Set(["direct_message", "error", "join", "left", "pong"]);

/**
 * Reads one frame. Throws {@linkcode NotifyliError} for the client to see.
 *
 * @param own the user that its token names
 */
export function parseCommand(fields: Fields, limits: Limits, own: UserId | undefined): Command {
  const type = fields["type"];
  switch (type) {
    case "usermsg":
      return {
        type,
        id: optionalId(fields),
        user: claimedUser(fields, limits, own),
        room: identifier(fields, "room", limits.room),
        name: optionalName(fields, "name", limits.name),
        message: requiredText(fields, "message", limits.message),
        token: optionalToken(fields),
      };
    case "keepalive":
      return {
        type,
        user: claimedUser(fields, limits, own),
        room: identifier(fields, "room", limits.room),
        name: optionalName(fields, "name", limits.name),
        token: optionalToken(fields),
      };
    case "leave":
    case "presence":
      return { type, room: identifier(fields, "room", limits.room) };
    case "auth":
      return { type, token: requiredText(fields, "token", Infinity) };
    case "ping":
      return { type };
    default:
      throw typeError(type);
  }
}

/** Whether a query asks to join a room at once. */
export function namesRoom(query: URLSearchParams): boolean {
  return query.has("room") || query.has("user_id");
}

/** `/ws?user_id=123&room=lobby&name=Alice`: the room to join at once. */
export function parseQuery(
  query: URLSearchParams,
  limits: Limits,
  own: UserId | undefined,
): Extract<Command, { type: "keepalive" }> {
  const fields = { type: "keepalive", ...Object.fromEntries(query) };
  return {
    type: "keepalive",
    user: claimedUser(fields, limits, own),
    room: identifier(fields, "room", limits.room),
    name: optionalName(fields, "name", limits.name),
  };
}

/** Unix time in whole seconds, as frames carry it. */
export function unixSeconds(): number {
  return Math.floor(Date.now() / 1000);
}

/**
 * A chat message (`usermsg`) or a notification (`direct_message`), ready to send.
 *
 * @param timestamp Unix time in seconds; absent while it is scheduled, see {@linkcode withTimestamp}
 */
export function messageFrame(
  type: "usermsg" | "direct_message",
  id: string,
  { room, user, name, message }: {
    readonly room: string;
    readonly user: UserId;
    readonly name: string;
    readonly message: string;
  },
  timestamp: number | undefined,
): string {
  return JSON.stringify({
    type,
    id,
    room,
    user_id: userIdOnWire(user),
    name,
    message,
    timestamp,
  });
}

/** A finished frame with its place in its channel. */
export function withOffset(text: string, offset: number): string {
  return `{"offset":${offset},${text.slice(1)}`;
}

/** A frame that was finished but for its timestamp, a Unix time in seconds. */
export function withTimestamp(text: string, timestamp: number): string {
  return `${text.slice(0, -1)},"timestamp":${timestamp}}`;
}

/** A user read, archived or deleted notifications. */
export function inboxFrame(
  { event, ids, unread }: InboxChange & { readonly event: InboxEvent },
): string {
  return JSON.stringify({ type: "inbox", event, ids, unread });
}

/** A user entered (`join`) or left (`leave`) a room. */
export function presenceEventFrame(
  type: "join" | "leave",
  event: { room: string; user: UserId; name: string },
): string {
  return JSON.stringify({
    type,
    room: event.room,
    user_id: userIdOnWire(event.user),
    name: event.name,
    timestamp: unixSeconds(),
  });
}

/** Everyone in a room, one entry a user. */
export function presenceFrame(room: string, connections: readonly UserConnection[]): string {
  const users = connections.map(({ user_id, name, client_id, connected_at }) => (
    { user_id, name, client_id, connected_at }
  ));
  return JSON.stringify({ type: "presence", room, users });
}

export function leftFrame(room: string): string {
  return JSON.stringify({ type: "left", room });
}

export function pongFrame(): string {
  return JSON.stringify({ type: "pong", timestamp: unixSeconds() });
}

/** The client has proved that it is this user. */
export function authFrame(user: UserId): string {
  return JSON.stringify({
    type: "auth",
    success: true,
    message: "Authentication successful",
    user_id: userIdOnWire(user),
  });
}

/** The session ends then, unless a new token comes. @param expiresAt Unix time in milliseconds */
export function sessionFrame(expiresAt: number): string {
  return JSON.stringify({ type: "session", expires_at: Math.floor(expiresAt / 1000) });
}

export function errorFrame(
  error: { code: ErrorCode; message: string; field?: string; id?: string; retry_after_ms?: number },
): string {
  return JSON.stringify({ type: "error", ...error });
}

function typeError(type: unknown): NotifyliError {
  const field = "type";
  if (type === undefined || type === null || type === "") {
    return new NotifyliError("missing_field", "Missing field 'type'", { field });
  }
  const value = JSON.stringify(type).slice(0, 80);
  if (typeof type !== "string") {
    return new NotifyliError(
      "invalid_field",
      `Cannot take field 'type': current value is ${value}, allowed is a string`,
      { field },
    );
  }
  if (SERVER_TYPES.has(type)) {
    return new NotifyliError(
      "forbidden_type",
      `Field 'type' is ${value}, which only the server sends`,
      { field },
    );
  }
  return new NotifyliError(
    "unknown_type",
    `Unknown 'type': current value is ${value}, allowed is usermsg, keepalive, leave, presence, auth, ping`,
    { field },
  );
}
