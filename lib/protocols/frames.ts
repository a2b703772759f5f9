/**
 * The frames of versions 1 and 2, which write publications in the same way. Who receives them: `core/connection.ts`.
 */
import type { ErrorCode } from "../base/errors.ts";
import { type UserId, userIdOnWire } from "../base/fields.ts";
import { unixSeconds } from "../base/times.ts";
import type { Dialect } from "../core/arrival.ts";
import type { Channel } from "../core/channel.ts";
import type { Publication } from "../core/publication.ts";

export const JSON_DIALECT: Dialect = {
  frame: publicationFrame,
  encode: (...publication) => JSON.stringify(publicationFrame(...publication)),
};

/** On every message's way: one object of one shape for each kind. */
function publicationFrame(
  channel: Channel,
  publication: Publication,
  offset?: number,
): Readonly<Record<string, unknown>> {
  const { kind, id, at, from, message, event, data, tags } = publication;
  const name = from?.name;
  switch (kind) {
    case "message": {
      const [room, user_id] = [channel.name, userIdOnWire(from?.user ?? "")];
      return {
        offset,
        type: "usermsg",
        id,
        room,
        user_id,
        name,
        message,
        timestamp: at,
        event,
        data,
        tags,
      };
    }
    case "notification": {
      const [room, user_id] = [publication.room, userIdOnWire(channel.name)];
      return {
        offset,
        type: "direct_message",
        id,
        room,
        user_id,
        name,
        message,
        timestamp: at,
        event,
        data,
        tags,
      };
    }
    case "inbox": // a user read, archived or deleted notifications
      return { type: kind, event, ids: Object(data).ids, unread: Object(data).unread };
    case "join": // a user entered a room, or left it
    case "leave":
      return {
        type: kind,
        room: channel.name,
        user_id: userIdOnWire(from?.user ?? ""),
        name,
        timestamp: at,
      };
    default: {
      const user_id = from?.user === undefined ? undefined : userIdOnWire(from.user);
      const place = { [channel.kind]: channel.name };
      return {
        offset,
        type: kind,
        id,
        ...place,
        user_id,
        name,
        message,
        timestamp: at,
        event,
        data,
        tags,
      };
    }
  }
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
