/**
 * The frames of seed 000's protocol: text from a client becomes one `Command`, and what the server says becomes
 * text. Next on a message's way: `client.ts`.
 */
import type { InboxChange, InboxEvent } from "../inbox/store/store.ts";
import type { ErrorCode } from "../base/errors.ts";
import { type UserId, userIdOnWire } from "../base/fields.ts";
import { unixSeconds } from "../base/times.ts";

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
export function presenceFrame(room: string, users: readonly unknown[]): string {
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
