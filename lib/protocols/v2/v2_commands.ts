/** The commands of protocol version 2, read from their fields. */
import type { Limits } from "../../base/sizes.ts";
import type { Position } from "../../core/publication.ts";
import { CodedError } from "../../base/errors.ts";
import {
  claimedUser,
  type Fields,
  identifier,
  invalid,
  optionalId,
  optionalName,
  optionalToken,
  requiredText,
  type UserId,
} from "../../base/fields.ts";

/** Most notifications or messages of one answer. */
const MAX_PAGE = 1000;
const DEFAULT_PAGE = 50;

export type CommandV2 =
  | { type: "connect"; user: UserId; name?: string; since?: Position }
  | { type: "inbox"; since: Position; unreadOnly: boolean }
  | { type: "inbox"; since?: undefined; before?: number; limit: number; archived: boolean }
  | { type: "ack"; ids: string[] }
  | { type: "read"; ids?: string[]; through?: number }
  | { type: "archive" | "delete"; ids: string[] }
  | { type: "subscribe"; room: string; since?: Position; replay: boolean; token?: string }
  | { type: "unsubscribe" | "presence"; room: string }
  | { type: "publish"; id?: string; room: string; message: string }
  | { type: "history"; room: string; since?: Position; limit: number }
  | { type: "auth"; token: string }
  | { type: "identity"; token?: string }
  | { type: "ping" };

const SERVER_TYPES = new Set([
  "usermsg",
  "direct_message",
  "error",
  "reply",
  "join",
  "pong",
  "session",
]);

/**
 * Throws a `CodedError` that names the field and its value.
 *
 * @param own the user that its token names
 */
export function parseCommandV2(
  fields: Fields,
  limits: Limits,
  own: UserId | undefined,
): CommandV2 {
  const type = requiredText(fields, "type", 32);
  const room = () => identifier(fields, "room", limits.room);
  switch (type) {
    case "connect":
      return {
        type,
        user: claimedUser(fields, limits, own),
        name: optionalName(fields, "name", limits.name),
        since: positionField(fields, "inbox"),
      };
    case "inbox": {
      const since = positionField(fields, "since");
      if (since !== undefined) return { type, since, unreadOnly: flag(fields, "unread") };
      const before = wholeNumber(fields, "before");
      return { type, before, limit: pageSize(fields), archived: flag(fields, "archived") };
    }
    case "ack":
    case "archive":
    case "delete":
      return { type, ids: idsField(fields) };
    case "read":
      return flag(fields, "all")
        ? { type, through: wholeNumber(fields, "through") }
        : { type, ids: idsField(fields) };
    case "subscribe":
      return {
        type,
        room: room(),
        since: positionField(fields, "since"),
        replay: flag(fields, "replay"),
        token: optionalToken(fields),
      };
    case "unsubscribe":
    case "presence":
      return { type, room: room() };
    case "publish":
      return {
        type,
        id: optionalId(fields),
        room: room(),
        message: requiredText(fields, "message", limits.message),
      };
    case "history":
      return { type, room: room(), since: positionField(fields, "since"), limit: pageSize(fields) };
    case "auth":
      return { type, token: requiredText(fields, "token", Infinity) };
    case "identity":
      return { type, token: optionalToken(fields) };
    case "ping":
      return { type };
    default:
      throw SERVER_TYPES.has(type)
        ? new CodedError(
          "forbidden_type",
          `Field 'type' is "${type}", which only the server sends`,
          { field: "type" },
        )
        : new CodedError(
          "unknown_type",
          `Unknown 'type': current value is ${JSON.stringify(type)}`,
          { field: "type" },
        );
  }
}

/** `ref`: a string of up to 64 characters or a whole number. */
export function refField(fields: Fields): string | number | undefined {
  const ref = fields["ref"];
  if (ref === undefined || ref === null) return undefined;
  if (typeof ref === "string" && ref.length <= 64 || Number.isSafeInteger(ref)) {
    return ref as string | number;
  }
  throw invalid("ref", ref, "a string of up to 64 characters or a whole number");
}

function positionField(fields: Fields, field: string): Position | undefined {
  const value = fields[field];
  if (value === undefined || value === null) return undefined;
  const { offset, epoch } = typeof value === "object" ? value as Fields : {};
  if (Number.isSafeInteger(offset) && Number(offset) >= 0 && typeof epoch === "string") {
    return { offset: Number(offset), epoch: epoch.slice(0, 64) };
  }
  throw invalid(field, value, 'a position such as {"offset":41,"epoch":"3f2a81c0"}');
}

function idsField(fields: Fields): string[] {
  const value = fields["ids"];
  if (value === undefined || value === null) {
    throw new CodedError("missing_field", "Missing field 'ids'", { field: "ids" });
  }
  const allowed = `a list of 1 to ${MAX_PAGE} ids`;
  if (!Array.isArray(value) || value.length === 0 || value.length > MAX_PAGE) {
    throw invalid("ids", value, allowed);
  }
  const wrong = value.find((id) => typeof id !== "string" || id === "" || id.length > 64);
  if (wrong !== undefined) throw invalid("ids", wrong, allowed);
  return value;
}

function pageSize(fields: Fields): number {
  const limit = wholeNumber(fields, "limit") ?? DEFAULT_PAGE;
  if (limit >= 1 && limit <= MAX_PAGE) return limit;
  throw invalid("limit", limit, `a whole number from 1 to ${MAX_PAGE}`);
}

function wholeNumber(fields: Fields, field: string): number | undefined {
  const value = fields[field];
  if (value === undefined || value === null) return undefined;
  if (Number.isSafeInteger(value) && Number(value) >= 0) return Number(value);
  throw invalid(field, value, "a whole number");
}

function flag(fields: Fields, field: string): boolean {
  const value = fields[field];
  if (value === undefined || value === null) return false;
  if (typeof value === "boolean") return value;
  throw invalid(field, value, "true or false");
}
