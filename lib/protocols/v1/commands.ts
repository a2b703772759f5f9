/**
 * The commands of the base protocol: text from a client becomes one `Command`. Next on a message's way: `core/connection.ts`.
 */
import type { Limits } from "../../base/sizes.ts";
import { CodedError } from "../../base/errors.ts";
import {
  claimedUser,
  type Fields,
  identifier,
  optionalId,
  optionalName,
  optionalToken,
  requiredText,
  type UserId,
} from "../../base/fields.ts";

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
 * Reads one frame. Throws {@linkcode CodedError} for the client to see.
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

function typeError(type: unknown): CodedError {
  const field = "type";
  if (type === undefined || type === null || type === "") {
    return new CodedError("missing_field", "Missing field 'type'", { field });
  }
  const value = JSON.stringify(type).slice(0, 80);
  if (typeof type !== "string") {
    return new CodedError(
      "invalid_field",
      `Cannot take field 'type': current value is ${value}, allowed is a string`,
      { field },
    );
  }
  if (SERVER_TYPES.has(type)) {
    return new CodedError(
      "forbidden_type",
      `Field 'type' is ${value}, which only the server sends`,
      { field },
    );
  }
  return new CodedError(
    "unknown_type",
    `Unknown 'type': current value is ${value}, allowed is usermsg, keepalive, leave, presence, auth, ping`,
    { field },
  );
}
